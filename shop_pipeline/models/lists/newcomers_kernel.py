"""The loops for new products: what they are like, and their place in lists.

Belongs here: what runs once per newcomer or per list. Does not belong here: what a newcomer is (`newcomers`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION, is_worse, offer, sort_best_first


@compiled
def find_nearest(
    begin: Integer,
    end: Integer,
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    feature_starts: AnyArray,
    feature_products: AnyArray,
    feature_values: FloatArray,
    sums: DoubleArray,
    nearest: IntArray,
    cosines: FloatArray,
) -> None:
    """Fill the rows [begin, end) of `nearest` and `cosines` with the products of the largest cosine above 0.

    Args:
        indptr, indices, data: features of the newcomers, by newcomer.
        feature_starts, feature_products, feature_values: features of the products, by feature.
        sums: one per product, 0; left so.
    """
    touched = np.empty(len(sums), np.int32)
    for newcomer in range(begin, end):
        n_touched = 0
        for entry in range(indptr[newcomer], indptr[newcomer + 1]):
            feature = indices[entry]
            for at in range(feature_starts[feature], feature_starts[feature + 1]):
                product = feature_products[at]
                if sums[product] == 0:
                    touched[n_touched] = product
                    n_touched += 1
                sums[product] += np.float64(data[entry]) * feature_values[at]
        size: Integer = 0
        for product in touched[:n_touched]:
            if sums[product] > 0:
                cosine = np.float32(min(sums[product], 1.0))
                size = offer(cosines[newcomer], nearest[newcomer], size, cosine, product)
            sums[product] = 0
        sort_best_first(cosines[newcomer], nearest[newcomer], size)


@compiled
def insert(
    products: IntArray,
    scores: FloatArray,
    portions: FloatArray,
    link_starts: AnyArray,
    link_newcomers: AnyArray,
    link_cosines: FloatArray,
    positions: IntArray,
    newcomer_of: IntArray,
    seen_starts: AnyArray,
    seen_products: AnyArray,
    seen_rows: AnyArray,
    new_products: IntArray,
    new_scores: FloatArray,
    new_portions: FloatArray,
    new_sources: IntArray,
) -> None:
    """Write each list with its newcomers in their places to the last four, cut to the same width.

    Args:
        positions: of the newcomers among the shown ids; `newcomer_of` leads back, -1 for all other ids.
        seen_starts, seen_products: by row of `seen_rows`, which has one per list, -1 for nothing seen.
    """
    n_newcomers, width = len(positions), products.shape[1]
    # The last row whose customer had seen each newcomer.
    seen_by = np.full(n_newcomers, NO_POSITION, np.int64)
    places, factors = np.full(n_newcomers, NO_POSITION, np.int32), np.empty(n_newcomers, np.float32)
    met = np.empty(n_newcomers, np.int32)
    heap_scores, heap = np.empty(width, np.float32), np.empty(width, np.int32)
    for row in range(len(products)):
        own = seen_rows[row]
        if own != NO_POSITION:
            for product in seen_products[seen_starts[own] : seen_starts[own + 1]]:
                if newcomer_of[product] != NO_POSITION:
                    seen_by[newcomer_of[product]] = row
        n_met = meet(
            row, products[row], scores[row], link_starts, link_newcomers, link_cosines, newcomer_of, seen_by,
            places, factors, met,
        )  # fmt: skip
        size: Integer = 0
        for newcomer in met[:n_met]:
            score = scores[row, places[newcomer]] * factors[newcomer]
            size = offer(heap_scores, heap, size, score, positions[newcomer])
        sort_best_first(heap_scores, heap, size)
        merge(
            products[row], scores[row], portions[row], heap, heap_scores, newcomer_of, places, factors,
            new_products[row], new_scores[row], new_portions[row], new_sources[row],
        )  # fmt: skip
        for newcomer in met[:n_met]:
            places[newcomer] = NO_POSITION


@compiled
def meet(
    row: Integer,
    products: IntArray,
    scores: FloatArray,
    link_starts: AnyArray,
    link_newcomers: AnyArray,
    link_cosines: FloatArray,
    newcomer_of: IntArray,
    seen_by: AnyArray,
    places: IntArray,
    factors: FloatArray,
    met: IntArray,
) -> int:
    """Write the newcomers of one list to `met`, with the place of the source of each and its cosine; how many."""
    n_met, size = 0, 0
    # First those that are listed by a score of their own: of equals it is that one which counts.
    while size < len(products) and products[size] != NO_POSITION:
        newcomer = newcomer_of[products[size]]
        if newcomer != NO_POSITION:
            places[newcomer], factors[newcomer], met[n_met] = size, 1, newcomer
            n_met += 1
        size += 1
    for place in range(size):
        for at in range(link_starts[products[place]], link_starts[products[place] + 1]):
            newcomer, factor = link_newcomers[at], link_cosines[at]
            # A cosine may be 0 by rounding.
            if seen_by[newcomer] == row or not factor > 0:
                continue
            if places[newcomer] == NO_POSITION:
                met[n_met] = newcomer
                n_met += 1
            elif not scores[place] * factor > scores[places[newcomer]] * factors[newcomer]:
                continue
            places[newcomer], factors[newcomer] = place, factor
    return n_met


@compiled
def merge(
    products: IntArray,
    scores: FloatArray,
    portions: FloatArray,
    heap: IntArray,
    heap_scores: FloatArray,
    newcomer_of: IntArray,
    places: IntArray,
    factors: FloatArray,
    new_products: IntArray,
    new_scores: FloatArray,
    new_portions: FloatArray,
    new_sources: IntArray,
) -> None:
    """Make one list of two in order: the products that are no newcomers, and the newcomers of `heap`."""
    old, new, width = 0, 0, len(products)
    for place in range(width):
        while old < width and products[old] != NO_POSITION and newcomer_of[products[old]] != NO_POSITION:
            old += 1
        is_old, is_new = old < width and products[old] != NO_POSITION, new < width and heap[new] != NO_POSITION
        if is_new and (not is_old or is_worse(scores[old], products[old], heap_scores[new], heap[new])):
            newcomer = newcomer_of[heap[new]]
            new_products[place], new_scores[place] = heap[new], heap_scores[new]
            new_portions[place] = portions[places[newcomer]] * factors[newcomer]
            new_sources[place] = products[places[newcomer]]
            new += 1
        elif is_old:
            new_products[place], new_scores[place] = products[old], scores[old]
            new_portions[place] = portions[old]
            new_sources[place] = products[old]
            old += 1
