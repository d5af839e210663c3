"""Cheap models: as the library where nothing is masked, by hand where something is."""

import numpy as np
import pytest
from statsforecast.models import TSB, CrostonSBA, SeasonalNaive, SimpleExponentialSmoothing

from shop_pipeline.models.forecasting import smoothing

NAN = np.nan


@pytest.fixture(scope="module")
def slow() -> np.ndarray:
    y = np.random.default_rng(6).poisson(0.3, (20, 120)).astype(np.float64)
    y[:, 0] = 1
    return y


def test_seasonal_naive_as_the_library_and_the_mean_where_the_lag_is_unknown() -> None:
    y = np.random.default_rng(7).random((3, 30))
    found = smoothing.seasonal_naive(y, 7, 16)
    for row in range(3):
        np.testing.assert_allclose(found[row], SeasonalNaive(7).forecast(y=y[row], h=16)["mean"])
    # Lags: unknown, 6, unknown, before the series.
    assert smoothing.seasonal_naive(np.array([[NAN, 6.0, NAN]]), 3, 4)[0].tolist() == [6, 6, 6, 6]
    assert smoothing.seasonal_naive(np.array([[2.0, 6.0]]), 3, 3)[0].tolist() == [4, 2, 6]


@pytest.mark.parametrize("alpha", [0.1, 0.7])
def test_smoothing_as_the_library(slow: np.ndarray, alpha: float) -> None:
    level, _ = smoothing.smooth(slow, np.array([[alpha]]))
    told = [SimpleExponentialSmoothing(alpha).forecast(y=y, h=1)["mean"][0] for y in slow]
    np.testing.assert_allclose(level[0], told)


def test_smoothing_by_hand_skips_what_is_masked() -> None:
    """4; then 4 + (8 - 4)/2 = 6, error 4; masked; then 6 + (2 - 6)/2 = 4, error -4."""
    level, squares = smoothing.smooth(np.array([[NAN, 4.0, 8.0, NAN, 2.0]]), np.array([[0.5]]))
    assert (level[0, 0], squares[0, 0]) == (4, 32)


def test_the_best_alpha_is_taken() -> None:
    """A walk is known best by its last value, noise by its mean: off by 1/6 with alpha .05, by 1 with alpha .99."""
    rng = np.random.default_rng(8)
    walk, noise = np.cumsum(rng.normal(size=(1, 500)), axis=1), 10 + rng.normal(size=(1, 500))
    assert smoothing.best_smoothed(walk)[0] == pytest.approx(walk[0, -1], abs=0.3)
    assert smoothing.best_smoothed(noise)[0] == pytest.approx(10, abs=0.5)


def test_theta_climbs_with_half_the_slope() -> None:
    """y = 3 t: the level follows with a lag below .1, the slope is 3."""
    found = smoothing.theta_forecast(3.0 * np.arange(100)[None], 4)[0]
    np.testing.assert_allclose(np.diff(found), 1.5)
    assert found[0] == pytest.approx(297 + 1.5, abs=0.1)


def test_tsb_as_the_library(slow: np.ndarray) -> None:
    found = smoothing.tsb(slow, 2)
    told = [TSB(0.1, 0.1).forecast(y=y, h=2)["mean"] for y in slow]
    np.testing.assert_allclose(found, told)


def test_croston_by_hand() -> None:
    """Sales of 4 and 2 in 6 periods: size 4, then 4 + .1 (2 - 4) = 3.8; gap 6/2 = 3, then 3 + .1 (4 - 3) = 3.1."""
    y = np.array([[0.0, 4.0, 0.0, 0.0, 0.0, 2.0]])
    np.testing.assert_allclose(smoothing.croston_sba(y, 2), 0.95 * 3.8 / 3.1)


def test_croston_nears_the_library(slow: np.ndarray) -> None:
    """They differ in the first gap only, of which .9^30 is left after some 30 sales."""
    long = np.tile(slow, 8)
    told = [CrostonSBA().forecast(y=y, h=1)["mean"][0] for y in long]
    np.testing.assert_allclose(smoothing.croston_sba(long, 1)[:, 0], told, rtol=1e-6)


@pytest.mark.parametrize(
    "model", [smoothing.croston_sba, smoothing.tsb, smoothing.ses_forecast, smoothing.mean_forecast]
)
def test_masked_days_are_as_if_they_had_not_been(model: object, slow: np.ndarray) -> None:
    holes = np.full((len(slow), 150), NAN)
    holes[:, np.sort(np.random.default_rng(9).permutation(150)[:120])] = slow
    np.testing.assert_allclose(model(holes, 3), model(slow, 3))  # type: ignore[operator]


@pytest.mark.parametrize(
    "model", [smoothing.croston_sba, smoothing.tsb, smoothing.ses_forecast, smoothing.theta_forecast]
)
def test_zeros_nothing_and_a_single_value(model: object) -> None:
    y = np.array([[0.0, 0.0, 0.0], [NAN, NAN, NAN], [NAN, 0.0, NAN]])
    found = model(y, 2)  # type: ignore[operator]
    assert (found[[0, 2]] == 0).all()
    assert np.isnan(found[1]).all()


def test_recent_mean_is_of_the_last_periods_or_of_all() -> None:
    y = np.array([[9.0, 9.0, 1.0, 3.0], [8.0, 4.0, NAN, NAN]])
    assert smoothing.recent_mean(y, 2, 1)[:, 0].tolist() == [2, 6]
