"""The job `tune` over the whole graph: what it leaves behind, what the next daily run makes of it, and no leak.

The finished sample shop of 40 days is copied, and the search is given three models and more time than it needs: so it
ends by itself, and two searches are the same.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import duckdb
import pytest

from shop_pipeline.automation.daily_assets import LEARNED_ONCE, WEEKLY, chosen_models, daily_assets
from shop_pipeline.automation.jobs import TUNE
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline.models.recommenders.catalogue import CATALOGUE
from shop_pipeline.names import ModelName
from shop_pipeline.settings import Paths
from shop_pipeline_tests.pipeline.finished import FinishedShop, run_shop
from shop_pipeline_tests.pipeline.grown import GrownShop, rows

TRIED = ("item_neighbours", "rp3beta", "popularity_trending")
SEARCH = f"holdout_days: 12, tuning_minutes: 30, models: [{', '.join(TRIED)}]"
OPTIONAL = {"mult_vae"}
"""Its table is filled where torch is installed."""


def tuned(paths: Paths, as_of: date) -> duckdb.DuckDBPyConnection:
    result = run_shop(paths, as_of, as_of, as_of=as_of, job=TUNE)
    assert result.success
    return duckdb.connect(str(paths.warehouse), read_only=True)


@pytest.fixture(scope="module")
def copied(finished_shop: FinishedShop, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """The finished shop's files and warehouse, with the settings of the search."""
    data = tmp_path_factory.mktemp("tuned")
    shutil.copytree(finished_shop.paths.data, data, dirs_exist_ok=True)
    paths = Paths(data)
    text = paths.shop_yaml.read_text("utf-8")
    assert "holdout_days: 12" in text
    paths.shop_yaml.write_text(text.replace("holdout_days: 12", SEARCH), "utf-8")
    return paths


@pytest.fixture(scope="module")
def clock(finished_shop: FinishedShop) -> date:
    newest: date = finished_shop.value("SELECT max(event_date) FROM clean.events")
    return newest


@pytest.fixture(scope="module")
def shop(copied: Paths, clock: date) -> Iterator[duckdb.DuckDBPyConnection]:
    with tuned(copied, clock) as duck:
        yield duck


