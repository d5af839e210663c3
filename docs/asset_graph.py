"""The picture of the asset graph, `docs/asset-graph.png`: what Dagster's own page shows over the data folder SHOP_DATA.

Run it after a good `shop run`: `SHOP_DATA=... .venv/bin/python docs/asset_graph.py`. It starts a webserver on this
machine, opens the page in Chromium (SHOP_CHROMIUM, else `chromium` on the PATH), and ends both. Not here: a test of the
page (`shop_pipeline_tests/ui/test_pages.py`).
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from shop_pipeline.automation.instance import prepare_instance
from shop_pipeline.settings import find_paths

PICTURE = Path(__file__).with_name("asset-graph.png")
# Wide and low, as the graph is when it runs downwards; drawn finer, so that the names can be read.
VIEWPORT = {"width": 8000, "height": 2200}
FINER = 1
DOWNWARDS = """localStorage.setItem("asset-graph-direction", '"vertical"')"""
PATIENCE_SECONDS = 400
SETTLING_MS = 5000  # the layout glides into its place, and nothing tells when it is there
LAST_ASSET = "run_manifest"
QUIET_BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    """Take the picture."""
    prepare_instance(find_paths())
    browser_path = os.environ.get("SHOP_CHROMIUM") or shutil.which("chromium") or sys.exit("no Chromium: SHOP_CHROMIUM")
    with _webserver() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=QUIET_BROWSER)
        page = browser.new_page(viewport=VIEWPORT, device_scale_factor=FINER)
        page.add_init_script(DOWNWARDS)
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        _open_graph(page, url)
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


@contextmanager
def _webserver() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = str(Path(sys.executable).with_name("dagster-webserver"))
    command = [program, "-h", "127.0.0.1", "-p", str(port), "-m", "shop_pipeline.definitions", "--read-only"]
    server = subprocess.Popen(command)  # noqa: S603
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(url, server)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_up(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/server_info", timeout=5).close()  # noqa: S310
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.3)
    raise SystemExit("the webserver did not come up")


def _open_graph(page: Page, url: str) -> None:
    """All groups open, nothing beside the graph, everything in view."""
    page.goto(f"{url}/asset-groups")
    page.get_by_role("button", name="Hide navigation").click()
    expect(page.get_by_text("raw", exact=True).first).to_be_visible()
    page.get_by_placeholder("Jump to").locator("xpath=following::button[1]").click()  # closes the list of groups
    page.keyboard.press("Alt+e")
    page.wait_for_timeout(SETTLING_MS)
    # Twice on empty ground: everything into view.
    page.mouse.dblclick(VIEWPORT["width"] / 2, VIEWPORT["height"] - 30)
    page.mouse.move(0, 0)
    page.wait_for_timeout(SETTLING_MS)
    expect(page.get_by_text(LAST_ASSET, exact=True).first).to_be_visible()


if __name__ == "__main__":
    main()
