"""What people like you have: the products of the customers nearest to a customer.

Belongs here: the links between customers that a similarity gives, and the lists that follow from them. Does not belong
here: finding the neighbours (`similarity`), loops (`user_neighbours_kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.recommenders.user_neighbours_kernel import list_products_of_neighbours
from shop_pipeline.models.similarity.measures import Measure, Similarity
from shop_pipeline.models.similarity.top_k import memory_at_most, top_k_neighbours
from shop_pipeline.models.top_n import TopN

_LISTS_PER_TASK = 512


@dataclass(frozen=True, slots=True)
class UserNeighboursConfig:
    """What counts as a neighbour, and how much what the neighbour has."""

    n_neighbours: int = 100
    """Neighbours kept per customer; more smooth the lists towards what is popular, and cost memory in proportion."""
    measure: Measure = "cosine"
    """How alike two customers are; see `similarity.measures`."""
    shrinkage: float = 0.0
    """Raising it trusts a similarity less the fewer products two customers have in common."""
    alpha: float = 0.5
    """Asymmetric measure only: 0.5 is the cosine; raising it prefers neighbours with many products."""
    min_common: int = 1
    """Fewest products in common; raise it against neighbours by accident among customers with few products."""
    weight_power: float = 1.0
    """A neighbour's entry counts weight ** this: 0 counts all alike; raising it favours what they bought much of."""
    memory_limit_bytes: int = 256 * 2**20
    """Bound on the working memory of the similarity search, which needs 56 bytes per customer on one thread, and 20
    for each further thread.
    """

    def __post_init__(self) -> None:
        at_least_one(n_neighbours=self.n_neighbours)

    @property
    def similarity(self) -> Similarity:
        """The measure with its settings. Raises ValueError for one out of range."""
        return Similarity(self.measure, float(self.shrinkage), self.min_common, self.alpha)


SPACE: dict[str, tuple[object, ...]] = {
    "n_neighbours": (20, 50, 100, 200, 400),
    "measure": ("jaccard", "cosine", "tfidf", "bm25"),
    "shrinkage": (0.0, 2.0, 5.0, 20.0),
    "weight_power": (0.0, 0.25, 0.5, 1.0),
}


class UserNeighbours(Recommender[Links]):
    """score(u, j) = sum over the neighbours v of u of s_uv * r_vj ^ power, with r_vj the weight of v's entry for j.

    Sarwar, Karypis, Konstan and Riedl 2000, "Analysis of recommendation algorithms for e-commerce", section 3, without
    dividing by the sum of the similarities, which is the same for all products of a customer. A customer is no
    neighbour of their own. State: links between customers. The search costs the square of the number of buyers of each
    product, in time but not in memory.
    """

    # How much each entry of a neighbour counts, float32 (n_entries,): weighed once, not for every few lists.
    _amounts: FloatArray

    def __init__(self, config: UserNeighboursConfig | None = None) -> None:
        self.config = config or UserNeighboursConfig()

    def restore(self, interactions: Interactions, state: Links) -> Self:
        """As `Recommender.restore`; raises ValueError for links between products, too."""
        state.check_between("customer")
        return super().restore(interactions, state)

    def memory_bytes(self, size: Size) -> int:
        """The transposed matrix, what the search takes at most, and what entries count unless that is their weight."""
        config, transposed = self.config, size.n_entries * (4 + 4) + (size.n_customers + size.n_products) * 8
        amounts = 0 if config.weight_power == 1 else size.n_entries * 4
        return amounts + transposed + memory_at_most(
            size.n_products, size.n_customers, size.n_entries, config.n_neighbours, config.similarity,
            config.memory_limit_bytes,
        )  # fmt: skip

    def _adopt(self, interactions: Interactions) -> None:
        super()._adopt(interactions)
        data, power = interactions.matrix.data, self.config.weight_power
        self._amounts = data if power == 1 else data ** np.float32(power)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        config = self.config
        found = top_k_neighbours(
            interactions.matrix.T.tocsr(),
            config.n_neighbours,
            config.similarity,
            memory_limit_bytes=config.memory_limit_bytes,
        )
        return Links(found.products, found.scores, entity="customer")

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        found = TopN.empty(len(customer_positions), n)
        matrix, links, amounts = self.interactions.matrix, self.state, self._amounts

        def work(begin: int) -> None:
            task = slice(begin, begin + _LISTS_PER_TASK)
            list_products_of_neighbours(
                matrix.indptr, matrix.indices, amounts, matrix.shape[1], links.targets, links.weights,
                customer_positions[task], exclude_seen, found.products[task], found.scores[task],
            )  # fmt: skip

        run_in_threads(work, range(0, len(customer_positions), _LISTS_PER_TASK), thread_count())
        return found
