"""Taste as a few numbers: implicit-feedback alternating least squares, around the `implicit` library.

Belongs here: the model's configuration, its learned state, its memory.
Does not belong here: the search for the best products (`top_n`); what weights mean (`features.interactions`).

Two runs from the same rng state give the same bits, also on several threads: each row is solved by itself,
and the only sums across rows are BLAS products, which are kept to one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares

from shop_pipeline.models.arrays import AnyArray, FloatArray, SparseMatrix
from shop_pipeline.models.compiled import thread_count
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.top_n import TopN, single_threaded_blas, top_n_from_factors


@dataclass(frozen=True, slots=True)
class AlsConfig:
    """The model of Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"."""

    n_factors: int = 64
    """Numbers per customer and product; time and memory grow with it, and 64 suffices for some 10,000
    products.
    """
    regularization: float = 0.05
    """The paper's lambda: pulls factors towards 0; raise it when customers have few interactions."""
    alpha: float = 10.0
    """Confidence is 1 + alpha * weight, so this says how much more an interaction counts than its absence."""
    iterations: int = 15
    """Rounds over customers and products; the lists barely change after about 15."""


def als_memory(n_customers: int, n_products: int, n_entries: int, config: AlsConfig) -> int:
    """Bytes that `Als.fit` allocates at its peak, the learned factors included.

    Confidences (4 per entry), their transposed copy (8 per entry), and the factors, one of which exists
    twice while it is drawn.
    """
    customer, product = n_customers * config.n_factors * 4, n_products * config.n_factors * 4
    drawing = max(2 * customer, customer + 2 * product)
    return n_entries * (4 + 8) + n_products * 8 + drawing


class Als(Recommender):
    """Scores a product by the dot product of the customer's and the product's factors.

    Learned state, float32: `customer_factors` (n_customers, n_factors) and `product_factors` (n_products,
    n_factors), in the order of the ids of `interactions`. Factors of a customer or product without
    interactions are 0.
    """

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()
        self.customer_factors: FloatArray = np.zeros((0, self.config.n_factors), np.float32)
        self.product_factors: FloatArray = np.zeros((0, self.config.n_factors), np.float32)

    @classmethod
    def from_factors(
        cls,
        interactions: Interactions,
        customer_factors: FloatArray,
        product_factors: FloatArray,
        config: AlsConfig | None = None,
    ) -> Self:
        """Rebuild from stored tables without training; rows are in the order of the ids of `interactions`.

        Raises:
            ValueError: when the factors are not float32, not one row per id, or differ in width.
        """
        ids = (len(interactions.customer_ids), len(interactions.product_ids))
        rows = (len(customer_factors), len(product_factors))
        if rows != ids or customer_factors.shape[1] != product_factors.shape[1]:
            raise ValueError(f"factors {customer_factors.shape} and {product_factors.shape} for {ids} ids")
        if customer_factors.dtype != np.float32 or product_factors.dtype != np.float32:
            raise ValueError("factors must be float32")
        model = cls(config)
        model._adopt(interactions)
        model.customer_factors, model.product_factors = customer_factors, product_factors
        return model

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> None:
        with single_threaded_blas():
            # implicit warns at construction when BLAS is threaded.
            model = AlternatingLeastSquares(
                factors=self.config.n_factors,
                regularization=self.config.regularization,
                alpha=1.0,
                iterations=self.config.iterations,
                num_threads=thread_count(),
                random_state=rng,
            )
            model.fit(_confidences(interactions.matrix, self.config.alpha), show_progress=False)
        self.customer_factors, self.product_factors = model.user_factors, model.item_factors

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        seen = self.interactions.matrix if exclude_seen else None
        return top_n_from_factors(self.customer_factors, self.product_factors, customer_positions, n, seen=seen)


def _confidences(weights: SparseMatrix, alpha: float) -> SparseMatrix:
    """c = 1 + alpha * weight (the paper's section 4), sharing the structure of `weights`.

    implicit's own alpha gives alpha * weight, which for a weight below 1 / alpha trusts an interaction less
    than its absence, and copies the whole matrix.
    """
    data: Any = weights.data * np.float32(alpha) + np.float32(1)
    return sp.csr_matrix((data, weights.indices, weights.indptr), shape=weights.shape, copy=False)
