"""A fitted model of amounts: how much the next purchase will be, and within which limits.

Belongs here: from a score on the logarithm to a mean and an interval; rows and back. Does not belong here: scores
(`fitting`, `shrunk_mean`), choosing (`amount_choice`).

Models learn the logarithm, because amounts are skewed; the exponential of its mean is below the mean amount. The
correction is the factor that makes the sum right on purchases that were not learned from: Duan's smearing (1983), each
residual weighted by the amount it belongs to. The interval is split conformal (Papadopoulos et al. 2002; Lei et al.
2018) on the residuals of the logarithm, each tail on its own because they are not alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.propensity.classifier import additive_scorer
from shop_pipeline.models.propensity.features import Amounts, Features
from shop_pipeline.models.propensity.rows import Parts, Row
from shop_pipeline.models.propensity.scorer import Scorer
from shop_pipeline.models.propensity.shrunk_mean import ShrunkMean


@dataclass(frozen=True, slots=True)
class Prediction:
    """Amounts, (n_customers,) each. Where amounts are very skewed the mean may lie above `high`."""

    expected: DoubleArray
    low: DoubleArray
    high: DoubleArray


@dataclass(frozen=True, slots=True)
class AmountModel:
    """What a customer will spend when they buy next.

    Args:
        factor: from the exponential of the score to the mean amount.
        low, high: what is added to the score for the ends of the interval.
    """

    name: str
    scorer: Scorer
    factor: float
    low: float
    high: float

    @classmethod
    def calibrated(cls, name: str, scorer: Scorer, tune: Amounts, coverage: float) -> AmountModel:
        """Find factor and interval on purchases that the scorer has not seen.

        With fewer than 2 / (1 - coverage) - 1 of them, the ends are the most extreme residuals, and hold less.
        """
        score = scorer.score(tune.features.columns(scorer.features))
        residuals = np.sort(np.log(tune.amounts) - score)
        n, tail = len(residuals), (1 - coverage) / 2
        # Rounded first: 0.1 x 30 is a little more than 3 in binary, and would cost a place.
        low = int(np.floor(round((n + 1) * tail, 9)))
        high = int(np.ceil(round((n + 1) * (1 - tail), 9)))
        factor = float(tune.amounts.sum() / np.exp(score).sum())
        return cls(name, scorer, factor, float(residuals[max(low, 1) - 1]), float(residuals[min(high, n) - 1]))

    @property
    def features(self) -> tuple[str, ...]:
        """What it looks at; features of customers may hold more, in any order."""
        return self.scorer.features

    def predict(self, features: Features) -> Prediction:
        """Mean and interval of the next purchase's amount."""
        score = self.scorer.score(features.columns(self.features))
        return Prediction(self.factor * np.exp(score), np.exp(score + self.low), np.exp(score + self.high))

    def rows(self) -> list[Row]:
        """Everything that `predict` needs."""
        return [
            *self.scorer.rows(),
            Row("factor", 0, None, self.factor),
            Row("low", 0, None, self.low),
            Row("high", 0, None, self.high),
        ]

    @classmethod
    def from_rows(cls, name: str, rows: Iterable[Row]) -> AmountModel:
        """As it was before `rows`, bit for bit. ValueError where something is missing or makes no sense."""
        parts = Parts(rows)
        scorer: Scorer = ShrunkMean.from_parts(parts) if "shrinkage" in parts else additive_scorer(parts)
        return cls(name, scorer, parts.number("factor"), parts.number("low"), parts.number("high"))
