"""How sure is a mean over customers: percentile intervals from resampled customers.

Belongs here: resampling and intervals. Does not belong here: what is averaged (`evaluation`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray


@dataclass(frozen=True, slots=True)
class BootstrapConfig:
    """How an interval is made."""

    n_resamples: int = 1000
    """Resamples of all customers; Efron and Tibshirani advise about 1,000 for percentiles."""
    confidence: float = 0.95
    """The share of repeated experiments whose interval is to hold the true mean."""


def resampled_means(values: DoubleArray, n_resamples: int, rng: np.random.Generator) -> DoubleArray:
    """Means over resampled rows, all columns from the same resamples, so that columns may be compared.

    A resample of n rows with replacement is how often each row was drawn: multinomial counts, which are
    made by counting n uniform draws. Memory is n counts, whatever the number of resamples.

    Args:
        values: (n_rows, n_columns), n_rows at least 1.

    Returns:
        (n_resamples, n_columns).
    """
    n_rows = len(values)
    means = np.empty((n_resamples, values.shape[1]))
    for resample in range(n_resamples):
        counts = np.bincount(rng.integers(0, n_rows, n_rows, dtype=np.int32), minlength=n_rows)
        means[resample] = counts @ values / n_rows
    return means


def percentile_interval(means: DoubleArray, confidence: float) -> tuple[DoubleArray, DoubleArray]:
    """The ends of the percentile interval of each column (Efron and Tibshirani 1993, chapter 13)."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high
