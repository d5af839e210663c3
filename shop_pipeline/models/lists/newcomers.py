"""Products that nobody has had anything to do with yet: in lists beside what they are most like.

Belongs here: finding what a newcomer is like, and its place in a list. Does not belong here: features
(`similarity.content`), the loops (`newcomers_kernel`), which products are new (the caller's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import BoolArray, FloatArray, IdArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.lists.newcomers_kernel import find_nearest, insert
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.similarity.content import ProductFeatures

_NEWCOMERS_PER_TASK = 256
_LISTS_PER_TASK = 1024


@dataclass(frozen=True, slots=True)
class NewcomersConfig:
    """How newcomers come into lists."""

    n_neighbours: int = 10
    """Products with customers that each newcomer is linked to: raising it brings it into more lists. Of Online Retail
    with a tenth of its products hidden, known by title and price: who later bought one has it among 100 places in .14,
    .16, .17 of the cases with 5, 10, 20, where as many places by lot would do in .04, .05, .06."""
    most_per_product: int = 50
    """Newcomers linked to one product at most, the most alike: raising it takes time where a whole range is new."""
    trust: float = 1.0
    """A newcomer of cosine 1 stands at this share of the score of what it is like: raising it shows newcomers earlier,
    at the cost of what is proven. There, of the first ten places .07 are theirs at 1.0, .01 at 0.7, none at 0.5;
    NDCG@10 is .103, .105 and .105, and .105 without them."""

    def __post_init__(self) -> None:
        at_least_one(n_neighbours=self.n_neighbours, most_per_product=self.most_per_product)
        if not 0 < self.trust <= 1:
            raise ValueError(f"trust is {self.trust}, and must be in (0, 1]")


@dataclass(frozen=True, slots=True)
class Newcomers:
    """What each product leads to.

    Args:
        links: cosines, CSR float32 (n_products, n_newcomers), above 0 and at most 1.
        product_ids: of the newcomers, sorted; their positions in lists follow on those of the interactions' products.
        trust: as in `NewcomersConfig`.
    """

    links: SparseMatrix
    product_ids: IdArray
    trust: float = 1.0


def newcomers(
    features: ProductFeatures, interactions: Interactions, new_ids: IdArray, config: NewcomersConfig | None = None
) -> Newcomers:
    """Link each newcomer to the products with customers that are most like it by content, ties to the first.

    A newcomer without features, or like none of them, has no link and comes into no list.

    Args:
        features: of both; other products don't matter.
        new_ids: sorted, unique, none of them among the interactions' products.

    Raises:
        ValueError: when they are not.
    """
    config = config or NewcomersConfig()
    if (new_ids[:-1] >= new_ids[1:]).any() or np.isin(new_ids, interactions.product_ids).any():
        raise ValueError("new_ids must be sorted and unique, and none of them among the products of the interactions")
    has_customers = np.bincount(interactions.matrix.indices, minlength=interactions.matrix.shape[1]) > 0
    by_feature = features.of(interactions.product_ids, has_customers).matrix.T.tocsr()
    nearest, cosines = _nearest(features.of(new_ids).matrix, by_feature, config.n_neighbours)
    at = nearest != NO_POSITION
    triples: Any = (cosines[at], (nearest[at], np.nonzero(at)[0]))
    links: Any = sp.csr_matrix(triples, shape=(len(interactions.product_ids), len(new_ids)))
    return Newcomers(_best_of_rows(links, config.most_per_product), new_ids, config.trust)


def with_newcomers(candidates: Candidates, newcomers: Newcomers, is_shown_new: BoolArray | None = None) -> Candidates:
    """The candidates with the newcomers that they lead to, in order of score, as wide as before.

    A newcomer's score is the largest of trust * cosine * score over the products of the list that it is linked to. That
    product is its source, of two equal ones the first; each part's portion is the source's, times the same.

    Args:
        candidates: of products of the interactions; not changed.
        is_shown_new: bool (n_newcomers,), False for what is to be in no list.

    Raises:
        ValueError: for another shape of `is_shown_new`.
    """
    shown = np.ones(len(newcomers.product_ids), bool) if is_shown_new is None else np.asarray(is_shown_new, bool)
    if shown.shape != newcomers.product_ids.shape:
        raise ValueError(f"is_shown_new {shown.shape} for {len(newcomers.product_ids)} newcomers")
    links = newcomers.links
    found = Candidates(
        np.full_like(candidates.products, NO_POSITION),
        np.full_like(candidates.scores, np.nan),
        np.zeros_like(candidates.portions),
        np.full_like(candidates.sources, NO_POSITION),
    )

    def work(begin: int) -> None:
        rows = slice(begin, begin + _LISTS_PER_TASK)
        insert(
            candidates.products[rows], candidates.scores[rows], candidates.portions[rows],
            links.indptr, links.indices, links.data, shown, np.float32(newcomers.trust),
            found.products[rows], found.scores[rows], found.portions[rows], found.sources[rows],
        )  # fmt: skip

    run_in_threads(work, range(0, len(candidates.products), _LISTS_PER_TASK), thread_count())
    return found


def _nearest(rows: SparseMatrix, by_feature: SparseMatrix, k: int) -> tuple[IntArray, FloatArray]:
    """The k columns of `by_feature` with the largest dot product above 0 with each of the rows, best first."""
    nearest = np.full((rows.shape[0], k), NO_POSITION, np.int32)
    cosines = np.full((rows.shape[0], k), np.nan, np.float32)

    def work(begin: int) -> None:
        find_nearest(
            begin, min(begin + _NEWCOMERS_PER_TASK, rows.shape[0]), rows.indptr, rows.indices, rows.data,
            by_feature.indptr, by_feature.indices, by_feature.data, np.zeros(by_feature.shape[1]), nearest, cosines,
        )  # fmt: skip

    run_in_threads(work, range(0, rows.shape[0], _NEWCOMERS_PER_TASK), thread_count())
    return nearest, cosines


def _best_of_rows(links: SparseMatrix, n_most: int) -> SparseMatrix:
    """The largest entries of each row, ties to the first column."""
    rows = np.repeat(np.arange(links.shape[0]), np.diff(links.indptr))
    order = np.lexsort((links.indices, -links.data, rows))
    kept = np.sort(order[np.arange(links.nnz) - links.indptr[rows[order]] < n_most])
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=links.shape[0]))])
    entries: Any = (links.data[kept], links.indices[kept], starts)
    return sp.csr_matrix(entries, shape=links.shape)
