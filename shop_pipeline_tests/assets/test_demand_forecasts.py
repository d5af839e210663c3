"""From hand-worked series to forecasts: how they are read, how far they reach, and that a known pattern is found.

The clock is the end of Friday, 28 February 2025.
"""

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from shop_pipeline.assets.demand_backtest import NAME as CANDIDATES
from shop_pipeline.assets.demand_backtest import bounds_around, build_candidates, judged_error
from shop_pipeline.assets.demand_forecasts import FORECASTS, builder_of
from shop_pipeline.assets.demand_page import forecast_page
from shop_pipeline.assets.demand_series import (
    CALENDAR,
    DAILY,
    REVENUE,
    UNITS,
    WEEKLY,
    WEEKLY_UNITS,
    Past,
    build_calendar,
    dear_rows,
    n_windows,
    read_past,
    season_and_horizon,
)
from shop_pipeline.assets.gated import Run
from shop_pipeline.models.forecasting.backtest import backtest
from shop_pipeline.models.forecasting.panel import Panel
from shop_pipeline.sections import Demand
from shop_pipeline_tests.assets.conftest import AS_OF, SETTINGS, Bench
from shop_pipeline_tests.assets.sold_lines import open_shop, sell

LAST_DAY = date(2025, 2, 28)
PATTERN = {"P1": (5, 1, 1, 1, 2, 9, 12), "P4": (3, 3, 3, 3, 6, 0, 0)}
"""Units from Monday to Sunday."""


def running(bench: Bench) -> Run:
    return Run(bench.session, AS_OF, None, {}, logging.getLogger(__name__))


def sell_by_weekday(bench: Bench, weeks: int) -> Bench:
    """Two products of two categories, alike in every week; at 2 apiece."""
    open_shop(bench, "C1")
    for product, units in PATTERN.items():
        for days in range(7 * weeks, 0, -1):
            quantity = units[(LAST_DAY - timedelta(days=days - 1)).weekday()]
            if quantity:
                given = {"quantity": quantity, "product_id": product, "unit_price": 2}
                sell(bench, f"{product}-{days}", "C1", days, 2 * quantity, **given)
    bench.run(DAILY)
    bench.run(WEEKLY)
    bench.build(build_calendar, CALENDAR)
    return bench


def judged(bench: Bench) -> Bench:
    bench.build(build_candidates, CANDIDATES)
    bench.run("models.forecast_backtest")
    bench.run("marts.forecast_evaluation")
    return bench


@pytest.fixture(scope="module")
def demand() -> Demand:
    return Demand()


@pytest.mark.parametrize(
    ("n_periods", "daily", "weekly"),
    [
        (15, (7, 0), (1, 6)),  # not two days are left of two weeks
        (16, (7, 1), (1, 7)),
        (40, (7, 13), (1, 13)),
        (70, (7, 28), (1, 13)),
        (129, (7, 28), (1, 13)),
        (130, (7, 28), (52, 13)),  # two years and two quarters
    ],
)
def test_forecasts_reach_as_far_as_they_can_be_judged(
    demand: Demand, n_periods: int, daily: tuple[int, int], weekly: tuple[int, int]
) -> None:
    assert season_and_horizon(UNITS, demand, n_periods) == daily
    assert season_and_horizon(WEEKLY_UNITS, demand, n_periods) == weekly


def test_series_are_read_up_to_the_clock(bench: Bench) -> None:
    """Three weeks of P1; P4 begins in the second and is out of stock on its second day. 15 February is a Saturday."""
    bench.set(timezone="UTC")
    columns = "level unique_id parent_id ds units revenue price is_promotion is_out_of_stock"
    days = [date(2025, 2, 8) + timedelta(days=number) for number in range(21)]
    p1 = [("product", "P1", "a", day, 2, 4, 2.0, day == days[-1], False) for day in days]
    p4 = [("product", "P4", "a", day, 0, 0, 3.0, False, number == 1) for number, day in enumerate(days[7:])]
    above = [(*head, day, 2, 4, None, False, False) for head in SHOP_AND_CATEGORY for day in days]
    bench.fill(DAILY, columns, *p1, *p4, *above)
    bench.build(build_calendar, CALENDAR)
    past = read_past(running(bench), UNITS)
    assert isinstance(past, Past)
    assert bench.rows(f"SELECT unique_id FROM {past.positions} ORDER BY position") == [
        (name,) for name in ("all", "a", "P1", "P4")
    ]
    assert past.parent.tolist() == [-1, 0, 1, 1]
    assert (past.panel.season, past.panel.horizon, n_windows(past, 3)) == (7, 3, 2)
    expected = np.zeros(21)
    expected[[*range(7), 8]] = np.nan
    np.testing.assert_array_equal(past.panel.y[3], expected)
    np.testing.assert_array_equal(past.panel.y[:3], np.full((3, 21), 2.0))
    # The last price and promotion stay.
    assert past.panel.known["price"][2:, -4:].tolist() == [[2.0] * 4, [3.0] * 4]
    assert past.panel.known["is_promotion"][2, -5:].tolist() == [0, 1, 1, 1, 1]
    assert past.panel.known["weekday"][0, :3].tolist() == [5, 6, 0]
    # Before the last day nobody knew of its promotion.
    assert past.panel.cut(20).known["is_promotion"][2, -4:].tolist() == [0, 0, 0, 0]
    assert past.day_before(0) == date(2025, 2, 7)


