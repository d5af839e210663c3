"""New products, which nobody or hardly anybody has: in lists beside what they are like.

Belongs here: finding what a newcomer is like, its place in a list, its likeness to others. Does not belong here:
features (`similarity.content`), the loops (`newcomers_kernel`), which products are new (the caller's).

A product with a few customers stays a newcomer as long as the caller says so: what a model makes of one view must not
end what its content says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, BoolArray, FloatArray, IdArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.lists.newcomers_kernel import find_nearest, insert
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.similarity.content import ProductFeatures

_NEWCOMERS_PER_TASK = 256
_LISTS_PER_TASK = 1024


@dataclass(frozen=True, slots=True)
class NewcomersConfig:
    """How newcomers come into lists."""

    n_neighbours: int = 10
    """Sources that each newcomer is linked to: raising it brings it into more lists. Of Online Retail with a tenth of
    its products hidden, known by title and price (mean of two draws): who later bought one has it among 100 places in
    .17, .18, .19 of the cases with 5, 10, 20, where as many places by lot would do in .04, .05, .06."""
    most_per_product: int = 50
    """Newcomers linked to one product at most, the most alike: raising it takes time where a whole range is new."""

    def __post_init__(self) -> None:
        at_least_one(n_neighbours=self.n_neighbours, most_per_product=self.most_per_product)


@dataclass(frozen=True, slots=True)
class Newcomers:
    """What each product leads to.

    Args:
        links: cosines, CSR float32 (n_products, n_newcomers), at most 1; rows are products of the interactions.
        product_ids: of the newcomers, sorted.
        positions: of the newcomers among the shown ids, int32 (n_newcomers,): below n_products for a product of the
            interactions; the others follow on these in the order of their ids.
    """

    links: SparseMatrix
    product_ids: IdArray
    positions: IntArray

    @property
    def unknown_ids(self) -> IdArray:
        """Those that are no products of the interactions: the shown ids are these and, behind them, the unknown."""
        return self.product_ids[self.positions >= self.links.shape[0]]


def newcomers(
    features: ProductFeatures,
    interactions: Interactions,
    new_ids: IdArray,
    is_source: BoolArray,
    config: NewcomersConfig | None = None,
) -> Newcomers:
    """Link each newcomer to the sources that are most like it by content, ties to the first.

    A newcomer without features, or like no source, has no link, and comes into no list by its content.

    Args:
        features: of all these; other products don't matter.
        new_ids: sorted, unique; products of the interactions or not.
        is_source: bool (n_products,), what newcomers may be linked to: what may be shown itself, as a link to anything
            else is lost, and what has enough customers for its score to mean something. Whatever it says, a product
            without customers and a newcomer are no sources.

    Raises:
        ValueError: for ids out of order, or another shape of `is_source`.
    """
    config = config or NewcomersConfig()
    known_ids = interactions.product_ids
    if (new_ids[:-1] >= new_ids[1:]).any():
        raise ValueError("new_ids must be sorted and unique")
    if is_source.shape != known_ids.shape:
        raise ValueError(f"is_source {is_source.shape} for {len(known_ids)} products")
    has_customers = np.bincount(interactions.matrix.indices, minlength=len(known_ids)) > 0
    sources = is_source & has_customers & ~np.isin(known_ids, new_ids)
    by_feature = features.of(known_ids, sources).matrix.T.tocsr()
    nearest, cosines = _nearest(features.of(new_ids).matrix, by_feature, config.n_neighbours)
    at = nearest != NO_POSITION
    triples: Any = (cosines[at], (nearest[at], np.nonzero(at)[0]))
    links: Any = sp.csr_matrix(triples, shape=(len(known_ids), len(new_ids)))
    return Newcomers(_best_of_rows(links, config.most_per_product), new_ids, _positions(new_ids, known_ids))


def with_newcomers(candidates: Candidates, newcomers: Newcomers, seen: SparseMatrix, seen_rows: AnyArray) -> Candidates:
    """The candidates with the newcomers that they lead to, in order of score, as wide as before.

    A newcomer's score is the largest of cosine * score over the products of the list that it is linked to. The product
    with the largest is its source, of equal ones the first: not always the one that the newcomer is most like. Each
    part's portion is the source's, times the cosine. A newcomer that is a candidate already keeps its own score if that
    is no smaller, and is its own source then. What a customer has seen does not come in by this rule.

    Args:
        candidates: of products of the interactions; not changed.
        seen: customers x products of the interactions, CSR.
        seen_rows: of `seen`, one per list, -1 for nothing seen.

    Raises:
        ValueError: for rows out of range, or not one per list; for other products than those of the links.
    """
    _check_products(candidates, newcomers, seen)
    if seen_rows.shape != (len(candidates.products),):
        raise ValueError(f"seen_rows: {seen_rows.shape} for {len(candidates.products)} lists")
    if not NO_POSITION <= seen_rows.min(initial=NO_POSITION) <= seen_rows.max(initial=NO_POSITION) < seen.shape[0]:
        raise ValueError(f"seen_rows leads to a row that is not among the {seen.shape[0]}")
    links = newcomers.links
    newcomer_of = np.full(links.shape[0] + len(newcomers.unknown_ids), NO_POSITION, np.int32)
    newcomer_of[newcomers.positions] = np.arange(len(newcomers.positions), dtype=np.int32)
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
            links.indptr, links.indices, links.data, newcomers.positions, newcomer_of,
            seen.indptr, seen.indices, seen_rows[rows],
            found.products[rows], found.scores[rows], found.portions[rows], found.sources[rows],
        )  # fmt: skip

    run_in_threads(work, range(0, len(candidates.products), _LISTS_PER_TASK), thread_count())
    return found


def likeness_with_newcomers(alike: Links, newcomers: Newcomers) -> Links:
    """The likenesses between products of the interactions, with those of the newcomers to what they are linked to.

    A newcomer is alike to its sources by content, in place of what its few customers say: of 50 variants of a best
    seller, diversity shall not take each for something else. With a tenth of Online Retail's products hidden and
    diversity .2, newcomers have .10 of the 20 places; .22 without these links, when NDCG@10 is .104 instead of .109.
    A newcomer without links keeps the likenesses that it has.

    Args:
        alike: likenesses in 0..1, a row for each product of the interactions; not changed.

    Returns:
        A row for each of the shown ids.
    """
    by_newcomer: Any = newcomers.links.T.tocsr()
    n_links = np.diff(by_newcomer.indptr)
    n_ids = len(alike.targets) + len(newcomers.unknown_ids)
    shape = (n_ids, max(alike.targets.shape[1], n_links.max(initial=0)))
    found = Links(np.full(shape, NO_POSITION, np.int32), np.full(shape, np.nan, np.float32))
    found.targets[: len(alike.targets), : alike.targets.shape[1]] = alike.targets
    found.weights[: len(alike.weights), : alike.weights.shape[1]] = alike.weights
    is_linked = newcomers.positions[n_links > 0]
    found.targets[is_linked], found.weights[is_linked] = NO_POSITION, np.nan
    rows = np.repeat(np.arange(len(n_links)), n_links)
    order = np.lexsort((by_newcomer.indices, -by_newcomer.data, rows))
    at = newcomers.positions[rows], np.arange(len(rows)) - by_newcomer.indptr[rows]
    found.targets[at], found.weights[at] = by_newcomer.indices[order], by_newcomer.data[order]
    return found


def _check_products(candidates: Candidates, newcomers: Newcomers, seen: SparseMatrix) -> None:
    n_products = newcomers.links.shape[0]
    if seen.shape[1] != n_products or candidates.products.max(initial=NO_POSITION) >= n_products:
        raise ValueError(f"candidates or seen {seen.shape} of other products than the {n_products} that have links")


def _positions(new_ids: IdArray, known_ids: IdArray) -> IntArray:
    """Among the known ids, or behind them in order."""
    at = pd.Index(known_ids).get_indexer(pd.Index(new_ids))
    is_unknown = at == NO_POSITION
    at[is_unknown] = len(known_ids) + np.arange(is_unknown.sum())
    return at.astype(np.int32)


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
