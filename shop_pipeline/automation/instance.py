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
        "concurrency": {"runs": {"max_concurrent_runs": 1}},
        "run_monitoring": {"enabled": True},
        "retention": {
            "schedule": {"purge_after_days": KEEP_TICKS_DAYS},
            "sensor": {"purge_after_days": KEEP_TICKS_DAYS},
        },
        "event_log_storage": {
            "module": "shop_pipeline.automation.event_log",
            "class": "RangeEventLogStorage",
            "config": {"base_dir": str(home / "history" / "runs")},
        },
    }


def close_abandoned_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of the command line as failed whose process has ended; returns their ids."""
    closed = []
    for run in instance.get_runs(RunsFilter(statuses=UNDER_WAY)):
        pid = run.tags.get(PID_TAG)
        if pid and not _is_alive(int(pid)):
            instance.report_run_failed(run, f"process {pid} ended without finishing the run")
            closed.append(run.run_id)
    return closed


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
