"""The plan of stock over hand-worked tables: which products stand in it, what it reads, and when it is empty.

The mathematics is tested in models/inventory. The clock is midnight of 1 March 2025; forecasts have four days, and the
back-test has two windows of four.
"""

from datetime import date, timedelta

import pytest

from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.inventory import build_plan, plan_page
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NAME = "marts.inventory_plan"
LAST = date(2025, 2, 28)
HORIZON = 4
MONDAYS = (date(2025, 2, 10), date(2025, 2, 17))


def before(days: int) -> date:
    return LAST - timedelta(days=days)


def add_product(
    bench: Bench, product: str, *, is_listed: bool = True, rule: str | None = None, cost: float = 3
) -> None:
    bench.fill("clean.products", "product_id is_listed unit_cost", (product, is_listed, cost))
    bench.fill("features.product_rules", "product_id rule", (product, rule))


def add_sales(bench: Bench, product: str, *units: int) -> None:
    """So many units on the last days before the clock, newest last; and two weeks of 10 and 30 units for 100 each."""
    days = [(product, "product", "all", before(len(units) - 1 - n), sold) for n, sold in enumerate(units)]
    bench.fill("features.demand_daily", "unique_id level parent_id ds units", *days)
    weeks = [(product, "product", "all", day, n, 100) for day, n in zip(MONDAYS, (10, 30), strict=True)]
    bench.fill("features.demand_weekly", "unique_id level parent_id ds units revenue", *weeks)


def add_forecast(bench: Bench, product: str, y_hat: float, error: float = 0, model: str = "theta") -> None:
    """`y_hat` on each day; in the back-test each day brought `error` more than what is published said."""
    steps = range(1, HORIZON + 1)
    bench.fill(
        "marts.demand_forecast",
        "unique_id level parent_id ds step y_hat model",
        *((product, "product", "all", LAST + timedelta(days=step), step, y_hat, model) for step in steps),
    )
    judged = (1.0, y_hat + error, y_hat + 100, y_hat)
    windows = ((before(2 * HORIZON), False), (before(HORIZON), True))
    bench.fill(
        "models.forecast_backtest",
        "series unique_id level cutoff ds step model is_published is_test naive_scale y y_hat baseline_y_hat",
        *(
            # Not published: the baseline's errors count, and the model's own, a hundred too many, do not.
            ("daily_units", product, "product", cut, cut + timedelta(days=step), step, model, False, is_test, *judged)
            for cut, is_test in windows
            for step in steps
        ),
    )


def told(bench: Bench, columns: str, product: str) -> tuple[object, ...]:
    (row,) = bench.rows(f"SELECT {columns} FROM {NAME} WHERE product_id = '{product}'")
    return row


def test_the_plan_reads_counts_forecasts_and_errors(bench: Bench) -> None:
    """2 a day, 1 more in the past: 3 days of lead time and 1 of review make 8 expected and 4 for safety.

    The count of the clock's own day is not known yet; the lead time is the newest that the feed told and
    that can be.
    """
    add_product(bench, "P1")
    add_sales(bench, "P1", 2, 2, 2, 2)
    add_forecast(bench, "P1", 2, error=1)
    counts = ((before(3), 50, 0, 3), (before(2), 9, 0, 1e9), (before(1), 7, 2, None), (AS_OF.date(), 0, 0, 9))
    bench.fill(
        "clean.stock", "product_id stock_date on_hand on_order lead_time_days", *(("P1", *count) for count in counts)
    )
    bench.build(build_plan, NAME)
    columns = "on_hand, on_order, stock_date, lead_time_days, lead_time_source, protection_days, is_extrapolated"
    assert told(bench, columns, "P1") == (7, 2, before(1), 3, "feed", 4, False)
    columns = "demand_in_lead_time, demand_in_protection, safety_stock, reorder_point, order_now, order_quantity"
    # The lot lasts the lead time, 6; 3 are missing to the reorder point.
    assert told(bench, columns, "P1") == (6, 8, pytest.approx(4), 12, True, 9)
    # 6 and 3 more are asked for in the lead time: 9 are there, and just enough.
    assert told(bench, "stockout_risk, days_of_cover, unit_cost, model, state", "P1") == (0, 3.5, 3, "theta", "stocked")
    # Weeks of 10 and 30: mean 20, deviation 10.
    assert told(bench, "revenue, cumulated_share, abc_class, weekly_variation, xyz_class", "P1") == (
        200,
        1,
        "A",
        0.5,
        "X",
    )


def test_without_a_stock_feed_the_rest_is_there(bench: Bench) -> None:
    """14 days of lead time and 1 of review are more than the forecast has: 15 days of 2, and as errors the 4 of four
    days by the root of 15 / 4, 7.7.
    """
    add_product(bench, "P1")
    add_sales(bench, "P1", 2, 2, 2, 2)
    add_forecast(bench, "P1", 2, error=1)
    bench.build(build_plan, NAME)
    assert told(bench, "on_hand, stockout_risk, days_of_cover, order_now", "P1") == (None, None, None, False)
    columns = "lead_time_days, lead_time_source, is_extrapolated, reorder_point, order_quantity"
    assert told(bench, columns, "P1") == (14, "setting", True, 38, 28)


