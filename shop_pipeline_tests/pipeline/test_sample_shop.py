"""The whole pipeline on a sample shop, held against the truth that the simulator wrote beside it.

Nothing is lost (every data line is a row, a refusal or a dropped copy), every planted fault is refused by the rule that
it breaks, and the money of each day is the true money to the penny.
"""

import hashlib
import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import dagster as dg
import duckdb
import pytest

from shop_pipeline.assets.recommenders.choices import BEFORE_ANY_SEARCH
from shop_pipeline.automation.daily_assets import WEEKLY
from shop_pipeline.contracts import FEEDS, TABLES
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline_tests.pipeline.finished import FinishedShop

# Kind of dirt -> the table and the rule that refuse it. `late` and `test_order` are no errors.
REFUSED_BY = {
    "broken_line": ("raw.events", "broken_line"),
    "bad_timestamp": ("raw.events", "wrong_type"),
    "text_in_number": ("raw.events", "wrong_type"),
    "far_future": ("raw.events", "in_the_future"),
    "zero_quantity": ("clean.events", "quantity_not_positive"),
    "negative_quantity": ("clean.events", "quantity_not_positive"),
    "negative_price": ("clean.events", "negative_price"),
    "unknown_event_type": ("clean.events", "unknown_event_type"),
    "unknown_product": ("clean.events", "unknown_product"),
}

SCORES = ("churn_scores", "purchase_propensity", "purchase_amounts", "customer_value")
# The search, what only it needs, and the models that stand in for nothing before a search.
PREDICTED = {"marts.propensity_evaluation", "marts.clv_evaluation", *(f"marts.{name}" for name in SCORES)}
LEFT_TO_OTHER_RUNS = {*WEEKLY, *(table.qualified for name, table in FITTED.items() if name not in BEFORE_ANY_SEARCH)}


def data_lines(shop: FinishedShop, feed: str) -> int:
    """Lines without headers; the sample has no line break within a value."""
    files = sorted((shop.paths.landing / feed).rglob("*.csv"))
    return sum(len(file.read_bytes().splitlines()) - 1 for file in files)


def outcome(shop: FinishedShop, table: str, rule: str) -> int:
    return int(shop.value(f"SELECT n_failed FROM marts.data_quality WHERE table_name = '{table}' AND rule = '{rule}'"))


@pytest.mark.parametrize("feed", [feed for feed in FEEDS if feed != "rates"])  # the sample has one currency
def test_every_line_is_a_row_of_raw_or_a_refusal(finished_shop: FinishedShop, feed: str) -> None:
    rows = finished_shop.value(f"SELECT count(*) FROM raw.{feed}")
    refused = finished_shop.value(f"SELECT count(*) FROM clean.quarantine WHERE table_name = 'raw.{feed}'")
    assert rows + refused == data_lines(finished_shop, feed) == finished_shop.report.rows[feed]
    assert rows > 0


def test_every_raw_event_is_clean_refused_or_a_dropped_copy(finished_shop: FinishedShop) -> None:
    clean = finished_shop.value("SELECT count(*) FROM clean.events")
    refused = finished_shop.value("SELECT count(*) FROM clean.quarantine WHERE table_name = 'clean.events'")
    copies = outcome(finished_shop, "clean.events", "exact_duplicate")
    planted = finished_shop.facts("dirt")["counts"]
    assert clean + refused + copies == finished_shop.value("SELECT count(*) FROM raw.events")
    assert copies == planted["duplicate"] > 0
    # What is left are the true events, and the test orders, which are real rows of test accounts.
    assert clean == finished_shop.report.clean_events + planted["test_order"]


def test_the_quarantine_holds_each_planted_fault_under_its_rule(finished_shop: FinishedShop) -> None:
    planted = finished_shop.facts("dirt")["counts"]
    assert set(planted) == {*REFUSED_BY, "late", "duplicate", "test_order"}
    expected: Counter[tuple[str, str]] = Counter()
    for kind, rule in REFUSED_BY.items():
        expected[rule] += planted[kind]
    found = finished_shop.rows("SELECT table_name, rule, count(*) FROM clean.quarantine GROUP BY ALL")
    assert {(table, rule): n for table, rule, n in found} == dict(expected)


def test_a_refusal_leads_back_to_its_line(finished_shop: FinishedShop) -> None:
    """The id that a refused row had stands in the line of the file that the quarantine names."""
    found = finished_shop.rows(
        "SELECT file, line, row_json FROM clean.quarantine WHERE table_name LIKE '%.events' AND rule <> 'broken_line'"
    )
    assert len(found) > 50
    for file, line, record in found:
        text = (finished_shop.paths.data / file).read_text("utf-8").splitlines()[line - 1]
        assert json.loads(record)["event_id"] in text.split(",")


