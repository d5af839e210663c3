"""Elasticities against shops whose elasticities are known."""

import numpy as np
import pytest

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.pricing import responses
from shop_pipeline.models.pricing.elasticity import METHODS, Elasticities, elasticities
from shop_pipeline.models.pricing.responses import units_per_day
from shop_pipeline_tests.models.pricing.shops import Days, drawn_days, jumping_prices

N, DAYS = 60, 364


def shop(seed: int, elasticity: DoubleArray, rate: float = 0.5) -> Days:
    rng = np.random.default_rng(seed)
    rates = rate * rng.lognormal(0, 0.3, len(elasticity))[:, None]
    return drawn_days(jumping_prices(len(elasticity), DAYS, rng), elasticity, rates, rng)


def spread_of_truth(seed: int) -> DoubleArray:
    """Products differ, so that pooling must not draw them all to one."""
    return np.random.default_rng(seed + 100).normal(-1.6, 0.6, N)


def inside(found: Elasticities, truth: DoubleArray) -> float:
    return float(((found.low <= truth) & (truth <= found.high)).mean())


def test_planted_elasticities_lie_in_their_intervals() -> None:
    """Of 240 intervals of 95 % about 228 hold the truth, and fewer than 216 by chance once in 10,000 (binomial)."""
    found = []
    for seed in range(4):
        truth = spread_of_truth(seed)
        found.append((elasticities(shop(seed, truth).cells()), truth))
    assert np.mean([inside(each, truth) for each, truth in found]) > 0.9
    own = [(each.own, truth) for each, truth in found]
    assert np.mean([np.abs(o.elasticity - t) < 1.96 * o.standard_error for o, t in own]) > 0.9


def test_pooling_is_nearer_to_the_truth_than_a_product_alone() -> None:
    truth = spread_of_truth(0)
    found = elasticities(shop(0, truth, rate=0.15).cells())
    said = np.isfinite(found.own.elasticity)
    pooled, own = ((values - truth)[said] ** 2 for values in (found.elasticity, found.own.elasticity))
    assert pooled.mean() < 0.5 * own.mean()


def test_days_without_a_sale_are_heard() -> None:
    """At .1 orders a day logs of the units sold see nothing of the price: who buys takes two, whatever it costs."""
    truth = np.full(N, -2.0)
    sales = shop(1, truth, rate=0.1).cells()
    assert abs(np.median(units_per_day(sales)[0].slope)) < 0.5
    assert np.abs(elasticities(sales).elasticity - truth).max() < 0.5


def test_days_out_of_stock_are_left_out() -> None:
    """What is cheap runs out: counted as days without demand, half of the elasticity would be gone."""
    truth, rng = np.full(N, -2.0), np.random.default_rng(5)
    days = shop(5, truth)
    there = (days.price > 9) | (rng.random(days.price.shape) > 0.4)
    seen = Days(days.price, np.where(there, days.units, 0), there)
    unaware = Days(days.price, seen.units, np.ones_like(there))
    assert np.abs(elasticities(seen.cells()).elasticity - truth).mean() < 0.25
    assert elasticities(unaware.cells()).elasticity.mean() > -1.5


