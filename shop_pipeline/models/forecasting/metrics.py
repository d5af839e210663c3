"""How far forecasts were off, in the measures that the literature compares.

Here: errors of point forecasts, of quantiles and of intervals, nan-aware: a period whose value is unknown does not
count. Not here: choosing by them (`backtest`).

Errors are taken per series (the last axes are windows and steps) and averaged over series by the caller, as in the M4
competition; WAPE alone adds up over everything it is given.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import DoubleArray


def naive_scale(y: DoubleArray, season: int) -> DoubleArray:
    """What a forecast of `season` periods ago was off in the history: the mean of |y_t - y_(t-season)|, (n,).

    Source: Hyndman & Koehler (2006), Another look at measures of forecast accuracy, equation for q_t. Only pairs of
    which both values are seen count; NaN without any.

    Args:
        y: the history, (n, T), NaN where unknown.
    """
    return _mean(np.abs(y[:, season:] - y[:, :-season]))


def mase(actual: DoubleArray, y_hat: DoubleArray, scale: DoubleArray) -> DoubleArray:
    """Mean absolute error over the `naive_scale` of the history, (n,).

    NaN where nothing was seen, or where the history never changed (scale 0), for then no ratio says anything.

    Args:
        actual, y_hat: (..., n, H); leading axes (windows) are averaged, too.
        scale: (n,).
    """
    return _mean_of_series(np.abs(actual - y_hat)) / np.where(scale > 0, scale, np.nan)


def rmsse(actual: DoubleArray, y_hat: DoubleArray, squared_scale: DoubleArray) -> DoubleArray:
    """Root of the mean squared error over `squared_naive_scale`, (n,): the measure of the M5 competition.

    The mean makes it smallest, where the median makes `mase` smallest: for a product that is sold on fewer than half of
    the days, that is 0 for ever.
    """
    ratio = _mean_of_series((actual - y_hat) ** 2) / np.where(squared_scale > 0, squared_scale, np.nan)
    return np.sqrt(ratio)


def squared_naive_scale(y: DoubleArray, season: int) -> DoubleArray:
    """The mean of (y_t - y_(t-season))^2 over the history, (n,); NaN without a pair."""
    return _mean((y[:, season:] - y[:, :-season]) ** 2)


def smape(actual: DoubleArray, y_hat: DoubleArray) -> DoubleArray:
    """200 |y - f| / (|y| + |f|), in percent, (n,), as in the M4 competition; 0 where both are 0."""
    off, size = np.abs(actual - y_hat), np.abs(actual) + np.abs(y_hat)
    return _mean_of_series(200 * off / np.where(size == 0, 1, size))


def wape(actual: DoubleArray, y_hat: DoubleArray) -> float:
    """The sum of absolute errors over the sum of absolute values, of everything that was seen; NaN if that is 0."""
    both = ~np.isnan(actual) & ~np.isnan(y_hat)
    total = float(np.abs(actual[both]).sum())
    return float(np.abs(actual[both] - y_hat[both]).sum()) / total if total else float("nan")


def pinball(actual: DoubleArray, quantile: DoubleArray, level: float) -> DoubleArray:
    """Mean loss of a forecast of the quantile `level`: level per unit too low, 1 - level per unit too high, (n,)."""
    off = actual - quantile
    return _mean_of_series(np.maximum(level * off, (level - 1) * off))


def coverage(actual: DoubleArray, low: DoubleArray, high: DoubleArray) -> DoubleArray:
    """The share of the values that lay within low and high (both included), (n,)."""
    inside = ((actual >= low) & (actual <= high)).astype(np.float64)
    return _mean_of_series(np.where(np.isnan(actual) | np.isnan(low) | np.isnan(high), np.nan, inside))


def _mean_of_series(values: DoubleArray) -> DoubleArray:
    """(..., n, H) -> (n,): over windows and steps."""
    return _mean(np.moveaxis(values, -2, 0).reshape(values.shape[-2], -1))


def _mean(values: DoubleArray) -> DoubleArray:
    """(n, k) -> (n,): of what is not NaN, in one fixed order; NaN where nothing is."""
    seen = ~np.isnan(values)
    count = seen.sum(axis=1)
    found: DoubleArray = np.where(seen, values, 0).sum(axis=1) / np.where(count == 0, np.nan, count)
    return found
