"""Intervals of figures over customers, at a cost that stops growing with the shop.

Belongs here: the bootstrap. Does not belong here: the figures (`metrics`, `amount_metrics`).

Above `MOST_DRAWN` customers, resamples are of that many out of n, and their spread is narrowed by the root of m / n
(the m out of n bootstrap; Bickel, Götze and van Zwet 1997): right for figures whose error falls with the root of n, and
all of ours are such.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray

MOST_DRAWN = 5_000
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


def intervals(
    statistics: Callable[[AnyArray], DoubleArray], n: int, rng: np.random.Generator, n_resamples: int = N_RESAMPLES
) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Values, lower and upper ends of statistics of n customers, (n_statistics,) each.

    The spread is laid around the value itself: a figure like the calibration error is larger in a resample than in
    what it was drawn from, which says nothing about its error.

    Args:
        statistics: from positions of customers, of which some come several times.
    """
    value = statistics(np.arange(n))
    drawn = min(n, MOST_DRAWN)
    resampled = np.array([statistics(rng.integers(0, n, drawn)) for _ in range(n_resamples)])
    low, high = value.copy(), value.copy()
    for position, column in enumerate(resampled.T):
        defined = column[np.isfinite(column)]
        if not len(defined) or not np.isfinite(value[position]):
            low[position] = high[position] = np.nan
            continue
        tail = (1 - CONFIDENCE) / 2
        ends = np.quantile(defined, [tail, 1 - tail]) - np.median(defined)
        low[position], high[position] = value[position] + ends * np.sqrt(drawn / n)
    return value, low, high


def mean_differences(losses: dict[str, tuple[DoubleArray, DoubleArray]], rng: np.random.Generator) -> list[Figure]:
    """By how much mean losses differ from a rival's over the same customers: below 0 is better.

    Args:
        losses: by name of the difference, those of the model and those of the rival, (n_customers,) each.
    """
    differences = np.array([own - rival for own, rival in losses.values()])
    found = intervals(
        lambda drawn: differences.take(drawn, axis=1).mean(axis=1), differences.shape[1], rng, N_DIFFERENCES
    )
    return [
        Figure(metric, float(value), float(low), float(high))
        for metric, value, low, high in zip(losses, *found, strict=True)
    ]
