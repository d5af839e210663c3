"""The hand-made world behind a gate: one for all the refusals, which change nothing, and a fresh one for the rest.

It is filled once; a fresh one is a copy of the file, which takes a tenth of the time.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.assets.session import run_variables
from shop_pipeline.checks import Gate
from shop_pipeline.contracts import TABLES
from shop_pipeline.settings import ShopSettings
from shop_pipeline.storage import open_warehouse, set_variables
from shop_pipeline_tests.checks.rows import AS_OF
from shop_pipeline_tests.checks.world import World


class CopiedWorld(World):
    """A world whose rows came with its file."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self.duck = duck
        self.gate = Gate(duck, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])


def build(path: Path) -> duckdb.DuckDBPyConnection:
    duck = open_warehouse(path, memory_gb=1)
    # Over a few rows, the second thread of a query costs a sixth of its CPU time and brings nothing.
    duck.execute("SET threads = 1")
    set_variables(duck, run_variables(ShopSettings(), "run-1") | {"as_of": AS_OF})
    return duck


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed file with every clean frame in its table. Not to be opened."""
    path = tmp_path_factory.mktemp("filled") / "warehouse.duckdb"
    duck = build(path)
    World(duck)
    duck.close()
    return path


@pytest.fixture(scope="module")
def shared_world(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that leave every table as it is."""
    duck = build(shutil.copyfile(filled, tmp_path_factory.mktemp("world") / "warehouse.duckdb"))
    yield CopiedWorld(duck)
    duck.close()


@pytest.fixture
def world(filled: Path, tmp_path: Path) -> Iterator[World]:
    duck = build(shutil.copyfile(filled, tmp_path / "warehouse.duckdb"))
    yield CopiedWorld(duck)
    duck.close()
