"""The parameters under which what customers did is likeliest, and how well they are known.

Here: `fit` for every purchase model, standard errors, and saying in words when a fit is not to be used. Not here: the
likelihoods and their derivatives (the models), the search (`search`), and the choice between models (`value_model`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.search import EDGE, curvature_at, errors_of_logs, is_definite, search

Model = TypeVar("Model", bound=PurchaseModel)

# Customers at a time, so that the memory does not grow with their number.
BLOCK = 32_768
# Distinct histories with which the search begins.
SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class PurchaseFit(Generic[Model]):
    """A fitted model; `problem` says in words why it should not be used, or is None.

    Args:
        standard_errors: by parameter; NaN where the data do not hold the parameter.
        n_customers: how many it was fitted on.
    """

    model: Model
    log_likelihood: float
    standard_errors: dict[str, float]
    problem: str | None
    n_customers: int


@dataclass(frozen=True)
class Likelihood(Generic[Model]):
    """The mean negative log-likelihood of the distinct histories, by the logarithms of the parameters."""

    kind: type[Model]
    purchases: Purchases
    weights: DoubleArray

    def at(self, logs: DoubleArray) -> tuple[float, DoubleArray]:
        """Value, and its gradient (n_parameters,)."""
        values = np.exp(logs)
        model, total = self.kind(*values.tolist()), self.weights.sum()
        value, gradient = 0.0, np.zeros(len(logs))
        for begin in range(0, len(self.purchases), BLOCK):
            rows = slice(begin, begin + BLOCK)
            terms, slopes = model.log_likelihoods(self.purchases.part(rows))
            # Not by BLAS, whose sums depend on the number of threads.
            value += float(np.einsum("n,n", terms, self.weights[rows]))
            gradient += np.einsum("pn,n->p", slopes, self.weights[rows])
        return -value / total, -gradient * values / total

    def sample(self) -> Likelihood[Model]:
        """The same over evenly spaced histories, which are sorted by frequency; itself if there are few."""
        step = -(-len(self.purchases) // SAMPLE)
        if step == 1:
            return self
        rows = np.arange(0, len(self.purchases), step)
        return Likelihood(self.kind, self.purchases.part(rows), self.weights[rows])


def fit(kind: type[Model], purchases: Purchases) -> PurchaseFit[Model]:
    """Fit a purchase model by maximum likelihood.

    The search is over the logarithms of the parameters, in time whose unit is the mean age, so that it is the same for
    days and weeks, and parameters lie within 6e-6 .. 160,000 of it. Histories that are equal are counted once.
    Standard errors: from the observed information, by the delta method.

    Raises:
        ValueError: there is no customer, or nobody was observed after the day of the first purchase.
    """
    unit = float(purchases.age.mean()) if len(purchases) else 0.0
    if unit == 0:
        raise ValueError("no customer was observed for any time after the first purchase")
    positions, weights = purchases.distinct()
    histories = purchases.part(positions)
    objective = Likelihood(kind, histories.per(unit), weights)
    names = kind.parameter_names()
    logs, converged = search(objective, objective.sample(), len(names))
    information = curvature_at(objective, logs) * weights.sum()
    values = np.exp(logs) * [unit if name in kind.times else 1.0 for name in names]
    model = kind(*values.tolist())
    return PurchaseFit(
        model=model,
        log_likelihood=float(-Likelihood(kind, histories, weights).at(np.log(values))[0] * len(purchases)),
        standard_errors=dict(zip(names, (values * errors_of_logs(information)).tolist(), strict=True)),
        problem=_no_repeats(purchases) or model.degenerate() or _problem(names, logs, information, converged),
        n_customers=len(purchases),
    )


def _no_repeats(purchases: Purchases) -> str | None:
    if purchases.frequency.any():
        return None
    return "nobody bought a second time: the data do not say how often customers buy"


def _problem(names: tuple[str, ...], logs: DoubleArray, information: DoubleArray, converged: bool) -> str | None:
    """Why the numbers themselves are not to be trusted, in words, or None."""
    at_edge = [name for name, value in zip(names, logs, strict=True) if abs(value) > EDGE - 0.01]
    if at_edge:
        return f"{', '.join(at_edge)} at the edge of the range that was searched"
    if not converged:
        return "the search for the parameters did not converge"
    if not is_definite(information):
        return "the data do not hold all parameters: the observed information is not positive definite"
    return None
