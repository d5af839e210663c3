"""`shop ui`: Dagster's webserver and daemon over the instance of the data folder."""

import subprocess
import sys

import dagster as dg

from ..automation.instance import close_abandoned_runs, prepare_instance
from ..settings import Paths


def serve(paths: Paths, port: int) -> int:
    """Runs until it is interrupted. It listens on this machine only."""
    prepare_instance(paths)
    with dg.DagsterInstance.get() as instance:
        close_abandoned_runs(instance)
    print(f"Dagster UI: http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "shop_pipeline.definitions", "-h", "127.0.0.1"]
    return subprocess.run(  # noqa: S603
        [*command, "-p", str(port)], check=False
    ).returncode
