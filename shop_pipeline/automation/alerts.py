"""Who hears of a failed run: the log, and `alerts.webhook` of shop.yaml where that is set.

Two listeners, because each is deaf somewhere. The hook is called inside the run, so that `shop run` tells without a
daemon; it hears steps of the jobs that it hangs on, and nothing of a run that dies before its first step. The sensor
is called by the daemon and hears of every failed run: a selection launched in the UI, a process that was killed, a
warehouse held by somebody else. What the hook has told carries a tag, so nobody hears it twice.
"""

import json
import urllib.request

import dagster as dg

from ..settings import find_paths, load_settings

TOLD_TAG = "shop/told"
LISTEN_EVERY_SECONDS = 10
WEBHOOK_SECONDS = 10


@dg.failure_hook
def tell_of_failure(context: dg.HookContext) -> None:
    """Log what failed, and post it."""
    error = context.op_exception
    text = getattr(error, "description", None) or str(error)
    context.log.error(f"{context.op.name} failed: {text}")
    trouble = _post({"run_id": context.run_id, "job": context.job_name, "step": context.op.name, "error": text})
    if trouble:
        context.log.error(trouble)
    else:
        context.instance.add_run_tags(context.run_id, {TOLD_TAG: "true"})


def build_failure_sensor() -> dg.SensorDefinition:
    """Posts every failed run of the instance that its hook has not told of."""

    @dg.run_failure_sensor(
        name="failed_runs",
        description="Tells alerts.webhook of failed runs.",
        minimum_interval_seconds=LISTEN_EVERY_SECONDS,
        # Runs of the command line belong to no code location that the daemon knows.
        monitor_all_code_locations=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        run = context.dagster_run
        if TOLD_TAG in run.tags:
            return dg.SkipReason(f"run {run.run_id} has been told of")
        trouble = _post(
            {"run_id": run.run_id, "job": run.job_name, "step": None, "error": context.failure_event.message or ""}
        )
        return dg.SkipReason(trouble) if trouble else None

    return failed_runs


def _post(message: dict[str, str | None]) -> str | None:
    """None, or why the webhook could not be told: the run has failed already, a deaf listener must not hide why."""
    webhook = load_settings(find_paths().shop_yaml).alerts.webhook
    if not webhook:
        return None
    body = json.dumps(message).encode()
    try:
        request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"})  # noqa: S310
        urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS).close()  # noqa: S310
    except (OSError, ValueError) as unreachable:  # ValueError: not an address at all
        return f"alerts.webhook could not be told: {unreachable}"
    return None
