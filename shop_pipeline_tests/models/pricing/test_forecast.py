"""Forecasts of prices against shops whose rule is known."""

from dataclasses import replace

import numpy as np
import pytest

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.pricing.forecast import CANDIDATES, PriceForecast, forecast_prices
from shop_pipeline.models.pricing.known_prices import WEEKS, KnownPrices
from shop_pipeline.models.pricing.price_intervals import Errors, interval, kind, spread

DAYS, HORIZON = 500, 28


def spells_of(price: DoubleArray) -> KnownPrices:
    """From prices (P, T) of every day."""
    changed = np.diff(price, axis=1, prepend=0.0) != 0
    product, since = np.nonzero(changed)
    return KnownPrices(product, since, np.log(price[product, since]), since)


def kept_prices(n: int, seed: int, chance: float = 0.03) -> DoubleArray:
    """Each day a price is drawn anew with that chance, else it stays."""
    rng = np.random.default_rng(seed)
    drawn = 10 * rng.choice([0.7, 0.85, 1.0, 1.15, 1.3], (n, DAYS))
    new = rng.random((n, DAYS)) < chance
    new[:, 0] = True
    last = np.maximum.accumulate(np.where(new, np.arange(DAYS), 0), axis=1)
    return np.take_along_axis(drawn, last, axis=1)


def forecast(price: DoubleArray, horizon: int = HORIZON) -> PriceForecast:
    return forecast_prices(spells_of(price), price.shape[1] - 1, horizon)


def test_prices_are_looked_up_in_their_spells() -> None:
    """The second product begins on day 3; a spell holds until the next one of its product."""
    since = np.array([0, 5, 3])
    prices = KnownPrices(np.array([0, 0, 1]), since, np.array([1.0, 2.0, 3.0]), since)
    found = prices.on(np.array([-1, 0, 2, 3, 4, 5, 99]))
    none = np.nan
    assert found == pytest.approx(np.array([[none, 1, 1, 1, 1, 2, 2], [none, none, none, 3, 3, 3, 3]]), nan_ok=True)
    assert prices.weekly(5)[0, :2] == pytest.approx([2, none], nan_ok=True)


def test_a_day_of_the_past_knows_what_was_known_by_then() -> None:
    """The price since day 5 is known on day 8: till then the one before it goes on. The second product's first price,
    set back to day 0, is known on day 7: before, it has none."""
    spells = np.array([0, 0, 1]), np.array([0, 5, 0]), np.array([1.0, 2.0, 3.0])
    prices = KnownPrices(*spells, known_from=np.array([0, 8, 7]))
    newest = np.array([prices.weekly(day)[:, 0] for day in (5, 6, 7, 8)])
    assert newest == pytest.approx(np.array([[1, np.nan], [1, np.nan], [1, 3], [2, 3]]), nan_ok=True)
    assert prices.weekly(8)[:, 1].tolist() == [1, 3]
    assert prices.after(4, 2).tolist() == [[2, 2], [3, 3]]
    assert np.isnan(prices.on(np.array([3]), known_on=-1)).all()


def test_a_price_that_is_only_known_afterwards_is_not_foreseen() -> None:
    """Prices that change on Mondays and are known on Sundays: at an origin in the middle of the week the forecast still
    has last week's, and errs; with the same prices known at once, the week's own days are right."""
    rng = np.random.default_rng(7)
    prices = spells_of(10 * np.repeat(rng.choice([0.8, 1.0, 1.2], (200, 72)), 7, axis=1))
    late = replace(prices, known_from=prices.since + 6)
    at_once, later = (forecast_prices(each, 500, 3).judged.errors["last_price"] for each in (prices, late))
    # Day 497 is the first of its week: the three days after it have its price.
    assert at_once == 0
    assert later > 0.1


def test_without_a_price_that_was_known_there_is_no_forecast() -> None:
    """Known at the end only: nothing to learn errors from. One product that was known is enough."""
    prices = spells_of(np.full((2, DAYS), 10.0))
    last = DAYS - 1
    with pytest.raises(ValueError, match="no price was known 28 days before the last one"):
        forecast_prices(replace(prices, known_from=np.array([last, last])), last, HORIZON)
    found = forecast_prices(replace(prices, known_from=np.array([0, last])), last, HORIZON)
    assert np.exp(found.y_hat) == pytest.approx(np.full((2, HORIZON), 10.0))


