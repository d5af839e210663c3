"""The loops of the search for weights: one merge per customer, and then NDCG for any weights in no time.

Belongs here: what runs once per customer. Does not belong here: which weights are tried (`blend_weights`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.recommenders.hybrid_kernel import forget, merge
from shop_pipeline.models.selection import NO_POSITION


@compiled
def count_rows(products: IntArray, scores: FloatArray, n_products: Integer, starts: AnyArray) -> None:
    """Write to `starts` (n_rows + 1) where each customer's merged lists will begin, one behind the other."""
    n_parts, n_rows, width = products.shape
    slot_of, is_shown = np.full(n_products, NO_POSITION, np.int32), np.ones(n_products, np.bool_)
    pool, own = np.empty(n_parts * width, np.int32), np.empty((n_parts * width, n_parts), np.float32)
    for row in range(n_rows):
        size = merge(products, scores, row, width, is_shown, slot_of, pool, own)
        starts[row + 1] = starts[row] + size
        forget(slot_of, pool, size)


@compiled
def merge_rows(
    products: IntArray,
    scores: FloatArray,
    indptr: AnyArray,
    indices: AnyArray,
    n_products: Integer,
    starts: AnyArray,
    pooled: IntArray,
    values: FloatArray,
    is_relevant: BoolArray,
) -> None:
    """Merge the lists of each customer into the last three, where `starts` says.

    Args:
        indptr, indices: what was held out, customers x products.
        values: (n_parts, n_pooled).
        is_relevant: of each entry of `pooled`, whether it was held out.
    """
    n_parts, n_rows, width = products.shape
    slot_of, is_shown = np.full(n_products, NO_POSITION, np.int32), np.ones(n_products, np.bool_)
    held_out_by = np.full(n_products, NO_POSITION, np.int64)
    pool, own = np.empty(n_parts * width, np.int32), np.empty((n_parts * width, n_parts), np.float32)
    for row in range(n_rows):
        for product in indices[indptr[row] : indptr[row + 1]]:
            held_out_by[product] = row
        size = merge(products, scores, row, width, is_shown, slot_of, pool, own)
        for slot in range(size):
            entry = starts[row] + slot
            pooled[entry] = pool[slot]
            values[:, entry] = own[slot]
            is_relevant[entry] = held_out_by[pool[slot]] == row
        forget(slot_of, pool, size)


@compiled
def judge_rows(
    begin: Integer,
    end: Integer,
    starts: AnyArray,
    pooled: IntArray,
    values: FloatArray,
    is_relevant: BoolArray,
    weights: FloatArray,
    discounts: DoubleArray,
    ideal: DoubleArray,
    ndcg: DoubleArray,
) -> None:
    """NDCG at len(discounts) of the rows [begin, end), for lists blended by these weights.

    Args:
        starts, pooled, values, is_relevant: as `merge_rows` left them. A part is added to all products of a customer in
            one sweep; every sum is made in the order of the parts, as `hybrid_kernel.total` makes it, to the same bits.
        ideal: the gain of each row's ideal list.
        ndcg: written.
    """
    scores = np.empty(np.max(np.diff(starts)), np.float32)
    for row in range(begin, end):
        ndcg[row] = 0
        first, size = starts[row], starts[row + 1] - starts[row]
        scores[:size] = 0
        for part in range(len(weights)):
            if weights[part] > 0:
                for at in range(size):
                    scores[at] += weights[part] * values[part, first + at]
        for at in range(size):
            if is_relevant[first + at] and scores[at] > 0:
                rank = _n_before(scores[:size], pooled[first : first + size], at)
                if rank < len(discounts):
                    ndcg[row] += discounts[rank] / ideal[row]


@compiled
def _n_before(scores: FloatArray, products: IntArray, at: Integer) -> int:
    """How many products stand above one of them: those with a higher score, and of equal ones those before it."""
    score, product = scores[at], products[at]
    n_higher = 0
    for other in range(len(scores)):
        n_higher += scores[other] > score or (scores[other] == score and products[other] < product)
    return n_higher
