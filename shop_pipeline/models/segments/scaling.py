"""Features on one scale, by constants that are found once and kept.

Here: which features get a logarithm, where their tails end, what is subtracted and divided by. Not here: which
features there are, and any model.

A scale found anew on each day's customers would move every customer although nobody did anything; so `transform` uses
what `fit_scaling` found and never looks at the customers that it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray
from shop_pipeline.models.segments.sample import check_finite
from shop_pipeline.models.segments.stored import Number, matrix_numbers, matrix_of

# One customer in 200 on either side is drawn in to the limit: one wholesaler among the ordinary customers would
# otherwise be a cluster of its own.
TAIL = 0.005
# Bulmer, Principles of Statistics, 1979: a distribution with a skewness beyond 1 is highly skewed.
HIGHLY_SKEWED = 1.0
PARTS = ("is_log", "low", "high", "centre", "scale")


@dataclass(frozen=True, slots=True)
class Scaling:
    """The constants of each feature.

    Args:
        features: their names.
        is_log: whether log(1 + x) is taken, (n_features,).
        low: the least value in the feature's own unit, what is smaller counts as this, (n_features,).
        high: the greatest.
        centre: mean, after the limits and the logarithm, (n_features,).
        scale: standard deviation, likewise; 1 for a feature that is the same for all.
    """

    features: tuple[str, ...]
    is_log: BoolArray
    low: DoubleArray
    high: DoubleArray
    centre: DoubleArray
    scale: DoubleArray

    def transform(self, values: DoubleArray) -> DoubleArray:
        """Values in their own units to scaled ones, both (n, n_features); a constant feature is 0.

        Raises:
            ValueError: as `check_finite`.
        """
        check_finite(values, self.features)
        scaled = np.clip(values, self.low, self.high)
        scaled[:, self.is_log] = np.log1p(scaled[:, self.is_log])
        scaled -= self.centre
        scaled /= self.scale
        return scaled

    def numbers(self) -> list[Number]:
        """Everything that `from_numbers` needs."""
        table = np.vstack([self.is_log, self.low, self.high, self.centre, self.scale])
        return matrix_numbers(PARTS, self.features, table)

    @classmethod
    def from_numbers(cls, numbers: Iterable[Number], features: Sequence[str]) -> Self:
        """The scaling whose numbers these are."""
        is_log, low, high, centre, scale = matrix_of(numbers, PARTS, features)
        return cls(tuple(features), is_log != 0, low, high, centre, scale)


def fit_scaling(features: Sequence[str], values: DoubleArray) -> Scaling:
    """Find the constants from customers, in whatever order they come.

    Args:
        features: names.
        values: in their own units, (n, n_features), n at least 1.

    Raises:
        ValueError: no customer; or as `check_finite`.
    """
    check_finite(values, features)
    if not len(values):
        raise ValueError("a scale needs at least one customer")
    constants = [_constants(np.sort(column)) for column in values.T]
    is_log, low, high, centre, scale = np.array(constants, np.float64).reshape(-1, len(PARTS)).T
    return Scaling(tuple(features), is_log != 0, low, high, centre, scale)


def _constants(ascending: DoubleArray) -> tuple[float, ...]:
    """is_log, low, high, centre, scale of one feature."""
    low, high = _limits(ascending)
    if low == high:
        return 0.0, low, high, low, 1.0
    kept = np.clip(ascending, low, high)
    is_log = _wants_logarithm(kept)
    if is_log:
        kept = np.log1p(kept)
    scale = float(kept.std())
    # Values a few bits apart: what divides by their spread divides by rounding.
    is_constant = scale <= 1e-12 * np.abs(kept).max()
    return float(is_log), low, high, float(kept.mean()), 1.0 if is_constant else scale


def _limits(ascending: DoubleArray) -> tuple[float, float]:
    low, high = np.quantile(ascending, [TAIL, 1 - TAIL], method="inverted_cdf")
    if low == high:
        # What only a few customers do, say having a ticket: without them, nothing would be left.
        low, high = ascending[0], ascending[-1]
    return float(low), float(high)


def _wants_logarithm(values: DoubleArray) -> bool:
    if values.min() < 0:
        return False
    skewness = _skewness(values)
    return skewness > HIGHLY_SKEWED and abs(_skewness(np.log1p(values))) < skewness


def _skewness(values: DoubleArray) -> float:
    """The third standardised moment; 0 for values that are all but equal."""
    deviations = values - values.mean()
    spread = float(deviations.std())
    return float(((deviations / spread) ** 3).mean()) if spread > 0 else 0.0
