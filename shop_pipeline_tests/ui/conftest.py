"""One shop and one `shop ui` for every test of this folder: a sample of six days, loaded from the command line.

The server starts while `shop run` works, which is how people use them.
"""

import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import ScheduleInstigatorData

from shop_pipeline.automation.instance import prepare_instance
from shop_pipeline.settings import Paths
from shop_pipeline.simulate import ShopConfig, write_sample

from .server import SHOP, WHERE, Server, environment, serve, wait_for, wait_until_loaded

START_SCHEDULE = """mutation ($selector: ScheduleSelector!) { startSchedule(scheduleSelector: $selector) {
  __typename ... on ScheduleStateResult { scheduleState { id status } } ... on PythonError { message } } }"""
STOP_SCHEDULE = "mutation ($id: String) { stopRunningSchedule(id: $id) { __typename } }"
CANCEL = """mutation ($id: String!) { terminateRun(runId: $id, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) {
  __typename } }"""
SAMPLE = ShopConfig(days=6, customers=60, products=30)


@dataclass
class Webhook:
    """A listener on this machine, and what it was told."""

    url: str
    told: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="session")
def webhook() -> Iterator[Webhook]:
    """What `alerts.webhook` of the shop points at."""
    heard: list[dict[str, Any]] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silence."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        yield Webhook(f"http://127.0.0.1:{listener.server_port}/alerts", heard)
        listener.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, webhook: Webhook) -> Paths:
    """The sample's landing files and its instance; nothing is loaded yet."""
    paths = Paths(tmp_path_factory.mktemp("served"))
    write_sample(SAMPLE, paths.data)
    with paths.shop_yaml.open("a") as settings:
        settings.write(f"alerts: {{webhook: {webhook.url!r}}}\nrecommend: {{models: [item_neighbours]}}\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(paths).items():
            patch.setenv(name, value)
        prepare_instance(paths)
        with dg.DagsterInstance.get() as instance:  # makes its files, so that nobody else does at the same moment
            instance.get_runs()
            instance.all_instigator_state()
    return paths


@pytest.fixture(scope="session")
def starting(shop: Paths, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, perhaps not ready yet."""
    with serve(shop, tmp_path_factory.mktemp("log") / "ui.log") as server:
        yield server


@pytest.fixture(scope="session")
def loading(starting: Server) -> Iterator["subprocess.Popen[str]"]:
    """`shop run`, at work while the server starts."""
    command = [SHOP, "run"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(starting.paths), stdout=pipe, stderr=pipe, text=True) as process:
        yield process
        process.kill()


@pytest.fixture(scope="session")
def printed(loading: "subprocess.Popen[str]") -> str:
    """What `shop run` printed."""
    out, err = loading.communicate(timeout=150)
    assert loading.returncode == 0, out + err
    return out


@pytest.fixture(scope="session")
def location(starting: Server) -> dict[str, Any]:
    """The code location, loaded or not."""
    return wait_until_loaded(starting)


@pytest.fixture(scope="session")
def server(starting: Server, scheduled: dict[str, Any], printed: str) -> Server:
    """The server over a shop that is loaded."""
    return starting


@pytest.fixture(scope="session")
def scheduled(starting: Server, loading: "subprocess.Popen[str]", location: dict[str, Any]) -> dict[str, Any]:
    """The run that a real tick of the schedule asked for, as it was queued behind `shop run`; then it is cancelled.

    The daemon catches up with the ticks since a schedule was started, so one that was started a day ago has one tick to
    catch up with. The daemon looks at the full minute: that is waited for here, while `shop run` works.
    """
    assert location["locationOrLoadError"]["__typename"] == "RepositoryLocation", location["locationOrLoadError"]
    started = starting.ask(START_SCHEDULE, selector=WHERE | {"scheduleName": "every_morning"})["startSchedule"]
    assert started["__typename"] == "ScheduleStateResult", started
    _start_a_day_ago(starting.paths)
    (run,) = wait_for(lambda: starting.runs(dagster__schedule_name="every_morning"), 240, "a tick of every_morning")
    starting.ask(STOP_SCHEDULE, id=started["scheduleState"]["id"])
    # What it asks for is known; the days without events that it would load are no part of this shop.
    starting.ask(CANCEL, id=run["runId"])
    starting.wait_for_run(run["runId"])
    return run


def _start_a_day_ago(paths: Paths) -> None:
    with dg.DagsterInstance.from_config(str(paths.dagster_home)) as instance:
        (state,) = [state for state in instance.all_instigator_state() if state.instigator_name == "every_morning"]
        assert isinstance(state.instigator_data, ScheduleInstigatorData)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        data = ScheduleInstigatorData(state.instigator_data.cron_schedule, yesterday.timestamp())
        instance.update_instigator_state(state.with_data(data))
