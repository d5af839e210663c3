"""How well a score puts the customers of most value first, for many weightings of the same customers at once.

Here: the concentration curve with its Gini and its top tenth, and rank correlation. Not here: where weights come from
(`resampling`), or errors of forecasts (`accuracy`).

Ties are never broken: tied customers share their rank, and value counts as spread evenly over them, which is what a
random order among them gives on average. So a rule that gives all the same score has a Gini of 0, and not what the
order of a file happens to give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray


@dataclass(frozen=True, slots=True)
class Ordering:
    """Customers in the order of a score, and their ties."""

    order: AnyArray
    """(n,) positions of customers, highest score first."""
    ends: AnyArray
    """(n_levels,) the place in `order` of the last customer of each level of the score."""
    level: AnyArray
    """(n,) the level of the customer at each position, 0 the highest."""

    @classmethod
    def of(cls, score: DoubleArray) -> Ordering:
        """The order of (n,) scores, n at least 1."""
        order = np.argsort(-score, kind="stable")
        is_end = np.append(np.diff(score[order]) != 0, True)
        level = np.empty(len(score), np.intp)
        level[order] = np.append(0, np.cumsum(is_end)[:-1])
        return cls(order, np.flatnonzero(is_end), level)

    def cumulate(self, amounts: DoubleArray) -> DoubleArray:
        """(n_weightings, n) by customer -> (n_weightings, 1 + n_levels): 0, and the sum up to the end of each level."""
        sums = np.cumsum(amounts[:, self.order], axis=1)[:, self.ends]
        return np.hstack([np.zeros((len(sums), 1)), sums])


@dataclass(frozen=True, slots=True)
class Curve:
    """Which share of the value the first customers have: both (n_weightings, 1 + n_levels), from 0 to 1."""

    customers: DoubleArray
    value: DoubleArray

    @classmethod
    def of(cls, ordering: Ordering, weights: DoubleArray, values: DoubleArray) -> Curve:
        """Values are (n,), at least 0; a weighting without value gives a curve of NaN."""
        customers, value = ordering.cumulate(weights), ordering.cumulate(weights * values)
        with np.errstate(invalid="ignore"):
            return cls(customers / customers[:, -1:], value / value[:, -1:])

    def gini(self) -> DoubleArray:
        """Twice the area between the curve and the diagonal: 0 for an order that knows nothing."""
        steps = np.diff(self.customers, axis=1)
        found: DoubleArray = (steps * (self.value[:, 1:] + self.value[:, :-1])).sum(axis=1) - 1
        return found

    def value_of_first(self, share: float) -> DoubleArray:
        """The share of the value that the first `share` of the customers have."""
        after = (self.customers < share).sum(axis=1, keepdims=True)
        ends = [
            np.take_along_axis(axis, place, 1)[:, 0]
            for place in (after - 1, after)
            for axis in (self.customers, self.value)
        ]
        customers_before, value_before, customers_after, value_after = ends
        part = (share - customers_before) / (customers_after - customers_before)
        found: DoubleArray = value_before + part * (value_after - value_before)
        return found


def rank_correlation(first: Ordering, second: Ordering, weights: DoubleArray) -> DoubleArray:
    """Spearman's: the correlation of mid-ranks, (n_weightings,); NaN where one side is all of one level.

    A whole number as weight is that many customers of the same scores.
    """
    ranks = []
    for ordering in (first, second):
        reached = ordering.cumulate(weights)
        middle = (reached[:, 1:] + reached[:, :-1] - reached[:, -1:]) / 2
        ranks.append(middle[:, ordering.level])
    # The weighted mean of such mid-ranks is 0, so that products need no centring.
    covariance, *variances = (
        np.einsum("ij,ij,ij->i", weights, ranks[one], ranks[other]) for one, other in ((0, 1), (0, 0), (1, 1))
    )
    with np.errstate(invalid="ignore"):
        found: DoubleArray = covariance / np.sqrt(variances[0] * variances[1])
    return found
