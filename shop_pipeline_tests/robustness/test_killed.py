"""A run that is killed costs its own work and nothing else: the next one succeeds, and the tables are the same.

`shop run` is killed (SIGKILL) in one new folder again and again, further on each time: so each run after a kill has to
get past the place of the kill before. Where to kill is read from the progress that it prints, plus a random moment of
a seeded generator; during publication, from the file that is being written.
"""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .conftest import CORE, run_as_far_as
from .folder import Shop, all_rows, marts

SEED = 20250630
# (the table whose line comes just before, what is under way then)
STAGES = {
    "raw.customers": "raw.events",
    "clean.products": "clean.events",
    "marts.sales_daily": "marts.recommendations",
}
LONGEST_MOMENT = 0.3
RUN = run_as_far_as(CORE)
PUBLISHING = ("run", "--select", "key:ops/run_manifest")


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was through before it could be killed"


def kill_behind(process: "subprocess.Popen[str]", table: str, moment: float) -> None:
    """Read its progress until `table` is built, and kill it `moment` seconds later."""
    assert process.stdout is not None
    assert any(f" {table}: " in line for line in process.stdout), f"no line for {table}"
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        kill(process)


def kill_while_publishing(process: "subprocess.Popen[str]", shop: Shop) -> None:
    while not list(shop.data.glob(".shop.duckdb.*.new")):
        assert process.poll() is None, "it was through before it could be killed"
        time.sleep(0.002)
    kill(process)


@pytest.fixture(scope="module")
def survivor(prepared: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose runs were killed at each stage, and that then ran through."""
    shop = prepared.copy_of_files(tmp_path_factory.mktemp("killed"))
    moments = random.Random(SEED)
    for table in STAGES:
        kill_behind(shop.start(*RUN), table, moments.uniform(0, LONGEST_MOMENT))
        assert not shop.published.exists(), "published, though the run was killed before its end"
    result = shop.call(*RUN)
    assert result.exit_code == 0, result.output
    return shop


def test_the_marts_are_those_of_an_undisturbed_run(survivor: Shop, prepared: Shop) -> None:
    assert marts(survivor, only=CORE) == marts(prepared, only=CORE)
    # Without the time of the files, which are copies.
    for rows in ("SELECT * EXCLUDE (_loaded_at) FROM raw.events", "FROM clean.events", "FROM clean.quarantine"):
        assert survivor.kept(f"{rows} ORDER BY ALL") == prepared.kept(f"{rows} ORDER BY ALL")


def test_the_abandoned_runs_are_closed_as_failed(survivor: Shop) -> None:
    assert sorted(survivor.runs().values()) == ["FAILURE", "FAILURE", "FAILURE", "SUCCESS"]


def test_killed_while_it_publishes(survivor: Shop, tmp_path: Path) -> None:
    shop = survivor.copy(tmp_path / "data")
    before, rows, built = shop.published.read_bytes(), all_rows(shop), marts(shop)
    kill_while_publishing(shop.start(*PUBLISHING), shop)
    assert shop.published.read_bytes() == before
    assert shop.call(*PUBLISHING).exit_code == 0
    assert marts(shop) == built
    assert set(rows["ops.run_manifest"]) < set(all_rows(shop)["ops.run_manifest"])
    # Nothing half-written stays beside it, and every kept version can be opened.
    assert [path.name for path in shop.data.glob(".shop*")] == []
    versions = sorted((shop.data / "versions").iterdir())
    assert 2 <= len(versions) <= 3
    for version in versions:
        assert marts(shop, version) == built
