"""What a product's own sales say of how much can be asked for: its busiest days, and how unevenly it sells.

Here: sums, variation and usual sale from the days until now. Not here: what bounds a plan by them (`supported.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray

DAYS_PER_YEAR = 365
WEEKS_PER_YEAR, WEEK = 52, 7
LEAST_MORE = 1e-9


@dataclass(frozen=True)
class History:
    """Units sold, one row per product, consecutive days up to the clock."""

    daily: DoubleArray
    """float64 (n, T); NaN before the product's first day, and on days on which there was nothing to sell."""

    def largest_sums(self, days: AnyArray) -> DoubleArray:
        """The most units that were sold on so many days in a row, float64 (n,); `days` int (n,), at least 0.

        A day without stock stands for a mean one. Of who has not been there so long it is the mean of these days.
        """
        mean, longest = self.mean(), self.daily.shape[1]
        has_begun = np.maximum.accumulate(~np.isnan(self.daily), axis=1)
        units = np.where(np.isnan(self.daily), has_begun * mean[:, None], self.daily)
        until = np.concatenate([np.zeros((len(units), 1)), np.cumsum(units, axis=1)], axis=1)
        largest = mean * days
        for length in np.unique(np.minimum(days, longest)):
            mine = np.minimum(days, longest) == length
            sums = until[mine, length:] - until[mine, : longest + 1 - length]
            largest[mine] = np.maximum(largest[mine], sums.max(axis=1))
        return largest

    def dispersion(self, days: AnyArray) -> DoubleArray:
        """Variance of the sum of so many days in means of it, float64 (n,); 1 is Poisson, and all are above.

        For buyers who come one by one and take several it is the same on a day and on many. It grows by days / T: the
        mean is known from T days only.
        """
        seen, mean = self._n_seen(), self.mean()
        squares = np.nansum((self.daily - mean[:, None]) ** 2, axis=1)
        of_a_day = np.divide(squares, mean * (seen - 1), out=np.ones(len(mean)), where=(mean > 0) & (seen > 1))
        # Never 1 altogether: the negative binomial has no such, and is Poisson to nine places then.
        return np.asarray(np.maximum(np.maximum(of_a_day, 1) * (1 + days / np.maximum(seen, 1)), 1 + LEAST_MORE))

    def usual_sale(self) -> DoubleArray:
        """The middle of the units of last year's days with a sale, float64 (n,); 0 without one."""
        lately = self.daily[:, -DAYS_PER_YEAR:]
        return np.array([np.median(row[row > 0]) if (row > 0).any() else 0.0 for row in lately])

    def yearly(self) -> DoubleArray:
        """Units in a year, from the last 52 weeks or all days where there are fewer, float64 (n,); 0 without any."""
        return History(self.daily[:, -WEEKS_PER_YEAR * WEEK :]).mean() * DAYS_PER_YEAR

    def mean(self) -> DoubleArray:
        """Units of a day, float64 (n,); 0 without any day."""
        return np.asarray(np.nansum(self.daily, axis=1) / np.maximum(self._n_seen(), 1))

    def _n_seen(self) -> AnyArray:
        return np.asarray((~np.isnan(self.daily)).sum(axis=1))
