"""More like what you have: products near the customer's own.

Belongs here: the links that a similarity gives. Does not belong here: finding the neighbours (`similarity`), scoring
and explaining with links (`linked_products`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.similarity.top_k import DEFAULT_MEMORY_LIMIT, cosine_top_k


@dataclass(frozen=True, slots=True)
class ItemNeighboursConfig:
    """What counts as a neighbour."""

    n_neighbours: int = 100
    """Neighbours kept per product; more find rarer products and cost time in proportion."""
    min_common: int = 1
    """Fewest customers in common; raise it against neighbours by accident among rare products."""
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT
    """Bound on the working memory of the similarity search, beside its result."""


class ItemNeighbours(LinkedProducts):
    """Links each product to its nearest ones, weighted with the similarity.

    Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms".
    """

    def __init__(self, config: ItemNeighboursConfig | None = None) -> None:
        self.config = config or ItemNeighboursConfig()

    def memory_bytes(self, size: Size) -> int:
        """The working memory that is allowed, and positions, scores and counts of the neighbours."""
        return self.config.memory_limit_bytes + size.n_products * self.config.n_neighbours * (4 + 4 + 4)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        found = cosine_top_k(
            interactions.matrix,
            self.config.n_neighbours,
            memory_limit_bytes=self.config.memory_limit_bytes,
            min_common=self.config.min_common,
        )
        return Links(found.products, found.scores)
