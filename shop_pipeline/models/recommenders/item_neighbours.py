"""More like what you have: products near the customer's own.

Belongs here: the links that a similarity gives. Does not belong here: finding the neighbours (`similarity`), scoring
and explaining with links (`linked_products`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import FloatArray
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.similarity.measures import Measure, Similarity
from shop_pipeline.models.similarity.top_k import DEFAULT_MEMORY_LIMIT, memory_at_most, top_k_neighbours


@dataclass(frozen=True, slots=True)
class ItemNeighboursConfig:
    """What counts as a neighbour, and how much each of the customer's own products counts."""

    n_neighbours: int = 100
    """Neighbours kept per product; more find rarer products and cost time in proportion."""
    min_common: int = 1
    """Fewest customers in common; raise it against neighbours by accident among rare products."""
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT
    """Bound on the working memory of the similarity search, beside its result and the weights of TF-IDF and BM25."""
    measure: Measure = "cosine"
    """How alike two products are; see `similarity.measures`."""
    shrinkage: float = 0.0
    """Raising it trusts a similarity less the fewer customers two products have in common."""
    alpha: float = 0.5
    """Asymmetric measure only: 0.5 is the cosine; raising it lists popular products, lowering it rare ones."""
    history_power: float = 1.0
    """An own product counts weight ** this: 0 counts all alike; raising it lets much-bought products count for more."""

    def __post_init__(self) -> None:
        at_least_one(n_neighbours=self.n_neighbours)

    @property
    def similarity(self) -> Similarity:
        """The measure with its settings. Raises ValueError for one out of range."""
        return Similarity(self.measure, float(self.shrinkage), self.min_common, self.alpha)


SPACE: dict[str, tuple[object, ...]] = {
    "n_neighbours": (10, 20, 50, 100, 200, 400),
    "measure": ("jaccard", "cosine", "tfidf", "bm25"),
    "shrinkage": (0.0, 5.0, 20.0, 100.0),
    "history_power": (0.0, 0.25, 0.5, 1.0),
}


class ItemNeighbours(LinkedProducts):
    """Links each product to its nearest ones, weighted with the similarity: w_ij = s_ij.

    Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms".
    """

    def __init__(self, config: ItemNeighboursConfig | None = None) -> None:
        self.config = config or ItemNeighboursConfig()

    def memory_bytes(self, size: Size) -> int:
        """What the similarity search takes at most."""
        config = self.config
        return memory_at_most(
            size.n_customers, size.n_products, size.n_entries, config.n_neighbours, config.similarity,
            config.memory_limit_bytes,
        )  # fmt: skip

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        config = self.config
        found = top_k_neighbours(
            interactions.matrix, config.n_neighbours, config.similarity, memory_limit_bytes=config.memory_limit_bytes
        )
        return Links(found.products, found.scores)

    def _amounts(self, histories: Interactions) -> FloatArray:
        data: FloatArray = histories.matrix.data
        return data if self.config.history_power == 1 else data ** np.float32(self.config.history_power)
