"""Gamma-Gamma: what a customer spends per purchase, shrunk to what all customers spend.

Here: the model, what it expects of each customer, its fit, and when it must not be used. Not here: its likelihood
(`spend_likelihood`), what is used in its place (`spend_by_frequency`, `spend_of_known_mean`).

Fader, Hardie & Lee 2005, "RFM and CLV", section 4.2; Fader & Hardie 2013, "The Gamma-Gamma model of monetary value". A
purchase costs Gamma(p, nu), and nu is Gamma(q, v) over customers: known by x purchases of mean m, it is
Gamma(p x + q, v + x m). How much somebody spends is taken to say nothing about how often, so that the two models
can be multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.spend_likelihood import FreeNumbers, Maximum, SpendLikelihood, maximise

# Above this, spend depends on frequency so much that it costs money to ignore it. CDNOW has .11, and there the model
# is right in the hold-out (35.17 a purchase expected of one-time buyers, 35.04 seen; 27.01 by the fallback). Online
# Retail, wholesale included, has .15 to .17: 410 expected, 374 seen, 372 by the fallback.
DEPENDENT = 0.15
# And so many standard errors away from none: 400 repeat customers are the fewest whose .15 is not chance.
CERTAIN = 3.0
# q is above 1 by so many of its standard errors, or the data do not say that there is a mean at all. CDNOW is 9.5 of
# them above, Online Retail 14 (ordinary) and 8 (wholesale).
SURELY_ABOVE = 2.0
# Times what was seen: a mean above that is the pole at q = 1, not the customers. In drawings with q = 1.05 to 1.1 and
# some 1,600 repeat customers the middle one is 1.9 to 2.4; none of 12 is above 1.5 from q = 1.3 on. Spend that is
# lognormal over customers has 1.2 with a spread of 1.0 and 2.9 with 1.3. CDNOW has 1.00, Online Retail .95 to 1.03.
FARTHEST_MEAN = 1.5


@dataclass(frozen=True)
class GammaGamma:
    """Gamma(p, nu) a purchase, nu from Gamma(q, v) over customers; v is money."""

    p: float
    q: float
    v: float

    name: ClassVar[str] = "gamma_gamma"

    def __post_init__(self) -> None:
        """Refuse parameters out of range."""
        wrong = {name: value for name, value in self.parameters().items() if not self._is_possible(name, value)}
        if wrong:
            raise ValueError(f"the parameters of {self.name} are finite and p, q and v above 0, not {wrong}")

    def parameters(self) -> dict[str, float]:
        """Value by name."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self)}

    def scale(self, purchases: Purchases) -> DoubleArray:
        """The v (n,) of each customer."""
        return np.full(len(purchases), self.v)

    def posterior(self, purchases: Purchases) -> tuple[DoubleArray, DoubleArray]:
        """Shape and rate (n,) of the Gamma that each customer's nu is drawn from, given the purchases so far."""
        total = np.where(purchases.frequency > 0, purchases.frequency * purchases.spend, 0.0)
        return self.p * purchases.frequency + self.q, self.scale(purchases) + total

    def expected_spend(self, purchases: Purchases) -> DoubleArray:
        """Mean amount (n,) of a future purchase; of one-time buyers that of a customer of whom nothing is known.

        Raises:
            ValueError: it is infinite for somebody (q at most 1, and a one-time buyer).
        """
        shape, rate = self.posterior(purchases)
        if len(shape) and shape.min() <= 1:
            raise ValueError(f"with q = {self.q:.4g} the mean spend of one-time buyers is infinite")
        return self.p * rate / (shape - 1)

    def _is_possible(self, name: str, value: float) -> bool:
        return bool(np.isfinite(value)) and (value > 0 or name not in ("p", "q", "v"))


@dataclass(frozen=True, slots=True)
class SpendFit:
    """A fitted model of spend; `problem` says in words why it should not be used, or is None.

    Args:
        log_likelihood: of the mean spends of the repeat customers, in the money of the data.
        standard_errors: by parameter; NaN where the data do not hold the parameter.
        n_customers: those with a repeat purchase; on no other it is fitted.
        correlation: of spend with the logarithm of the number of purchases, over the same customers.
    """

    model: GammaGamma
    log_likelihood: float
    standard_errors: dict[str, float]
    problem: str | None
    n_customers: int
    correlation: float


class ThreeLogs(FreeNumbers):
    """p, q and v by their logarithms."""

    n_free = 3

    def at(self, free: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Parameters (4,) with elasticity 0, and their derivatives (4, 3)."""
        values = np.append(np.exp(free), 0.0)
        return values, np.diag(values)[:, :3]


def fit_gamma_gamma(purchases: Purchases) -> SpendFit:
    """Fit by maximum likelihood on the customers with a repeat purchase; each counts by its number of purchases.

    Raises:
        ValueError: nobody has a repeat purchase.
    """
    likelihood = SpendLikelihood.of(purchases)
    best = maximise(likelihood, ThreeLogs())
    p, q, v = best.values[:3].tolist()
    correlation = likelihood.correlation()
    problem = best.problem or no_mean(likelihood, best) or _dependence(correlation, likelihood.n_customers)
    errors = dict(zip(("p", "q", "v"), best.standard_errors[:3].tolist(), strict=True))
    return SpendFit(GammaGamma(p, q, v), best.log_likelihood, errors, problem, likelihood.n_customers, correlation)


def no_mean(likelihood: SpendLikelihood, best: Maximum) -> str | None:
    """Say so where customers differ so much that their mean spend is infinite, not known, or not what they spent.

    The mean p v n^elasticity / (q - 1) has a pole at q = 1, so just above it a newcomer would be worth any sum.
    """
    p, q, v, elasticity = best.values.tolist()
    if q <= 1:
        return f"q = {q:.3g}, not above 1: the mean spend over customers is infinite"
    error = float(best.standard_errors[1])
    if q - 1 < SURELY_ABOVE * error:
        return f"q = {q:.3g} with a standard error of {error:.2g}, not surely above 1: the mean spend is not known"
    mean = p * v / (q - 1) * float(np.exp(elasticity * likelihood.n_purchases).mean())
    if mean > FARTHEST_MEAN * likelihood.unit:
        return f"q = {q:.3g}, near 1: a mean spend of {mean:.4g} is expected where {likelihood.unit:.4g} was seen"
    return None


def _dependence(correlation: float, n_customers: int) -> str | None:
    """Say so where spend depends on frequency, by more than a trifle and more than by chance."""
    if abs(correlation) <= DEPENDENT or abs(correlation) * n_customers**0.5 <= CERTAIN:
        return None
    return f"spend depends on frequency: correlation {correlation:.3f}, more than {DEPENDENT} from 0"
