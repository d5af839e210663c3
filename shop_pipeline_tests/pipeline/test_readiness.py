"""What the data allow, end to end: a shop of a handful of orders, the sample shop, one that wants a model anyway."""

import json
from pathlib import Path

import dagster as dg
import pytest

from shop_pipeline.models.readiness_rules import candidates
from shop_pipeline_tests.pipeline.finished import FinishedShop
from shop_pipeline_tests.robustness.folder import Shop

SETTINGS = """\
shop: {timezone: Europe/London, currency: GBP, first_day: 2025-01-01}
feeds: {events: {files: "landing/*.csv"}}
"""
HEADER = "event_at,event_type,product_id,event_id,customer_id,order_id,quantity,unit_price"
BUILT = {one.model: one.table for one in candidates(32)}


def open_shop(folder: Path, more: str = "") -> Shop:
    """Twelve orders of five customers for four products, one a day."""
    (folder / "landing").mkdir()
    lines = [f"2025-01-{n + 1:02}T10:00:00Z,purchase,P{n % 4},E{n},C{n % 5},O{n},1,2.50" for n in range(12)]
    (folder / "landing" / "a.csv").write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    (folder / "shop.yaml").write_text(SETTINGS + more, "utf-8")
    return Shop(folder)


@pytest.fixture(scope="module")
def handful(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = open_shop(tmp_path_factory.mktemp("handful"))
    result = shop.call("run")
    assert result.exit_code == 0, result.output
    return shop


def test_a_handful_of_orders_allows_best_sellers_only(handful: Shop) -> None:
    told = dict(handful.ask("SELECT model, verdict FROM marts.model_readiness"))
    assert told == {
        "popularity": "reduced",
        "product_similarity": "none",
        "customer_similarity": "none",
        "item_neighbours": "none",
        "als": "none",
        "model_evaluation": "none",
        "recommendations": "reduced",
        "session_transitions": "none",
        "clv": "none",
        "churn": "none",
        "association_rules": "none",
        "demand_forecast": "none",
        "price_elasticity": "none",
    }
    learned = ("product_similarity", "customer_similarity", "item_neighbours", "als_factors")
    for table in (*(f"models.{name}" for name in learned), "marts.model_evaluation"):
        assert handful.kept(f"SELECT count(*) FROM {table}") == [(0,)]
    assert handful.ask("SELECT DISTINCT model FROM marts.recommendations") == [("popularity",)]


def test_what_is_empty_says_so_in_dagster(handful: Shop) -> None:
    with dg.DagsterInstance.from_config(str(handful.data / "dagster")) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["models", "als_factors"]))
        page = instance.get_latest_materialization_event(dg.AssetKey(["marts", "model_readiness"]))
    assert event is not None
    assert event.asset_materialization is not None
    note = event.asset_materialization.metadata["note"].value
    assert str(note).startswith("no factors: 4 customers or products, whichever are fewer, 32 wanted")
    assert page is not None
    assert page.asset_materialization is not None
    assert str(page.asset_materialization.metadata["readiness"].value).startswith(
        "12 events with a product: best sellers"
    )


def test_the_command_prints_the_page_and_what_is_empty(handful: Shop) -> None:
    shown = handful.call("readiness")
    assert shown.exit_code == 0
    text = " ".join(shown.output.split())
    assert (
        "12 events with a product: best sellers, in an order that is much chance; no similar products; no user" in text
    )
    assert "; no rules; no forecasts; no elasticities." in text
    empty = "marts.bought_together, marts.churn_scores, marts.customer_value, marts.demand_forecast,"
    assert f"Left empty by the last run: {empty}" in text


def test_before_the_first_run_there_is_nothing_to_tell(tmp_path: Path) -> None:
    shown = Shop(tmp_path).call("readiness")
    assert shown.exit_code == 2
    assert "the first good run makes it" in shown.output


def test_a_shop_that_wants_a_model_anyway_gets_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, "readiness: {als: 0, product_similarity: 5}\n")
    names = ("models/als_factors", "models/product_similarity", "marts/model_readiness")
    assert shop.call("run", "--select", " or ".join(f"+key:{name}" for name in names)).exit_code == 0
    assert shop.kept("SELECT count(*) FROM models.als_factors") == [(5 + 4,)]
    assert shop.kept("SELECT count(*) > 0 FROM models.product_similarity") == [(True,)]
    assert shop.ask("SELECT verdict, threshold FROM marts.model_readiness WHERE model = 'als'") == [("reduced", 200)]


def test_the_sample_shop_gets_all_models_and_every_empty_table_has_a_verdict(finished_shop: FinishedShop) -> None:
    rows = finished_shop.rows("SELECT model, verdict, quantity, observed FROM marts.model_readiness")
    assert {model for model, *_ in rows} == set(BUILT)
    assert all(level != "none" for _, level, *_ in rows)
    counted = dict(finished_shop.rows("SELECT quantity, observed FROM features.model_counts"))
    assert all(counted[quantity] == observed for *_, quantity, observed in rows)
    # The evaluation judges those whom the counts found, but for a pair or two of an event without weight.
    judged = finished_shop.value("SELECT max(n_customers) FROM marts.model_evaluation")
    assert counted["test_buyers"] == pytest.approx(judged, rel=0.02)
    outputs = json.loads(finished_shop.value("SELECT outputs FROM ops.run_manifest"))
    # Customers are compared weekly.
    assert {table for table in BUILT.values() if not outputs[table]["rows"]} == {"models.customer_similarity"}


def test_the_counts_of_the_sample_shop_against_its_truth(finished_shop: FinishedShop) -> None:
    """Orders by the simulator's own daily truth; it leaves out the planted test orders."""
    truth = int(finished_shop.truth("daily")["orders"].sum()) + len(finished_shop.facts("dirt")["test_order_ids"])
    counted = dict(finished_shop.rows("SELECT quantity, observed FROM features.model_counts"))
    assert counted["orders"] == truth
    # The days from the first sale to the last day of events, both included.
    assert counted["history_days"] == finished_shop.value(
        "SELECT max(event_date) - (SELECT min(line_date) FROM clean.order_lines) + 1 FROM clean.events"
    )