def test_candidates_by_hand() -> None:
    """Newest first: 3, 1, 2 and unknown before. Their mean is 2, their line -1/2 a week back from 2.5."""
    past = np.full((1, WEEKS), np.nan)
    past[0, :3] = 3.0, 1.0, 2.0
    kept = np.array([1.0, 0.5])
    found = {name: candidate(past, kept)[0] for name, candidate in CANDIDATES.items()}
    assert found["last_price"] == pytest.approx([3, 3])
    assert found["usual_price"] == pytest.approx([2, 2])
    assert found["reversion"] == pytest.approx([3, 2.5])
    # Through (0, 3), (-1, 1), (-2, 2): slope 1/2, at 0 it is 2.5.
    assert found["trend"] == pytest.approx([2.5 + 0.5 / 7, 2.5 + 1 / 7])


def test_prices_that_return_are_foreseen_to_return() -> None:
    """Of the distance to the mean .97^h is left after h days; the year's mean is an estimate, so a little more."""
    price = kept_prices(300, seed=1)
    found = forecast(price)
    assert found.model == "reversion"
    assert found.judged.errors["reversion"] < found.judged.errors["last_price"]
    distance = np.log(price[:, -1]) - np.log(price[:, -364:]).mean(axis=1)
    left = (found.y_hat - np.log(price[:, -364:]).mean(axis=1)[:, None])[np.abs(distance) > 0.1]
    shares = np.median(left / distance[np.abs(distance) > 0.1][:, None], axis=0)
    assert shares[[6, 13, 27]] == pytest.approx(0.97 ** np.array([7, 14, 28]), abs=0.1)


def test_a_price_that_wanders_is_best_left_where_it_is() -> None:
    """A random walk has no price to return to."""
    rng = np.random.default_rng(2)
    steps = rng.normal(0, 0.1, (200, DAYS)) * (rng.random((200, DAYS)) < 0.05)
    found = forecast(10 * np.exp(steps.cumsum(axis=1)))
    assert found.model == "last_price"
    assert (found.y_hat == found.baseline[:, None]).all()


def test_a_steady_rise_is_a_trend() -> None:
    rise = np.exp(0.002 * np.arange(DAYS))
    found = forecast(np.outer(np.linspace(5, 15, 30), rise))
    assert found.model == "trend"
    assert found.y_hat[:, -1] - found.baseline == pytest.approx(np.full(30, 0.002 * HORIZON), rel=1e-6)


def test_intervals_hold_what_they_promise() -> None:
    """Products that change every month beside some that never do, seen 28 days later."""
    price = np.concatenate([kept_prices(400, seed=3), np.full((50, DAYS), 10.0)])
    found = forecast(price[:, :-HORIZON])
    later = np.log(price[:, -HORIZON:])
    inside = (found.low - 1e-9 <= later) & (later <= found.high + 1e-9)
    assert 0.75 < inside[:400].mean() < 0.88
    assert found.judged.coverage_of_changing == pytest.approx(0.8, abs=0.06)
    assert (found.low <= found.y_hat).all()
    assert (found.y_hat <= found.high).all()
    # Who never changed: all of them stayed, and are told to.
    assert found.high[400:] == pytest.approx(found.low[400:], abs=1e-9)


def test_prices_that_never_change_stay() -> None:
    found = forecast(np.full((60, DAYS), 3.0))
    assert found.model == "last_price"
    assert np.exp(found.y_hat) == pytest.approx(np.full((60, HORIZON), 3.0))
    assert found.high == pytest.approx(found.low)


def test_a_short_history_stays_with_the_last_price() -> None:
    """40 days: one origin for intervals, none to judge. Under 35 nothing can be said of 28 days ahead."""
    price = kept_prices(100, seed=4)
    found = forecast(price[:, :40])
    assert (found.model, found.judged.errors, found.judged.coverage) == ("last_price", {}, None)
    assert (found.high > found.low).any()
    with pytest.raises(ValueError, match="34 days of prices are too few to forecast 28: 35 wanted"):
        forecast(price[:, :34])


def test_intervals_are_of_products_that_change_as_often() -> None:
    """51 errors of 1 spread where nothing changed, 51 of 2 where one week did."""
    past = np.zeros((2, WEEKS))
    past[1, 26:] = 0.2
    assert kind(past).tolist() == [0, 1]
    assert spread(past) == pytest.approx([0.1, 0.1])
    errors = Errors(np.repeat([[1.0], [2.0]], 51, axis=0), np.repeat([0, 1], 51))
    low, high = interval(np.zeros((2, 1)), past, errors)
    assert (low == 0).all()
    assert high[:, 0] == pytest.approx([0.1, 0.2])


def test_what_is_judged_was_told_before() -> None:
    """All prices are ten times as high in the last 28 days, which nothing before could tell: no interval holds one."""
    price = kept_prices(200, seed=6)
    usual = forecast(price).judged.coverage
    price[:, -HORIZON:] *= 10
    assert usual == pytest.approx(0.8, abs=0.1)
    assert forecast(price).judged.coverage == 0
