"""The failure hook: it logs, it posts, and a webhook that does not answer hides nothing."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pytest

from shop_pipeline.automation.alerts import TOLD_TAG, tell_of_failure
from shop_pipeline.settings import Paths


@contextmanager
def _listening(answer: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    heard: list[dict[str, Any]] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answer)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silence."""

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", heard
        server.shutdown()
        thread.join()


def _set_webhook(paths: Paths, address: str) -> None:
    with paths.shop_yaml.open("a") as settings:
        settings.write(f"alerts: {{webhook: {address!r}}}\n")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance in memory."""
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def _fail(instance: dg.DagsterInstance) -> tuple[dg.DagsterRun, str]:
    """Run a job whose second step fails; the run as it is stored, and its log."""

    @dg.op
    def good() -> int:
        return 1

    @dg.op
    def bad(number: int) -> None:
        raise dg.Failure("clean.events was refused", allow_retries=False)

    @dg.job(hooks={tell_of_failure})
    def job() -> None:
        bad(good())

    done = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not done.success
    run = instance.get_run_by_id(done.run_id)
    assert run is not None
    return run, "\n".join(entry.user_message for entry in instance.all_logs(done.run_id))


def test_a_failure_is_posted_once_with_run_step_and_reason(paths: Paths, instance: dg.DagsterInstance) -> None:
    with _listening(204) as (address, heard):
        _set_webhook(paths, address)
        run, log = _fail(instance)
    assert heard == [{"run_id": run.run_id, "job": "job", "step": "bad", "error": "clean.events was refused"}]
    assert "bad failed: clean.events was refused" in log
    assert TOLD_TAG in run.tags


def test_without_a_webhook_the_failure_is_logged(paths: Paths, instance: dg.DagsterInstance) -> None:
    run, log = _fail(instance)
    assert "bad failed: clean.events was refused" in log
    assert TOLD_TAG in run.tags


def _nobody() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_a_webhook_that_nobody_hears_is_told_beside_the_failure(paths: Paths, instance: dg.DagsterInstance) -> None:
    _set_webhook(paths, _nobody())
    run, log = _fail(instance)
    assert "bad failed: clean.events was refused" in log
    assert "alerts.webhook could not be told" in log
    assert TOLD_TAG not in run.tags  # so that the sensor tries again


def test_a_webhook_that_refuses_is_told_beside_the_failure(paths: Paths, instance: dg.DagsterInstance) -> None:
    with _listening(500) as (address, heard):
        _set_webhook(paths, address)
        run, log = _fail(instance)
    assert len(heard) == 1
    assert "alerts.webhook could not be told: HTTP Error 500" in log
    assert TOLD_TAG not in run.tags


def test_a_webhook_that_is_no_address_is_told_beside_the_failure(paths: Paths, instance: dg.DagsterInstance) -> None:
    _set_webhook(paths, "not an address")
    _, log = _fail(instance)
    assert "alerts.webhook could not be told" in log
