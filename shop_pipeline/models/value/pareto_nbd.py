"""Pareto/NBD: customers may leave at any moment, whether they buy or not.

Here: the model of Schmittlein, Morrison & Colombo (1987). Not here: the integral over the moment of leaving
(`drop_out_integral`).

Buying rates are Gamma(r, alpha) over customers, leaving rates Gamma(s, beta). Of somebody who is alive after x
purchases in the time T they are Gamma(r + x, alpha + T) and Gamma(s, beta + T), and still independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import digamma, exprel, gammaln

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.drop_out_integral import DropOut, drop_out
from shop_pipeline.models.value.purchase_model import MOST_ALIKE, Future, PurchaseModel
from shop_pipeline.models.value.purchases import Purchases

# Below this share of the rate of buying, leaving is not told apart from staying for ever.
LEAST_DROP_OUT = 1e-3


@dataclass(frozen=True)
class ParetoNbd(PurchaseModel):
    """Gamma(r, alpha) buying rates, Gamma(s, beta) leaving rates."""

    r: float
    alpha: float
    s: float
    beta: float

    name: ClassVar[str] = "pareto_nbd"
    times: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    def log_likelihoods(self, purchases: Purchases) -> tuple[DoubleArray, DoubleArray]:
        """The likelihood is a sum over the moment of leaving, after T or at u between recency and T.

        So a derivative is the posterior mean of that of the logarithm of the summand:
        (alpha + T)^-(r + x) (beta + T)^-s after T, s (alpha + u)^-(r + x) (beta + u)^-(s + 1) at u.
        """
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        x, age, recency = purchases.frequency, purchases.age, purchases.recency
        log_alpha, log_beta = (
            np.log1p((age - recency) / (alpha + recency)),
            np.log1p((age - recency) / (beta + recency)),
        )
        stays, left = np.exp(-(r + x) * log_alpha - s * log_beta), self._left(purchases)
        total = stays + left.mass
        values = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + recency)
        values += -s * np.log1p(recency / beta) + np.log(total)
        by_r = digamma(r + x) - digamma(r) - np.log1p(recency / alpha) - (stays * log_alpha + left.log_alpha) / total
        by_alpha = r / alpha - (r + x) * (stays / (alpha + age) + left.by_alpha) / total
        by_s = (left.mass / s - stays * log_beta - left.log_beta) / total - np.log1p(recency / beta)
        by_beta = s / beta - (s * stays / (beta + age) + (s + 1) * left.by_beta) / total
        return values, np.stack([by_r, by_alpha, by_s, by_beta])

    def p_alive(self, purchases: Purchases) -> DoubleArray:
        """Probability (n,) that the moment of leaving is after T."""
        quiet, recency = purchases.age - purchases.recency, purchases.recency
        log_stays = -(self.r + purchases.frequency) * np.log1p(quiet / (self.alpha + recency))
        stays = np.exp(log_stays - self.s * np.log1p(quiet / (self.beta + recency)))
        alive: DoubleArray = stays / (stays + self._left(purchases).mass)
        return alive

    def expected_if_alive(self, purchases: Purchases, t: float) -> DoubleArray:
        """Mean buying rate times the mean time until leaving, or until t (Fader & Hardie's note, equation 41)."""
        v = np.log1p(t / (self.beta + purchases.age))
        # exprel(z) = (e^z - 1) / z also near s = 1, where the published formula divides 0 by 0.
        stay = (self.beta + purchases.age) * v * exprel((1 - self.s) * v)
        mean: DoubleArray = (self.r + purchases.frequency) / (self.alpha + purchases.age) * stay
        return mean

    def future_if_alive(self, purchases: Purchases, t: float) -> Future:
        """E[N (N - 1)] = E[rate^2] E[min(time until leaving, t)^2]; none: leaving first, or reaching t without one."""
        shape, alpha, beta = self.r + purchases.frequency, self.alpha + purchases.age, self.beta + purchases.age
        v, zero = np.log1p(t / beta), np.zeros(len(purchases))
        squared = 2 * beta**2 * v * (exprel((2 - self.s) * v) - exprel((1 - self.s) * v))
        reaches = np.exp(-shape * np.log1p(t / alpha) - self.s * v)
        leaves = drop_out(shape, self.s, alpha, beta, zero, np.full(len(purchases), t)).mass
        pairs = shape * (shape + 1) / alpha**2 * squared
        return Future(self.expected_if_alive(purchases, t), pairs, reaches + leaves)

    def degenerate(self) -> str | None:
        """Name the limits in which customers never leave, or all are alike."""
        if self.s / self.beta < LEAST_DROP_OUT * self.r / self.alpha:
            return f"s / beta goes to 0 (s = {self.s:.2g}, beta = {self.beta:.2g}): nobody ever drops out"
        if self.s > MOST_ALIKE:
            return f"s goes to infinity ({self.s:.2g}): all customers leave at the same rate"
        if self.r > MOST_ALIKE:
            return f"r goes to infinity ({self.r:.2g}): all customers buy at the same rate"
        return None

    def _left(self, purchases: Purchases) -> DropOut:
        """Leaving between the last purchase and T, relative to staying until the last purchase."""
        n = len(purchases)
        return drop_out(
            self.r + purchases.frequency, self.s, np.full(n, self.alpha), np.full(n, self.beta),
            purchases.recency, purchases.age,
        )  # fmt: skip
