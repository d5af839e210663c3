"""The finished sample shop with three more days loaded and its clock left where it was: one run for this folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import duckdb
import pytest

from shop_pipeline.cli.plan_counts import estimate
from shop_pipeline.cli.run import Order
from shop_pipeline.settings import Paths, load_settings, quiet_environment
from shop_pipeline_tests.pipeline.finished import FinishedShop
from shop_pipeline_tests.pipeline.grown import RUN, GrownShop, add_future


@pytest.fixture(scope="session")
def grown_shop(finished_shop: FinishedShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrownShop]:
    """Only to be read; behind the finished shop, so that the process has no kernel to compile."""
    paths = Paths(tmp_path_factory.mktemp("grown"))
    shutil.copytree(finished_shop.paths.landing, paths.landing)
    shutil.copy(finished_shop.paths.shop_yaml, paths.shop_yaml)
    clock, _ = add_future(paths.landing)
    found = estimate(paths, load_settings(paths.shop_yaml), Order(as_of=clock))
    before = _size(paths)
    done = subprocess.run(
        [sys.executable, "-c", RUN, "--as-of", clock.isoformat()],
        env=os.environ | quiet_environment(paths),
        capture_output=True,
        text=True,
        check=True,
    )
    peak = int(done.stderr.split()[-1]) * 1024
    with duckdb.connect(str(paths.warehouse), read_only=True) as duck:
        yield GrownShop(paths, clock, found, peak, _size(paths) - before, duck)


def _size(paths: Paths) -> int:
    return sum(path.stat().st_size for path in paths.data.rglob("*") if path.is_file())
