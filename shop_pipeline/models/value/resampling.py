"""How sure figures over customers are, of whatever formula: intervals from resampled customers.

Here: `intervals`. Not here: the figures (`accuracy`). `models/evaluation/bootstrap` does the same for plain means, of
any number of rows; ranks and ratios need the weights themselves, so here the number of rows is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray

Name = TypeVar("Name", bound=Hashable)
# Weights held at once: the formulas go over them some thirty times, and they should stay near.
BLOCK_BYTES = 2**20
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Resampling:
    """How an interval is made."""

    n_resamples: int = 500
    """Resamples of customers; 500 leave 12 beyond each end of a 95 % interval."""
    confidence: float = 0.95
    """The share of repeated experiments whose interval is to hold the true figure."""
    largest_sample: int = 5000
    """Customers that are resampled; of more, this many are drawn, and the interval is narrowed to what all give."""


def intervals(
    figures: Callable[[AnyArray, DoubleArray], Mapping[Name, DoubleArray]],
    n_customers: int,
    rng: np.random.Generator,
    config: Resampling,
) -> dict[Name, tuple[float, float]]:
    """How far below and above its value over all customers each figure may lie, as a pair of distances.

    Percentiles of the figure over resamples (Efron and Tibshirani 1993, chapter 13). Above `largest_sample` customers,
    so many are drawn once and resampled, and the distances from their own figure shrink by the root of their share,
    because the error of a figure falls with the root of the number of customers (Politis, Romano and Wolf 1999,
    chapter 2). So the time does not grow with the customers.

    Args:
        figures: from positions of some customers (k,), and weights of each of them (n_weightings, k), to figures by
            name (n_weightings,); not finite for a figure without a value, which is left out.

    Returns:
        Distances by name; none for fewer than two customers, whose spread nobody knows.
    """
    n_drawn = min(n_customers, config.largest_sample)
    if n_drawn < FEWEST:
        return {}
    rows = np.sort(rng.permutation(n_customers)[:n_drawn])
    centre = figures(rows, np.ones((1, n_drawn)))
    per_block = max(1, BLOCK_BYTES // (8 * n_drawn))
    blocks = [
        figures(rows, _weights(n_drawn, min(per_block, config.n_resamples - begin), rng))
        for begin in range(0, config.n_resamples, per_block)
    ]
    tail = (1 - config.confidence) / 2
    found = {}
    for name, (middle,) in centre.items():
        values = np.concatenate([block[name] for block in blocks])
        distances = (values[np.isfinite(values)] - middle) * np.sqrt(n_drawn / n_customers)
        if len(distances) and np.isfinite(middle):
            low, high = np.quantile(distances, [tail, 1 - tail])
            found[name] = (float(low), float(high))
    return found


def _weights(n: int, n_resamples: int, rng: np.random.Generator) -> DoubleArray:
    """How often each of n customers is drawn by n draws with replacement."""
    return np.stack([np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64) for _ in range(n_resamples)])
