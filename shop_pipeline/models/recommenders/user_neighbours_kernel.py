"""The compiled inner part of `user_neighbours`: walking the rows of a customer's neighbours.

Belongs here: loops over the rows of links and entries. Does not belong here: threads and checks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION, offer, sort_best_first


@compiled
def add_neighbours(
    indptr: AnyArray,
    indices: AnyArray,
    amounts: FloatArray,
    neighbours: IntArray,
    weights: FloatArray,
    sums: FloatArray,
    met_in: AnyArray,
    row: Integer,
    met: IntArray,
) -> int:
    """Add weight times amount to the products of each neighbour; return how many products were met.

    `met_in` holds the last row that met each product: a part may be too small for float32 and leave a sum of 0.
    """
    n_met = 0
    for slot in range(len(neighbours)):
        if neighbours[slot] == NO_POSITION:
            break
        for entry in range(indptr[neighbours[slot]], indptr[neighbours[slot] + 1]):
            product = indices[entry]
            if met_in[product] != row:
                met_in[product] = row
                met[n_met] = product
                n_met += 1
            sums[product] += weights[slot] * amounts[entry]
    return n_met


@compiled
def list_products_of_neighbours(
    indptr: AnyArray,
    indices: AnyArray,
    amounts: FloatArray,
    n_products: Integer,
    neighbours: IntArray,
    weights: FloatArray,
    positions: AnyArray,
    exclude_seen: bool,
    products: IntArray,
    scores: FloatArray,
) -> None:
    """Fill one list per customer with the products of their neighbours."""
    sums = np.zeros(n_products, np.float32)
    met_in = np.full(n_products, -1, np.int64)
    met = np.empty(n_products, np.int32)
    for row in range(len(positions)):
        own = positions[row]
        n_met = add_neighbours(indptr, indices, amounts, neighbours[own], weights[own], sums, met_in, row, met)
        if exclude_seen:
            for product in indices[indptr[own] : indptr[own + 1]]:
                sums[product] = 0
        size: Integer = 0
        for product in met[:n_met]:
            if sums[product] > 0:
                size = offer(scores[row], products[row], size, sums[product], product)
            sums[product] = 0
        sort_best_first(scores[row], products[row], size)
