"""Gamma-Gamma for shops in which those who come more often spend more, or less, each time.

Here: the model with one more parameter, and its fit. Not here: when it is used (`value_model`, after what
`gamma_gamma` says about itself).

The v of a customer with n purchases is v n^elasticity, so spend of somebody of whom nothing else is known goes with
n^elasticity. All else is Gamma-Gamma: own purchases still count by their number. Given how often somebody has bought,
spend and future purchases are taken as independent again, and are multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.gamma_gamma import GammaGamma, SpendFit, no_mean
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.spend_likelihood import FreeNumbers, SpendLikelihood, maximise


@dataclass(frozen=True)
class GammaGammaByFrequency(GammaGamma):
    """Gamma-Gamma whose v grows with the number of purchases (the first one counts) to the power `elasticity`."""

    elasticity: float

    name: ClassVar[str] = "gamma_gamma_by_frequency"

    def scale(self, purchases: Purchases) -> DoubleArray:
        """The v (n,) of each customer."""
        return self.v * (1 + purchases.frequency) ** self.elasticity


class FourNumbers(FreeNumbers):
    """p, q and v by their logarithms, and the elasticity."""

    n_free = 4

    def at(self, free: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Parameters (4,) and their derivatives (4, 4)."""
        values = np.append(np.exp(free[:3]), free[3])
        return values, np.diag(np.append(values[:3], 1.0))


def fit_spend_by_frequency(purchases: Purchases) -> SpendFit:
    """Fit by maximum likelihood on the customers with a repeat purchase.

    Raises:
        ValueError: nobody has a repeat purchase.
    """
    likelihood = SpendLikelihood.of(purchases)
    best = maximise(likelihood, FourNumbers())
    p, q, v, elasticity = best.values.tolist()
    model = GammaGammaByFrequency(p, q, v, elasticity)
    errors = dict(zip(model.parameters(), best.standard_errors.tolist(), strict=True))
    problem = best.problem or no_mean(likelihood, best)
    return SpendFit(model, best.log_likelihood, errors, problem, likelihood.n_customers, likelihood.correlation())
