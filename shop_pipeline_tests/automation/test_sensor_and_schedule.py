"""One look of the sensor and one morning of the schedule, evaluated in this process over a real folder and instance."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from shop_pipeline.automation.instance import PID_TAG
from shop_pipeline.automation.jobs import build_schedule, build_sensor
from shop_pipeline.definitions import build_defs
from shop_pipeline.settings import Paths
from shop_pipeline.sources.problems import LandingError

from .conftest import LONDON, land, published_with

OLD = 1_750_000_000.0  # June 2025: long settled
DEBOUNCE = LONDON.shop.debounce_seconds


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance in memory."""
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def _look(instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    found = build_sensor()(dg.build_sensor_context(instance, cursor=cursor))
    assert isinstance(found, dg.SensorResult)
    return found


def _reason(result: dg.SensorResult) -> str:
    assert not result.run_requests
    assert isinstance(result.skip_reason, dg.SkipReason)
    return str(result.skip_reason.skip_message)


def _requests(result: dg.SensorResult) -> list[dg.RunRequest]:
    return list(result.run_requests or [])


def test_an_empty_folder_is_skipped(paths: Paths, instance: dg.DagsterInstance) -> None:
    assert _reason(_look(instance)) == "no new file"


def test_new_files_are_asked_for_with_their_days(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=OLD)
    land(paths, "b.csv", ["2025-06-04T10:00:00Z"], at=OLD)
    (request,) = _requests(_look(instance))
    assert request.tags["dagster/asset_partition_range_start"] == "2025-06-02"
    assert request.tags["dagster/asset_partition_range_end"] == "2025-06-04"
    assert request.tags["shop/new_files"] == "2"


def test_the_same_files_are_asked_for_once(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=OLD)
    first = _look(instance)
    again = _look(instance, first.cursor)
    assert _reason(again) == "no new file"
    assert again.cursor == first.cursor


def test_another_file_is_asked_for_although_one_was_refused(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=OLD)
    first = _look(instance)
    land(paths, "b.csv", ["2025-06-04T10:00:00Z"], at=OLD)
    second = _look(instance, first.cursor)
    assert _requests(second)[0].run_key != _requests(first)[0].run_key


def test_loaded_files_are_skipped(paths: Paths, instance: dg.DagsterInstance) -> None:
    published_with(paths, land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=OLD))
    assert _reason(_look(instance)) == "no new file"


def test_one_unsettled_file_makes_all_wait_and_is_named(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=OLD)
    land(paths, "b.csv", ["2025-06-02T10:00:00Z"], at=time.time() - DEBOUNCE / 2)
    result = _look(instance, "earlier")
    assert _reason(result) == "still arriving: landing/events/b.csv"
    assert result.cursor == "earlier"


def test_a_file_has_settled_after_the_debounce(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=time.time() - DEBOUNCE - 1)
    assert len(_requests(_look(instance))) == 1


def test_files_without_events_are_told_once(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", [], at=OLD)
    result = _look(instance)
    assert _reason(result) == "the new files hold no events"
    assert _reason(_look(instance, result.cursor)) == "no new file"


def test_a_file_that_cannot_be_read_fails_the_look_by_name(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", [], at=OLD).path.write_text("what,is,this\n1,2,3\n")
    land(paths, "b.csv", ["2025-06-02T10:00:00Z"], at=OLD)
    os.utime(paths.landing / "events" / "a.csv", (OLD, OLD))
    with pytest.raises(LandingError, match=r"a\.csv"):
        _look(instance)


def _begin(instance: dg.DagsterInstance, status: DagsterRunStatus, tags: dict[str, str]) -> str:
    return instance.create_run_for_job(build_defs(LONDON).resolve_job_def("daily"), status=status, tags=tags).run_id


@pytest.mark.parametrize("status", [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTED], ids=lambda s: s.value)
def test_a_run_under_way_is_waited_for(paths: Paths, instance: dg.DagsterInstance, status: DagsterRunStatus) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=OLD)
    _begin(instance, status, {})
    result = _look(instance, "earlier")
    assert "a run is under way" in _reason(result)
    assert result.cursor == "earlier"


def test_a_run_whose_process_is_gone_is_not_waited_for(paths: Paths, instance: dg.DagsterInstance) -> None:
    land(paths, "a.csv", ["2025-06-02T10:00:00Z"], at=OLD)
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    run_id = _begin(instance, DagsterRunStatus.STARTED, {PID_TAG: str(child.pid)})
    assert len(_requests(_look(instance))) == 1
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == DagsterRunStatus.FAILURE


def _morning(year: int, month: int, day: int) -> dg.RunRequest | dg.SkipReason:
    at = datetime(year, month, day, 4, 15, tzinfo=ZoneInfo("Europe/London"))
    found = build_schedule(LONDON)(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def test_a_morning_asks_for_yesterday_and_three_days_before() -> None:
    request = _morning(2025, 6, 20)
    assert isinstance(request, dg.RunRequest)
    assert request.tags["dagster/asset_partition_range_start"] == "2025-06-16"
    assert request.tags["dagster/asset_partition_range_end"] == "2025-06-19"


def test_two_mornings_are_two_runs_and_one_morning_is_one() -> None:
    keys = [_morning(2025, 6, day) for day in (20, 20, 21)]
    assert [key.run_key for key in keys if isinstance(key, dg.RunRequest)] == ["2025-06-19", "2025-06-19", "2025-06-20"]


def test_the_first_day_of_a_shop_is_skipped() -> None:
    told = _morning(2025, 6, 1)
    assert isinstance(told, dg.SkipReason)
    assert "2025-06-01" in str(told.skip_message)


def test_mornings_are_the_shops_own() -> None:
    schedule = build_schedule(LONDON)
    assert schedule.execution_timezone == "Europe/London"
    assert schedule.cron_schedule == "15 4 * * *"
