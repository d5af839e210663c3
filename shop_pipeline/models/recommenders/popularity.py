"""What everybody buys: the boring rule that others have to beat, and the fallback for strangers.

Belongs here: one score per product and the lists that follow from it.
Does not belong here: trends, categories and countries (those are scopes of `marts.popular_products`, in SQL).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.state import GroupScores
from shop_pipeline.models.top_n import TopN


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """How popularity is counted."""

    measure: Literal["customers", "weight"] = "customers"
    """Distinct customers, which one heavy buyer can't sway; or the sum of weights."""


class Popularity(Recommender[GroupScores]):
    """Lists the most popular products, the same for everyone but for what each has seen.

    A known customer without history gets the full list. State: one group of all customers.
    """

    def __init__(self, config: PopularityConfig | None = None) -> None:
        self.config = config or PopularityConfig()

    def memory_bytes(self, size: Size) -> int:
        """Weights as counted (8 per entry), counts (8 per product), scores (4 + 4), and each customer's group (4)."""
        return size.n_entries * 8 + size.n_products * 16 + size.n_customers * 4

    def ranking(self) -> tuple[IntArray, FloatArray]:
        """All products with a score above 0, best first: positions and scores."""
        row = self.state.scores[[0]]
        order = np.lexsort((row.indices, -row.data))
        return row.indices[order].astype(np.int32), row.data[order]

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> GroupScores:  # noqa: ARG002
        matrix = interactions.matrix
        weights = matrix.data if self.config.measure == "weight" else None
        counts = np.bincount(matrix.indices, weights=weights, minlength=matrix.shape[1])
        scores: Any = sp.csr_matrix(counts[None, :].astype(np.float32))
        return GroupScores(("all",), scores, np.zeros(matrix.shape[0], np.int32))

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        found = TopN.empty(len(customer_positions), n)
        matrix = self.interactions.matrix
        order, scores = self.ranking()
        _walk(
            order, scores, customer_positions, exclude_seen, matrix.indptr, matrix.indices,
            np.full(matrix.shape[1], -1, np.int64), found.products, found.scores,
        )  # fmt: skip
        return found


@compiled
def _walk(
    order: IntArray,
    scores: FloatArray,
    positions: AnyArray,
    exclude_seen: bool,
    indptr: AnyArray,
    indices: AnyArray,
    seen_by: AnyArray,
    products: IntArray,
    listed_scores: FloatArray,
) -> None:
    """Walk down the ranking for each customer; `seen_by` holds the last row that saw each product."""
    for row in range(len(positions)):
        if exclude_seen:
            for product in indices[indptr[positions[row]] : indptr[positions[row] + 1]]:
                seen_by[product] = row
        size = 0
        for place in range(len(order)):
            if size == products.shape[1]:
                break
            if seen_by[order[place]] != row:
                products[row, size] = order[place]
                listed_scores[row, size] = scores[place]
                size += 1
