"""The naive rule that a model of lifetime value has to beat: everybody goes on as before.

Here: `PastRate`. Not here: models that learn from other customers (`purchase_model`, `gamma_gamma`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import pdtrik

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchases import Purchases


@dataclass(frozen=True, slots=True)
class PastRate:
    """Repeat purchases per unit of time so far, times the horizon, times the mean repeat purchase so far.

    Who has bought once, or is here since today, has no rate yet and is expected to buy nothing. The first purchase is
    left out because everybody here has one: it made the customer one. Nothing is fitted and nobody ever drops out.
    """

    name: ClassVar[str] = "past_rate"

    youngest: float = 0.0
    """Who is known for less time is taken as known for this long: two purchases in a week are no yearly rate."""

    def expected_purchases(self, purchases: Purchases, t: float) -> DoubleArray:
        """Purchases (n,) in the next `t`."""
        age = np.maximum(purchases.age, self.youngest)
        return np.divide(purchases.frequency, age, out=np.zeros(len(purchases)), where=age > 0) * t

    def p_alive(self, purchases: Purchases) -> DoubleArray:
        """1 for each customer (n,)."""
        return np.ones(len(purchases))

    def value(
        self, purchases: Purchases, horizon: float, *, discount_rate: float = 0.0, margin: float = 1.0
    ) -> DoubleArray:
        """What the next `horizon` brings (n,): purchases come evenly, and one after t is worth (1 + rate)^-t.

        Args:
            discount_rate: per unit of time.
            margin: share of the revenue that is earned.
        """
        worth = np.where(purchases.frequency > 0, purchases.spend, 0.0) * margin
        return self.expected_purchases(purchases, _discounted(horizon, discount_rate)) * worth

    def interval(
        self,
        purchases: Purchases,
        horizon: float,
        *,
        confidence: float,
        discount_rate: float = 0.0,
        margin: float = 1.0,
    ) -> tuple[DoubleArray, DoubleArray]:
        """Ends (n,) of the central interval if purchases came at random at that rate, each of the mean spend.

        That is a Poisson number of them; what is not known about the rate itself is left out, and the report tells
        how few customers are inside.
        """
        expected = self.expected_purchases(purchases, horizon)
        each = self.value(purchases, horizon, discount_rate=discount_rate, margin=margin) / np.where(
            expected > 0, expected, 1.0
        )
        tail = (1 - confidence) / 2
        low, high = (_poisson_quantile(end, expected) * each for end in (tail, 1 - tail))
        return low, high


def _discounted(horizon: float, rate: float) -> float:
    """The time that would bring as much without discount: the integral of (1 + rate)^-t over the horizon."""
    return float(-np.expm1(-horizon * np.log1p(rate)) / np.log1p(rate)) if rate else horizon


def _poisson_quantile(probability: float, mean: DoubleArray) -> DoubleArray:
    """The least whole number that a Poisson number stays within with this probability; 0 of a mean of 0."""
    # SciPy has no inverse for a mean of 0.
    least = np.ceil(pdtrik(probability, np.where(mean > 0, mean, 1.0)))
    return np.where(mean > 0, np.maximum(least, 0.0), 0.0)
