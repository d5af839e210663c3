"""More of the same kind: products that are described as the customer's own are.

Belongs here: the links that content gives between products with customers. Does not belong here: features
(`similarity.content`), scoring and explaining with links (`linked_products`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import FloatArray
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.similarity.content import ProductFeatures, content_similarity_bytes, similar_by_content
from shop_pipeline.models.similarity.top_k import DEFAULT_MEMORY_LIMIT


@dataclass(frozen=True, slots=True)
class ContentBasedConfig:
    """How far a customer's own products reach."""

    n_neighbours: int = 20
    """Links kept per product: raising it finds products less alike for more time. On the products new to customers of
    Online Retail, from titles and prices, NDCG@10 is .079 with 10, .083 with 20, .077 with 50 and with all links (mean
    of three cuts in time)."""
    amount_power: float = 0.5
    """Power of an own product's weight: raising it to 1 lets what was bought often decide, at 0 all count alike."""
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT
    """Bound on the working memory of the similarity search, beside its result."""

    def __post_init__(self) -> None:
        at_least_one(n_neighbours=self.n_neighbours)


SPACE: dict[str, tuple[int | float, ...]] = {
    "n_neighbours": (10, 20, 50, 100, 200, 500),
    "amount_power": (0.0, 0.5, 1.0),
}


class ContentBased(LinkedProducts):
    """score(u, j) = sum over the own products i of u of a_ui^power cos(f_i, f_j), over the links that are kept.

    The profile of a customer is p_u = sum_i a_ui^power f_i, of the features of their products, and with every link kept
    the score is |p_u| cos(p_u, f_j), which orders products as the cosine with the profile does (Lops, de Gemmis and
    Semeraro 2011, "Content-based recommender systems: state of the art and trends", on the vector space model). Links
    to the nearest alone take less time and space, and say which own product speaks for a list.

    Products without features are in no list, and speak for none. Products without customers, whose features may
    be known, are not linked: `similar_by_content` has them.

    Args:
        features: of at least the products that are to be listed; others are left out at `fit`.
    """

    def __init__(self, features: ProductFeatures, config: ContentBasedConfig | None = None) -> None:
        self.features = features
        self.config = config or ContentBasedConfig()

    def memory_bytes(self, size: Size) -> int:
        """The features of the products at hand, positions, and the search; or before it, the count of customers (8)."""
        entries = self.features.matrix.nnz * (4 + 4)
        limit, k = self.config.memory_limit_bytes, self.config.n_neighbours
        search = content_similarity_bytes(self.features, size.n_products, k, memory_limit_bytes=limit)
        return max(size.n_entries * 8, entries + search) + (len(self.features.product_ids) + size.n_products) * 100

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        has_customers = np.bincount(interactions.matrix.indices, minlength=interactions.matrix.shape[1]) > 0
        features = self.features.of(interactions.product_ids, has_customers)
        limit = self.config.memory_limit_bytes
        found = similar_by_content(features, self.config.n_neighbours, memory_limit_bytes=limit)
        return Links(found.products, found.scores)

    def _amounts(self, histories: Interactions) -> FloatArray:
        amounts: FloatArray = histories.matrix.data ** np.float32(self.config.amount_power)
        return amounts