def test_the_money_of_each_day_is_the_true_money(finished_shop: FinishedShop) -> None:
    """Test orders are no faults of the file, but the truth leaves them out; so does this sum, by their ids."""
    tests = finished_shop.facts("dirt")["test_order_ids"]
    found = finished_shop.duck.execute(
        "SELECT line_date, sum(gross_amount), sum(gross_amount - booked_amount),"
        " count(DISTINCT order_id) FILTER (NOT is_return), coalesce(sum(quantity) FILTER (NOT is_return), 0)"
        " FROM clean.order_lines"
        " WHERE NOT list_contains(?, order_id) GROUP BY 1",
        [tests],
    ).fetchall()
    truth = finished_shop.truth("daily")
    money = {
        row.order_date: (Decimal(f"{row.revenue:.2f}"), Decimal(f"{row.returned_revenue:.2f}"), row.orders, row.units)
        for row in truth.itertuples()
    }
    assert len(tests) > 0
    assert {day: tuple(rest) for day, *rest in found} == {day: sums for day, sums in money.items() if any(sums)}


def test_sales_daily_adds_up_to_the_order_lines_of_each_day(finished_shop: FinishedShop) -> None:
    assert finished_shop.rows(
        "SELECT sale_date, sum(gross_revenue), sum(returned_revenue), sum(units) FROM marts.sales_daily"
        " GROUP BY 1 HAVING sum(gross_revenue + returned_revenue) > 0 ORDER BY 1"
    ) == finished_shop.rows(
        "SELECT line_date, sum(gross_amount), sum(gross_amount - booked_amount),"
        " coalesce(sum(quantity) FILTER (NOT is_return), 0) FROM clean.order_lines GROUP BY 1 ORDER BY 1"
    )


def test_late_events_stand_on_the_day_they_happened(finished_shop: FinishedShop) -> None:
    late = finished_shop.value(
        "SELECT count(*) FROM raw.events WHERE NOT contains(_file, event_date::VARCHAR) AND event_at < now()"
    )
    # The far future is refused in raw; what is left on another day than its file's is late (one copy of a late row,
    # planted as a duplicate, would be too, but duplicates are of other rows).
    assert late == finished_shop.facts("dirt")["counts"]["late"]


# What a customer has, unless it may come back.
SEEN = """
SELECT customer_id, product_id FROM features.interactions
ANTI JOIN (FROM features.repurchases WHERE is_due) USING (customer_id, product_id)
"""
LEFT_TO_SHOW = f"""
WITH left_to_show AS (
    SELECT customer_id, product_id
    FROM (SELECT customer_id, product_id FROM raw.customers, features.product_rules WHERE is_shown)
    ANTI JOIN ({SEEN}) USING (customer_id, product_id)
)
"""


def test_everyone_who_is_known_gets_a_list_of_new_products(finished_shop: FinishedShop) -> None:
    """But for a crawler that has seen every product: there is nothing new to show it."""
    everyone = {id_ for (id_,) in finished_shop.rows("SELECT customer_id FROM raw.customers")}
    listed = {id_ for (id_,) in finished_shop.rows("SELECT DISTINCT customer_id FROM marts.recommendations")}
    left = dict(finished_shop.rows(f"{LEFT_TO_SHOW} SELECT customer_id, count(*) FROM left_to_show GROUP BY 1"))
    assert len(everyone) == finished_shop.report.rows["customers"]
    assert everyone - listed == everyone - set(left)
    assert not finished_shop.rows(
        f"SELECT 1 FROM marts.recommendations SEMI JOIN ({SEEN}) USING (customer_id, product_id)"
    )


def test_every_list_is_whole(finished_shop: FinishedShop) -> None:
    """20 places, whatever the rules take."""
    lengths = finished_shop.rows(
        f"{LEFT_TO_SHOW} SELECT DISTINCT n, n_left >= 20 FROM"
        " (SELECT customer_id, count(*) AS n FROM marts.recommendations GROUP BY 1)"
        " JOIN (SELECT customer_id, count(*) AS n_left FROM left_to_show GROUP BY 1) USING (customer_id)"
    )
    assert lengths == [(20, True)]


SHOWN_BY = {
    "recommendations": "product_id",
    "email_recommendations": "product_id",
    "product_page_recommendations": "shown_product_id",
    "home_page_recommendations": "product_id",
    "session_recommendations": "next_product_id",
    "similar_products": "similar_product_id",
    "popular_products": "product_id",
}


@pytest.mark.parametrize("name", SHOWN_BY)
def test_what_has_run_out_or_is_blocked_is_in_no_list(finished_shop: FinishedShop, name: str) -> None:
    """By the newest count of the landing file itself, and by shop.yaml."""
    sold_out = {
        id_
        for (id_,) in finished_shop.rows(
            "SELECT product_id FROM raw.stock GROUP BY 1 HAVING arg_max(on_hand, stock_date) <= 0"
        )
    }
    shown = {id_ for (id_,) in finished_shop.rows(f"SELECT DISTINCT {SHOWN_BY[name]} FROM marts.{name}")}
    assert sold_out
    assert len(shown) > 30
    assert not shown & (sold_out | {"P00006"})


