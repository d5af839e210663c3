"""The instance under the data folder: what is written, what Dagster makes of it, and which runs are abandoned."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster import DagsterRunStatus
from dagster._core.events import EngineEventData
from dagster._core.run_coordinator import QueuedRunCoordinator

from shop_pipeline.automation.event_log import RangeEventLogStorage
from shop_pipeline.automation.instance import PID_TAG, close_abandoned_runs, prepare_instance
from shop_pipeline.settings import Paths, quiet_environment


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A data folder with a prepared instance; the environment is as before afterwards."""
    found = Paths(tmp_path)
    for name, value in quiet_environment(found).items():
        monkeypatch.setenv(name, value)
    prepare_instance(found)
    return found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance in memory: what a run's status is does not depend on where it is kept."""
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture(scope="module")
def gone() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    return child.pid


@pytest.fixture
def alive() -> Iterator[int]:
    """The id of a process that is there during the test."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield child.pid
        child.kill()


def test_dagster_accepts_the_configuration(paths: Paths) -> None:
    with dg.DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert isinstance(instance.event_log_storage, RangeEventLogStorage)
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        assert queue.max_concurrent_runs == 1
        assert Path(instance.root_directory) == paths.dagster_home


def test_this_process_and_its_children_are_pointed_at_it(
    tmp_path: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "/elsewhere")
    monkeypatch.delenv("DAGSTER_DISABLE_TELEMETRY")
    prepare_instance(paths)
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "dagster")
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"


def test_an_up_to_date_file_is_left_alone(paths: Paths) -> None:
    written = paths.dagster_home / "dagster.yaml"
    os.utime(written, (0, 0))
    prepare_instance(paths)
    assert written.stat().st_mtime == 0


def test_an_old_file_is_replaced(paths: Paths) -> None:
    written = paths.dagster_home / "dagster.yaml"
    wanted = written.read_text()
    written.write_text("telemetry: {enabled: true}\n")
    prepare_instance(paths)
    assert written.read_text() == wanted
    assert yaml.safe_load(wanted)["telemetry"] == {"enabled": False}


def _begin(instance: dg.DagsterInstance, tags: dict[str, str], status: DagsterRunStatus) -> str:
    """A run that is under way, as far as the instance knows."""
    run = instance.create_run_for_job(_job(), tags=tags, status=status)
    return run.run_id


def _job() -> dg.JobDefinition:
    @dg.job
    def nothing() -> None:
        """No step."""

    return nothing


def _status(instance: dg.DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


@pytest.mark.parametrize(
    "status", [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING], ids=lambda s: s.value
)
def test_a_run_whose_process_is_gone_is_closed(
    instance: dg.DagsterInstance, gone: int, status: DagsterRunStatus
) -> None:
    run_id = _begin(instance, {PID_TAG: str(gone)}, status)
    assert close_abandoned_runs(instance) == [run_id]
    assert _status(instance, run_id) == DagsterRunStatus.FAILURE
    (failure,) = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert f"process {gone} ended" in str(failure.get_dagster_event().message)
    assert close_abandoned_runs(instance) == []


def test_a_run_of_the_ui_is_closed_by_the_process_that_it_told_of(instance: dg.DagsterInstance, gone: int) -> None:
    run_id = _begin(instance, {}, DagsterRunStatus.STARTED)
    run = instance.get_run_by_id(run_id)
    instance.report_engine_event("Started process for run", run, EngineEventData.in_process(gone))
    assert close_abandoned_runs(instance) == [run_id]


def test_a_run_whose_process_lives_goes_on(instance: dg.DagsterInstance, alive: int) -> None:
    run_id = _begin(instance, {PID_TAG: str(alive)}, DagsterRunStatus.STARTED)
    assert close_abandoned_runs(instance) == []
    assert _status(instance, run_id) == DagsterRunStatus.STARTED


def test_a_run_under_our_own_process_id_is_of_an_earlier_process(instance: dg.DagsterInstance) -> None:
    # A restarted container gives the same ids again.
    run_id = _begin(instance, {PID_TAG: str(os.getpid())}, DagsterRunStatus.STARTED)
    assert close_abandoned_runs(instance) == [run_id]


def test_runs_that_wait_or_are_over_or_tell_no_process_stay_as_they_are(
    instance: dg.DagsterInstance, gone: int
) -> None:
    tags = {PID_TAG: str(gone)}
    kept = {
        _begin(instance, tags, DagsterRunStatus.NOT_STARTED): DagsterRunStatus.NOT_STARTED,
        _begin(instance, tags, DagsterRunStatus.SUCCESS): DagsterRunStatus.SUCCESS,
        _begin(instance, {}, DagsterRunStatus.STARTED): DagsterRunStatus.STARTED,
    }
    assert close_abandoned_runs(instance) == []
    assert {run_id: _status(instance, run_id) for run_id in kept} == kept
