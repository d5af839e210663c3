"""The loops of the hybrid: the lists of several models become one.

Belongs here: normalising and merging the lists of one customer, and choosing the best of them. Does not belong here:
asking the models (`hybrid`), and which weights are best (`evaluation.blend_weights`, which merges with these loops).

Lists are arrays (n_parts, n_lists, width), of any order within a row: places with -1 hold no product.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION, offer, sort_best_first


@compiled
def merge(
    products: IntArray,
    scores: FloatArray,
    row: Integer,
    n_unseen: Integer,
    is_shown: BoolArray,
    slot_of: IntArray,
    pool: IntArray,
    values: FloatArray,
) -> int:
    """Put what the parts list for one customer into `pool`, each product once, and say how many they are.

    `values[slot, part]` becomes score / top, at least 0 and at most 1; 0 where the part does not list the product.
    `top` is the part's best score in the first `n_unseen` places of this row, hidden products among them: what is
    behind them, own products that come again, is to change nothing for the others. It is the best of the whole row if
    those in front have none above 0. `slot_of` says where in the pool a product is; it must come full of -1, and
    `forget` leaves it so again.
    """
    size = 0
    for part in range(products.shape[0]):
        top = _best(products[part, row, :n_unseen], scores[part, row, :n_unseen])
        if top == 0:
            top = _best(products[part, row], scores[part, row])
        for place in range(products.shape[2]):
            product = products[part, row, place]
            if product == NO_POSITION or not scores[part, row, place] > 0 or not is_shown[product]:
                continue
            if slot_of[product] == NO_POSITION:
                slot_of[product] = size
                pool[size] = product
                values[size] = 0
                size += 1
            values[slot_of[product], part] = min(np.float32(1.0), scores[part, row, place] / top)
    return size


@compiled
def _best(products: IntArray, scores: FloatArray) -> np.float32:
    best = np.float32(0.0)
    for place in range(len(products)):
        if products[place] != NO_POSITION:
            best = max(best, scores[place])
    return best


@compiled
def forget(slot_of: IntArray, pool: IntArray, size: Integer) -> None:
    """Empty the pool."""
    for slot in range(size):
        slot_of[pool[slot]] = NO_POSITION


@compiled
def total(values: FloatArray, weights: FloatArray) -> np.float32:
    """The score of one product: what each part gives it, added up in the order of the parts."""
    score = np.float32(0.0)
    for part in range(len(weights)):
        score += weights[part] * values[part]
    return score


@compiled
def blend_lists(
    products: IntArray,
    scores: FloatArray,
    n_unseen: Integer,
    weights: FloatArray,
    columns: AnyArray,
    is_shown: BoolArray,
    targets: AnyArray,
    best_products: IntArray,
    best_scores: FloatArray,
    portions: FloatArray,
) -> None:
    """Write the best of row i's merged lists to row `targets[i]` of the last three; a score of 0 is no product.

    Args:
        n_unseen: see `merge`.
        weights: above 0, one per part.
        columns: each part's place in `portions` (n, n_best, n_columns), whose other columns become 0.
    """
    room = products.shape[0] * products.shape[2]
    slot_of = np.full(len(is_shown), NO_POSITION, np.int32)
    pool, values = np.empty(room, np.int32), np.empty((room, products.shape[0]), np.float32)
    for row in range(products.shape[1]):
        target = targets[row]
        size = merge(products, scores, row, n_unseen, is_shown, slot_of, pool, values)
        kept: Integer = 0
        for slot in range(size):
            score = total(values[slot], weights)
            if score > 0:
                kept = offer(best_scores[target], best_products[target], kept, score, pool[slot])
        sort_best_first(best_scores[target], best_products[target], kept)
        portions[target] = 0
        for place in range(kept):
            own = values[slot_of[best_products[target, place]]]
            for part in range(len(weights)):
                portions[target, place, columns[part]] = weights[part] * own[part]
        forget(slot_of, pool, size)


@compiled
def keep_only(products: IntArray, rows: AnyArray, indptr: AnyArray, indices: AnyArray, n_products: Integer) -> None:
    """Replace by -1 what is not among the entries of the list's own row of a CSR matrix.

    Args:
        products: (n_lists, width), changed in place.
        rows: of the matrix, one per list.
    """
    kept_by = np.full(n_products, NO_POSITION, np.int64)
    for at in range(len(rows)):
        for product in indices[indptr[rows[at]] : indptr[rows[at] + 1]]:
            kept_by[product] = at
        for place in range(products.shape[1]):
            if products[at, place] != NO_POSITION and kept_by[products[at, place]] != at:
                products[at, place] = NO_POSITION
