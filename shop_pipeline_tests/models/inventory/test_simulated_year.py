"""A simulated year: fewer stock-outs than a fixed rule with no more stock, the service level that was asked for, and
risks that come true as often as they say.

The simulator and the fixed rule are those of the benchmark, benchmarks/stock.py, which has more products.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks"
sys.path.insert(0, str(FOLDER))

from stock_simulation import (  # noqa: E402
    HORIZON,
    WEEK,
    YEAR,
    Outcome,
    Shop,
    fixed,
    make_shop,
    past_errors,
    planned,
    rival_of,
    simulate,
    weekday_means,
)

from shop_pipeline.models.forecasting.lead_time import lead_time_errors  # noqa: E402
from shop_pipeline.models.forecasting.metrics import naive_scale  # noqa: E402
from shop_pipeline.models.inventory.demand import expected_demand  # noqa: E402
from shop_pipeline.models.inventory.plan import Policy  # noqa: E402
from shop_pipeline.models.inventory.reorder import stockout_risk  # noqa: E402

WEEKLY = Policy(service_level=0.95, review_days=WEEK, order_cost=None, holding_rate=0.25)
LEADS = np.array([4, 14])


def few_leads(shop: Shop) -> Shop:
    """Each kind has products with each of two lead times: sums over more lengths take longer."""
    return Shop(shop.demand, np.resize(LEADS, len(shop.lead)), shop.kind)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return few_leads(make_shop(10, 2 * YEAR, np.random.default_rng(7)))


@pytest.fixture(scope="module")
def year(shop: Shop) -> Outcome:
    return simulate(shop, YEAR, WEEK, planned(shop.lead, WEEKLY))


@pytest.mark.parametrize("knows_lead", [False, True])
def test_fewer_stock_outs_at_no_more_stock_than_a_fixed_rule(shop: Shop, year: Outcome, knows_lead: bool) -> None:
    """In units and in cycles, also where the rule knows the lead times. It is given the more stock of the two."""
    days, rival = rival_of(year, shop, YEAR, WEEK, knows_lead=knows_lead)
    assert rival.stock.sum() >= year.stock.sum()
    assert year.lost.sum() < 0.8 * rival.lost.sum()
    assert year.broken.sum() < 0.8 * rival.broken.sum()
    # A rule with a day less would have less stock: the comparison is with the nearest.
    less = simulate(shop, YEAR, WEEK, fixed(shop.lead, WEEK, days - 1, knows_lead=knows_lead))
    assert less.stock.sum() < year.stock.sum()


def test_cycles_pass_as_often_as_was_asked_for(shop: Shop, year: Outcome) -> None:
    """It is .95; but a light forecast lags behind the seasons, and a weekly look rounds the days up."""
    assert 0.93 <= year.told()["service_level"] <= 0.99
    assert year.cycles.sum() > 500


def test_a_lower_service_level_keeps_less_and_breaks_more(shop: Shop, year: Outcome) -> None:
    lower = simulate(shop, YEAR, WEEK, planned(shop.lead, Policy(0.8, WEEK, None, 0.25)))
    assert lower.stock.sum() < year.stock.sum()
    assert 0.78 <= lower.told()["service_level"] < year.told()["service_level"] - 0.03


def test_risks_come_true_as_often_as_they_say() -> None:
    """600 products that sell as ever, stock drawn around what two weeks take: in each fifth of the risks they hold."""
    rng = np.random.default_rng(11)
    shop = make_shop(200, YEAR, rng, kinds=("fast", "slow", "lumpy"))
    past, lead = shop.demand[:, :-14], np.full(600, 14)
    expected = expected_demand(weekday_means(past), lead)
    spread = lead_time_errors(past_errors(past), naive_scale(past, WEEK), lead, np.repeat([0, 1, 2], 200))
    around = spread.quantile(rng.uniform(0.02, 0.98, 600)) + expected
    position = np.floor(around + rng.uniform(0, 1, 600)).clip(0)
    risk, came = stockout_risk(spread, expected, position), shop.demand[:, -14:].sum(axis=1) > position
    assert abs(risk.mean() - came.mean()) < 0.03
    for fifth in np.array_split(np.argsort(risk), 5):
        # Four standard errors of a share of 120 are .18 at most.
        assert abs(risk[fifth].mean() - came[fifth].mean()) < 0.15


def test_the_simulator_by_hand() -> None:
    """2 a day and 70 on hand to open with; the 6 ordered on the first evening count as on order, and come three later.

    Evenings: 68, 66, 64, 62 + 6.
    """
    seen: list[float] = []

    def rule(sold: np.ndarray, position: np.ndarray) -> np.ndarray:
        seen.append(float(position[0]))
        return np.array([6.0 if sold.shape[1] == 36 else 0.0])

    found = simulate(Shop(np.full((1, 39), 2.0), np.array([3]), np.array(["fast"])), 35, 1, rule)
    assert seen == [68, 72, 70, 68]
    assert (found.lost[0], found.cycles[0], found.broken[0], found.stock[0]) == (0, 1, 0, 66.5)


def test_a_sale_lost_breaks_its_cycle_and_is_not_seen() -> None:
    """Nothing was sold before the year, so it opens empty: three days of 1 are lost until the first order is there."""
    demand = np.concatenate([np.zeros((1, 35)), np.ones((1, 6))], axis=1)
    last: list[np.ndarray] = []

    def rule(sold: np.ndarray, position: np.ndarray) -> np.ndarray:
        last.append(sold[0, 35:].copy())
        return np.where(position > 0, 0, 9.0)

    found = simulate(Shop(demand, np.array([2]), np.array(["slow"])), 35, 1, rule)
    assert (found.lost[0], found.cycles[0], found.broken[0], found.asked[0]) == (3, 1, 1, 6)
    np.testing.assert_array_equal(last[-1], [np.nan] * 3 + [1, 1, 1])
    # Evenings: 0, 0, 9, 8, 7, 6.
    assert found.stock[0] == pytest.approx(30 / 6)


def test_the_light_forecast_repeats_the_weekdays_means() -> None:
    week = np.arange(7.0)
    y_hat = weekday_means(np.tile(week, (1, 20)))
    np.testing.assert_array_equal(y_hat, np.tile(week, (1, HORIZON // WEEK)))
