"""What every learned score can do.

Belongs here: the interface. Does not belong here: the kinds (`linear`, `trees`, `shrunk_mean`), and what a score means:
log-odds before calibration (`classifier`), or the logarithm of an amount (`amounts`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.propensity.rows import Row


class Scorer(ABC):
    """A score per customer from the values of `features`, in this order."""

    features: tuple[str, ...]

    @abstractmethod
    def score(self, values: DoubleArray) -> DoubleArray:
        """(n_customers,) from (n_customers, n_features)."""

    @abstractmethod
    def rows(self) -> list[Row]:
        """Everything that `score` needs."""


class AdditiveScorer(Scorer):
    """A score that is a sum of one contribution per feature."""

    base: float
    """The score of a customer about whom nothing is special."""

    @abstractmethod
    def contributions(self, values: DoubleArray) -> DoubleArray:
        """(n_customers, n_features): `base` plus a row's sum is its score."""
