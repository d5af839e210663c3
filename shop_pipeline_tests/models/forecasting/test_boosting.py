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


def test_a_price_that_tells_of_a_sale_is_not_learned_from():
    """Each sale at a price of its own, held until the next, and demand that knows of no price.

    Read on the day that is forecast, a new price is a sale: then .916 of what is sold was forecast, as prices to come
    are the last ones. Read at the origin it tells nothing.
    """
    rng = np.random.default_rng(1)
    rate = rng.uniform(0.02, 0.25, (600, 1))
    y = rng.poisson(rate, (600, 400)).astype(float)
    paid = np.where(y > 0, 10 * np.exp(rng.normal(0, 0.15, y.shape)), np.nan)
    last = np.maximum.accumulate(np.where(y > 0, np.arange(400), 0), axis=1)
    price = np.take_along_axis(paid, last, axis=1)
    price = np.concatenate([price, np.repeat(price[:, -1:], H, axis=1)], axis=1)
    found = forecast_boosted(Panel(y, 7, H, {"price": price}, held=frozenset({"price"})), 0)
    there = ~np.isnan(found)
    assert found[there].sum() / np.broadcast_to(rate, found.shape)[there].sum() == pytest.approx(1, abs=0.03)


def test_features_read_a_held_covariate_at_the_origin_and_no_later():
    price = np.array([[10.0, 10, 10, 10, 12, 5, 3, 3]])
    series, step = np.array([0, 0]), np.array([1, 2])
    for held, expected in ((frozenset({"price"}), [12 / 10.4] * 2), (frozenset(), [5 / 10.4, 3 / 10.4])):
        found = Lags.of(Panel(np.ones((1, 6)), 2, 2, {"price": price}, held=held))
        np.testing.assert_allclose(found.features(series, np.array([5, 5]), step)[:, -1], expected, rtol=1e-6)


def test_a_series_below_zero_is_left_out_and_the_others_learn_without_it(panel):
    few = panel.rows(np.arange(20))
    y, gone = few.y.copy(), few.y.copy()
    y[4, 3], gone[4] = -1, np.nan
    found = forecast_boosted(replace(few, y=y), 0)
    assert list(np.flatnonzero(rows_with_nan(found))) == [4]
    np.testing.assert_array_equal(found, forecast_boosted(replace(few, y=gone), 0))


def test_a_covariate_that_is_the_same_for_all_is_added_up_once(panel):
    """And its features are those of the sums of each row."""
    weekday = np.broadcast_to(np.arange(T + H) % 7.0, (N, T + H)).copy()
    weekday[:, :3] = np.nan
    differs = weekday.copy()
    differs[0, 0] = 1
    one, each = (Lags.of(replace(panel, known={"weekday": values})) for values in (weekday, differs))
    assert [len(lags.known["weekday"][0]) for lags in (one, each)] == [1, N]
    series, step = np.repeat(np.arange(1, N), H), np.tile(np.arange(1, H + 1), N - 1)
    origin = np.full(len(series), 40)
    np.testing.assert_array_equal(one.features(series, origin, step), each.features(series, origin, step))


def test_periods_that_no_origin_looks_back_on_are_left_off(panel, monkeypatch):
    """Ten origins look back on 13 seasons: 101 of 364 days, and four more, so that weekdays stay in their place."""
    monkeypatch.setattr(boosting, "MOST_ORIGINS", 10)
    recent = boosting._recent(panel)
    assert recent.n_periods == T - 259
    np.testing.assert_array_equal(recent.y, panel.y[:, 259:])
    short = panel.cut(101)
    assert boosting._recent(short) is short
    changed = panel.y.copy()
    changed[:, :259] = 1e6
    np.testing.assert_array_equal(forecast_boosted(panel, 0), forecast_boosted(replace(panel, y=changed), 0))


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


@pytest.mark.parametrize("name", ["price", "is_promotion"])
@pytest.mark.parametrize("unknown", [slice(0, T), slice(T, None), slice(None)], ids=["past", "future", "all"])
def test_a_covariate_that_is_unknown_in_the_past_or_to_come_stops_no_forecast(panel, expected, name, unknown):
    """What was never seen can't be learned from: the forecast is that of a panel without, apart from the draws' order.

    Prices moved the truth, so without them the forecast is worse, but still better than the naive one.
    """
    values = price() * 10
    values[:, unknown] = np.nan
    found = forecast_boosted(replace(panel, known={name: values}), 0)
    if unknown != slice(T, None):
        np.testing.assert_array_equal(found, forecast_boosted(replace(panel, known={}), 0))
    error, naive = (np.abs(each - expected[:, T:]).mean() for each in (found, seasonal_naive(panel.y, 7, H)))
    assert error < 0.8 * naive


def test_the_last_period_is_learned_from_as_every_other_is(panel):
    """It is the target of its H origins, 1 / T of the values that two rows each are drawn of."""
    few = panel.rows(np.arange(20))
    rows = boosting._drawn(Lags.of(few), np.random.default_rng(0))
    targets = np.bincount(rows.origin + rows.step - 1, minlength=T)
    assert len(targets) == T
    # Drawn nearly 2 * 20 times a column; later ones a bit more often than early ones, which have fewer origins.
    assert 0.5 < targets[-1] / targets[100:].mean() < 1.5


def test_the_number_of_rows_is_bounded_and_all_lie_in_the_past(panel, monkeypatch):
    monkeypatch.setattr(boosting, "MOST_ROWS", 500)
    rows = boosting._drawn(Lags.of(panel), np.random.default_rng(0))
    assert 400 < len(rows.value) <= 500
    assert (rows.origin + rows.step <= T).all()
    np.testing.assert_array_equal(rows.value, panel.y[rows.series, rows.origin + rows.step - 1])
