"""What sells best where you shop most: popularity among the products of a category.

Belongs here: a customer's main category, and its best sellers. Does not belong here: popularity over all (`popularity`)
or in groups of customers (`popularity_in_groups`), where labels come from (`groups`), listing (`popularity_kernel`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, IntArray, SparseMatrix
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders import popularity
from shop_pipeline.models.recommenders.groups import ProductGroups
from shop_pipeline.models.recommenders.popularity import BYTES_PER_COUNTED_ENTRY, PopularityConfig, counted
from shop_pipeline.models.recommenders.popularity_kernel import list_ranked, rankings
from shop_pipeline.models.recommenders.recommender import HistoryRecommender
from shop_pipeline.models.recommenders.state import GroupScores
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

SPACE = popularity.SPACE


class PopularityInCategory(HistoryRecommender[GroupScores]):
    """Lists the best sellers of the category in which the customer has the largest weight.

    Ties of categories go to the first by name. A list holds nothing but products of the category, so it stays short
    where these end, and it is empty for who has nothing with a label. All customers of a product count, from
    whatever category they mostly are: nothing is split into small groups, and nothing is blended. State: a group per
    label that products at hand have.

    Args:
        groups: may hold other products as well; those without a label are in no list.
    """

    def __init__(self, groups: ProductGroups, config: PopularityConfig | None = None) -> None:
        self.groups = groups
        self.config = config or PopularityConfig()

    def memory_bytes(self, size: Size) -> int:
        """Entries as counted or each customer's weight in each category (14), ids aligned, scores and groups."""
        n_amounts = min(size.n_entries, size.n_customers * len(set(map(str, self.groups.labels))))
        entries = max(size.n_entries * BYTES_PER_COUNTED_ENTRY[self.config.measure], n_amounts * 14)
        aligned = (len(self.groups.labels) + size.n_products) * 48
        return entries + size.n_products * 40 + size.n_customers * 32 + aligned

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> GroupScores:  # noqa: ARG002
        matrix = interactions.matrix
        names, codes = self.groups.of(interactions.product_ids)
        weights = counted(interactions, self.config.measure, self.config.half_life_days)
        counts = np.bincount(matrix.indices, weights=weights, minlength=matrix.shape[1])
        sold = np.flatnonzero((counts > 0) & (codes >= 0))
        entries: Any = (counts[sold].astype(np.float32), (codes[sold], sold))
        scores: Any = sp.csr_matrix(entries, shape=(len(names), matrix.shape[1]))
        return GroupScores(names, scores, _main_category(matrix, scores))

    def _recommend_from(self, histories: Interactions, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        scores = self.state.scores
        group_of = _main_category(histories.matrix[rows], scores)
        return list_ranked(rankings(scores), group_of, histories.matrix, rows, n, exclude_seen)


def _main_category(histories: SparseMatrix, scores: SparseMatrix) -> IntArray:
    """For each row, the group whose products have the largest sum of weights, the first of equals; -1 for none."""
    members: Any = scores.T.tocsr().sign()
    amounts: Any = sp.csr_matrix(histories @ members)
    amounts.sort_indices()
    main = np.full(amounts.shape[0], NO_POSITION, np.int32)
    n_groups = np.diff(amounts.indptr)
    starts = amounts.indptr[:-1][n_groups > 0]
    if len(starts):
        largest = np.maximum.reduceat(amounts.data, starts)
        is_largest = np.flatnonzero(amounts.data == np.repeat(largest, n_groups[n_groups > 0]))
        main[n_groups > 0] = amounts.indices[is_largest[np.searchsorted(is_largest, starts)]]
    return main
