"""Intervals of figures over customers, at a cost that stops growing with the shop.

Belongs here: the bootstrap. Does not belong here: the figures (`metrics`, `amount_metrics`).

Above `MOST_DRAWN` customers, resamples are of that many out of n, and their spread is narrowed by the root of m / n
(the m out of n bootstrap; Bickel, Götze and van Zwet 1997): right for figures whose error falls with the root of n, and
all of ours are such.

Where a customer has several rows they are alike, and count as drawn together: resamples are of whole customers (the
cluster bootstrap; Field and Welsh 2007). Rows taken one by one would make intervals too narrow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IntArray

MOST_DRAWN = 5_000
"""Rows of a resample, about: as many customers as have them."""
N_RESAMPLES = 200
# Whether an interval is wholly below 0 hangs on its end; for a mean, more resamples cost little.
N_DIFFERENCES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its 95% interval; NaN where it is not defined."""

    metric: str
    value: float
    low: float
    high: float


class Customers:
    """Who has which rows, to be drawn with all of them; without groups, each row is a customer.

    Args:
        groups: the customer of each row (n_rows,).
    """

    def __init__(self, n_rows: int, groups: IntArray | None) -> None:
        self._rows: AnyArray | None = None
        self.n, self.drawn = n_rows, min(n_rows, MOST_DRAWN)
        if groups is not None:
            self._rows = np.argsort(groups, kind="stable")
            _, self._begins, self._counts = np.unique(groups[self._rows], return_index=True, return_counts=True)
            self.n = len(self._counts)
            self.drawn = min(self.n, int(np.ceil(MOST_DRAWN * self.n / n_rows)))

    def draw(self, rng: np.random.Generator) -> AnyArray:
        """Positions of the rows of `drawn` customers, of whom some come several times."""
        chosen = rng.integers(0, self.n, self.drawn)
        if self._rows is None:
            return chosen
        counts = self._counts[chosen]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found: AnyArray = self._rows[np.repeat(self._begins[chosen], counts) + within]
        return found


def intervals(
    statistics: Callable[[AnyArray], DoubleArray],
    n: int,
    rng: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
    groups: IntArray | None = None,
) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Values, lower and upper ends of statistics of n rows, (n_statistics,) each.

    The spread is laid around the value itself: a figure like the calibration error is larger in a resample than in
    what it was drawn from, which says nothing about its error.

    Args:
        statistics: from positions of rows, of which some come several times.
        groups: the customer of each row (n,), where that is not the row itself.
    """
    value = statistics(np.arange(n))
    customers = Customers(n, groups)
    resampled = np.array([statistics(customers.draw(rng)) for _ in range(n_resamples)])
    low, high = value.copy(), value.copy()
    for position, column in enumerate(resampled.T):
        defined = column[np.isfinite(column)]
        if not len(defined) or not np.isfinite(value[position]):
            low[position] = high[position] = np.nan
            continue
        tail = (1 - CONFIDENCE) / 2
        ends = np.quantile(defined, [tail, 1 - tail]) - np.median(defined)
        low[position], high[position] = value[position] + ends * np.sqrt(customers.drawn / customers.n)
    return value, low, high


def mean_differences(
    losses: dict[str, tuple[DoubleArray, DoubleArray]], rng: np.random.Generator, groups: IntArray | None = None
) -> list[Figure]:
    """By how much mean losses differ from a rival's over the same rows: below 0 is better.

    Args:
        losses: by name of the difference, those of the model and those of the rival, (n,) each.
        groups: the customer of each row (n,), where that is not the row itself.
    """
    differences = np.array([own - rival for own, rival in losses.values()])
    found = intervals(
        lambda drawn: differences.take(drawn, axis=1).mean(axis=1), differences.shape[1], rng, N_DIFFERENCES, groups
    )
    return [
        Figure(metric, float(value), float(low), float(high))
        for metric, value, low, high in zip(losses, *found, strict=True)
    ]
