"""`shop ui`: Dagster's webserver and daemon over the instance of the data folder."""

import os
import signal
import subprocess
import sys

import dagster as dg

from ..automation.instance import close_abandoned_runs, prepare_instance
from ..settings import Paths


def serve(paths: Paths, port: int) -> int:
    """Runs until it is interrupted or terminated. It listens on this machine only."""
    prepare_instance(paths)
    with dg.DagsterInstance.get() as instance:
        close_abandoned_runs(instance)
    print(f"Dagster UI: http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "shop_pipeline.definitions", "-h", "127.0.0.1"]
    # In a group of its own: a signal to its first process alone would leave webserver, daemon and code server behind.
    server = subprocess.Popen([*command, "-p", str(port)], start_new_session=True)  # noqa: S603
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: os.killpg(server.pid, signal.SIGINT))
    return server.wait()
