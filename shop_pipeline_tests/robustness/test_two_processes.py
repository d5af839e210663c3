"""Processes beside a run: readers are never in its way, and a second writer is told at once who has the warehouse.

One scene, with real processes: a reader opens the published file and stays; then two `shop run` start at once, while
this process asks the published file again and again. The same landing files were loaded undisturbed before (`late`),
and the tables must be equal.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .conftest import CORE, land_late, run_as_far_as
from .folder import Rows, Shop, marts

HOLD = """
import sys, duckdb
held = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'read')
print('open', flush=True)
for sql in sys.stdin:
    print(held.execute(sql).fetchall(), flush=True)
"""
MOMENT = 1.5
MANIFESTS = "SELECT count(*) FROM ops.run_manifest"
LATE_SALES = "SELECT net_revenue FROM marts.sales_daily WHERE sale_date = DATE '2025-06-27' ORDER BY ALL"


@contextmanager
def holder(path: Path, how: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has `path` open and answers SQL, line by line."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), how], stdin=pipe, stdout=pipe, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(process: "subprocess.Popen[str]", sql: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(sql + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def wait_a_moment(process: "subprocess.Popen[str]") -> None:
    """Leave the two cores to the runs for a while."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(MOMENT)


@dataclass
class Scene:
    shop: Shop
    outputs: dict[int, list[str]] = field(default_factory=dict)
    """What the two runs said, by exit status."""
    reader_before: str = ""
    reader_after: str = ""
    seen: set[int] = field(default_factory=set)
    """Numbers of run manifests that this process saw in the published file, while they ran."""


@pytest.fixture(scope="module")
def scene(prepared: Shop, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = Scene(prepared.copy(tmp_path_factory.mktemp("two")))
    land_late(scene.shop)
    with holder(scene.shop.published, "read") as reader:
        scene.reader_before = ask(reader, LATE_SALES)
        runs = [scene.shop.start(*run_as_far_as(CORE)) for _ in range(2)]
        while any(run.poll() is None for run in runs):
            result = scene.shop.call("query", "--csv", MANIFESTS)
            assert result.exit_code == 0, result.output
            scene.seen.add(int(result.output.split()[-1]))
            wait_a_moment(runs[0])
        for run in runs:
            scene.outputs.setdefault(run.returncode, []).append(run.communicate()[0] + f"\npid {run.pid}")
        scene.reader_after = ask(reader, LATE_SALES)
    return scene


def test_one_run_does_the_work_and_the_other_is_refused_with_its_pid(scene: Scene) -> None:
    assert sorted(scene.outputs) == [0, 2], scene.outputs
    (worked,), (refused,) = scene.outputs[0], scene.outputs[2]
    pid = re.search(r"pid (\d+)$", worked)
    assert pid
    assert f"warehouse.duckdb is held by process {pid[1]}." in refused
    assert "Nothing was changed." in refused
    assert "Traceback" not in worked + refused


def test_the_tables_are_those_of_an_undisturbed_run(scene: Scene, late: Shop) -> None:
    assert marts(scene.shop) == marts(late)


def test_the_run_that_was_refused_left_no_open_run(scene: Scene) -> None:
    assert list(scene.shop.runs().values()) == ["SUCCESS", "SUCCESS"]  # the prepared one, and one of the two


def test_a_reader_keeps_its_version_and_the_next_one_sees_the_new(scene: Scene, late: Shop) -> None:
    assert scene.reader_after == scene.reader_before
    now: Rows = scene.shop.ask(LATE_SALES)
    assert now == late.ask(LATE_SALES)
    assert str(now) != scene.reader_before


def test_queries_during_the_run_saw_a_whole_version(scene: Scene) -> None:
    # One manifest from the prepared run; the second comes with the new version, as a whole.
    assert 1 in scene.seen
    assert scene.seen <= {1, 2}


@pytest.mark.parametrize("how", ["read", "write"])
def test_a_run_names_the_process_that_holds_the_warehouse(shop: Shop, how: str) -> None:
    before = shop.published.read_bytes()
    with holder(shop.warehouse, how) as process:
        run, doctor = shop.call("run"), shop.call("doctor")
    assert (run.exit_code, doctor.exit_code) == (2, 1)
    for result in (run, doctor):
        assert f"warehouse.duckdb is held by process {process.pid}." in result.output
    assert (shop.published.read_bytes(), len(shop.runs())) == (before, 1)


def test_once_it_is_let_go_the_run_goes_through(shop: Shop) -> None:
    with holder(shop.warehouse, "write"):
        pass
    assert shop.call("run", "--select", "key:ops/run_manifest").exit_code == 0
    assert shop.ask(MANIFESTS) == [(2,)]
