"""The sensor over the landing folder, the gate and the webhook, as the UI shows them.

Three things happen in this order, because a shop has one landing folder: a good file lands (first as if it were still
being copied), a bad one lands, and the day of the bad one is tried again by hand.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import Webhook
from .server import WHERE, Server, wait_for
from .tables import Print, prints, prints_by_day

START = """mutation ($selector: SensorSelector!) { startSensor(sensorSelector: $selector) {
  __typename ... on Sensor { sensorState { status } } ... on PythonError { message } } }"""
TICKS = """query ($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) { ... on Sensor {
  sensorState { ticks(limit: 50) { timestamp status skipReason runIds error { message } } } } } }"""
CHECKS = """query ($key: AssetKeyInput!) { assetNodes(assetKeys: [$key]) { assetChecksOrError { ... on AssetChecks {
  checks { name executionForLatestMaterialization { runId status evaluation { success severity metadataEntries {
    label ... on IntMetadataEntry { intValue } ... on JsonMetadataEntry { jsonString } } } } } } } } }"""

GOOD_DAY, BAD_DAY = "2025-07-01", "2025-07-02"
N_EVENTS, N_BAD = 20, 5
LONG_AGO = 100.0
"""More seconds than `debounce_seconds`, which is 30 where shop.yaml says nothing."""
STILL_WRITTEN = -3600.0
DOWNSTREAM = ("features", "models", "marts", "ops")


def _land(server: Server, day: str, *, unknown: int, age: float) -> Path:
    """A file of one day: views of one product, the first `unknown` of a type that no contract knows."""
    path = server.paths.landing / "events" / f"events-{day}.csv"
    lines = [f"{day}T10:00:{i:02d}Z,{'teleport' if i < unknown else 'view'},P00001,{day}-{i}" for i in range(N_EVENTS)]
    fresh = path.with_suffix(".tmp")
    fresh.write_text("\n".join(["event_at,event_type,product_id,event_id", *lines]) + "\n")
    _set_age(fresh, age)
    fresh.replace(path)
    return path


def _set_age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def _ticks(server: Server, sensor: str) -> list[dict[str, Any]]:
    """Newest first."""
    told = server.ask(TICKS, selector=WHERE | {"sensorName": sensor})
    return list(told["sensorOrError"]["sensorState"]["ticks"])


def _wait_for_tick(
    server: Server, sensor: str, what: str, fits: Callable[[dict[str, Any]], bool], since: float
) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        return next((tick for tick in _ticks(server, sensor) if tick["timestamp"] >= since and fits(tick)), None)

    return wait_for(look, 60, f"{what}; see {server.log}")


def _says(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda tick: text in (tick["skipReason"] or "")


def _requests(server: Server) -> list[dict[str, Any]]:
    return server.runs(dagster__sensor_name="landing_folder")


@dataclass(frozen=True)
class Landed:
    """What came of the good file."""

    waiting: dict[str, Any]
    requests_while_waiting: int
    run: dict[str, Any]
    before: dict[str, Print]
    after: dict[str, Print]


@pytest.fixture(scope="module")
def landed(server: Server) -> Landed:
    """Start the sensor, land a file that is still being written, let it settle, and wait for its run."""
    before = prints_by_day(server.paths, "clean.events")
    path = _land(server, GOOD_DAY, unknown=0, age=STILL_WRITTEN)
    began = time.time()
    started = server.ask(START, selector=WHERE | {"sensorName": "landing_folder"})["startSensor"]
    assert started["sensorState"]["status"] == "RUNNING", started
    waiting = _wait_for_tick(server, "landing_folder", "a tick that waits", _says("still arriving"), began)
    n_waiting = len(_requests(server))
    _set_age(path, LONG_AGO)
    (requested,) = wait_for(lambda: _requests(server), 60, "a run for the file")
    run = server.wait_for_run(requested["runId"])
    after = prints_by_day(server.paths, "clean.events")
    return Landed(waiting, n_waiting, run, before, after)


def test_a_file_that_is_still_being_written_is_left_alone(landed: Landed) -> None:
    assert f"events-{GOOD_DAY}.csv" in landed.waiting["skipReason"]
    assert landed.requests_while_waiting == 0


def test_a_file_that_landed_is_loaded_by_one_run(landed: Landed) -> None:
    assert landed.run["status"] == "SUCCESS"
    assert landed.run["pipelineName"] == "daily"
    assert landed.run["tags"]["dagster/asset_partition_range_start"] == GOOD_DAY
    assert landed.run["tags"]["dagster/asset_partition_range_end"] == GOOD_DAY


def test_the_rows_of_the_file_arrive_and_other_days_stay(landed: Landed) -> None:
    assert landed.after[GOOD_DAY][0] == N_EVENTS
    assert {day: landed.after[day] for day in landed.before} == landed.before


@dataclass(frozen=True)
class Refused:
    """What came of the bad file, and of the second attempt by hand."""

    run: dict[str, Any]
    again: dict[str, Any]
    requests: list[dict[str, Any]]
    check: dict[str, Any]
    before: tuple[dict[str, Print], bytes]
    after: tuple[dict[str, Print], bytes]
    told: list[dict[str, Any]]


def _state(server: Server) -> tuple[dict[str, Print], bytes]:
    """Every table behind the gate, without the record of what the gate said; and the published file."""
    kept = {k: v for k, v in prints(server.paths, "clean", *DOWNSTREAM).items() if k.split(".")[0] != "ops"}
    return kept, server.paths.published.read_bytes()


@pytest.fixture(scope="module")
def refused(server: Server, landed: Landed, webhook: Webhook) -> Refused:
    """Land a file with too many events of an unknown type; try its day again; wait until everybody has heard of it."""
    before = _state(server)
    earlier = {run["runId"] for run in _requests(server)}
    _land(server, BAD_DAY, unknown=N_BAD, age=LONG_AGO)
    (requested,) = wait_for(
        lambda: [run for run in _requests(server) if run["runId"] not in earlier], 60, "a run for the bad file"
    )
    span = {"dagster__asset_partition_range_start": BAD_DAY, "dagster__asset_partition_range_end": BAD_DAY}
    queued = server.launch(["clean.events"], **span)
    run, again = server.wait_for_run(requested["runId"]), server.wait_for_run(queued)
    check = _check(server, "clean.events", "quarantine_share")
    _wait_for_tick(server, "landing_folder", "a look after the run", _says("no new file"), run["endTime"])
    _wait_for_tick(server, "failed_runs", "the sensor of failed runs", _says(run["runId"]), run["endTime"])
    wait_for(lambda: _told(webhook, again), 60, "a message about the second run")
    return Refused(
        run, again, _requests(server), check, before, _state(server), _told(webhook, run) + _told(webhook, again)
    )


def _told(webhook: Webhook, run: dict[str, Any]) -> list[dict[str, Any]]:
    return [message for message in webhook.told if message["run_id"] == run["runId"]]


def _check(server: Server, asset: str, name: str) -> dict[str, Any]:
    """The latest execution of a check, as the asset's page shows it; metadata by label."""
    (node,) = server.ask(CHECKS, key={"path": asset.split(".")})["assetNodes"]
    (check,) = [check for check in node["assetChecksOrError"]["checks"] if check["name"] == name]
    found = check["executionForLatestMaterialization"]
    entries = found["evaluation"]["metadataEntries"]
    return found | {"metadata": {e["label"]: e.get("intValue", e.get("jsonString")) for e in entries}}


