"""The compiled inner part of `graph_filter`: dense rows times R'R.

Belongs here: loops over entries for several rows at once. Does not belong here: threads and blocks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, Real
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.recommenders.gram_kernel import WIDTH, multiply_beside

# Of a row's largest weight. What is smaller is rounding of the decomposition, and links what has nothing in common.
NOISE = 1e-5


@compiled
def sharpen(
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    column_indptr: AnyArray,
    column_indices: AnyArray,
    column_data: FloatArray,
    sharpening: Real,
    rows: FloatArray,
) -> None:
    """Subtract sharpening * rows R'R from at most WIDTH rows; R comes as CSR, and R' too."""
    signals = np.zeros((rows.shape[1], WIDTH), np.float32)
    signals[:, : len(rows)] = rows.T
    of_customers = np.empty((len(indptr) - 1, WIDTH), np.float32)
    multiply_beside(indptr, indices, data, signals, of_customers)
    multiply_beside(column_indptr, column_indices, column_data, of_customers, signals)
    for row in range(len(rows)):
        for product in range(rows.shape[1]):
            rows[row, product] -= sharpening * signals[product, row]


@compiled
def drop_noise(rows: FloatArray) -> None:
    """Set to 0 what is not above the noise of its row."""
    for row in range(len(rows)):
        largest = np.float32(0)
        for weight in rows[row]:
            largest = max(largest, abs(weight))
        for product in range(rows.shape[1]):
            if abs(rows[row, product]) < NOISE * largest:
                rows[row, product] = 0
