"""Which of some stored points each customer is nearest to, for any number of customers in bounded memory.

Here: the search. Not here: what the points are (`kmeans`: centres; `density`: core points).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.top_n import single_threaded_blas

# Scores held at once by each thread.
BLOCK_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Scored:
    """The segment of each customer.

    Args:
        segment: its label, int32 (n,); -1 is noise.
        distance: to the centre or to the nearest core point, in scaled units, (n,); NaN where there is none.
    """

    segment: IntArray
    distance: DoubleArray


def nearest(rows: DoubleArray, points: DoubleArray) -> tuple[IntArray, DoubleArray]:
    """The position of the nearest point by Euclidean distance, and that distance, ties to the smaller position.

    Blocks have a fixed size and each product is one thread's: the same call gives the same bits on any number of cores.

    Args:
        rows: (n, n_features).
        points: (n_points, n_features), at least one.

    Returns:
        positions int32 (n,), distances (n,).
    """
    found, distances = np.empty(len(rows), np.int32), np.empty(len(rows))
    per_block = max(1, BLOCK_BYTES // (8 * len(points)))

    def search(begin: int) -> None:
        block = rows[begin : begin + per_block]
        best = nearest_point(block, points)
        found[begin : begin + per_block] = best
        distances[begin : begin + per_block] = np.sqrt(((block - points[best]) ** 2).sum(axis=1))

    with single_threaded_blas():
        run_in_threads(search, range(0, len(rows), per_block), thread_count())
    return found, distances


def nearest_point(rows: DoubleArray, points: DoubleArray) -> IntArray:
    """The position of the nearest point, all at once and on the threads of the caller, int32 (n,)."""
    # |x - c|^2 = |x|^2 - 2 (x.c - |c|^2 / 2): the nearest c has the greatest x.c - |c|^2 / 2.
    closeness = rows @ points.T
    closeness -= 0.5 * np.einsum("ij,ij->i", points, points)
    return np.asarray(closeness.argmax(axis=1), np.int32)