SHOP_AND_CATEGORY = (("all", "all", None), ("category", "a", "all"))


def test_what_never_was_in_stock_is_known_by_what_it_sold(bench: Bench) -> None:
    """Out of stock in most days of both of its weeks: else nothing would be known of it at all."""
    bench.set(timezone="UTC")
    columns = "level unique_id parent_id ds units is_out_of_stock days_out_of_stock"
    mondays = [date(2025, 1, 6) + timedelta(days=7 * number) for number in range(7)]
    rare = [("product", "P1", "a", day, 1, True, 5) for day in mondays[-2:]]
    above = [(*head, day, 1, False, 0) for head in SHOP_AND_CATEGORY for day in mondays]
    bench.fill(DAILY, "level unique_id parent_id ds", *((*head, mondays[0]) for head in SHOP_AND_CATEGORY))
    bench.fill(WEEKLY, columns, *rare, *above)
    bench.build(build_calendar, CALENDAR)
    past = read_past(running(bench), WEEKLY_UNITS)
    assert isinstance(past, Past)
    assert past.panel.y[2].tolist()[-2:] == [1, 1]
    assert "weekday" not in past.panel.known


def _past(n_periods: int, revenue: list[float]) -> Past:
    panel = Panel(np.ones((len(revenue), n_periods)), 7, 4)
    parent = np.array([-1, 0, *([1] * (len(revenue) - 2))], np.int32)
    return Past(UNITS, panel, parent, np.array(revenue), LAST_DAY)


def test_dear_models_are_for_the_shop_the_categories_and_what_sells_most() -> None:
    """Two windows of four days after 24 days, the fewest that a dear model takes; and after 23."""
    revenue = [9.0, 9.0, 1.0, 3.0, 2.0]
    assert dear_rows(_past(32, revenue), 2, 4).tolist() == [True, True, False, True, True]
    assert dear_rows(_past(32, revenue), 2, 1).tolist() == [True, False, False, False, False]
    assert not dear_rows(_past(31, revenue), 2, 4).any()


def test_holidays_are_those_of_the_shops_country(bench: Bench) -> None:
    """25 December 2024 to the end of the forecasts, 91 days after the clock; those of the whole country, by its
    government's list.
    """
    bench.set(timezone="UTC")
    bench.fill(DAILY, "unique_id ds", ("all", date(2024, 12, 25)))
    demand = SETTINGS.demand.model_copy(update={"holiday_country": "GB"})
    bench.session = replace(bench.session, settings=SETTINGS.model_copy(update={"demand": demand}))
    bench.build(build_calendar, CALENDAR)
    assert bench.rows(f"SELECT ds FROM {CALENDAR} WHERE is_holiday ORDER BY ds") == [
        (date(2024, 12, 25),),
        (date(2024, 12, 26),),
        (date(2025, 1, 1),),
        (date(2025, 4, 18),),
        (date(2025, 5, 5),),
        (date(2025, 5, 26),),
    ]
    assert bench.rows(f"SELECT max(ds) FROM {CALENDAR}") == [(LAST_DAY + timedelta(days=91),)]


def test_a_weekly_pattern_is_found_and_adds_up(bench: Bench) -> None:
    """Ten weeks that are all alike: 28 days ahead, two windows. Seasonal naive is never wrong, so nothing is published
    in its place, and tomorrow, a Saturday, is as Saturdays are; bounds have nothing to be wide of.
    """
    judged(sell_by_weekday(bench, 10))
    for name in FORECASTS:
        bench.build(builder_of(name), name)
    units = bench.rows("SELECT unique_id, ds, y_hat, lo_95, hi_95, model FROM marts.demand_forecast")
    assert len(units) == 28 * 5
    for name, day, *values, model in units:
        pattern = PATTERN.get({"home": "P1", "food": "P4"}.get(name, name))
        expected = pattern[day.weekday()] if pattern else sum(each[day.weekday()] for each in PATTERN.values())
        assert values == pytest.approx([expected] * 3, abs=1e-4), (name, day)
        assert model == "seasonal_naive"
    revenue = dict(bench.rows("SELECT ds, y_hat FROM marts.sales_forecast WHERE unique_id = 'all'"))
    assert [revenue[LAST_DAY + timedelta(days=n)] for n in (1, 2, 3)] == pytest.approx([18, 24, 16], abs=1e-4)
    # The clock is in the week of the 24th: the first of which nothing is known is the one behind it.
    weeks = bench.rows(
        "SELECT ds, y_hat FROM marts.demand_forecast_weekly WHERE unique_id = 'P1' AND step < 3 ORDER BY ds"
    )
    assert weeks == [(date(2025, 3, 3), pytest.approx(31)), (date(2025, 3, 10), pytest.approx(31))]
    told = dict(
        bench.rows("SELECT metric, value FROM marts.forecast_evaluation WHERE series = 'daily_units' AND level = 'all'")
    )
    assert (told["wape"], told["coverage_80"]) == (pytest.approx(0), 1)
    page = forecast_page(running(bench))
    assert "| seasonal_naive |        5 |     100.0 |" in page["published"].md_str
    assert set(page) == {"published", "on_the_test_window", "units_of_the_shop"}


