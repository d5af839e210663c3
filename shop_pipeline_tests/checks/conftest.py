"""The hand-made world behind a gate: one for all the refusals, which change nothing, and a fresh one for the rest."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.assets.session import run_variables
from shop_pipeline.settings import ShopSettings
from shop_pipeline.storage import open_warehouse, set_variables
from shop_pipeline_tests.checks.world import AS_OF, World


def build(path: Path) -> duckdb.DuckDBPyConnection:
    duck = open_warehouse(path, memory_gb=1)
    set_variables(duck, run_variables(ShopSettings(), "run-1") | {"as_of": AS_OF})
    return duck


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For tests that leave every table as it is."""
    duck = build(tmp_path_factory.mktemp("world") / "warehouse.duckdb")
    yield World(duck)
    duck.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    duck = build(tmp_path / "warehouse.duckdb")
    yield World(duck)
    duck.close()
