"""Where a short random walk from a customer's products ends up, with the popular held back: RP3beta.

Belongs here: the probabilities of the walk. Does not belong here: sparse products and links (`gram`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import FloatArray
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.gram import (
    binary,
    column_sums,
    links_from_rows,
    links_memory,
    powers,
    row_sums,
    scaled,
    sparse_memory,
    transposed,
    with_data,
)
from shop_pipeline.models.recommenders.gram_kernel import add_row_products
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links


@dataclass(frozen=True, slots=True)
class Rp3BetaConfig:
    """How the walk goes."""

    alpha: float = 0.8
    """Exponent of each step's probability; raising it favours customers and products with few entries."""
    beta: float = 0.4
    """Exponent by which a product's popularity is divided out; raising it favours rarer products."""
    n_links: int = 100
    """Largest weights kept per product; more find rarer products and cost time in proportion."""
    weighted: bool = False
    """Step in proportion to the weights of the entries instead of evenly."""

    def __post_init__(self) -> None:
        at_least_one(n_links=self.n_links)


SPACE: dict[str, tuple[float | int | bool, ...]] = {
    "alpha": (0.4, 0.6, 0.8, 1.0, 1.2, 1.5),
    "beta": (0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.75),
    "n_links": (50, 100, 200, 500),
    "weighted": (False, True),
}


class Rp3Beta(LinkedProducts):
    """w_ij = sum over customers u of p(i to u)^alpha p(u to j)^alpha / d_j^beta.

    p(i to u) = x_ui / d_i and p(u to j) = x_uj / d_u, with d the sum of a product's or customer's entries: P3alpha of
    Cooper, Lee, Radzik and Siantos 2014, with the re-ranking of Paudel, Christoffel, Newell and Bernstein
    2017, "Updatable, accurate, diverse, and scalable recommendations for interactive applications". The
    first of the three steps, from the customer, only scales a customer's scores, and is left out unless weighted.
    """

    def __init__(self, config: Rp3BetaConfig | None = None) -> None:
        self.config = config or Rp3BetaConfig()

    def memory_bytes(self, size: Size) -> int:
        """Entries twice, the links, and blocks of rows for each thread."""
        return sparse_memory(size) + size.n_entries * 8 + links_memory(size.n_products, self.config.n_links)

    def _amounts(self, histories: Interactions) -> FloatArray:
        return histories.matrix.data if self.config.weighted else np.ones(histories.matrix.nnz, np.float32)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        matrix = interactions.matrix if self.config.weighted else binary(interactions.matrix)
        alpha, totals, n_products = self.config.alpha, column_sums(matrix), matrix.shape[1]
        stepped = with_data(matrix, matrix.data ** np.float32(alpha))
        to_product = scaled(stepped, powers(row_sums(matrix), alpha), np.ones(n_products, np.float32))
        to_customer = transposed(scaled(stepped, np.ones(matrix.shape[0], np.float32), powers(totals, alpha)))
        held_back = powers(totals, self.config.beta)

        def fill(first: int, rows: FloatArray) -> None:
            rows[:] = 0
            add_row_products(
                to_customer.indptr[first : first + len(rows) + 1], to_customer.indices, to_customer.data,
                to_product.indptr, to_product.indices, to_product.data, rows,
            )  # fmt: skip
            rows *= held_back

        return links_from_rows(n_products, self.config.n_links, fill)
