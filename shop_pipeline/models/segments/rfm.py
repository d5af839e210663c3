"""Recency, frequency, money: scores of 1 to 5, and the segments that the field names after them.

Here: scores from arrays, and the one table that says which scores have which name. Not here: how days and amounts are
counted (`features.rfm`).

The names, and the scores that each may have, are those that Putler's article "RFM analysis for successful customer
segmentation" made common, with the mean of F and M as one score. Its ranges overlap. Where they leave a choice, `TABLE`
takes the name that the usual grid over R and F without overlaps has there: champions 5 x 4-5, loyal 3-4 x 4-5,
potential loyalists 4-5 x 2-3, new 5 x 1, promising 4 x 1, need attention 3 x 3, about to sleep 3 x 1-2, hibernating
1-2 x 1-2. That grid has no lost customers: here they are those of the hibernating with the lowest score of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IdArray, IntArray

N_SCORES = 5
MIDDLE = 3
"""The score where all customers are equal: who is the only one is neither the best nor the worst."""


class Segment(NamedTuple):
    """What a segment is called."""

    name: str
    english: str
    chinese: str


SEGMENTS = {
    segment.name: segment
    for segment in (
        Segment("champions", "Champions", "重要价值客户"),
        Segment("loyal_customers", "Loyal customers", "忠诚客户"),
        Segment("potential_loyalists", "Potential loyalists", "潜在忠诚客户"),
        Segment("new_customers", "New customers", "新客户"),
        Segment("promising", "Promising", "有潜力的客户"),
        Segment("need_attention", "Need attention", "需要关注的客户"),
        Segment("about_to_sleep", "About to sleep", "即将沉睡的客户"),
        Segment("at_risk", "At risk", "有流失风险的客户"),
        Segment("cant_lose_them", "Can't lose them", "不能失去的客户"),
        Segment("hibernating", "Hibernating", "休眠客户"),
        Segment("lost", "Lost", "已流失客户"),
    )
}

# Rows: recency. Columns: frequency and money as one score, 1 to 5.
TABLE = {
    5: ("new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"),
    4: ("promising", "potential_loyalists", "potential_loyalists", "loyal_customers", "loyal_customers"),
    3: ("about_to_sleep", "about_to_sleep", "need_attention", "loyal_customers", "loyal_customers"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "at_risk"),
    1: ("lost", "hibernating", "at_risk", "cant_lose_them", "cant_lose_them"),
}


@dataclass(frozen=True, slots=True)
class RfmScores:
    """Scores of customers, each int32 (n,) from 1 to 5; 5 is the most recent, the most frequent, the most money."""

    recency: IntArray
    frequency: IntArray
    monetary: IntArray

    def segments(self) -> IdArray:
        """The name of each customer's segment, (n,)."""
        names = np.array([TABLE[recency] for recency in range(1, N_SCORES + 1)], dtype=object)
        return np.asarray(names[self.recency - 1, _frequency_and_money(self.frequency, self.monetary) - 1])


def rfm_scores(days_since_last: AnyArray, frequency: AnyArray, monetary: AnyArray) -> RfmScores:
    """Score customers among one another.

    Args:
        days_since_last: since the last purchase, (n,); the fewest days score 5.
        frequency: purchases, (n,).
        monetary: money in all, (n,).

    Returns:
        Scores by how many quintile bounds a customer exceeds; all score 3 on what is the same for all.

    Raises:
        ValueError: a value is not finite; says which.
    """
    return RfmScores(
        _scores("days_since_last", days_since_last, few_is_best=True),
        _scores("frequency", frequency, few_is_best=False),
        _scores("monetary", monetary, few_is_best=False),
    )


def quintile_bounds(values: DoubleArray) -> DoubleArray:
    """The values that 20, 40, 60 and 80 % of the customers do not exceed: four of those that are there, (4,).

    Observed values and not means between two, so that rounding decides nothing.
    """
    return np.quantile(values, np.arange(1, N_SCORES) / N_SCORES, method="inverted_cdf")


def n_bounds_below(values: DoubleArray, bounds: DoubleArray) -> IntArray:
    """How many of the bounds a value exceeds, 0 to 4, int32 (n,).

    Equal values exceed equally many: who bought once scores as everybody who bought once. If that is half of all, the
    first two bounds are 1, so they exceed none (frequency score 1), who bought more often exceeds at least two, and
    nobody scores 2. Scores are then not fifths, but the least value always exceeds none.
    """
    return np.searchsorted(bounds, values, side="left").astype(np.int32)


def segment_of(recency: int, frequency: int, monetary: int) -> str:
    """The segment of a customer with these scores, 1 to 5 each."""
    return TABLE[recency][int(_frequency_and_money(np.array(frequency), np.array(monetary))) - 1]


def _scores(name: str, values: AnyArray, *, few_is_best: bool) -> IntArray:
    values = np.asarray(values, np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} is not a finite number for {np.count_nonzero(~np.isfinite(values))} customers")
    if not len(values):
        return np.zeros(0, np.int32)
    if (values == values[0]).all():
        return np.full(len(values), MIDDLE, np.int32)
    exceeded = n_bounds_below(values, quintile_bounds(values))
    return (N_SCORES - exceeded if few_is_best else 1 + exceeded).astype(np.int32)


def _frequency_and_money(frequency: IntArray, monetary: IntArray) -> IntArray:
    """The mean of two scores; a half goes away from the middle: 1.5 to 1 and 4.5 to 5, so neither end is favoured.

    Of the nine sums 2 to 10, 6 is the middle: 2, 3 -> 1; 4, 5 -> 2; 6 -> 3; 7, 8 -> 4; 9, 10 -> 5.
    """
    total = frequency + monetary
    return np.where(total <= 6, total // 2, (total + 1) // 2).astype(np.int32)
