"""Scores that are sums of coefficients times scaled features.

Belongs here: scaling, and the sum. Does not belong here: how coefficients are learned (`fitting`).

Features of customers have heavy tails (a wholesale buyer's revenue is a thousand times the usual), so each goes through
the logarithm before it is centred and scaled; the constants are those of the customers the model was learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.propensity.features import Features
from shop_pipeline.models.propensity.rows import Parts, Row, rows_of
from shop_pipeline.models.propensity.scorer import AdditiveScorer


@dataclass(frozen=True, slots=True)
class Scaling:
    """sign(x) log(1 + |x|), less the mean, over the standard deviation; shares in 0..1 it hardly bends."""

    mean: DoubleArray
    deviation: DoubleArray

    @classmethod
    def learn(cls, features: Features) -> Scaling:
        """The constants of these customers; a feature that is the same for all gets a deviation of 1."""
        logged = _signed_log(features.values)
        deviation = logged.std(axis=0)
        constant = np.ptp(logged, axis=0) == 0
        # A mean of equal numbers may lie beside them by a rounding.
        return cls(np.where(constant, logged[0], logged.mean(axis=0)), np.where(constant, 1.0, deviation))

    def scale(self, values: DoubleArray) -> DoubleArray:
        """(n, n_features), about 0 and of deviation 1 for the customers it was learned from."""
        scaled: DoubleArray = (_signed_log(values) - self.mean) / self.deviation
        return scaled


@dataclass(frozen=True, slots=True)
class LinearScorer(AdditiveScorer):
    """`base` plus coefficients times scaled features: each contributes by its distance from the mean."""

    features: tuple[str, ...]
    scaling: Scaling
    coefficients: DoubleArray
    base: float

    def score(self, values: DoubleArray) -> DoubleArray:
        # Not a product of matrices: its bits would hang on how many customers are scored at once.
        score: DoubleArray = self.contributions(values).sum(axis=1) + self.base
        return score

    def contributions(self, values: DoubleArray) -> DoubleArray:
        return np.ascontiguousarray(self.scaling.scale(values) * self.coefficients)

    def rows(self) -> list[Row]:
        return [
            *rows_of("mean", self.scaling.mean, self.features),
            *rows_of("deviation", self.scaling.deviation, self.features),
            *rows_of("coefficient", self.coefficients, self.features),
            Row("base", 0, None, self.base),
        ]

    @classmethod
    def from_parts(cls, parts: Parts) -> LinearScorer:
        """As it was before `rows`, bit for bit."""
        features = parts.features("coefficient")
        if not features == parts.features("mean") == parts.features("deviation"):
            raise ValueError("means, deviations and coefficients of a linear model are of different features")
        scaling = Scaling(parts.numbers("mean"), parts.numbers("deviation"))
        return cls(features, scaling, parts.numbers("coefficient"), parts.number("base"))


def _signed_log(values: DoubleArray) -> DoubleArray:
    logged: DoubleArray = np.sign(values) * np.log1p(np.abs(values))
    return logged