def test_who_is_planned_and_who_is_ordered_again(bench: Bench) -> None:
    """Listed or sold, but no service. What has left the feed, never sold or has stopped is not ordered again."""
    for product, rule in (("NEW", None), ("SOLD", None), ("POST", "service"), ("SILENT", None)):
        add_product(bench, product, rule=rule)
    add_product(bench, "GONE", is_listed=False, rule="not_listed")
    add_product(bench, "NEVER", is_listed=False, rule="not_listed")
    bench.fill("clean.order_lines", "order_id product_id is_service line_at", ("O1", "POST", True, before(9)))
    for product in ("SOLD", "GONE"):
        add_sales(bench, product, 1, 1)
        add_forecast(bench, product, 1)
    add_sales(bench, "SILENT", *[1] * 30, *[0] * 20)
    add_forecast(bench, "SILENT", 0.01)
    bench.build(build_plan, NAME)
    found = dict(bench.rows(f"SELECT product_id, (state, order_quantity > 0) FROM {NAME}"))
    assert found == {
        "NEW": ("unsold", False),
        "SOLD": ("stocked", True),
        "GONE": ("not_listed", False),
        "SILENT": ("stopped", False),
    }
    assert told(bench, "model, error_source, xyz_class, abc_class", "NEW") == (None, "poisson", "Z", "C")
    assert told(bench, "reason", "SILENT")[0].startswith("No order: no sale in 20 days")


def test_a_silence_that_the_forecast_sees_the_end_of_is_no_reason_to_stop(bench: Bench) -> None:
    """As those in SILENT above, but its season comes; and days on which there was nothing to buy are no silence."""
    for product in ("SEASON", "EMPTY"):
        add_product(bench, product)
        add_sales(bench, product, *[1] * 30, *[0] * 20)
    add_forecast(bench, "SEASON", 0.3)
    add_forecast(bench, "EMPTY", 0.01)
    bench.duck.execute("UPDATE features.demand_daily SET is_out_of_stock = units = 0 WHERE unique_id = 'EMPTY'")
    bench.build(build_plan, NAME)
    assert bench.rows(f"SELECT DISTINCT state FROM {NAME}") == [("stocked",)]


def test_classes_are_of_all_products(bench: Bench) -> None:
    """Of 400, 300 are A; the next crosses 95 %, and a week out of stock is left out of the variation."""
    for product in ("P1", "P2"):
        add_product(bench, product)
        add_sales(bench, product, 1, 1)
        add_forecast(bench, product, 1)
    bench.duck.execute("UPDATE features.demand_weekly SET revenue = 150 WHERE unique_id = 'P1'")
    bench.duck.execute(
        f"UPDATE features.demand_weekly SET is_out_of_stock = ds = DATE '{MONDAYS[0]}', revenue = 50"
        " WHERE unique_id = 'P2'"
    )
    bench.build(build_plan, NAME)
    assert told(bench, "abc_class, cumulated_share, xyz_class", "P1") == ("A", 0.75, "X")
    assert told(bench, "abc_class, cumulated_share, weekly_variation, xyz_class", "P2") == ("A", 1, None, "Z")


def test_the_page_tells_what_to_order(bench: Bench) -> None:
    """Both reorder at 12: 10 and 7 are missing, and the lot is 6: 16 x 3 of one, 13 of unknown cost of the other."""
    for product, on_hand, cost in (("P1", 2, 3), ("P2", 5, None)):
        add_product(bench, product, cost=cost)
        add_sales(bench, product, 2, 2)
        add_forecast(bench, product, 2, error=1)
        bench.fill("clean.stock", "product_id stock_date on_hand lead_time_days", (product, before(0), on_hand, 3))
    bench.build(build_plan, NAME)
    page = plan_page(run_of(bench))
    assert (page["to_order_now"], page["cost_of_orders_now"], page["to_order_without_known_cost"]) == (2, 48, 1)
    assert "| A | 2 | 0 | 0 |" in page["classes"].md_str
    assert page["most_urgent"].md_str.splitlines()[2].startswith("| P1 | AX | 1.00 | Order 16 now")


def run_of(bench: Bench) -> Run:
    return Run(bench.session, AS_OF, None, {}, None)


def test_without_a_forecast_the_table_is_empty_and_says_why(bench: Bench) -> None:
    add_product(bench, "P1")
    built = bench.build(build_plan, NAME)
    assert bench.rows(f"FROM {NAME}") == []
    assert built.metadata == {"note": "no forecast: marts.demand_forecast says why"}
    assert plan_page(run_of(bench)) == {}


def test_what_readiness_refuses_is_not_planned(bench: Bench) -> None:
    columns = "model verdict quantity observed threshold text reason"
    refused = ("demand_forecast", "none", "history_days", 9, 14, "no forecasts", "a week")
    bench.fill("marts.model_readiness", columns, refused)
    assert "9 " in bench.build(build_plan, NAME).metadata["note"]
