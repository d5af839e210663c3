"""Errors of a forecast, but no more than the product's own sales support.

A back-test of few windows, or of windows in which a product was hardly there, says little of how far a forecast may be
off, and the wide ends that honest errors then have would fill the shelves: after 40 days a product of which 10 were
sold got a reorder point of 78. More than the busiest days that it ever had, with the chance of a Poisson variable about
them, is not kept, unless demand about the forecast itself varies as much, as unevenly as sales did.

Here: both distributions as one. Not here: the errors (`models/forecasting/lead_time.py`), and what sales say
(`history.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import nbinom, poisson

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.inventory.history import History
from shop_pipeline.models.inventory.reorder import SummedErrors

ROUNDING = 1e-9


@dataclass(frozen=True)
class Supported:
    """The smaller one of `seen` and the larger one of two demands, less what is expected.

    These are Poisson about the busiest days so far, and negative binomial about the forecast, with the dispersion of
    daily sales. Where `seen` is NaN, it is negative binomial about what is usual. Smaller and larger mean quantile by
    quantile.
    """

    seen: SummedErrors
    expected: DoubleArray
    """Units, float64 (n,), at least 0."""
    largest: DoubleArray
    """Units of the busiest days, float64 (n,)."""
    usual: DoubleArray
    """The larger one of the forecast, that nobody has judged, and the mean of so many days, float64 (n,)."""
    dispersion: DoubleArray
    """Variance in means, float64 (n,), above 1, which is Poisson."""

    @classmethod
    def by(cls, history: History, seen: SummedErrors, expected: DoubleArray, days: AnyArray) -> Supported:
        """Over so many days, int (n,)."""
        usual = np.maximum(expected, history.mean() * days)
        return cls(seen, expected, history.largest_sums(days), usual, history.dispersion(days))

    def quantile(self, level: float) -> DoubleArray:
        """The error (n,) that is not exceeded with this probability."""
        seen, unjudged = self.seen.quantile(level), self._units(level, self.usual) - self.expected
        return np.where(np.isnan(seen), unjudged, np.fmin(seen, self._most(level)))

    def exceedance(self, amount: DoubleArray) -> DoubleArray:
        """The probability (n,) of a larger error than `amount`."""
        units, seen = np.floor(amount + self.expected + ROUNDING), self.seen.exceedance(amount)
        most = np.maximum(self._beyond(units, self.expected), poisson.sf(units, self.largest))
        return np.where(np.isnan(seen), self._beyond(units, self.usual), np.fmin(seen, most))

    def is_bounded(self, level: float) -> BoolArray:
        """Whether the errors that were seen say more at this probability than sales support, (n,)."""
        return np.asarray(self.seen.quantile(level) > np.maximum(self._most(level), 0))

    def _most(self, level: float) -> DoubleArray:
        busiest = poisson.ppf(level, self.largest)
        return np.asarray(np.maximum(self._units(level, self.expected), busiest) - self.expected)

    def _units(self, level: float, mean: DoubleArray) -> DoubleArray:
        return np.where(mean > 0, nbinom.ppf(level, *self._parameters(mean)), 0.0)

    def _beyond(self, units: DoubleArray, mean: DoubleArray) -> DoubleArray:
        return np.where(mean > 0, nbinom.sf(units, *self._parameters(mean)), (units < 0).astype(float))

    def _parameters(self, mean: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Of scipy's negative binomial with this mean; a mean of 0, of which nobody asks, is taken as 1."""
        return np.where(mean > 0, mean, 1.0) / (self.dispersion - 1), 1 / self.dispersion
