"""The compiled inner part of `nmf`: non-negative least squares of one row after another.

Belongs here: loops over the entries of rows and over coordinates. Does not belong here: threads (`nmf`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer
from shop_pipeline.models.recommenders.als_kernel import compiled_for_sums, dot
from shop_pipeline.models.recommenders.sparse_product import add_rows

STANDS_STILL = np.float32(1e-6)


@compiled_for_sums
def descend(gram: FloatArray, target: FloatArray, n_passes: Integer, x: FloatArray) -> None:
    """Minimise x' gram x / 2 - target . x over x >= 0: each coordinate in turn, to its best with the others fixed."""
    for _ in range(n_passes):
        moved = largest = np.float32(0)
        for k in range(len(x)):
            if gram[k, k] <= 0:
                x[k] = 0
                continue
            better = max(x[k] + (target[k] - dot(gram[k], x)) / gram[k, k], np.float32(0))
            moved = max(moved, abs(better - x[k]))
            largest = max(largest, better)
            x[k] = better
        if moved <= STANDS_STILL * largest:
            break


@compiled_for_sums
def solve_rows(
    indptr: AnyArray,
    indices: IntArray,
    data: FloatArray,
    fixed: FloatArray,
    gram: FloatArray,
    n_passes: Integer,
    begin: Integer,
    end: Integer,
    solved: FloatArray,
) -> None:
    """Improve the rows [begin, end) of `solved` in place: min ||a_u - fixed x_u||^2, x_u >= 0."""
    target = np.empty((1, fixed.shape[1]), np.float32)
    start = np.zeros(2, np.int64)
    for row in range(begin, end):
        target[0] = 0
        start[1] = indptr[row + 1] - indptr[row]
        entries = slice(indptr[row], indptr[row + 1])
        add_rows(start, indices[entries], data[entries], fixed, 0, 1, target)
        descend(gram, target[0], n_passes, solved[row])
