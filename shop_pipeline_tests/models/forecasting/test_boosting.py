"""The global model: what it learns from planted demand, and what it must not look at."""

from dataclasses import replace

import numpy as np
import pytest

from shop_pipeline.models.forecasting import boosting
from shop_pipeline.models.forecasting.boosting import forecast_boosted
from shop_pipeline.models.forecasting.lags import Lags
from shop_pipeline.models.forecasting.panel import Panel
from shop_pipeline.models.forecasting.smoothing import seasonal_naive

N, T, H = 80, 364, 14
WEEK = np.array([0.4, 0.7, 0.9, 1.0, 1.2, 1.9, 0.9])
ELASTICITY = -2.0


@pytest.fixture(scope="module")
def expected():
    """Mean demand of each product and day: a week, and an elasticity of -2 at prices that change each fortnight."""
    return np.random.default_rng(1).uniform(4, 40, N)[:, None] * WEEK[np.arange(T + H) % 7] * price() ** ELASTICITY


@pytest.fixture(scope="module")
def panel(expected):
    y = np.random.default_rng(2).poisson(expected[:, :T]).astype(float)
    return Panel(y, 7, H, {"price": price() * 10})


def price():
    """Relative to the usual one, (N, T + H): each fortnight 15 % off for a third of the products, and other thirds."""
    fortnight = np.arange(T + H) // 14
    draws = np.random.default_rng(3).random((N, fortnight.max() + 1))
    return np.where(draws < 1 / 3, 0.85, 1.0)[:, fortnight]


def rows_with_nan(found):
    return np.isnan(found).any(axis=1)


def test_it_recovers_the_week_and_the_price_and_beats_seasonal_naive(panel, expected):
    found, truth = forecast_boosted(panel, 0), expected[:, T:]
    naive = seasonal_naive(panel.y, 7, H)
    assert np.abs(found - truth).mean() < 0.5 * np.abs(naive - truth).mean()
    by_day = (found / found.mean(axis=1, keepdims=True)).mean(axis=0)
    np.testing.assert_allclose(by_day, np.tile(np.roll(WEEK / WEEK.mean(), -T % 7), 2), rtol=0.12)


def test_a_price_cut_sells_more_as_the_elasticity_says(panel):
    """The same panel with all prices to come as usual, and with all 15 % off: .85^-2 = 1.384 times as much."""
    usual, off = (
        replace(panel, known={"price": np.c_[panel.known["price"][:, :T], np.full((N, H), each)]}) for each in (10, 8.5)
    )
    uplift = forecast_boosted(off, 0).sum() / forecast_boosted(usual, 0).sum()
    assert uplift == pytest.approx(0.85**ELASTICITY, rel=0.08)


def test_masked_days_are_not_learned_from(panel):
    """A third of the days out of stock: known as such, the forecast stays; read as no sale, it falls by a third."""
    out = np.random.default_rng(4).random(panel.y.shape) < 1 / 3
    whole = forecast_boosted(panel, 0).sum()
    assert forecast_boosted(replace(panel, y=np.where(out, np.nan, panel.y)), 0).sum() == pytest.approx(whole, rel=0.04)
    assert forecast_boosted(replace(panel, y=np.where(out, 0.0, panel.y)), 0).sum() < 0.75 * whole


def test_equal_bits_for_equal_seeds(panel):
    few = panel.rows(np.arange(20)).cut(200)
    first = forecast_boosted(few, 5)
    np.testing.assert_array_equal(first, forecast_boosted(few, 5))
    assert (first != forecast_boosted(few, 6)).any()


def test_after_the_clock_nothing_but_what_is_known_ahead_is_read(panel):
    """Cut back to day 200, the forecast is the one of a panel that had never seen more."""
    few = panel.rows(np.arange(20))
    early = Panel(few.y[:, :200].copy(), 7, H, {"price": few.known["price"][:, : 200 + H].copy()})
    np.testing.assert_array_equal(forecast_boosted(few.cut(200), 0), forecast_boosted(early, 0))


@pytest.mark.parametrize("origin", [20, 200])
def test_features_know_nothing_of_y_from_the_origin_on(panel, origin):
    changed = panel.y.copy()
    changed[:, origin:] = 1e6
    series, step = np.repeat(np.arange(N), H), np.tile(np.arange(1, H + 1), N)
    one, other = (
        Lags.of(each).features(series, np.full(len(series), origin), step)
        for each in (panel, replace(panel, y=changed))
    )
    np.testing.assert_array_equal(one, other)


def test_features_worked_by_hand():
    """Season 2, origin 5 of [nan, 4, 0, 2, 6 | 8], steps 1 and 2; the level's windows are longer than the history.

    Level: (12 + 2 * 3) / (4 + 2) = 3. Places: step 1 (column 5) has columns 3 and 1 before, step 2 (column 6) has 4
    and 2 and nothing seen in 0. Price: 10 on the mean of the five days before, 5 and 10 to come.
    """
    y = np.array([[np.nan, 4.0, 0.0, 2.0, 6.0, 8.0]])
    price = np.array([[10.0, 10, 10, 10, 10, 5, 10, 10]])
    holiday = np.array([[0.0, 1, 0, 0, 0, 1, 0, 0]])
    lags = Lags.of(Panel(y, 2, 2, {"price": price, "is_holiday": holiday}))
    found = lags.features(np.array([0, 0]), np.array([5, 5]), np.array([1, 2]))
    mean, zero = 1.0, 1 / 4
    common = [6 / 3, 5 - 4, (2 + 6) / 2 / 3, 0, mean, zero, mean, zero]
    expected = [
        [1, np.log(3), 5 % 2, *common, 2 / 3, 6 / 2 / 3, 6 / 2 / 3, 1, 0.2, 0.5],
        [2, np.log(3), 6 % 2, *common, 6 / 3, 6 / 2 / 3, 6 / 2 / 3, 0, 0.2, 1.0],
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_series_that_never_sold_and_panels_that_tell_too_little_have_no_forecast(panel):
    y = panel.y.copy()
    y[0], y[1] = 0.0, np.nan
    found = forecast_boosted(replace(panel, y=y), 0)
    assert list(np.flatnonzero(rows_with_nan(found))) == [0, 1]
    too_little = [
        Panel(np.ones((3, 9)), 7, 7),
        Panel(np.ones((50, 7)), 7, 7),
        Panel(np.zeros((50, 60)), 7, 7),
        Panel(np.full((50, 60), np.nan), 7, 7),
        Panel(np.random.default_rng(0).normal(size=(50, 60)), 7, 7, non_negative=False),
    ]
    for each in too_little:
        assert np.isnan(forecast_boosted(each, 0)).all()


def test_slow_sellers_are_forecast_without_running_away():
    """One of 200 days has a sale, of 100 units on the mean. Without the l2 term, trees leapt to 1e39 units a day."""
    rng = np.random.default_rng(6)
    y = (rng.random((200, 300)) < 0.005) * rng.geometric(0.01, (200, 300)).astype(float)
    found = forecast_boosted(Panel(y, 7, H), 0)
    assert np.nanmax(found) < y.max()
    assert 0.5 < np.nansum(found) / (y.mean() * found.size) < 2


def test_the_number_of_rows_is_bounded_and_all_lie_in_the_past(panel, monkeypatch):
    monkeypatch.setattr(boosting, "MOST_ROWS", 500)
    rows = boosting._drawn(Lags.of(panel), np.random.default_rng(0))
    assert 400 < len(rows.value) <= 500
    assert (rows.origin + rows.step <= T).all()
    np.testing.assert_array_equal(rows.value, panel.y[rows.series, rows.origin + rows.step - 1])