def test_a_refused_gate_is_a_failed_check_with_count_and_sample(refused: Refused) -> None:
    assert refused.check["runId"] == refused.again["runId"]
    assert refused.check["status"] == "FAILED"
    assert refused.check["evaluation"]["severity"] == "ERROR"
    assert refused.check["metadata"]["failing_rows"] == N_BAD
    sample = json.loads(refused.check["metadata"]["sample"])["unknown_event_type"]
    assert sample["rows"] == N_BAD
    # The header is line 1.
    assert sample["sample"][0] == {"file": f"landing/events/events-{BAD_DAY}.csv", "line": 2}


def test_what_stands_behind_a_refused_table_is_skipped(refused: Refused) -> None:
    assert refused.run["status"] == "FAILURE"
    steps = {step["stepKey"]: step["status"] for step in refused.run["stepStats"]}
    assert steps["raw__events"] == "SUCCESS"
    assert steps["clean__events"] == "FAILURE"
    behind = {key: status for key, status in steps.items() if key.split("__")[0] in DOWNSTREAM}
    assert set(behind.values()) <= {"SKIPPED"}


def test_a_refused_file_changes_no_table_and_not_the_published_file(refused: Refused) -> None:
    assert refused.after == refused.before


def test_every_file_is_asked_for_once(refused: Refused) -> None:
    days = sorted(run["tags"]["dagster/asset_partition_range_start"] for run in refused.requests)
    assert days == [GOOD_DAY, BAD_DAY]


def test_the_webhook_hears_of_a_refusal_from_the_hook_alone(refused: Refused) -> None:
    (message,) = [message for message in refused.told if message["run_id"] == refused.run["runId"]]
    assert message["job"] == "daily"
    assert message["step"] == "clean__events"
    assert "unknown_event_type" in message["error"]


def test_the_webhook_hears_of_a_failed_selection_of_the_ui(refused: Refused) -> None:
    assert refused.again["status"] == "FAILURE"
    (message,) = [message for message in refused.told if message["run_id"] == refused.again["runId"]]
    assert message["job"] == "__ASSET_JOB"
    assert "clean__events" in message["error"]
