"""`shop ui` as a process (Dagster's webserver, daemon and code server), and a client that asks it as the page does.

Here: starting, asking, waiting, ending. Not here: what is asked (the tests). The process is the leader of a session of
its own, so that ending it by the id that we started ends its children, too.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shop_pipeline.settings import Paths, quiet_environment

WHERE = {"repositoryLocationName": "shop_pipeline.definitions", "repositoryName": "__repository__"}
AT_LEAST_ONE = TypeVar("AT_LEAST_ONE")
SHOP = str(Path(sys.executable).with_name("shop"))
FINISHED = ("SUCCESS", "FAILURE", "CANCELED")

LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus locationOrLoadError {
  __typename ... on PythonError { message } ... on RepositoryLocation { repositories { name
    pipelines { name } schedules { name } sensors { name } assetGroups { groupName } } } } } } } }"""
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
CHECKS = """query ($keys: [AssetKeyInput!]!) { assetNodes(assetKeys: $keys) { assetKey { path } assetChecksOrError {
  ... on AssetChecks { checks { name jobNames } } } } }"""
RUN = """query ($id: ID!) { runOrError(runId: $id) { ... on Run { runId status pipelineName startTime endTime
  tags { key value } stepStats { stepKey status } } } }"""
RUNS = """query ($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results {
  runId status pipelineName startTime endTime tags { key value } } } } }"""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(paths: Paths) -> dict[str, str]:
    """What a child process of ours needs to find the shop."""
    return dict(os.environ) | quiet_environment(paths) | {"PYTHONUNBUFFERED": "1"}


def wait_for(look: Callable[[], AT_LEAST_ONE | None], seconds: float, what: str) -> AT_LEAST_ONE:
    """Look again and again until something is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"waited {seconds} s for {what}")


@dataclass(frozen=True)
class Server:
    """A running UI and the shop that it serves."""

    paths: Paths
    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """The `data` of an answer; raises where GraphQL tells an error."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        assert "errors" not in told, told["errors"]
        return told["data"]

    def launch(self, assets: list[str], job: str = "__ASSET_JOB", **tags: str) -> str:
        """Launch as the page does, and return the run's id; tags are written with `__` for `/`."""
        selector: dict[str, Any] = WHERE | {"pipelineName": job}
        if assets:
            keys = [{"path": name.split(".")} for name in assets]
            selector |= {"assetSelection": keys, "assetCheckSelection": self._checks(keys, job)}
        named = [{"key": key.replace("__", "/"), "value": value} for key, value in tags.items()]
        params = {"selector": selector, "mode": "default", "runConfigData": "{}", "executionMetadata": {"tags": named}}
        launched = self.ask(LAUNCH, params=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def _checks(self, keys: list[dict[str, list[str]]], job: str) -> list[dict[str, Any]]:
        # The page names the checks, too: they are made by the same step, and Dagster refuses one without the other.
        nodes = self.ask(CHECKS, keys=keys)["assetNodes"]
        found = [(node["assetKey"], check) for node in nodes for check in node["assetChecksOrError"]["checks"]]
        return [{"assetKey": key, "name": check["name"]} for key, check in found if job in check["jobNames"]]

    def run(self, run_id: str) -> dict[str, Any]:
        """A run as the run page shows it; its tags as a dict."""
        return _with_tags(self.ask(RUN, id=run_id)["runOrError"])

    def runs(self, *, job: str | None = None, **tags: str) -> list[dict[str, Any]]:
        """The runs page: newest first."""
        named = [{"key": key.replace("__", "/"), "value": value} for key, value in tags.items()]
        wanted: dict[str, Any] = {"tags": named} if named else {}
        if job:
            wanted["pipelineName"] = job
        return [_with_tags(run) for run in self.ask(RUNS, filter=wanted)["runsOrError"]["results"]]

    def wait_for_run(self, run_id: str, seconds: float = 120) -> dict[str, Any]:
        """The finished run."""

        def look() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run["status"] in FINISHED else None

        return wait_for(look, seconds, f"run {run_id}; see {self.log}")


def _with_tags(run: dict[str, Any]) -> dict[str, Any]:
    return run | {"tags": {tag["key"]: tag["value"] for tag in run["tags"]}}


@contextmanager
def serve(paths: Paths, log: Path) -> Iterator[Server]:
    """`shop ui` until the block ends."""
    port = free_port()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [SHOP, "ui", "--port", str(port)],
            env=environment(paths),
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Server(paths, f"http://127.0.0.1:{port}", process, log)
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    # Ctrl-C in a terminal goes to every process of the session; what does not listen is ended less politely.
    for polite, seconds in ((signal.SIGINT, 20), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, polite)
        except ProcessLookupError:
            break
        try:
            wait_for(lambda: _is_gone(process), seconds, "the end of the session")
            break
        except AssertionError:
            continue
    process.wait(5)


def _is_gone(process: "subprocess.Popen[bytes]") -> bool:
    process.poll()  # else it stays in its own group as a zombie
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until_loaded(server: Server, seconds: float = 90) -> dict[str, Any]:
    """The code location as the deployment page shows it, once it is loaded or has failed to."""

    def look() -> dict[str, Any] | None:
        assert server.process.poll() is None, server.log.read_text()[-2000:]
        try:
            entries = server.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        except (urllib.error.URLError, ConnectionError):
            return None
        return entries[0] if entries and entries[0]["loadStatus"] == "LOADED" else None

    return wait_for(look, seconds, f"the code location; see {server.log}")
