"""Gamma-Gamma whose mean over customers is what they spent, for data on which its own is not to be trusted.

Here: the model, and its fit. Not here: when it is used (`value_model`).

Few customers who spend a hundred times what others do drive q towards 1, where a newcomer's mean spend grows without
bound, and below it, where there is none. Here p v / (q - 1) is held at the mean of the customers' mean spends, so q
stays above 1, and only p and q are searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.gamma_gamma import GammaGamma, SpendFit
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.spend_likelihood import FreeNumbers, SpendLikelihood, maximise


@dataclass(frozen=True)
class GammaGammaOfKnownMean(GammaGamma):
    """Gamma-Gamma with v = mean (q - 1) / p."""

    name: ClassVar[str] = "gamma_gamma_of_known_mean"


class TwoLogs(FreeNumbers):
    """p and q - 1 by their logarithms; v so that the mean is 1 unit of money."""

    n_free = 2

    def at(self, free: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Parameters (4,) and their derivatives (4, 2)."""
        p, above = np.exp(free).tolist()
        v = above / p
        return np.array([p, 1 + above, v, 0.0]), np.array([[p, 0.0], [0.0, above], [-v, v], [0.0, 0.0]])


def fit_spend_of_known_mean(purchases: Purchases) -> SpendFit:
    """Fit by maximum likelihood on the customers with a repeat purchase.

    Raises:
        ValueError: nobody has a repeat purchase.
    """
    likelihood = SpendLikelihood.of(purchases)
    best = maximise(likelihood, TwoLogs())
    p, q, v = best.values[:3].tolist()
    errors = dict(zip(("p", "q", "v"), best.standard_errors[:3].tolist(), strict=True))
    model = GammaGammaOfKnownMean(p, q, v)
    return SpendFit(model, best.log_likelihood, errors, best.problem, likelihood.n_customers, likelihood.correlation())