def ask(duck: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return duck.execute(sql).fetchall()


def test_every_model_of_the_shop_was_tried_and_popularity_too(shop: duckdb.DuckDBPyConnection) -> None:
    found = ask(shop, "SELECT model, count(*), bool_and(status = 'done') FROM marts.model_trials GROUP BY 1 ORDER BY 1")
    assert {model for model, *_ in found} == {*TRIED, "popularity"}
    assert all(done for *_, done in found)
    tried = {model: n for model, n, _ in found}
    # The boring rule has nothing to be searched; the others leave their defaults.
    assert tried["popularity"] == 1
    assert min(tried[model] for model in TRIED) > 1


def test_the_validation_period_ends_where_the_test_period_begins(shop: duckdb.DuckDBPyConnection) -> None:
    """Both are twelve days; neither the search nor the weights have seen anything of the second."""
    assert ask(
        shop,
        "SELECT DISTINCT t.split_at = e.split_at - INTERVAL 12 DAY, e.split_at = e.as_of - INTERVAL 12 DAY,"
        " w.split_at = t.split_at"
        " FROM marts.model_trials AS t, marts.model_evaluation AS e, marts.hybrid_weights AS w",
    ) == [(True, True, True)]


def test_the_choice_is_the_best_trial_of_all(shop: duckdb.DuckDBPyConnection) -> None:
    best = ask(shop, "SELECT model, settings FROM marts.model_trials WHERE is_best ORDER BY value DESC, model LIMIT 1")
    assert ask(shop, "SELECT model, settings FROM marts.model_selection WHERE is_chosen") == best


def parts(shop: duckdb.DuckDBPyConnection) -> set[str]:
    return {model for (model,) in ask(shop, "SELECT model FROM marts.hybrid_weights WHERE weight > 0")}


def test_all_selected_models_are_judged_and_the_hybrid_of_several(shop: duckdb.DuckDBPyConnection) -> None:
    judged = {model for (model,) in ask(shop, "SELECT DISTINCT model FROM marts.model_evaluation")}
    assert judged == {*TRIED, "popularity"} | ({"hybrid"} if len(parts(shop)) > 1 else set())


def test_the_best_of_each_family_may_be_a_part(shop: duckdb.DuckDBPyConnection) -> None:
    """Of the popular ones the better is tried; the value of each is that of its best trial, over the same customers."""
    ranked = "SELECT model FROM marts.model_selection WHERE model LIKE 'popularity%' ORDER BY value DESC, model"
    popular = ask(shop, f"{ranked} LIMIT 1")
    tried = {model for (model,) in ask(shop, "SELECT model FROM marts.hybrid_weights")}
    assert tried == {"item_neighbours", "rp3beta", popular[0][0]}
    both = "SELECT w.value, s.value FROM marts.hybrid_weights AS w JOIN marts.model_selection AS s USING (model)"
    for value, searched in ask(shop, both):
        assert value == pytest.approx(searched)


@pytest.mark.parametrize("name", sorted(set(FITTED) - OPTIONAL))
def test_every_model_of_the_catalogue_is_fitted_and_stored(shop: duckdb.DuckDBPyConnection, name: str) -> None:
    (count,) = ask(shop, f"SELECT count(*) FROM {FITTED[name].qualified}")[0]
    assert count > 0


def test_every_model_has_a_table_every_table_a_model_and_shop_yaml_knows_their_names() -> None:
    assert list(FITTED) == list(CATALOGUE) == list(get_args(ModelName))


def test_the_parts_are_published_and_the_next_daily_run_builds_them_alone(
    copied: Paths, shop: duckdb.DuckDBPyConnection
) -> None:
    chosen = parts(shop)
    assert set(chosen_models(copied)) == chosen
    built = {".".join(key.path) for key in daily_assets(copied)}
    fitted = {table.qualified: name for name, table in FITTED.items()}
    assert {fitted[name] for name in built & set(fitted)} == set(chosen)
    assert not built & {*WEEKLY, *LEARNED_ONCE}
    assert {"clean.events", "models.product_similarity", "marts.recommendations", "ops.run_manifest"} <= built


def test_the_settings_found_are_those_that_were_fitted(shop: duckdb.DuckDBPyConnection) -> None:
    """As many neighbours as the search found best, or all other products: somebody has each two of the 60 in common."""
    settings = json.loads(ask(shop, "SELECT settings FROM marts.model_selection WHERE model = 'item_neighbours'")[0][0])
    (longest,) = ask(shop, "SELECT max(rank) FROM models.item_neighbours")[0]
    n_products = ask(shop, "SELECT count(DISTINCT product_id) FROM features.interactions")[0][0]
    assert longest == min(settings["n_neighbours"], n_products - 1)


COMPARED = [
    *(table.qualified for name, table in FITTED.items() if name not in OPTIONAL),
    "models.customer_similarity",
    "marts.model_trials",
    "marts.model_selection",
    "marts.hybrid_weights",
    "marts.list_trade_offs",
    "marts.similar_customers",
    "models.evaluation",
    "marts.model_evaluation",
    "marts.model_evaluation_by_activity",
    "marts.recommendations",
]


@pytest.fixture(scope="module")
def future(
    grown_shop: GrownShop, copied: Paths, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same shop with three more days loaded, and the clock where it was."""
    data = tmp_path_factory.mktemp("tuned_future")
    shutil.copytree(grown_shop.paths.data, data, dirs_exist_ok=True)
    shutil.copy(copied.shop_yaml, data)
    with tuned(Paths(data), grown_shop.clock) as duck:
        yield duck


@pytest.mark.parametrize("name", COMPARED)
def test_events_after_the_clock_change_no_model_and_no_choice(
    shop: duckdb.DuckDBPyConnection, future: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert rows(shop, name)
    assert rows(future, name) == rows(shop, name)
