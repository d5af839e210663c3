"""The port of the models that say how often a customer will buy, and whether at all.

Here: `PurchaseModel`, what it must answer, and what follows from that for every model alike. Not here: the models
(`bg_nbd`, `mbg_nbd`, `pareto_nbd`, `nbd`) and how their parameters are found (`maximum_likelihood`).

All of them are models of buying till you die: while alive, a customer buys at a rate of his or her own; what happens
until T only says how likely he or she still lives, and what a living one is like.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchases import Purchases

# A shape above this: the spread of rates or probabilities over customers is not told apart from none.
MOST_ALIKE = 1e3


@dataclass(frozen=True, slots=True)
class Predictive:
    """How many purchases each of n customers makes in some time from now, all float64 (n,).

    Args:
        mean: expected number.
        variance: of the number, with everything that is unknown about the customer, but not of the parameters.
        p_none: probability that there is none.
    """

    mean: DoubleArray
    variance: DoubleArray
    p_none: DoubleArray


@dataclass(frozen=True, slots=True)
class Future:
    """The same of customers who are known to be alive now; `pairs` is the mean of N (N - 1)."""

    mean: DoubleArray
    pairs: DoubleArray
    p_none: DoubleArray


@dataclass(frozen=True)
class PurchaseModel(ABC):
    """A model with its parameters, all above 0; rates are per the unit of time of the data."""

    name: ClassVar[str]
    """As it stands in tables."""
    times: ClassVar[tuple[str, ...]]
    """The parameters that are times, and so are multiplied when the unit of time changes."""

    def __post_init__(self) -> None:
        """Refuse parameters out of range."""
        wrong = {name: value for name, value in self.parameters().items() if not 0 < value < np.inf}
        if wrong:
            raise ValueError(f"the parameters of {self.name} are finite and above 0, not {wrong}")

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """In the order of the fields."""
        return tuple(field.name for field in fields(cls))

    def parameters(self) -> dict[str, float]:
        """Value by name."""
        return {name: float(getattr(self, name)) for name in self.parameter_names()}

    @abstractmethod
    def log_likelihoods(self, purchases: Purchases) -> tuple[DoubleArray, DoubleArray]:
        """Each customer's log-likelihood (n,) and its derivatives by the parameters (n_parameters, n)."""

    @abstractmethod
    def p_alive(self, purchases: Purchases) -> DoubleArray:
        """Probability (n,) that the customer has not dropped out by the end of what was observed."""

    @abstractmethod
    def expected_if_alive(self, purchases: Purchases, t: float) -> DoubleArray:
        """Expected number (n,) of purchases in the next `t` of customers who are alive now."""

    @abstractmethod
    def future_if_alive(self, purchases: Purchases, t: float) -> Future:
        """What the next `t` brings from customers who are alive now."""

    @abstractmethod
    def degenerate(self) -> str | None:
        """Say in words what the parameters leave of the model if they lie where it is a simpler one; else None."""

    def log_likelihood(self, purchases: Purchases) -> float:
        """The sum over the customers."""
        return float(self.log_likelihoods(purchases)[0].sum())

    def expected_purchases(self, purchases: Purchases, t: float) -> DoubleArray:
        """Expected number (n,) of purchases in the next `t`."""
        return self.p_alive(purchases) * self.expected_if_alive(purchases, _checked(t))

    def expected_purchases_of_a_new_customer(self, t: float) -> float:
        """Expected number of repeat purchases in the time `t` after the first purchase."""
        zero = np.zeros(1)
        return float(self.expected_purchases(Purchases(zero, zero, zero, np.full(1, np.nan)), t)[0])

    def predictive(self, purchases: Purchases, t: float) -> Predictive:
        """Mean, variance and the probability of none for the number of purchases in the next `t`."""
        alive, future = self.p_alive(purchases), self.future_if_alive(purchases, _checked(t))
        mean = alive * future.mean
        # E[N^2] - E[N]^2 with E[N^2] = E[N (N - 1)] + E[N].
        variance = np.maximum(alive * future.pairs + mean - mean**2, 0.0)
        return Predictive(mean, variance, 1 - alive * (1 - future.p_none))


def _checked(t: float) -> float:
    """Refuse a time that is none."""
    if not 0 <= t < np.inf:
        raise ValueError(f"a horizon is a time from 0 on, not {t}")
    return t
