"""What everybody buys: the boring rule that others have to beat, and the fallback for strangers.

Belongs here: one score per product and the lists that follow from it.
Does not belong here: trends, categories and countries (those are scopes of `marts.popular_products`, in SQL).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.top_n import TopN


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """How popularity is counted."""

    measure: Literal["customers", "weight"] = "customers"
    """Distinct customers, which one heavy buyer can't sway; or the sum of weights."""


class Popularity(Recommender):
    """Lists the most popular products, the same for everyone but for what each has seen.

    A known customer without history gets the full list. Learned state: `scores`, float32 (n_products,), 0 =
    never.
    """

    def __init__(self, config: PopularityConfig | None = None) -> None:
        self.config = config or PopularityConfig()
        self.scores: FloatArray = np.zeros(0, np.float32)

    @classmethod
    def from_scores(
        cls, interactions: Interactions, scores: FloatArray, config: PopularityConfig | None = None
    ) -> Self:
        """Rebuild from a stored table without training; one score per id of `interactions.product_ids`."""
        if scores.shape != interactions.product_ids.shape:
            raise ValueError(f"{scores.shape} scores for {len(interactions.product_ids)} products")
        model = cls(config)
        model._adopt(interactions)
        model.scores = np.asarray(scores, np.float32)
        return model

    def ranking(self) -> tuple[IntArray, FloatArray]:
        """All products with a score above 0, best first: positions and scores."""
        order = np.argsort(-self.scores, kind="stable").astype(np.int32)
        order = order[self.scores[order] > 0]
        return order, self.scores[order]

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> None:  # noqa: ARG002
        matrix = interactions.matrix
        weights = matrix.data if self.config.measure == "weight" else None
        counts = np.bincount(matrix.indices, weights=weights, minlength=matrix.shape[1])
        self.scores = counts.astype(np.float32)

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
