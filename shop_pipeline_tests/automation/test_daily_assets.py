"""What a daily run is asked to build: after a search the parts of the hybrid, before one those standing in for them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest

from shop_pipeline.assets.recommenders.choices import BEFORE_ANY_SEARCH
from shop_pipeline.automation.daily_assets import LEARNED_ONCE, LIST_RULES, WEEKLY, chosen_models, daily_assets
from shop_pipeline.automation.jobs import DAILY, TUNE, build_schedule, build_weekly_schedule
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline.definitions import build_defs
from shop_pipeline.settings import Paths

from .conftest import LONDON


def publish_choice(paths: Paths, *rows: tuple[str, bool]) -> None:
    with duckdb.connect(str(paths.published)) as duck:
        duck.execute("CREATE SCHEMA marts; CREATE TABLE marts.model_selection (model VARCHAR, is_chosen BOOLEAN)")
        duck.executemany("INSERT INTO marts.model_selection VALUES (?, ?)", list(rows) or [("ease", False)])


def publish_weights(paths: Paths, **weights: float) -> None:
    with duckdb.connect(str(paths.published)) as duck:
        duck.execute("CREATE SCHEMA IF NOT EXISTS marts")
        duck.execute("CREATE TABLE marts.hybrid_weights (model VARCHAR, weight DOUBLE)")
        duck.executemany("INSERT INTO marts.hybrid_weights VALUES (?, ?)", list(weights.items()))


def built(paths: Paths) -> set[str]:
    return {".".join(key.path) for key in daily_assets(paths)}


def fitted(paths: Paths) -> set[str]:
    tables = {table.qualified: name for name, table in FITTED.items()}
    return {tables[name] for name in built(paths) if name in tables}


def test_before_the_first_run_and_before_the_first_search(paths: Paths) -> None:
    assert fitted(paths) == set(BEFORE_ANY_SEARCH)
    publish_choice(paths)
    assert fitted(paths) == set(BEFORE_ANY_SEARCH)


def test_before_the_first_search_the_models_of_shop_yaml_alone(paths: Paths) -> None:
    paths.shop_yaml.write_text("recommend: {models: [als, nmf]}", "utf-8")
    assert fitted(paths) == {"als"}


def test_a_file_of_a_version_without_a_search(paths: Paths) -> None:
    with duckdb.connect(str(paths.published)) as duck:
        duck.execute("CREATE SCHEMA marts; CREATE TABLE marts.other (x INTEGER)")
    assert chosen_models(paths) == BEFORE_ANY_SEARCH


def test_the_chosen_model_alone(paths: Paths) -> None:
    publish_choice(paths, ("als", False), ("rp3beta", True))
    assert fitted(paths) == {"rp3beta"}


def test_the_parts_of_the_hybrid_whichever_model_is_best_alone(paths: Paths) -> None:
    publish_choice(paths, ("als", False), ("rp3beta", True))
    publish_weights(paths, als=0.25, nmf=0, popularity_trending=0.75)
    assert fitted(paths) == {"als", "popularity_trending"}


def test_weights_are_learned_by_the_daily_run_until_there_are_any(paths: Paths) -> None:
    assert set(LEARNED_ONCE) <= built(paths)
    publish_weights(paths, als=1)
    assert built(paths) & set(LEARNED_ONCE) == {"marts.list_trade_offs"}


@pytest.mark.parametrize("job", [DAILY, TUNE])
def test_all_tables_are_in_one_of_the_two_jobs(paths: Paths, job: str) -> None:
    """The daily run leaves out the weekly tables and rivals; the job `tune` has those, and what follows from them."""
    keys = build_defs(LONDON).resolve_job_def(job).asset_layer.selected_asset_keys
    names = {".".join(key.path) for key in keys}
    weekly = {*WEEKLY, *(table.qualified for table in FITTED.values())}
    if job == TUNE:
        assert weekly <= names
        assert {"marts.model_evaluation", "marts.recommendations", "ops.run_manifest"} <= names
        assert "marts.similar_customers" in names
        # What shop.yaml says of lists by now; nothing else is loaded.
        assert {name for name in names if name.startswith(("raw.", "clean.", "features."))} == set(LIST_RULES)
    else:
        assert built(paths) <= names
        assert not set(WEEKLY[:2]) & names


def test_a_morning_asks_for_the_chosen_model_alone(paths: Paths) -> None:
    publish_choice(paths, ("rp3beta", True))
    at = datetime(2025, 6, 20, 4, 15, tzinfo=ZoneInfo("Europe/London"))
    request = build_schedule(LONDON)(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert set(request.asset_selection or ()) == set(daily_assets(paths))


def test_the_search_has_its_own_morning_after_the_daily_run() -> None:
    schedule = build_weekly_schedule(LONDON)
    assert (schedule.job_name, schedule.cron_schedule) == (TUNE, "15 5 * * 0")
    assert schedule.execution_timezone == "Europe/London"