def test_of_too_short_a_history_there_are_no_forecasts_and_it_is_said_why(bench: Bench) -> None:
    """Two weeks: nothing to judge a model on."""
    sell_by_weekday(bench, 2)
    built = bench.build(build_candidates, CANDIDATES)
    assert built.metadata["daily_units"] == "14 periods: too few to choose a model and to judge it"
    name = "marts.demand_forecast"
    note = bench.build(builder_of(name), name).metadata["note"]
    assert note == "no back-test of daily_units: see models.forecast_candidates"
    assert forecast_page(running(bench)) == {}


def test_without_a_sale_there_is_nothing_to_forecast(bench: Bench) -> None:
    bench.set(timezone="UTC")
    assert bench.build(build_calendar, CALENDAR).metadata == {"note": "no sale: no day to forecast"}
    assert read_past(running(bench), REVENUE) == "no sale: nothing to forecast"


def test_the_data_have_to_allow_it(bench: Bench) -> None:
    columns = "model verdict quantity text reason"
    bench.fill("marts.model_readiness", columns, ("demand_forecast", "none", "history_days", "no forecasts", "short"))
    assert bench.build(build_candidates, CANDIDATES).metadata["note"].startswith("no forecasts: 0 ")


def test_nothing_after_the_clock_is_known(bench: Bench) -> None:
    """500 are sold on Tuesday, 4 March; 12 on the best day before it."""
    sell_by_weekday(bench, 1)
    sell(bench, "later", "C1", -3, 1000, quantity=500, line_at=datetime(2025, 3, 4))
    bench.run(DAILY)
    assert bench.rows(f"SELECT max(ds), max(units) FROM {DAILY}") == [(LAST_DAY, 12)]


def test_the_back_test_holds_what_would_have_been_published(bench: Bench) -> None:
    """Noise, so that models win and sums of forecasts are none: parts add up in each window all the same."""
    open_shop(bench, "C1")
    rng = np.random.default_rng(19)
    for product in PATTERN:
        for days in range(63, 0, -1):
            if quantity := int(rng.poisson(3)):
                given = {"quantity": quantity, "product_id": product, "unit_price": 2}
                sell(bench, f"{product}-{days}", "C1", days, 2 * quantity, **given)
    bench.run(DAILY)
    bench.run(WEEKLY)
    bench.build(build_calendar, CALENDAR)
    judged(bench)
    sums = "SELECT cutoff, ds, sum({0}) FILTER (level = '{1}') FROM models.forecast_backtest"
    where = " WHERE series = 'daily_units' GROUP BY ALL ORDER BY ALL"
    products, categories, shop = (
        [row[2] for row in bench.rows(sums.format("y_hat", level) + where)] for level in ("product", "category", "all")
    )
    assert products == pytest.approx(categories)
    assert categories == pytest.approx(shop)
    alone = "CASE WHEN is_published THEN chosen_y_hat ELSE baseline_y_hat END"
    said = [[row[2] for row in bench.rows(sums.format(alone, level) + where)] for level in ("product", "all")]
    assert said[0] != pytest.approx(said[1])


def test_a_closed_weekday_has_no_interval() -> None:
    """Ten weeks without a Sunday (the 7th day of each): nothing is sold on the next one, for sure. The third series has
    not begun, and has no interval at all.
    """
    y = np.tile([4.0, 5, 6, 5, 4, 9, 0], (3, 10))
    y[2], y_hat = np.nan, np.full((3, 14), 5.0)
    y_hat[2] = np.nan
    for name, values in bounds_around(y_hat, np.ones((3, 3, 14)), Panel(y, 7, 14)).items():
        assert (values[:2, [6, 13]] == 0).all(), name
        assert name.startswith("lo") or (np.delete(values[:2], [6, 13], axis=1) > 0).all()
        assert np.isnan(values[2]).all()


def test_a_product_without_a_scale_is_judged_in_its_own_unit() -> None:
    """It sold once, after weeks without stock, and that is all that the naive forecast knows: off by 5 in that week and
    in the eleven of the test, in 20 weeks that are known.
    """
    y = np.array([[0.0] * 11 + [np.nan, np.nan, 5] + [0] * 11])
    found = backtest(Panel(y, 1, 11), 2, np.zeros(1, bool), 0)
    assert found.scale.tolist() == [0]
    assert judged_error(found, found.baseline) == pytest.approx(np.sqrt(12 * 25 / 20))