def test_some_of_what_is_bought_again_and_again_comes_back(finished_shop: FinishedShop) -> None:
    again = "SELECT customer_id, product_id FROM marts.recommendations WHERE reason_code = 'bought_again'"
    assert finished_shop.rows(again)
    due = "ANTI JOIN (FROM features.repurchases WHERE is_due) USING (customer_id, product_id)"
    assert not finished_shop.rows(f"FROM ({again}) {due}")


def test_the_clock_is_the_end_of_the_newest_day(finished_shop: FinishedShop) -> None:
    """2025-06-30 in London ends at 23:00 UTC."""
    assert finished_shop.rows("SELECT DISTINCT as_of::VARCHAR FROM marts.recommendations") == [("2025-06-30 23:00:00",)]


def test_the_manifest_holds_the_hash_of_every_file(finished_shop: FinishedShop) -> None:
    inputs = json.loads(finished_shop.value("SELECT inputs FROM ops.run_manifest"))
    files = [file for file in finished_shop.paths.landing.rglob("*") if file.is_file()]
    assert inputs == {
        file.relative_to(finished_shop.paths.data).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


def test_the_manifest_tells_the_rows_of_every_table(finished_shop: FinishedShop) -> None:
    outputs = json.loads(finished_shop.value("SELECT outputs FROM ops.run_manifest"))
    schemas = ("clean", "features", "models", "marts")
    assert {name: told["rows"] for name, told in outputs.items()} == {
        name: finished_shop.value(f"SELECT count(*) FROM {name}")
        for name, table in TABLES.items()
        if table.schema in schemas
    }
    filled = {name: told["hash"] for name, told in outputs.items() if told["rows"]}
    assert set(outputs) - set(filled) == LEFT_TO_OTHER_RUNS & set(outputs) | {
        *("clean.rates", "marts.similar_customers"),
        "marts.segment_migration",  # nobody has been in a segment before
        "marts.trending_products",  # two times 28 days are more than there are
        "marts.demand_forecast_weekly",  # five weeks reach no further ahead than the running one
    }
    assert len(set(filled.values())) == len(filled)


def test_the_manifest_says_what_made_it(finished_shop: FinishedShop) -> None:
    row = finished_shop.rows("SELECT run_id, parameters, seeds, versions FROM ops.run_manifest")
    assert [run_id for run_id, *_ in row] == [finished_shop.result.run_id]
    _, parameters, seeds, versions = row[0]
    assert json.loads(parameters)["shop"]["currency"] == "GBP"
    assert json.loads(seeds) == {"recommend": 7}
    assert json.loads(versions)["duckdb"] == duckdb.__version__


def test_the_published_file_is_the_marts_and_ops_and_nothing_else(finished_shop: FinishedShop) -> None:
    with duckdb.connect(str(finished_shop.paths.published), read_only=True) as published:
        stored = published.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables ORDER BY 1"
        ).fetchall()
        names = [name for (name,) in stored]
        counts = {name: published.execute(f"SELECT count(*) FROM {name}").fetchone() for name in names}
    assert names == sorted(name for name, table in TABLES.items() if table.schema in ("marts", "ops"))
    ours = {name: (finished_shop.value(f"SELECT count(*) FROM {name}"),) for name in names}
    # The last asset publishes after its own write, so that even its manifest and its outcomes are in the file.
    assert counts == ours


def test_every_gate_said_so(finished_shop: FinishedShop) -> None:
    """Each asset stored its checks, all of them passed, and each materialised once."""
    checks = finished_shop.result.get_asset_check_evaluations()
    told = {(".".join(check.asset_key.path), check.check_name) for check in checks}
    assert {name for name, check in told if check == "contract"} == {
        name for name in TABLES if name not in {"ops.check_results", "ops.landing_files"} | LEFT_TO_OTHER_RUNS
    }
    failed = [check for check in checks if not check.passed]
    assert [check.check_name for check in failed if check.severity == dg.AssetCheckSeverity.ERROR] == []
    # Of 300 customers over 40 days, models of what comes next know little, and say so.
    assert {".".join(check.asset_key.path) for check in failed} <= PREDICTED
    for name in ("clean.events", "raw.events"):
        assert (name, "quarantine_share") in told


def test_the_quality_table_tells_of_every_table(finished_shop: FinishedShop) -> None:
    """But of itself, and of the manifest that is written behind it."""
    told = {name for (name,) in finished_shop.rows("SELECT DISTINCT table_name FROM marts.data_quality")}
    beside = {"ops.check_results", "ops.landing_files", "ops.run_manifest", "marts.data_quality"}
    assert told == set(TABLES) - beside - LEFT_TO_OTHER_RUNS


def test_no_day_is_missing(finished_shop: FinishedShop) -> None:
    days = [day for (day,) in finished_shop.rows("SELECT DISTINCT event_date FROM clean.events ORDER BY 1")]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))
    assert len(days) == 40
