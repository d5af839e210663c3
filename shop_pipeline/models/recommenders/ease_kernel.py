"""The compiled inner part of `ease` when there are fewer customers than products.

Belongs here: rows and diagonal of X'M X, and 1 less the diagonal, for a dense symmetric M (customers x customers) and
sparse X, handed in as CSR of X'. Does not belong here: threads and the inverse.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, Integer, Real
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
def remainder_of_dual(
    indptr: AnyArray, indices: AnyArray, data: FloatArray, inverse: FloatArray, ridge: Real, product: Integer
) -> Real:
    """1 - x_j' M x_j of one product as |e_j - X'u|^2 + ridge |u|^2 at u = M x_j.

    M x_j is where this has its minimum, and the minimum is the remainder: an error of u changes it only by a square.
    """
    fitted = np.zeros(len(inverse))
    for entry in range(indptr[product], indptr[product + 1]):
        weight, customer = np.float64(data[entry]), inverse[indices[entry]]
        for other in range(len(fitted)):
            fitted[other] += weight * customer[other]
    total = 0.0
    for customer_weight in fitted:
        total += ridge * customer_weight * customer_weight
    for other in range(len(indptr) - 1):
        missed = 1.0 if other == product else 0.0
        for entry in range(indptr[other], indptr[other + 1]):
            missed -= np.float64(data[entry]) * fitted[indices[entry]]
        total += missed * missed
    return total


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
