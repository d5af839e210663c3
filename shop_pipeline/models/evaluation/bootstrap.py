"""How sure is a mean over customers: percentile intervals from resampled customers.

Belongs here: resampling and intervals. Does not belong here: what is averaged (`judge`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, IntArray
from shop_pipeline.models.compiled import compiled, run_in_threads, thread_count
from shop_pipeline.models.top_n import single_threaded_blas

# Counts held at once by each thread: some resamples, so that BLAS reads the values once for all of them.
BLOCK_BYTES = 8 * 2**20
FEWEST = 2


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
    made by counting n uniform draws. Each block of resamples has a generator of its own, seeded from `rng`, and each
    product is one thread's: the same state of `rng` gives the same bits on any number of threads.

    Args:
        values: (n_rows, n_columns), n_rows at least 1; a NaN does not count in the mean of its column.

    Returns:
        (n_resamples, n_columns); NaN where nothing that counts was drawn.
    """
    n_rows, n_columns = values.shape
    counted = ~np.isnan(values)
    summands = np.hstack([np.where(counted, values, 0.0), counted])
    sums = np.empty((n_resamples, 2 * n_columns))
    per_block = max(1, BLOCK_BYTES // (8 * n_rows))
    begins = range(0, n_resamples, per_block)

    def work(task: tuple[int, int]) -> None:
        begin, seed = task
        block = sums[begin : begin + per_block]
        counts = np.zeros((len(block), n_rows))
        own = np.random.default_rng(seed)
        for row in counts:
            _count(own.integers(0, n_rows, (n_rows,), dtype=np.int32), row)
        np.matmul(counts, summands, out=block)

    seeds = rng.integers(2**63, size=len(begins)).tolist()
    with single_threaded_blas(), np.errstate(invalid="ignore"):
        run_in_threads(work, zip(begins, seeds, strict=True), thread_count())
        means: DoubleArray = sums[:, :n_columns] / sums[:, n_columns:]
    return means


@compiled
def _count(draws: IntArray, counts: DoubleArray) -> None:
    """Add to each row how often it was drawn; NumPy's bincount would hold the GIL and make an array of its own."""
    for draw in draws:
        counts[draw] += 1


def percentile_interval(means: DoubleArray, confidence: float) -> tuple[DoubleArray, DoubleArray]:
    """The ends of the percentile interval of each column (Efron and Tibshirani 1993, chapter 13).

    Resamples without a mean (NaN) are left out.
    """
    tail = (1 - confidence) / 2
    find = np.nanquantile if np.isnan(means).any() else np.quantile
    low, high = find(means, [tail, 1 - tail], axis=0)
    return low, high


def interval_of_mean(
    values: DoubleArray, rng: np.random.Generator, config: BootstrapConfig
) -> tuple[DoubleArray, DoubleArray]:
    """The interval of the mean of each column; NaN where fewer than two rows count, whose spread nobody knows.

    Resampled are the distances from the mean: the interval of equal values is their mean, and not beside it by a
    rounding.
    """
    low, high = (np.full(values.shape[1], np.nan) for _ in range(2))
    known = (~np.isnan(values)).sum(axis=0) >= FEWEST
    if known.any():
        centre = np.nanmean(values[:, known], axis=0)
        means = resampled_means(values[:, known] - centre, config.n_resamples, rng)
        low[known], high[known] = (centre + end for end in percentile_interval(means, config.confidence))
    return low, high