def test_a_season_is_not_taken_for_the_price() -> None:
    """All are on promotion while all sell more, at the end of the year; the rest of the group says what it is."""
    rng, truth = np.random.default_rng(6), np.full(N, -1.5)
    price = jumping_prices(N, DAYS, rng)
    price[: N // 2, 300:] = 7.5
    season = np.where(np.arange(DAYS) >= 300, 3.0, 1.0)
    days = drawn_days(price, truth, 0.5 * season, rng)
    promoted, at_7_5, at_10 = days.units[: N // 2], price[: N // 2] == 7.5, price[: N // 2] == 10.0
    blind = np.log(promoted[at_7_5].mean() / promoted[at_10].mean()) / np.log(0.75)
    assert blind < -2
    assert elasticities(days.cells()).elasticity[: N // 2].mean() == pytest.approx(-1.5, abs=0.2)


TWO_WEEKS, FRIDAY_TO_MONDAY = (77, 91), (74, 78)


def on_sale_together(
    seed: int, price: DoubleArray, truth: DoubleArray, depth: DoubleArray, sale: tuple[int, int] = TWO_WEEKS
) -> Days:
    """On some days of each thirteen weeks prices are down by their depth, and all sell 1.5 times what that tells."""
    rng = np.random.default_rng(seed)
    day = np.arange(price.shape[1]) % 91
    is_sale = (day >= sale[0]) & (day < sale[1])
    rate = np.where(is_sale, 1.5, 1.0) * rng.lognormal(-0.3, 0.3, len(price))[:, None]
    return drawn_days(np.where(is_sale, (1 - depth[:, None]) * price, price), truth, rate, rng)


@pytest.mark.parametrize("sale", [TWO_WEEKS, FRIDAY_TO_MONDAY])
@pytest.mark.parametrize("spread", [0.0, 0.02])
def test_what_all_prices_do_together_tells_nothing(spread: float, sale: tuple[int, int]) -> None:
    """Only ever a fifth off everything, or a fifth and a little more or less: any slope fits, with weeks to match."""
    depth = np.random.default_rng(0).normal(0.2, spread, N)
    found = elasticities(on_sale_together(0, np.full((N, 2 * DAYS), 10.0), np.full(N, -1.0), depth, sale).cells())
    assert np.isnan(found.own.elasticity).all()
    assert np.isnan(found.elasticity).all()
    assert (found.n_prices == 2).all()


def test_sales_of_everything_leave_what_prices_do_by_themselves() -> None:
    """Of 240 intervals of 95 % fewer than 216 hold the truth by chance once in 10,000 (binomial)."""
    found = []
    for seed in range(4):
        price = jumping_prices(N, 2 * DAYS, np.random.default_rng(seed), hold=56)
        truth = spread_of_truth(seed)
        found.append((elasticities(on_sale_together(seed, price, truth, np.full(N, 0.2)).cells()), truth))
    own = [(each.own, truth) for each, truth in found]
    assert np.mean([np.abs(o.elasticity - t) < 1.96 * o.standard_error for o, t in own]) > 0.9
    assert np.mean([each.elasticity.mean() - truth.mean() for each, truth in found]) == pytest.approx(0, abs=0.15)


def test_a_regression_that_does_not_settle_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sales = shop(13, np.full(N, -1.0)).cells()
    assert not elasticities(sales).own.is_unsettled.any()
    monkeypatch.setattr(responses, "ROUNDS", 1)
    found = elasticities(sales)
    assert found.own.is_unsettled.all()
    assert np.isnan(found.elasticity).all()


def test_a_product_without_its_like_can_not_tell_the_price_from_the_week() -> None:
    """Alone, with prices that change on Mondays: any slope fits, with the effects of weeks to match."""
    rng = np.random.default_rng(12)
    price = 10 * np.repeat(rng.choice([0.75, 1.0, 1.25], (N, DAYS // 7)), 7, axis=1)
    days = drawn_days(price, np.full(N, -1.0), np.full((N, 1), 1.0), rng)
    first = Days(days.price[:1], days.units[:1], days.in_stock[:1])
    assert np.isnan(elasticities(first.cells()).elasticity).all()
    assert np.isfinite(elasticities(days.cells()).own.elasticity).all()


def test_nothing_is_learned_of_one_price() -> None:
    """A shop of one price has no elasticity; a product of one price neither, though others have."""
    rng, truth = np.random.default_rng(7), np.full(N, -1.0)
    price = jumping_prices(N, DAYS, rng)
    price[0] = 10.0
    found = elasticities(drawn_days(price, truth, np.full(N, 0.5)[:, None], rng).cells())
    assert np.isnan(found.elasticity[0])
    assert found.n_prices[0] == 1
    assert np.isfinite(found.elasticity[1:]).all()
    fixed = drawn_days(np.full((N, DAYS), 10.0), truth, np.full((N, 1), 0.5), rng)
    assert np.isnan(elasticities(fixed.cells()).elasticity).all()


def test_who_hardly_sells_gets_what_its_like_have() -> None:
    """With under 20 days with a sale there is no own estimate, and the interval is wider than anyone's own."""
    truth, rng = spread_of_truth(8), np.random.default_rng(8)
    rates = np.full((N, 1), 1.0)
    rates[0] = 0.02
    found = elasticities(drawn_days(jumping_prices(N, DAYS, rng), truth, rates, rng).cells())
    assert METHODS[found.method[0]] == "group"
    assert np.isnan(found.own.elasticity[0])
    assert found.elasticity[0] == pytest.approx(found.elasticity[1:].mean(), abs=0.1)
    assert found.standard_error[0] > found.standard_error[1:].max()


def test_a_trade_order_does_not_carry_a_product_away() -> None:
    """One order of 1,000 at the lowest price: in units it is most of what was sold, in logs it is one day."""
    truth = np.full(N, -1.5)
    days = shop(9, truth)
    cheap = int(np.flatnonzero(days.price[0] == days.price[0].min())[0])
    units = days.units.copy()
    units[0, cheap] = 1000
    plain, hit = (elasticities(Days(days.price, u, days.in_stock).cells()).elasticity[0] for u in (days.units, units))
    assert abs(plain - hit) < 0.3


def test_a_group_too_small_to_pool_keeps_what_products_say() -> None:
    rng = np.random.default_rng(10)
    days = drawn_days(jumping_prices(4, DAYS, rng), np.full(4, -1.0), np.full((4, 1), 2.0), rng)
    found = elasticities(days.cells())
    assert (found.elasticity == found.own.elasticity).all()
    assert set(found.method) == {0}


def test_equal_sales_give_equal_bits() -> None:
    cells = shop(11, np.full(N, -1.0)).cells()
    first, second = elasticities(cells), elasticities(cells)
    assert first.elasticity.tobytes() == second.elasticity.tobytes()
    assert first.low.tobytes() == second.low.tobytes()
