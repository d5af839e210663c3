"""The naive rule for amounts: a customer spends what they spent before, drawn towards what all spend.

Belongs here: the rule, and how far it draws. Does not belong here: whether a model beats it (`amount_choice`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.propensity.features import Amounts
from shop_pipeline.models.propensity.rows import Parts, Row
from shop_pipeline.models.propensity.scorer import Scorer

NAIVE_SHRUNK_MEAN = "naive_shrunk_mean"
# Tried: how many purchases of the usual amount are put beside a customer's own.
SHRINKAGES = tuple(0.25 * 2.0**power for power in range(9))


@dataclass(frozen=True, slots=True)
class ShrunkMean(Scorer):
    """log((n x mean + shrinkage x usual) / (n + shrinkage)): a credibility mean (Bühlmann 1967).

    Args:
        features: the mean amount of a customer's purchases, above 0, and their number.
    """

    features: tuple[str, ...]
    usual: float
    shrinkage: float

    def score(self, values: DoubleArray) -> DoubleArray:
        mean, n = values.T
        if not ((mean > 0) & (n >= 0)).all():
            raise ValueError(f"a {self.features[0]} is not above 0, or a {self.features[1]} is below it")
        score: DoubleArray = np.log((n * mean + self.shrinkage * self.usual) / (n + self.shrinkage))
        return score

    def rows(self) -> list[Row]:
        return [
            Row("usual", 0, self.features[0], self.usual),
            Row("shrinkage", 0, self.features[1], self.shrinkage),
        ]

    @classmethod
    def from_parts(cls, parts: Parts) -> ShrunkMean:
        """As it was before `rows`."""
        features = (*parts.features("usual"), *parts.features("shrinkage"))
        return cls(features, parts.number("usual"), parts.number("shrinkage"))


def fit_shrunk_mean(cut: Amounts, by: Sequence[str]) -> ShrunkMean:
    """The shrinkage with the least mean absolute error on these purchases, and their mean amount."""
    values, usual = cut.features.columns(by), float(cut.amounts.mean())
    rules = [ShrunkMean(tuple(by), usual, shrinkage) for shrinkage in SHRINKAGES]
    return rules[int(np.argmin([np.abs(np.exp(rule.score(values)) - cut.amounts).mean() for rule in rules]))]
