"""Rankings that many customers share: in order, and each customer's list out of one of them.

Belongs here: sorting a ranking per group, and walking down it past what a customer has.
Does not belong here: where the scores come from (`popularity`, `popularity_in_groups`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN


@dataclass(frozen=True, slots=True)
class Rankings:
    """The products of each group, best first, one group after the other.

    Args:
        starts: where each group begins, and the end of the last, (n_groups + 1,).
        products: positions, int32.
        scores: float32, one per entry of `products`.
    """

    starts: AnyArray
    products: IntArray
    scores: FloatArray


def rankings(scores: SparseMatrix) -> Rankings:
    """The rows of `scores` (n_groups x n_products) in order: score descending and then position ascending."""
    groups = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    order = np.lexsort((scores.indices, -scores.data, groups))
    return Rankings(scores.indptr, scores.indices[order].astype(np.int32), scores.data[order])


def list_ranked(
    ranked: Rankings, group_of: AnyArray, histories: SparseMatrix, rows: AnyArray, n: int, exclude_seen: bool
) -> TopN:
    """List the first n products of each customer's group.

    Args:
        group_of: one per customer asked, -1 for an empty list.
        histories: customers x products; what its rows have is left out with `exclude_seen`.
        rows: of the histories, one per customer asked.
    """
    found = TopN.empty(len(rows), n)
    seen_by = np.full(histories.shape[1], NO_POSITION, np.int64)
    _walk(
        ranked.starts, ranked.products, ranked.scores, group_of, rows, exclude_seen, histories.indptr,
        histories.indices, seen_by, found.products, found.scores,
    )  # fmt: skip
    return found


@compiled
def _walk(
    starts: AnyArray,
    ranked: IntArray,
    ranked_scores: FloatArray,
    group_of: AnyArray,
    rows: AnyArray,
    exclude_seen: bool,
    indptr: AnyArray,
    indices: AnyArray,
    seen_by: AnyArray,
    products: IntArray,
    scores: FloatArray,
) -> None:
    """Walk down the ranking of each customer; `seen_by` holds the last row that saw each product."""
    for row in range(len(rows)):
        if group_of[row] == NO_POSITION:
            continue
        if exclude_seen:
            for product in indices[indptr[rows[row]] : indptr[rows[row] + 1]]:
                seen_by[product] = row
        size = 0
        for place in range(starts[group_of[row]], starts[group_of[row] + 1]):
            if size == products.shape[1]:
                break
            if seen_by[ranked[place]] != row:
                products[row, size] = ranked[place]
                scores[row, size] = ranked_scores[place]
                size += 1
