"""Forecasts that cost next to nothing: means, and exponential smoothing of all series in one pass over the periods.

Here: seasonal naive (the baseline), mean, simple exponential smoothing, theta, and the Croston family for slow sellers.
Not here: models that are searched for by likelihood, one series at a time (`statistical`).

A masked period (NaN) is skipped: the level stays, and the time between two sales does not grow. That is why these few
recursions are here and not taken from the library, which knows no gaps; without gaps they give what it gives (tested).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.forecasting.trend import fit_trend

ALPHAS = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
# Of demand and of the time between demands, as Croston (1972) and everybody after him.
CROSTON_ALPHA = 0.1
# Syntetos & Boylan (2005): Croston's ratio is too high by 1 / (1 - alpha / 2).
BIAS = 1 - CROSTON_ALPHA / 2


def mean_forecast(y: DoubleArray, horizon: int) -> DoubleArray:
    """The mean of what was seen, (n, horizon); NaN if nothing was."""
    seen = ~np.isnan(y)
    count = seen.sum(axis=1)
    level = np.where(seen, y, 0).sum(axis=1) / np.where(count == 0, np.nan, count)
    return np.repeat(level[:, None], horizon, axis=1)


def seasonal_naive(y: DoubleArray, season: int, horizon: int) -> DoubleArray:
    """The value of one season ago, (n, horizon); where that is unknown, the mean of what was seen."""
    found = mean_forecast(y, horizon)
    back = np.arange(horizon) % season - season + y.shape[1]
    there = back >= 0
    last = y[:, back[there]]
    found[:, there] = np.where(np.isnan(last), found[:, there], last)
    return found


def smooth(y: DoubleArray, alpha: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Level after the last period, and the sum of squared one-step errors, with each alpha: (n_alphas, n) each.

    The level begins with the first value seen.

    Args:
        alpha: (n_alphas, 1) for all series, or (n_alphas, n).
    """
    level = np.full((len(alpha), len(y)), np.nan)
    squares = np.zeros(level.shape)
    for column in np.ascontiguousarray(y.T):
        error = column - level
        known = ~np.isnan(error)
        error[~known] = 0.0
        squares += error * error
        level = np.where(known, level + alpha * error, np.where(np.isnan(level), column, level))
    return level, squares


def best_smoothed(y: DoubleArray) -> DoubleArray:
    """The level with the alpha of `ALPHAS` that would have been best one step ahead, (n,)."""
    level, squares = smooth(y, ALPHAS[:, None])
    best: DoubleArray = np.take_along_axis(level, squares.argmin(axis=0)[None, :], axis=0)[0]
    return best


def ses_forecast(y: DoubleArray, horizon: int) -> DoubleArray:
    """Simple exponential smoothing, (n, horizon)."""
    return np.repeat(best_smoothed(y)[:, None], horizon, axis=1)


def theta_forecast(y: DoubleArray, horizon: int) -> DoubleArray:
    """The theta method of Assimakopoulos & Nikolopoulos (2000): the smoothed level, and half the slope of the trend.

    In the form of Hyndman & Billah (2003), Unmasking the Theta method, without the terms that vanish for a long series.
    """
    steps = np.arange(1, horizon + 1)
    return best_smoothed(y)[:, None] + fit_trend(y).beta[:, None] / 2 * steps


def croston_sba(y: DoubleArray, horizon: int) -> DoubleArray:
    """Smoothed size of a sale over the smoothed time between sales, by Syntetos & Boylan's correction, (n, horizon).

    Both are smoothed at sales only, the time from the mean time between sales on: a series that begins with its first
    sale knows of no time before that. Without a sale the forecast is 0; NaN if nothing was seen.
    """
    seen, sold = ~np.isnan(y), y > 0
    n_sold = sold.sum(axis=1)
    size, since = np.full(len(y), np.nan), np.zeros(len(y))
    gap = seen.sum(axis=1) / np.where(n_sold == 0, np.nan, n_sold)
    for column, is_seen, is_sold in zip(*(np.ascontiguousarray(each.T) for each in (y, seen, sold)), strict=True):
        since += is_seen
        gap = np.where(is_sold & ~np.isnan(size), gap + CROSTON_ALPHA * (since - gap), gap)
        size = np.where(is_sold, _step(size, column), size)
        since[is_sold] = 0
    rate = np.where(n_sold == 0, 0.0, BIAS * size / gap)
    rate[~seen.any(axis=1)] = np.nan
    return np.repeat(rate[:, None], horizon, axis=1)


def tsb(y: DoubleArray, horizon: int) -> DoubleArray:
    """Smoothed size of a sale times the smoothed chance of one, by Teunter, Syntetos & Babai (2011), (n, horizon).

    The chance falls with every period without a sale, so that what is no longer asked for fades away.
    """
    size, chance = np.full(len(y), np.nan), np.full(len(y), np.nan)
    for column in np.ascontiguousarray(y.T):
        size = np.where(column > 0, _step(size, column), size)
        chance = np.where(np.isnan(column), chance, _step(chance, (column > 0).astype(np.float64)))
    rate = np.where(np.isnan(size) & ~np.isnan(chance), 0.0, size * chance)
    return np.repeat(rate[:, None], horizon, axis=1)


def _step(level: DoubleArray, value: DoubleArray) -> DoubleArray:
    """One step of smoothing; the first value is the first level."""
    return np.where(np.isnan(level), value, level + CROSTON_ALPHA * (value - level))


def recent_mean(y: DoubleArray, periods: int, horizon: int) -> DoubleArray:
    """The mean of the last `periods`, (n, horizon); of all that was seen, where nothing was in them."""
    late = mean_forecast(y[:, -periods:], horizon)
    return np.where(np.isnan(late), mean_forecast(y, horizon), late)
