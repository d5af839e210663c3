"""What others did in sessions like this one: nearest neighbours among recent sessions.

Belongs here: the index of sessions by product, and what a session's order counts. Does not belong here: links between
products (`transitions`), customers alike over their whole history.

A row of the interactions is a session, or a customer where a shop has no sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.contributions import WeighsHistories
from shop_pipeline.models.recommenders.recency import steps_back
from shop_pipeline.models.recommenders.session_neighbours_kernel import list_from_neighbours
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.top_n import TopN

_LISTS_PER_TASK = 256


@dataclass(frozen=True, slots=True)
class SessionNeighboursConfig:
    """Which sessions are asked, and what each may say."""

    n_sampled: int = 1000
    """Newest sessions with a product in common that are compared; more reach further back and cost time."""
    n_neighbours: int = 100
    """Of those, the most similar ones, whose products are recommended; more favour popular products."""
    position_power: float = 1.0
    """Raise it to let the newest products of the session decide who is similar: 0 all alike, 1 linear, 2 quadratic."""
    match_power: float = 1.0
    """Raise it to distrust sessions that share old products only: 0 not at all, 1 by 1 / steps."""
    rarity_power: float = 0.0
    """Raise it to favour rare products: the power of log(sessions / sessions with the product)."""
    n_links: int = 100
    """Length of the stored list of each product; the lists of histories do not depend on it."""

    def __post_init__(self) -> None:
        at_least_one(n_sampled=self.n_sampled, n_neighbours=self.n_neighbours, n_links=self.n_links)


SPACE: dict[str, tuple[float | int, ...]] = {
    "n_neighbours": (50, 100, 200, 500, 1000),
    "n_sampled": (500, 1000, 2500, 5000),
    "position_power": (0.0, 1.0, 2.0, 4.0),
    "match_power": (0.0, 0.5, 1.0, 2.0),
    "rarity_power": (0.0, 0.5, 1.0, 2.0),
}


@dataclass(frozen=True, slots=True)
class _Index:
    """Sessions by recency, 0 the newest: those of each product (ascending), and the products of each."""

    starts: AnyArray
    sessions: IntArray
    session_starts: AnyArray
    session_products: IntArray


class SessionNeighbours(WeighsHistories[Links]):
    """V-SKNN of Ludewig and Jannach 2018, "Evaluation of session-based recommendation algorithms", section 3.3; needs
    times.

    Of the sessions that share a product with session s, the `n_sampled` newest are compared. With a_i the steps from
    product i to the newest of s, and L the number of steps in s,

        similarity(s, t) = sum over the products i of both of (1 - a_i / L)^position_power

    and of the k most similar (equals: the newer) score(s, j) = sum over t with j of
    similarity(s, t) (1 + min a_i)^-match_power log(1 + n / n_j)^rarity_power, the minimum over the products of both, n
    the number of sessions and n_j of those with j. The paper's similarity is divided by the length of s, which ranks
    alike; its idf is log(n / n_j), which here never is 0. A fitted session is its own neighbour too, as in the paper's
    protocol it can't be: it takes one place of k, and speaks for seen products only.

    State: links from each product to the list of a session of this product alone, for visitors of whom nothing else is
    known. Histories are scored with the sessions themselves, whose index `restore` builds again.
    """

    _index: _Index

    def __init__(self, config: SessionNeighboursConfig | None = None) -> None:
        self.config = config or SessionNeighboursConfig()

    def restore(self, interactions: Interactions, state: Links) -> Self:
        """As `Recommender.restore`; raises ValueError for links between customers, too."""
        state.check_between("product")
        return super().restore(interactions, state)

    def memory_bytes(self, size: Size) -> int:
        """The index twice over while it is sorted, the links, and each thread's desk."""
        width = min(self.config.n_links, size.n_products)
        desk = size.n_products * 24 + (self.config.n_sampled * 12 + self.config.n_neighbours * 8)
        lists = size.n_products * (width * 8 + 40) + size.n_customers * 40
        return size.n_entries * 44 + lists + thread_count() * desk

    def _adopt(self, interactions: Interactions) -> None:
        super()._adopt(interactions)
        self._index = _build_index(interactions)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        n_products = interactions.matrix.shape[1]
        found = TopN.empty(n_products, min(self.config.n_links, n_products))
        alone = np.arange(n_products + 1), np.arange(n_products, dtype=np.int32)
        self._list(*alone, np.ones(n_products, np.float32), np.zeros(n_products, np.int32), alone[1], True, found)
        return Links(found.products, found.scores)

    def _recommend_from(self, histories: Interactions, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        found, matrix, ages = TopN.empty(len(rows), n), histories.matrix, steps_back(histories)
        sizes = np.diff(matrix.indptr)
        lengths = np.zeros(len(sizes), np.int64)
        lengths[sizes > 0] = np.maximum.reduceat(ages, matrix.indptr[:-1][sizes > 0]) + 1 if len(ages) else 0
        weights = (1 - ages / np.repeat(lengths, sizes)) ** self.config.position_power
        self._list(matrix.indptr, matrix.indices, weights.astype(np.float32), ages, rows, exclude_seen, found)
        return found

    def _list(
        self,
        indptr: AnyArray,
        indices: AnyArray,
        weights: FloatArray,
        ages: IntArray,
        rows: AnyArray,
        exclude_seen: bool,
        found: TopN,
    ) -> None:
        """Fill the lists for these rows of histories."""
        config, index = self.config, self._index
        fading = np.power(np.arange(1, int(ages.max(initial=0)) + 2), -config.match_power, dtype=np.float64)
        n_with = np.maximum(np.diff(index.starts), 1)
        rarity = np.log1p((len(index.session_starts) - 1) / n_with) ** config.rarity_power

        def work(begin: int) -> None:
            task = slice(begin, begin + _LISTS_PER_TASK)
            list_from_neighbours(
                rows[task], indptr, indices, weights, ages, index.starts, index.sessions, index.session_starts,
                index.session_products, fading.astype(np.float32), rarity.astype(np.float32),
                config.n_sampled, config.n_neighbours, exclude_seen, found.products[task], found.scores[task],
            )  # fmt: skip

        run_in_threads(work, range(0, len(rows), _LISTS_PER_TASK), thread_count())


def _build_index(interactions: Interactions) -> _Index:
    """Order the sessions by their newest entry, equals by position, and list them by product."""
    matrix, times = interactions.matrix, interactions.times
    if times is None:
        raise ValueError("this needs to know when things happened: interactions without times")
    sizes = np.diff(matrix.indptr)
    filled = np.flatnonzero(sizes)
    newest = np.maximum.reduceat(times, matrix.indptr[:-1][filled])
    by_recency = matrix[filled[np.argsort(-newest, kind="stable")]]
    by_product = by_recency.tocsc()
    return _Index(
        by_product.indptr, by_product.indices.astype(np.int32), by_recency.indptr, by_recency.indices.astype(np.int32)
    )
