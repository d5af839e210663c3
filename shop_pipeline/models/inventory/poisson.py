"""Errors of a forecast that was never judged: those of a Poisson demand about it.

Here: the stand-in for products too new for any error of their own or of products alike. Not here: the distribution of
errors that were seen (`models/forecasting/lead_time.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.inventory.reorder import SummedErrors


@dataclass(frozen=True)
class OrPoisson:
    """`seen` where it is known, else a Poisson demand with the mean `expected` (n,), less its mean.

    Buyers who come one by one, independently, vary as much; who buy several at a time, more.
    """

    seen: SummedErrors
    expected: DoubleArray

    def quantile(self, level: float) -> DoubleArray:
        """The error (n,) that is not exceeded with this probability."""
        return _filled(self.seen.quantile(level), poisson.ppf(level, self.expected) - self.expected)

    def exceedance(self, amount: DoubleArray) -> DoubleArray:
        """The probability (n,) of a larger error than `amount`."""
        units = np.floor(amount + self.expected + 1e-9)
        return _filled(self.seen.exceedance(amount), poisson.sf(units, self.expected))


def _filled(seen: DoubleArray, other: DoubleArray | float) -> DoubleArray:
    return np.where(np.isnan(seen), other, seen)
