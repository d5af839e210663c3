"""What people start in the UI: a selection, a range of days, a backfill, the schedule; at once, one after another.

The command line has loaded six days. Then every event is spoilt (its country becomes XX) and a mart is emptied, and
all of it is launched together on days that don't overlap: a range of two days, a backfill of two other days, the mart.
A day that was asked for must be again as the command line left it; a day that nobody asked for must still be spoilt.
"""

import itertools
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from .server import WHERE, Server, wait_for
from .tables import Print, opened, prints, prints_by_day

MART = "marts.popular_products"
EVENTS = ["raw.events", "clean.events"]
RANGE = ["2025-06-25", "2025-06-26"]
BACKFILLED = ["2025-06-28", "2025-06-29"]

BACKFILL = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
BACKFILL_STATUS = """query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status error { message } } } }"""
DRY_RUN = """mutation ($selector: ScheduleSelector!, $at: Float) { scheduleDryRun(
  selectorData: $selector, timestamp: $at) { __typename ... on DryRunInstigationTick { evaluationResult {
  runRequests { runKey tags { key value } } skipReason error { message } } } } }"""
SCHEDULE = WHERE | {"scheduleName": "every_morning"}


@dataclass(frozen=True)
class Launched:
    """What was started, and what came of it."""

    mart: dict[str, Any]
    range: dict[str, Any]
    backfill: list[dict[str, Any]]
    before: dict[str, dict[str, Print]]
    after: dict[str, dict[str, Print]]
    spoilt_days: dict[str, set[str]]


@pytest.fixture(scope="module")
def launched(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    """Spoil the warehouse, launch everything, wait, look, and put the warehouse back."""
    before = _look(server)
    good = shutil.copyfile(server.paths.warehouse, tmp_path_factory.mktemp("good") / "warehouse.duckdb")
    with opened(server.paths, read_only=False) as duck:
        duck.execute("UPDATE raw.events SET country = 'XX'; UPDATE clean.events SET country = 'XX'")
        duck.execute(f"DELETE FROM {MART}")
    backfill = _backfill(server, BACKFILLED)
    span = {"dagster__asset_partition_range_start": RANGE[0], "dagster__asset_partition_range_end": RANGE[1]}
    runs = [server.launch([MART]), server.launch(EVENTS, **span)]
    finished = [server.wait_for_run(run) for run in runs]
    filled = _runs_of(server, backfill)
    spoilt = {name: _spoilt_days(server, name) for name in EVENTS}
    after = _look(server)
    shutil.copyfile(good, server.paths.warehouse)
    return Launched(*finished, filled, before, after, spoilt)


def _look(server: Server) -> dict[str, dict[str, Print]]:
    found = {name: prints_by_day(server.paths, name) for name in EVENTS}
    return found | {"marts": prints(server.paths, "marts")}


def _spoilt_days(server: Server, name: str) -> set[str]:
    with opened(server.paths) as duck:
        rows = duck.execute(f"SELECT DISTINCT event_date::VARCHAR FROM {name} WHERE country = 'XX'").fetchall()
    return {day for (day,) in rows}


def _backfill(server: Server, days: list[str]) -> str:
    params = {"assetSelection": [{"path": name.split(".")} for name in EVENTS], "partitionNames": days}
    started = server.ask(BACKFILL, params=params)["launchPartitionBackfill"]
    assert started["__typename"] == "LaunchBackfillSuccess", started
    return str(started["backfillId"])


def _runs_of(server: Server, backfill: str) -> list[dict[str, Any]]:
    """The runs of a backfill that is over."""

    def look() -> str | None:
        told = server.ask(BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]
        assert told["error"] is None, told
        return None if told["status"] in ("REQUESTED", "COMPLETING") else str(told["status"])

    assert wait_for(look, 120, f"backfill {backfill}") in ("COMPLETED", "COMPLETED_SUCCESS")
    return server.runs(dagster__backfill=backfill)


def test_a_selected_mart_is_built_as_the_command_line_builds_it(launched: Launched) -> None:
    assert launched.mart["status"] == "SUCCESS"
    assert launched.before["marts"][MART][0] > 0
    assert launched.after["marts"] == launched.before["marts"]


@pytest.mark.parametrize("table", EVENTS)
def test_a_range_of_days_is_one_run_that_fills_these_days(launched: Launched, table: str) -> None:
    assert launched.range["status"] == "SUCCESS"
    for day in RANGE:
        assert launched.after[table][day] == launched.before[table][day]


@pytest.mark.parametrize("table", EVENTS)
def test_backfilled_days_are_filled_by_a_single_run(launched: Launched, table: str) -> None:
    (run,) = launched.backfill
    assert run["status"] == "SUCCESS"
    assert run["tags"]["dagster/asset_partition_range_start"] == BACKFILLED[0]
    assert run["tags"]["dagster/asset_partition_range_end"] == BACKFILLED[1]
    for day in BACKFILLED:
        assert launched.after[table][day] == launched.before[table][day]


@pytest.mark.parametrize("table", EVENTS)
def test_days_that_nobody_asked_for_stay_as_they_are(launched: Launched, table: str) -> None:
    others = set(launched.before[table]) - {*RANGE, *BACKFILLED}
    assert {"2025-06-27", "2025-06-30"} <= others
    assert all(launched.after[table][day] != launched.before[table][day] for day in others)
    assert launched.spoilt_days[table] == others


def test_runs_launched_at_once_run_one_after_another(launched: Launched) -> None:
    runs = [launched.mart, launched.range, *launched.backfill]
    spans = sorted((run["startTime"], run["endTime"]) for run in runs)
    assert len(spans) == 3
    for (_, ended), (began, _) in itertools.pairwise(spans):
        assert ended <= began


def test_the_daemon_lets_the_schedule_load_yesterday_and_three_days_before(scheduled: dict[str, Any]) -> None:
    tags = scheduled["tags"]
    assert scheduled["pipelineName"] == "daily"
    # The newest 04:15 of London that is over; yesterday is counted from there, and lookback_days is 3.
    now = datetime.now(ZoneInfo("Europe/London"))
    morning = now.date() if (now.hour, now.minute) >= (4, 15) else now.date() - timedelta(days=1)
    assert tags["dagster/asset_partition_range_end"] == str(morning - timedelta(days=1))
    assert tags["dagster/asset_partition_range_start"] == str(morning - timedelta(days=4))


def _dry_run(server: Server, at: datetime) -> dict[str, Any]:
    told = server.ask(DRY_RUN, selector=SCHEDULE, at=at.timestamp())["scheduleDryRun"]
    assert told["__typename"] == "DryRunInstigationTick", told
    return dict(told["evaluationResult"])


def test_trying_the_schedule_in_the_ui_tells_the_days(server: Server) -> None:
    # 03:15 UTC is 04:15 in London on a summer's day: yesterday is 29 June, the look-back begins three days before it.
    (request,) = _dry_run(server, datetime(2025, 6, 30, 3, 15, tzinfo=UTC))["runRequests"]
    tags = {tag["key"]: tag["value"] for tag in request["tags"]}
    assert tags["dagster/asset_partition_range_start"] == "2025-06-26"
    assert tags["dagster/asset_partition_range_end"] == "2025-06-29"
    assert request["runKey"] == "2025-06-29"


def test_the_schedule_skips_the_first_day_of_a_shop(server: Server) -> None:
    # first_day of the sample is 25 June: at 04:15 of that day there is no day to load.
    told = _dry_run(server, datetime(2025, 6, 25, 3, 15, tzinfo=UTC))
    assert not told["runRequests"]
    assert str(date(2025, 6, 25)) in told["skipReason"]
