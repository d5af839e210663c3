"""The README is true: every command in it runs, every setting in it is accepted, every file it names is there.

The commands run in their order, from the project's folder, over a small sample shop. `make test` is this very run, and
`make bench` takes many minutes, so these two are asked for with `make -n` only.
"""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from shop_pipeline.settings import ShopSettings
from shop_pipeline.simulate import ShopConfig, write_sample

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")
SERVER_SECONDS = 120


def blocks(language: str) -> list[str]:
    """The code blocks of a language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in body.splitlines()) for indent, body in found]


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("readme")
    write_sample(ShopConfig(days=40, customers=200, products=60), folder)
    # The commands are tested here, the models elsewhere: one is enough.
    with (folder / "shop.yaml").open("a", encoding="utf-8") as file:
        file.write("recommend: {models: [item_neighbours]}\n")
    return {**os.environ, "SHOP_DATA": str(folder)}


def test_there_are_commands() -> None:
    assert {"make run", "make ui"} <= set(COMMANDS)
    assert len(COMMANDS) > 10


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith(("make ui", "make test", "make bench"))])
def test_the_command_runs(environment: dict[str, str], command: str) -> None:
    done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    if "shop query" in command:
        assert not re.search(r"\b0 rows", done.stdout), "the example shows nothing"


def test_make_ui_serves_the_page_that_the_readme_names(environment: dict[str, str]) -> None:
    assert "make ui" in COMMANDS
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The default port may be taken on this machine; the target is the same but for it.
    command = [str(ROOT / ".venv/bin/shop"), "ui", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        assert "Dagster" in wait_for(f"http://127.0.0.1:{port}/", server)
    finally:
        os.killpg(server.pid, signal.SIGINT)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                return page.read().decode()
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"no answer from {address} in {SERVER_SECONDS} s")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)`", TEXT)) | {"bench", "clean"}))
def test_make_knows_the_target(target: str) -> None:
    assert subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_settings_are_accepted(text: str) -> None:
    assert ShopSettings.model_validate(yaml.safe_load(text)).feeds["events"].files


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", TEXT))))
def test_the_linked_file_is_there(link: str) -> None:
    assert (ROOT / link).exists()
