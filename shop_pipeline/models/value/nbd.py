"""NBD: customers never leave.

Here: the model of Ehrenberg (1959), to which the others shrink where the data show no drop-out. Not here: those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import digamma, gammaln

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchase_model import MOST_ALIKE, Future, PurchaseModel
from shop_pipeline.models.value.purchases import Purchases


@dataclass(frozen=True)
class Nbd(PurchaseModel):
    """Gamma(r, alpha) buying rates; of somebody with x purchases in the time T: Gamma(r + x, alpha + T)."""

    r: float
    alpha: float

    name: ClassVar[str] = "nbd"
    times: ClassVar[tuple[str, ...]] = ("alpha",)

    def log_likelihoods(self, purchases: Purchases) -> tuple[DoubleArray, DoubleArray]:
        """Without drop-out, the recency says nothing."""
        r, alpha, x, age = self.r, self.alpha, purchases.frequency, purchases.age
        values = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
        by_r = digamma(r + x) - digamma(r) - np.log1p(age / alpha)
        return values, np.stack([by_r, r / alpha - (r + x) / (alpha + age)])

    def p_alive(self, purchases: Purchases) -> DoubleArray:
        """1 for everybody."""
        return np.ones(len(purchases))

    def expected_if_alive(self, purchases: Purchases, t: float) -> DoubleArray:
        """The mean buying rate times t."""
        return (self.r + purchases.frequency) / (self.alpha + purchases.age) * t

    def future_if_alive(self, purchases: Purchases, t: float) -> Future:
        """Negative binomial: E[N (N - 1)] = E[rate^2] t^2."""
        shape, mean = self.r + purchases.frequency, self.expected_if_alive(purchases, t)
        p_none = np.exp(-shape * np.log1p(t / (self.alpha + purchases.age)))
        return Future(mean, mean**2 * (shape + 1) / shape, p_none)

    def degenerate(self) -> str | None:
        """Name the limit in which all customers are alike."""
        return (
            None if self.r <= MOST_ALIKE else f"r goes to infinity ({self.r:.2g}): all customers buy at the same rate"
        )
