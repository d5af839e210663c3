"""More like what you have: products near the customer's own, and which own ones speak for each.

Belongs here: scoring and explaining with a table of neighbours.
Does not belong here: finding the neighbours (`similarity`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.item_neighbours_kernel import explain_lists, list_products
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.similarity.top_k import DEFAULT_MEMORY_LIMIT, Neighbours, cosine_top_k
from shop_pipeline.models.top_n import TopN

_LISTS_PER_TASK = 512


@dataclass(frozen=True, slots=True)
class ItemNeighboursConfig:
    """What counts as a neighbour."""

    n_neighbours: int = 100
    """Neighbours kept per product; more find rarer products and cost time in proportion."""
    min_common: int = 1
    """Fewest customers in common; raise it against neighbours by accident among rare products."""
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT
    """Bound on the working memory of the similarity search, beside its result."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why each product of a `TopN` is there.

    Args:
        products: the customer's own products that contributed most, int32 (n_lists, n, n_reasons), -1 after
            the last.
        shares: their parts of the score, 0..1, float32 of the same shape, NaN after the last.
    """

    products: IntArray
    shares: FloatArray


class ItemNeighbours(Recommender):
    """Scores a product by the customer's weights times the similarities of the own products to it.

    score(u, j) = sum over the own products i of u with j among the k neighbours of i of w_ui * s_ij
    (Deshpande and Karypis 2004, "Item-based top-N recommendation  algorithms").
    Learned state: `neighbours`.
    """

    def __init__(self, config: ItemNeighboursConfig | None = None) -> None:
        self.config = config or ItemNeighboursConfig()
        nothing = np.zeros((0, self.config.n_neighbours))
        self.neighbours = Neighbours(nothing.astype(np.int32), nothing.astype(np.float32), nothing.astype(np.int32))

    @classmethod
    def from_neighbours(
        cls, interactions: Interactions, neighbours: Neighbours, config: ItemNeighboursConfig | None = None
    ) -> Self:
        """Rebuild from a stored table without training; rows are in the order of interactions.product_ids."""
        n_products = len(interactions.product_ids)
        if neighbours.products.shape[0] != n_products or neighbours.products.shape != neighbours.scores.shape:
            raise ValueError(f"{neighbours.products.shape} neighbours for {n_products} products")
        if neighbours.products.max(initial=NO_POSITION) >= n_products:
            raise ValueError("a neighbour is not among the products")
        if not (neighbours.scores[neighbours.products != NO_POSITION] > 0).all():
            raise ValueError("a similarity is not above 0")
        model = cls(config)
        model._adopt(interactions)
        model.neighbours = neighbours
        return model

    def explain(self, customer_positions: AnyArray, listed: TopN, n_reasons: int = 3) -> Reasons:
        """Say which own products contributed most to each listed product, and their exact share of its score.

        Args:
            customer_positions: as handed to `recommend`, one per row of `listed`; padding gets no reasons.
            listed: what `recommend` returned.

        Raises:
            ValueError: for positions out of range, or not one per list.
        """
        positions = self._check_positions(customer_positions)
        if len(positions) != len(listed.products):
            raise ValueError(f"{len(positions)} customers for {len(listed.products)} lists")
        shape = (*listed.products.shape, n_reasons)
        reasons = Reasons(np.full(shape, NO_POSITION, np.int32), np.full(shape, np.nan, np.float32))
        matrix, table = self.interactions.matrix, self.neighbours

        def work(begin: int) -> None:
            rows = slice(begin, begin + _LISTS_PER_TASK)
            explain_lists(
                matrix.indptr, matrix.indices, matrix.data, table.products, table.scores,
                positions[rows], listed.products[rows], reasons.products[rows], reasons.shares[rows],
            )  # fmt: skip

        run_in_threads(work, range(0, len(positions), _LISTS_PER_TASK), thread_count())
        return reasons

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> None:  # noqa: ARG002
        self.neighbours = cosine_top_k(
            interactions.matrix,
            self.config.n_neighbours,
            memory_limit_bytes=self.config.memory_limit_bytes,
            min_common=self.config.min_common,
        )

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        found = TopN.empty(len(customer_positions), n)
        matrix, table = self.interactions.matrix, self.neighbours

        def work(begin: int) -> None:
            rows = slice(begin, begin + _LISTS_PER_TASK)
            list_products(
                matrix.indptr, matrix.indices, matrix.data, table.products, table.scores,
                customer_positions[rows], exclude_seen, found.products[rows], found.scores[rows],
            )  # fmt: skip

        run_in_threads(work, range(0, len(customer_positions), _LISTS_PER_TASK), thread_count())
        return found
