"""Seasons: planted ones are found, noise has none, and what is closed stays closed."""

import numpy as np
import pytest

from shop_pipeline.models.forecasting.panel import Panel
from shop_pipeline.models.forecasting.seasonal import Adjusted, moving_mean

WEEK = np.array([0.5, 0.8, 1.0, 1.0, 1.2, 1.5, 1.0])


def adjusted(y: np.ndarray, season: int = 7, horizon: int = 7) -> Adjusted:
    return Adjusted.of(Panel(np.atleast_2d(y), season, horizon))


def test_moving_mean_by_hand() -> None:
    """Of three: 2, 3, ... Of four, ends at half weight: (1/2 + 2 + 3 + 4 + 5/2) / 4 = 3."""
    y = np.arange(1.0, 7.0)[None]
    np.testing.assert_allclose(moving_mean(y, 3)[0], [np.nan, 2, 3, 4, 5, np.nan])
    np.testing.assert_allclose(moving_mean(y, 4)[0], [np.nan, np.nan, 3, 4, np.nan, np.nan])
    y[0, 2] = np.nan
    # Of 2, 4 that were seen among 2, 3, 4.
    assert moving_mean(y, 3)[0, 2] == 3


def test_a_planted_season_is_found_and_put_back() -> None:
    """Exact factors: nothing varies within a weekday, so that nothing is shrunk. The history ends on a Wednesday."""
    y = 10 * WEEK[np.arange(73) % 7]
    found = adjusted(y)
    np.testing.assert_allclose(found.y[0], 10.0)
    np.testing.assert_allclose(found.with_season(np.full((1, 7), 10.0))[0], 10 * WEEK[np.arange(73, 80) % 7])


def test_noise_keeps_little_of_its_season() -> None:
    """F is near 1 for noise: 1 - 1/F leaves a factor within .05 of 1 on average, where plain means are .08 off."""
    y = np.random.default_rng(3).poisson(4.0, (500, 70)).astype(np.float64)
    factors = Adjusted.of(Panel(y, 7, 7)).factor
    plain = np.stack([y[:, day::7].mean(axis=1) for day in range(7)], axis=1) / y.mean(axis=1, keepdims=True)
    assert np.abs(plain - 1).mean() > 0.1
    assert np.abs(factors - 1).mean() < 0.4 * np.abs(plain - 1).mean()


def test_a_closed_day_is_no_value_of_the_level_and_forecast_as_none() -> None:
    y = np.random.default_rng(4).poisson(50.0, 140).astype(np.float64)
    y[6::7] = 0
    found = adjusted(y)
    assert np.isnan(found.y[0, 6::7]).all()
    assert found.factor[0, 6] < 0.05
    # The six others share what the seventh lacks.
    assert found.factor[0, :6].mean() == pytest.approx(7 / 6, rel=0.02)


def test_values_below_zero_get_differences() -> None:
    y = 10 * (WEEK[np.arange(70) % 7] - 1)
    found = adjusted(y)
    np.testing.assert_allclose(found.y[0], 0.0, atol=1e-12)
    np.testing.assert_allclose(found.with_season(np.zeros((1, 7)))[0], 10 * (WEEK - 1), atol=1e-12)


@pytest.mark.parametrize("y", [np.arange(13.0), np.r_[np.full(60, np.nan), 1.0, 5.0, 1.0], np.full(30, np.nan)])
def test_fewer_than_two_seasons_are_none(y: np.ndarray) -> None:
    found = adjusted(y)
    np.testing.assert_array_equal(found.y[0], y)
    assert (found.factor == 1).all()
    assert (found.offset == 0).all()


def test_masked_days_change_no_factor() -> None:
    y = 10 * WEEK[np.arange(140) % 7]
    y[[20, 33, 34, 90]] = np.nan
    np.testing.assert_allclose(adjusted(y).factor[0], WEEK, rtol=0.02)


def test_each_series_for_itself() -> None:
    """The same bits alone and in company."""
    y = np.random.default_rng(5).poisson(3.0, (30, 100)).astype(np.float64)
    together = Adjusted.of(Panel(y, 7, 7))
    for row in (0, 17):
        alone = adjusted(y[row])
        np.testing.assert_array_equal(alone.y[0], together.y[row])
        np.testing.assert_array_equal(alone.factor[0], together.factor[row])
