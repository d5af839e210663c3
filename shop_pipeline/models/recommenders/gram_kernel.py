"""The compiled inner part of `gram`: sparse products into dense rows, and the links of dense rows.

Belongs here: loops over rows. Does not belong here: threads, blocks and checks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import keep_best_of_row

# Dense vectors that `multiply_beside` takes at once: 16 float32 are one cache line.
WIDTH = 16


@compiled
def add_row_products(
    left_indptr: AnyArray,
    left_indices: AnyArray,
    left_data: FloatArray,
    right_indptr: AnyArray,
    right_indices: AnyArray,
    right_data: FloatArray,
    out: FloatArray,
) -> None:
    """Add the rows of left @ right to `out`; the entries of a row are added in the order of the left one's."""
    for row in range(len(out)):
        sums = out[row]
        for entry in range(left_indptr[row], left_indptr[row + 1]):
            weight, inner = left_data[entry], left_indices[entry]
            for place in range(np.uint64(right_indptr[inner]), np.uint64(right_indptr[inner + 1])):
                sums[np.uint32(right_indices[place])] += weight * right_data[place]


@compiled
def multiply_beside(
    indptr: AnyArray, indices: AnyArray, data: FloatArray, signals: FloatArray, out: FloatArray
) -> None:
    """out = matrix @ signals for WIDTH signals side by side, so that an entry adds one vector."""
    sums = np.empty(WIDTH, np.float32)
    for row in range(len(out)):
        sums[:] = 0
        for entry in range(indptr[row], indptr[row + 1]):
            weight, inner = data[entry], np.uint32(indices[entry])
            for place in range(WIDTH):
                sums[place] += weight * signals[inner, place]
        out[row] = sums


@compiled
def keep_links(first: Integer, rows: FloatArray, weights: FloatArray, targets: IntArray) -> None:
    """Fill the links of the products first, first + 1, ... from their rows of weights, which are changed."""
    for row in range(len(rows)):
        for product in range(rows.shape[1]):
            if rows[row, product] == 0:
                rows[row, product] = -np.inf
        rows[row, first + row] = -np.inf
        keep_best_of_row(rows[row], weights[row], targets[row])
