"""The trend model y_t = mu + beta t + e_t of each series, by ordinary least squares: a baseline that anybody can check.

Here: the fit, the forecast and the textbook interval of it, nan-aware and for all series at once. Not here: the
intervals that are published (`intervals` takes them from errors that were made).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from shop_pipeline.models.arrays import DoubleArray


@dataclass(frozen=True, slots=True)
class Trend:
    """Straight lines through n series; all float64 (n,). Time t counts columns from 0.

    Args:
        mu: the level at t = 0; NaN if nothing was seen.
        beta: change per period; 0 if only one value was seen.
        sigma: standard deviation of e with n_seen - 2 degrees of freedom; NaN with two values or fewer.
        n_seen: values seen.
        centre: mean of t over the values seen.
        spread: sum of (t - centre)^2 over the values seen.
        n_periods: columns of the history, one number: the first forecast is of t = n_periods.
    """

    mu: DoubleArray
    beta: DoubleArray
    sigma: DoubleArray
    n_seen: DoubleArray
    centre: DoubleArray
    spread: DoubleArray
    n_periods: int

    def forecast(self, horizon: int) -> DoubleArray:
        """mu + beta t of the next periods, (n, horizon)."""
        return self.mu[:, None] + self.beta[:, None] * self._times(horizon)

    def interval(self, horizon: int, level: float) -> tuple[DoubleArray, DoubleArray]:
        """Bounds between which a new value lies with probability `level` if e is normal and independent.

        forecast -+ t_(n-2) sigma sqrt(1 + 1/n + (t - centre)^2 / spread): the prediction interval of simple regression
        (Montgomery, Peck & Vining, Introduction to Linear Regression Analysis, section 2.5). (n, horizon) each.
        """
        away = (self._times(horizon) - self.centre[:, None]) ** 2
        freedom: DoubleArray = np.where(self.n_seen > 2, self.n_seen - 2, np.nan)
        spread = np.where(self.spread > 0, self.spread, np.nan)
        error = self.sigma[:, None] * np.sqrt(1 + 1 / np.maximum(self.n_seen, 1)[:, None] + away / spread[:, None])
        reach = np.asarray(stats.t.ppf((1 + level) / 2, freedom))[:, None] * error
        y_hat = self.forecast(horizon)
        return y_hat - reach, y_hat + reach

    def _times(self, horizon: int) -> DoubleArray:
        return np.arange(self.n_periods, self.n_periods + horizon, dtype=np.float64)


def fit_trend(y: DoubleArray) -> Trend:
    """The least squares line of each row of y, (n, T), over the values that are not NaN."""
    seen = ~np.isnan(y)
    n_seen = seen.sum(axis=1).astype(np.float64)
    divisor = np.where(n_seen > 0, n_seen, np.nan)
    times = np.arange(y.shape[1], dtype=np.float64)
    centre = (seen * times).sum(axis=1) / divisor
    mean = np.where(seen, y, 0).sum(axis=1) / divisor
    away = np.where(seen, times - centre[:, None], 0)
    above = np.where(seen, y - mean[:, None], 0)
    spread = (away**2).sum(axis=1)
    beta = (away * above).sum(axis=1) / np.where(spread > 0, spread, 1)
    left = ((above - beta[:, None] * away) ** 2).sum(axis=1)
    sigma = np.sqrt(left / np.where(n_seen > 2, n_seen - 2, np.nan))
    return Trend(mean - beta * centre, beta, sigma, n_seen, centre, spread, y.shape[1])
