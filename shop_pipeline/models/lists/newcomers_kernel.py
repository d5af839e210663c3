"""The loops for products that nobody has yet: who they are like, and their place in lists.

Belongs here: what runs once per newcomer or per list. Does not belong here: what a newcomer is (`newcomers`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, FloatArray, IntArray, Integer
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
    is_shown: BoolArray,
    trust: np.float32,
    new_products: IntArray,
    new_scores: FloatArray,
    new_portions: FloatArray,
    new_sources: IntArray,
) -> None:
    """Write each list with its newcomers in their places to the last four, cut to the same width."""
    n_products, n_newcomers, width = len(link_starts) - 1, len(is_shown), products.shape[1]
    factor_of, place_of = np.zeros(n_newcomers, np.float32), np.zeros(n_newcomers, np.int32)
    linked = np.empty(n_newcomers, np.int32)
    heap_scores, heap = np.empty(width, np.float32), np.empty(width, np.int32)
    for row in range(len(products)):
        n_linked = 0
        for place in range(width):
            product = products[row, place]
            if product == NO_POSITION:
                break
            for at in range(link_starts[product], link_starts[product + 1]):
                newcomer, factor = link_newcomers[at], trust * link_cosines[at]
                if not is_shown[newcomer]:
                    continue
                if factor_of[newcomer] == 0:
                    linked[n_linked] = newcomer
                    n_linked += 1
                elif not scores[row, place] * factor > scores[row, place_of[newcomer]] * factor_of[newcomer]:
                    continue
                factor_of[newcomer], place_of[newcomer] = factor, place
        size: Integer = 0
        for newcomer in linked[:n_linked]:
            score = scores[row, place_of[newcomer]] * factor_of[newcomer]
            size = offer(heap_scores, heap, size, score, n_products + newcomer)
        sort_best_first(heap_scores, heap, size)
        # Two lists in order become one.
        old, new = 0, 0
        for place in range(width):
            is_old = old < width and products[row, old] != NO_POSITION
            if new < size and (
                not is_old or is_worse(scores[row, old], products[row, old], heap_scores[new], heap[new])
            ):
                source = place_of[heap[new] - n_products]
                new_products[row, place], new_scores[row, place] = heap[new], heap_scores[new]
                new_portions[row, place] = portions[row, source] * factor_of[heap[new] - n_products]
                new_sources[row, place] = products[row, source]
                new += 1
            elif is_old:
                new_products[row, place], new_scores[row, place] = products[row, old], scores[row, old]
                new_portions[row, place] = portions[row, old]
                new_sources[row, place] = products[row, old]
                old += 1
        for newcomer in linked[:n_linked]:
            factor_of[newcomer] = 0
