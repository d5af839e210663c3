"""The compiled inner part of `ease` when there are fewer customers than products.

Belongs here: rows and diagonal of X'M X for a dense symmetric M (customers x customers) and sparse X, handed in as CSR
of X'. Does not belong here: threads and the inverse.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.recommenders.gram_kernel import WIDTH, multiply_beside


@compiled
def diagonal_of_dual(
    indptr: AnyArray, indices: AnyArray, data: FloatArray, inverse: FloatArray, diagonal: DoubleArray
) -> None:
    """Fill x_j' M x_j for the products of `indptr`."""
    for product in range(len(diagonal)):
        total = 0.0
        for entry in range(indptr[product], indptr[product + 1]):
            row = inverse[indices[entry]]
            part = 0.0
            for other in range(indptr[product], indptr[product + 1]):
                part += np.float64(row[indices[other]]) * data[other]
            total += part * data[entry]
        diagonal[product] = total


@compiled
def fill_dual_rows(
    indptr: AnyArray, indices: AnyArray, data: FloatArray, inverse: FloatArray, first: Integer, rows: FloatArray
) -> None:
    """Fill rows[r, j] = x_(first + r)' M x_j for at most WIDTH rows.

    M x of all the rows lies customer by customer, so that what one entry adds to all rows is one vector.
    """
    n_customers, n_products = len(inverse), len(indptr) - 1
    one = np.empty(n_customers, np.float32)
    beside = np.zeros((n_customers, WIDTH), np.float32)
    for row in range(len(rows)):
        one[:] = 0
        for entry in range(indptr[first + row], indptr[first + row + 1]):
            weight, customer = data[entry], inverse[indices[entry]]
            for other in range(n_customers):
                one[other] += weight * customer[other]
        beside[:, row] = one
    products = np.empty((n_products, WIDTH), np.float32)
    multiply_beside(indptr, indices, data, beside, products)
    for row in range(len(rows)):
        rows[row] = products[:, row]
