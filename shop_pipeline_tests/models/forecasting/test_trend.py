"""The trend model: worked by hand, against scipy, and the interval against how often it holds what it should."""

import numpy as np
import pytest
from scipy import stats

from shop_pipeline.models.forecasting.trend import fit_trend


def test_worked_by_hand() -> None:
    """y = 1, 2, 4 at t = 0, 1, 2: mean 7/3, slope (1*(4) - 1*1)/2 = 3/2, level 7/3 - 3/2 = 5/6.

    Residuals 1/6, -1/3, 1/6: squares add up to 1/6, one degree of freedom is left, sigma = sqrt(1/6). At t = 3, the
    forecast is 16/3 and its error sqrt(1/6) sqrt(1 + 1/3 + 4/2) = sqrt(5/9).
    """
    fit = fit_trend(np.array([[1.0, 2.0, 4.0]]))
    assert fit.beta[0] == pytest.approx(3 / 2)
    assert fit.mu[0] == pytest.approx(5 / 6)
    assert fit.sigma[0] == pytest.approx(np.sqrt(1 / 6))
    assert fit.forecast(1)[0, 0] == pytest.approx(16 / 3)
    low, high = fit.interval(1, 0.95)
    # t with one degree of freedom: 12.7062 (any table).
    assert high[0, 0] - 16 / 3 == pytest.approx(12.7062 * np.sqrt(5 / 9), rel=1e-5)
    assert 16 / 3 - low[0, 0] == pytest.approx(12.7062 * np.sqrt(5 / 9), rel=1e-5)


def test_as_scipy_with_gaps() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=(20, 50)) + 0.1 * np.arange(50)
    y[rng.random(y.shape) < 0.3] = np.nan
    fit = fit_trend(y)
    for row, values in enumerate(y):
        seen = np.flatnonzero(~np.isnan(values))
        told = stats.linregress(seen, values[seen])
        assert (fit.beta[row], fit.mu[row]) == pytest.approx((told.slope, told.intercept))
        # The standard error of the slope is sigma over the root of the spread.
        assert fit.sigma[row] / np.sqrt(fit.spread[row]) == pytest.approx(told.stderr)


def test_the_interval_holds_what_it_says() -> None:
    """20,000 new values of 2,000 short series: 80 % within .01."""
    rng = np.random.default_rng(2)
    truth = 3 - 0.2 * np.arange(22)
    y = truth + rng.normal(size=(2000, 22))
    low, high = fit_trend(y[:, :12]).interval(10, 0.8)
    assert ((y[:, 12:] >= low) & (y[:, 12:] <= high)).mean() == pytest.approx(0.8, abs=0.01)


def test_too_little_for_a_line() -> None:
    """One value: no slope. Two: a line, but no error. None: nothing."""
    fit = fit_trend(np.array([[np.nan, 4.0, np.nan], [1.0, np.nan, 3.0], [np.nan] * 3]))
    np.testing.assert_allclose(fit.forecast(2), [[4, 4], [4, 5], [np.nan, np.nan]])
    assert np.isnan(fit.interval(2, 0.8)).all()
