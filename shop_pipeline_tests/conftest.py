"""Shared ground: a process that tells nobody anything, an empty warehouse, and one small shop that went all the way.

The finished shop is made once per session (about 10 s) and only read: its warehouse is opened read-only.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.assets.session import run_variables
from shop_pipeline.settings import Paths, ShopSettings, quiet_environment
from shop_pipeline.simulate import ShopConfig, write_sample
from shop_pipeline.storage import open_warehouse, set_variables
from shop_pipeline_tests.pipeline.finished import FinishedShop, run_shop

# Folders whose tests share something dear: one worker takes all of them; the models share what numba compiles, which a
# fresh clone does not have. Elsewhere a worker takes a module at a time. What takes longest begins first.
TOGETHER = ("robustness", "pipeline", "models", "ui", "readme", "simulate")
SAMPLE = ShopConfig(days=40, customers=300, products=60, seed=11)
# Short periods, so that there is one to learn the hybrid's weights on, rebuying and rules that a small shop shows.
SETTINGS = """\
recommend: {holdout_days: 12}
lists: {rebuy_share: 0.02, rebuy_buyers: 3, blocked_products: [P00006]}
propensity: {churn_days: 8, category_days: 8}
baskets: {min_support: 0.002, min_confidence: 0.05, false_discovery_rate: 0.5}
readiness: {churn: 20, association_rules: 0}
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares something on one worker."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_shared(item) or item.path.stem))
    items.sort(key=lambda item: [*TOGETHER, ""].index(_shared(item)))


def _shared(item: pytest.Item) -> str:
    """The folder of `TOGETHER` that the test lies in; empty for none."""
    return next((name for name in TOGETHER if name in item.path.relative_to(Path(__file__).parent).parts), "")


@pytest.fixture(scope="session", autouse=True)
def _quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No telemetry, and a data folder of the session's own: a test that forgets its own never touches `data/`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in quiet_environment(Paths(tmp_path_factory.mktemp("nobodys"))).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed file with every table. Not to be opened: a copy takes a third of the time of a new one."""
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    open_warehouse(path, memory_gb=1).close()
    return path


@pytest.fixture
def warehouse(empty_warehouse: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty warehouse file with every table, and the variables of a run with the default settings."""
    duck = open_warehouse(shutil.copyfile(empty_warehouse, tmp_path / "warehouse.duckdb"), memory_gb=1)
    set_variables(duck, run_variables(ShopSettings(), "run-1"))
    yield duck
    duck.close()


@pytest.fixture(scope="session")
def finished_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FinishedShop]:
    """The sample shop after one good run over all its days."""
    paths = Paths(tmp_path_factory.mktemp("finished"))
    report = write_sample(SAMPLE, paths.data)
    paths.shop_yaml.write_text(paths.shop_yaml.read_text("utf-8") + SETTINGS, "utf-8")
    _sell_out(paths.landing / "stock" / "stock.csv")
    result = run_shop(paths, SAMPLE.first_day, SAMPLE.last_day)
    assert result.success
    with duckdb.connect(str(paths.warehouse), read_only=True) as duck:
        yield FinishedShop(paths, result, duck, report)


def _sell_out(stock: Path) -> None:
    """Nothing is left of the product that was counted last."""
    *lines, last = stock.read_text("utf-8").splitlines()
    product, day, _, *rest = last.split(",")
    stock.write_text("\n".join([*lines, ",".join([product, day, "0", *rest])]) + "\n", "utf-8")
