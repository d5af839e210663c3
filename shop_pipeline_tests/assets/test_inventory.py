"""The plan of stock over hand-worked tables: which products stand in it, what it reads, and when it is empty.

The mathematics is tested in models/inventory. The clock is midnight of 1 March 2025; forecasts have four days, and the
back-test has two windows of four; sales go back thirty days or more.
"""

import re
from datetime import date, timedelta

import pytest
from scipy.stats import nbinom

from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.inventory import build_plan, plan_page
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NAME = "marts.inventory_plan"
LAST = date(2025, 2, 28)
HORIZON, HISTORY = 4, 30
MONDAYS = (date(2025, 2, 10), date(2025, 2, 17))


def before(days: int) -> date:
    return LAST - timedelta(days=days)


def add_product(
    bench: Bench, product: str, *, is_listed: bool = True, rule: str | None = None, cost: float = 3
) -> None:
    bench.fill("clean.products", "product_id is_listed unit_cost", (product, is_listed, cost))
    bench.fill("features.product_rules", "product_id rule", (product, rule))


def add_sales(bench: Bench, product: str, *units: int) -> None:
    """So many units on the last days before the clock, newest last, and until then as on the first of them; and two
    weeks of 10 and 30 units for 100 each.
    """
    units = (units[0],) * (HISTORY - len(units)) + units
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
    judged = (1.0, y_hat + error, y_hat, y_hat + 100, y_hat + 100)
    windows = ((before(2 * HORIZON), False), (before(HORIZON), True))
    bench.fill(
        "models.forecast_backtest",
        "series unique_id level cutoff ds step model is_published is_test naive_scale y y_hat"
        " chosen_y_hat baseline_y_hat",
        *(
            # What would have been published counts, and what the model and the baseline said alone does not.
            ("daily_units", product, "product", cut, cut + timedelta(days=step), step, model, False, is_test, *judged)
            for cut, is_test in windows
            for step in steps
        ),
    )


def told(bench: Bench, columns: str, product: str) -> tuple[object, ...]:
    (row,) = bench.rows(f"SELECT {columns} FROM {NAME} WHERE product_id = '{product}'")
    return row


def test_the_plan_reads_counts_forecasts_and_errors(bench: Bench) -> None:
    """2 a day, 1 more in the past: 3 days of lead time and 1 of review make 8 expected. What may be missing, after two
    windows, is more than sales support: a Poisson variable about the 8 of any four days is 13 at most in 95 %.

    The count of the clock's own day is not known yet. Of the 11 of the day before, 4 were sold on two days: a count is
    of the opening. The lead time is the newest that the feed told and that can be.
    """
    add_product(bench, "P1")
    add_sales(bench, "P1", 2, 2, 2, 2)
    add_forecast(bench, "P1", 2, error=1)
    counts = ((before(3), 50, 0, 3), (before(2), 9, 0, 1e9), (before(1), 11, 2, None), (AS_OF.date(), 0, 0, 9))
    bench.fill(
        "clean.stock", "product_id stock_date on_hand on_order lead_time_days", *(("P1", *count) for count in counts)
    )
    bench.build(build_plan, NAME)
    columns = (
        "on_hand, on_order, counted, stock_date, lead_time_days, lead_time_source, protection_days, is_extrapolated"
    )
    assert told(bench, columns, "P1") == (7, 2, 11, before(1), 3, "feed", 4, False)
    columns = "demand_in_lead_time, demand_in_protection, safety_stock, reorder_point, order_now, order_quantity"
    # The lot lasts the lead time, 6; 4 are missing to the reorder point.
    assert told(bench, columns, "P1") == (6, 8, pytest.approx(5), 13, True, 10)
    assert told(bench, "error_source, days_of_cover, unit_cost, model, state", "P1") == (
        "sales",
        3.5,
        3,
        "theta",
        "stocked",
    )
    # 6 in three days, variance 6 x 33 / 30: more than the 9 that are there.
    (risk,) = told(bench, "stockout_risk", "P1")
    assert risk == pytest.approx(nbinom.sf(9, 60, 30 / 33))
    # Weeks of 10 and 30: mean 20, deviation 10.
    assert told(bench, "revenue, cumulated_share, abc_class, weekly_variation, xyz_class", "P1") == (
        200,
        1,
        "A",
        0.5,
        "X",
    )


def planned_after_count(bench: Bench, days: int, on_hand: int, on_order: int | None = None) -> tuple[object, ...]:
    """A product that sells 2 a day and was counted so many days before the last: what is there now, and why."""
    add_product(bench, "P1")
    add_sales(bench, "P1", *[2] * 60)
    add_forecast(bench, "P1", 2)
    bench.fill("clean.stock", "product_id stock_date on_hand on_order", ("P1", before(days), on_hand, on_order))
    bench.build(build_plan, NAME)
    return told(bench, "on_hand, on_order, order_now, stock_date, reason", "P1")


def test_what_was_sold_since_the_count_is_taken_off(bench: Bench) -> None:
    """100 on 9 February, 20 days of 2 until the end of the 28th."""
    assert planned_after_count(bench, 19, 100)[:3] == (60, None, False)
    assert "60 on hand (counted on 9 February 2025: 100, less what was sold since)" in told(bench, "reason", "P1")[0]
    # Fewer than the 30 that 15 days take: an order, which the count itself would not have said.
    bench.duck.execute("UPDATE clean.stock SET on_hand = 60")
    bench.build(build_plan, NAME)
    assert told(bench, "on_hand, order_now", "P1") == (20, True)


