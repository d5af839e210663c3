"""The compiled inner part of `fill`: down the rankings, past what a customer has.

Belongs here: the walk. Does not belong here: threads, checks, making the rankings (`popularity_kernel`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION


@compiled
def fill_rows(
    short: AnyArray,
    groups: AnyArray,
    group_of: AnyArray,
    group_products: IntArray,
    group_scores: FloatArray,
    popular_products: IntArray,
    popular_scores: FloatArray,
    indptr: AnyArray,
    indices: AnyArray,
    seen_rows: AnyArray,
    n_ids: Integer,
    products: IntArray,
    scores: FloatArray,
    sources: IntArray,
    is_filler: BoolArray,
) -> None:
    """Fill the lists of rows `short`: from the ranking of the group, which begins at `groups`, then of everybody."""
    # The last row that had each product, in its list or seen.
    had_by = np.full(n_ids, NO_POSITION, np.int64)
    for row in short:
        size: Integer = 0
        while products[row, size] != NO_POSITION:
            had_by[products[row, size]] = row
            size += 1
        own = seen_rows[row]
        if own != NO_POSITION:
            for product in indices[indptr[own] : indptr[own + 1]]:
                had_by[product] = row
        group = group_of[row]
        if group != NO_POSITION:
            begin, end = groups[group], groups[group + 1]
            size = walk(
                group_products[begin:end], group_scores[begin:end], had_by, row, size,
                products[row], scores[row], sources[row], is_filler[row],
            )  # fmt: skip
        walk(
            popular_products, popular_scores, had_by, row, size,
            products[row], scores[row], sources[row], is_filler[row],
        )  # fmt: skip


@compiled
def walk(
    ranked: IntArray,
    ranked_scores: FloatArray,
    had_by: AnyArray,
    row: Integer,
    size: Integer,
    products: IntArray,
    scores: FloatArray,
    sources: IntArray,
    is_filler: BoolArray,
) -> Integer:
    """Append to a list that holds `size` what it does not have, until it is full; its new size is returned."""
    for place in range(len(ranked)):
        if size == len(products):
            break
        product = ranked[place]
        if had_by[product] != row:
            had_by[product] = row
            products[size] = product
            scores[size] = ranked_scores[place]
            sources[size] = product
            is_filler[size] = True
            size += 1
    return size
