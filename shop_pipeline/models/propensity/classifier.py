"""A fitted classifier: a score, its calibration, and nothing else.

Belongs here: probabilities, contributions, rows and back. Does not belong here: learning (`fitting`, `class_rates`),
choosing (`choose`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.propensity.calibration import Sigmoid
from shop_pipeline.models.propensity.features import Features
from shop_pipeline.models.propensity.linear import LinearScorer
from shop_pipeline.models.propensity.rows import Parts, Row
from shop_pipeline.models.propensity.scorer import AdditiveScorer
from shop_pipeline.models.propensity.trees import TreeScorer


@dataclass(frozen=True, slots=True)
class Classifier:
    """How probable something is for a customer."""

    name: str
    scorer: AdditiveScorer
    calibration: Sigmoid

    @property
    def features(self) -> tuple[str, ...]:
        """What it looks at; features of customers may hold more, in any order."""
        return self.scorer.features

    def probability(self, features: Features) -> DoubleArray:
        """Calibrated, in 0..1 (n,)."""
        return self.calibration.probability(self.scorer.score(features.columns(self.features)))

    @property
    def base(self) -> float:
        """The log-odds to which contributions are added."""
        return float(self.calibration.slope * self.scorer.base + self.calibration.intercept)

    def contributions(self, features: Features) -> DoubleArray:
        """What each of `self.features` adds to the log-odds (n, n_features): with `base` they sum to them."""
        return self.calibration.slope * self.scorer.contributions(features.columns(self.features))

    def rows(self) -> list[Row]:
        """Everything that scoring needs."""
        return [*self.scorer.rows(), *self.calibration.rows()]

    @classmethod
    def from_rows(cls, name: str, rows: Iterable[Row]) -> Classifier:
        """As it was before `rows`, bit for bit. ValueError where something is missing or makes no sense."""
        parts = Parts(rows)
        return cls(name, additive_scorer(parts), Sigmoid.from_parts(parts))


def additive_scorer(parts: Parts) -> AdditiveScorer:
    """The scorer of the kind that these parts are of."""
    return LinearScorer.from_parts(parts) if "coefficient" in parts else TreeScorer.from_parts(parts)