def test_what_was_sold_beyond_the_count_has_come_since(bench: Bench) -> None:
    # 40 were sold: the 30 counted, and 10 of the 25 on order.
    assert planned_after_count(bench, 19, 30, 25)[:2] == (0, 15)


def test_a_count_of_more_than_a_month_ago_is_none(bench: Bench) -> None:
    """The clock's day is the one after the last: 31 days before it still hold."""
    assert planned_after_count(bench, 30, 100)[0] == 38
    bench.duck.execute("UPDATE clean.stock SET stock_date = stock_date - 1")
    bench.build(build_plan, NAME)
    assert told(bench, "on_hand, counted, order_now, stockout_risk", "P1") == (None, 100, False, None)
    assert told(bench, "reason", "P1")[0].startswith("The last count, 100 on 28 January 2025, is too old to rely on")


def test_counts_of_more_than_a_week_ago_are_warned_of(bench: Bench) -> None:
    """The table is written all the same."""
    assert planned_after_count(bench, 6, 100)[3] == before(6)
    assert warned(bench) == []
    bench.duck.execute("UPDATE clean.stock SET stock_date = stock_date - 1")
    bench.build(build_plan, NAME)
    assert told(bench, "stock_date", "P1") == (before(7),)
    assert warned(bench) == ["counts_are_fresh"]


def warned(bench: Bench) -> list[str]:
    """The warnings that do not hold for what is written."""
    rules = [rule for rule in TABLES[NAME].rules if rule.severity == "WARN"]
    return [rule.name for rule in rules if bench.rows(rule.sql.format(batch=NAME))]


def test_counts_as_large_as_numbers_go(bench: Bench) -> None:
    """Three units may be all that a sum of floating point loses there, and more than there is room for."""
    largest = 2**63 - 1
    assert planned_after_count(bench, 0, largest, largest)[:3] == (largest - 2, largest, False)


def test_a_product_is_not_judged_by_a_window_that_it_had_hardly_begun_before(bench: Bench) -> None:
    """15 days there: 7 before one window, 11 before the other. Other products' errors say how wrong forecasts are."""
    for product in ("OLD", "NEW"):
        add_product(bench, product)
        add_sales(bench, product, 2)
        add_forecast(bench, product, 2, error=0.1 if product == "OLD" else -2)
    bench.duck.execute(f"DELETE FROM features.demand_daily WHERE unique_id = 'NEW' AND ds <= DATE '{before(15)}'")
    bench.build(build_plan, NAME)
    assert told(bench, "error_source", "OLD") == ("own",)
    assert told(bench, "error_source", "NEW")[0] != "own"
    assert told(bench, "safety_stock > 0", "NEW") == (True,)


def test_a_forecast_with_a_gap_is_refused(bench: Bench) -> None:
    """A day that is not there is no day without demand."""
    add_product(bench, "P1")
    add_sales(bench, "P1", 2)
    add_forecast(bench, "P1", 2)
    bench.duck.execute("DELETE FROM marts.demand_forecast WHERE step = 2")
    with pytest.raises(ValueError, match="1 products lack days"):
        bench.build(build_plan, NAME)


def test_next_to_nothing_expected_after_a_quarter_is_not_ordered_again(bench: Bench) -> None:
    """Two sales are no proof that it stopped; but .075 are expected in 15 days."""
    for product, daily in (("FLOOR", 0.005), ("SLOW", 0.01)):
        add_product(bench, product)
        add_sales(bench, product, 1, *[0] * 58, 1, *[0] * 91)
        add_forecast(bench, product, daily)
    bench.build(build_plan, NAME)
    assert bench.rows(f"SELECT product_id, state FROM {NAME} ORDER BY 1") == [("FLOOR", "stopped"), ("SLOW", "stocked")]


def test_without_a_stock_feed_the_rest_is_there(bench: Bench) -> None:
    """14 days of lead time and 1 of review are more than the forecast has: 15 days of 2. Their variance is
    30 x 45 / 30, for no more than 30 days are known.
    """
    add_product(bench, "P1")
    add_sales(bench, "P1", 2, 2, 2, 2)
    add_forecast(bench, "P1", 2, error=1)
    bench.build(build_plan, NAME)
    assert told(bench, "on_hand, stockout_risk, days_of_cover, order_now", "P1") == (None, None, None, False)
    columns = "lead_time_days, lead_time_source, is_extrapolated, reorder_point, order_quantity"
    assert told(bench, columns, "P1") == (14, "setting", True, nbinom.ppf(0.95, 60, 30 / 45), 28)


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
    """Both reorder at 13, and sold 2 since they were counted: 11 and 8 are missing, and the lot is 6: 17 x 3 of one,
    14 of unknown cost of the other.
    """
    for product, on_hand, cost in (("P1", 4, 3), ("P2", 7, None)):
        add_product(bench, product, cost=cost)
        add_sales(bench, product, 2, 2)
        add_forecast(bench, product, 2, error=1)
        bench.fill("clean.stock", "product_id stock_date on_hand lead_time_days", (product, before(0), on_hand, 3))
    bench.build(build_plan, NAME)
    page = plan_page(run_of(bench))
    assert (page["to_order_now"], page["cost_of_orders_now"], page["to_order_without_known_cost"]) == (2, 51, 1)
    assert "| A | 2 | 0 | 0 |" in page["classes"].md_str
    assert re.match(r"\| P1 \| AX \| 0\.\d\d \| Order 17 now: 2 on hand", page["most_urgent"].md_str.splitlines()[2])


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
