"""The compiled inner part of `sparse_ease`: parts of X'X for many small systems, and links from their solutions.

Belongs here: loops over rows and neighbours. Does not belong here: threads, batches, solving.
"""

from __future__ import annotations

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.recommenders.gram_kernel import add_row_products
from shop_pipeline.models.selection import NO_POSITION, offer, sort_best_first


@compiled
def gather_grams(
    column_indptr: AnyArray,
    column_indices: AnyArray,
    column_data: FloatArray,
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    low: Integer,
    high: Integer,
    starts: AnyArray,
    by_neighbour: AnyArray,
    near: IntArray,
    first: Integer,
    row: FloatArray,
    grams: FloatArray,
    sides: FloatArray,
) -> None:
    """Make the rows [low, high) of X'X one at a time in `row`, zeros before and after, and copy what systems need.

    by_neighbour[starts[i] : starts[i + 1]] are the places of product i in `near`, flattened.
    """
    k = near.shape[1]
    for product in range(low, high):
        if starts[product] == starts[product + 1]:
            continue
        add_row_products(
            column_indptr[product : product + 2], column_indices, column_data,
            indptr, indices, data, row.reshape((1, len(row))),
        )  # fmt: skip
        for place in by_neighbour[starts[product] : starts[product + 1]]:
            system, slot = place // k, place % k
            sides[system, slot] = row[first + system]
            for other in range(k):
                if near[system, other] != NO_POSITION:
                    grams[system, slot, other] = row[near[system, other]]
        row[:] = 0


@compiled
def offer_links(
    near: IntArray,
    solutions: FloatArray,
    scale: FloatArray,
    first: Integer,
    weights: FloatArray,
    targets: IntArray,
    sizes: AnyArray,
) -> None:
    """Turn "j depends on i" into links from i to j, of which each product's heap keeps the largest."""
    for system in range(len(near)):
        for slot in range(near.shape[1]):
            source = near[system, slot]
            weight = solutions[system, slot]
            if source != NO_POSITION and weight != 0:
                weight *= scale[source]
                sizes[source] = offer(weights[source], targets[source], sizes[source], weight, first + system)


@compiled
def sort_links(weights: FloatArray, targets: IntArray, sizes: AnyArray) -> None:
    """Turn the heaps into lists."""
    for product in range(len(sizes)):
        sort_best_first(weights[product], targets[product], sizes[product])
