"""Taste as a few numbers: implicit-feedback alternating least squares, around the `implicit` library.

Belongs here: the model's configuration, its learned state, its memory.
Does not belong here: the search for the best products (`top_n`); what weights mean (`features.interactions`).

Two runs from the same rng state give the same bits, also on several threads: each row is solved by itself,
and the only sums across rows are BLAS products, which are kept to one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares

from shop_pipeline.models.arrays import AnyArray, SparseMatrix
from shop_pipeline.models.compiled import thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.state import Factors
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


class Als(Recommender[Factors]):
    """Scores a product by the dot product of the customer's and the product's factors.

    State: factors, one row per id of `interactions`, 0 for a customer or product without interactions.
    """

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()

    def memory_bytes(self, size: Size) -> int:
        """Confidences (4 per entry), their transposed copy (8 per entry), and the factors, one of which exists twice
        while it is drawn.
        """
        customer, product = (n * self.config.n_factors * 4 for n in (size.n_customers, size.n_products))
        drawing = max(2 * customer, customer + 2 * product)
        return size.n_entries * (4 + 8) + size.n_products * 8 + drawing

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Factors:
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
        return Factors(model.user_factors, model.item_factors)

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        seen = self.interactions.matrix if exclude_seen else None
        return top_n_from_factors(self.state.customers, self.state.products, customer_positions, n, seen=seen)


def _confidences(weights: SparseMatrix, alpha: float) -> SparseMatrix:
    """c = 1 + alpha * weight (the paper's section 4), sharing the structure of `weights`.

    implicit's own alpha gives alpha * weight, which for a weight below 1 / alpha trusts an interaction less
    than its absence, and copies the whole matrix.
    """
    data: Any = weights.data * np.float32(alpha) + np.float32(1)
    return sp.csr_matrix((data, weights.indices, weights.indptr), shape=weights.shape, copy=False)
