"""The Dagster instance under the data folder, shared by the command line, the UI and the daemon.

One run at a time (the warehouse has one writer), no telemetry, and ticks are forgotten after a month. Runs whose
process is gone are closed, or they would hold the queue for ever.
"""

import os
from pathlib import Path

import dagster as dg
import yaml
from dagster import DagsterRunStatus, RunsFilter

from ..settings import Paths, apply_quiet_environment

PID_TAG = "shop/pid"
KEEP_TICKS_DAYS = 30
# Dagster's 5 are for many runs; who presses a button waits for it.
LOOK_AT_QUEUE_SECONDS = 1
UNDER_WAY = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def prepare_instance(paths: Paths) -> None:
    """Point this process and its children at the instance, and write `dagster.yaml` where it is missing or old."""
    apply_quiet_environment(paths)
    paths.dagster_home.mkdir(parents=True, exist_ok=True)
    wanted = yaml.safe_dump(_config(paths.dagster_home), sort_keys=False)
    target = paths.dagster_home / "dagster.yaml"
    if not target.exists() or target.read_text("utf-8") != wanted:
        target.write_text(wanted, "utf-8")


def _config(home: Path) -> dict[str, object]:
    return {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "run_coordinator": {
            "module": "dagster.core.run_coordinator",
            "class": "QueuedRunCoordinator",
            "config": {"max_concurrent_runs": 1, "dequeue_interval_seconds": LOOK_AT_QUEUE_SECONDS},
        },
        "run_monitoring": {"enabled": True},
        "retention": {
            "schedule": {"purge_after_days": KEEP_TICKS_DAYS},
            # A sensor that looks every few seconds mostly finds nothing.
            "sensor": {"purge_after_days": {"skipped": 1, "failure": KEEP_TICKS_DAYS, "success": KEEP_TICKS_DAYS}},
        },
        "event_log_storage": {
            "module": "shop_pipeline.automation.event_log",
            "class": "RangeEventLogStorage",
            "config": {"base_dir": str(home / "history" / "runs")},
        },
    }


def close_abandoned_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs as failed whose process has ended, on this machine; returns their ids."""
    closed = []
    for run in instance.get_runs(RunsFilter(statuses=UNDER_WAY)):
        pid = _pid_of(run, instance)
        if pid is not None and not _is_alive(pid):
            instance.report_run_failed(run, f"process {pid} ended without finishing the run")
            closed.append(run.run_id)
    return closed


def _pid_of(run: dg.DagsterRun, instance: dg.DagsterInstance) -> int | None:
    """From the tag of the command line, else from the event with which a run of the UI or the daemon begins."""
    if PID_TAG in run.tags:
        return int(run.tags[PID_TAG])
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        metadata = entry.get_dagster_event().engine_event_data.metadata
        if "pid" in metadata:
            return int(str(metadata["pid"].value))
    return None


def _is_alive(pid: int) -> bool:
    # This process asks before it begins a run: one under its id was an earlier process's, as in a restarted container.
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
