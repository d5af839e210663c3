"""The order in which candidates are shown: relevance against variety and margin.

Belongs here: what a shop weighs, the choice place by place, and what a block of lists takes in memory. Does not belong
here: which products may be shown at all (`hybrid`), filling what stays empty (`fill`), the loops (`arrange_kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import FloatArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.lists.arrange_kernel import arrange_rows, carry
from shop_pipeline.models.lists.candidates import Candidates, Lists
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.selection import NO_POSITION

# Cosines in float32 may be a rounding above 1.
HIGHEST_LIKENESS = 1 + 1e-5
_LISTS_PER_TASK = 512


@dataclass(frozen=True)
class Shelf:
    """What is known of the products beside their relevance; made once, for all blocks of customers.

    Args:
        margin: share of the price, float32 (n_shown_ids,), NaN where not known.
        alike: likenesses in 0..1 between the shown ids, a row for each (newcomers may have no link); None: none known.

    Raises:
        ValueError: when one of these does not hold.
    """

    margin: FloatArray
    alike: Links | None = None

    def __post_init__(self) -> None:
        if self.margin.ndim != 1 or self.margin.dtype != np.float32:
            raise ValueError(f"margin {self.margin.dtype} {self.margin.shape} is not one float32 per shown id")
        if self.alike is None:
            return
        self.alike.check_between("product")
        targets, weights = self.alike.targets, self.alike.weights
        if targets.shape != weights.shape or len(targets) != len(self.margin):
            raise ValueError(f"likenesses {targets.shape} for {len(self.margin)} shown ids")
        if not NO_POSITION <= targets.min(initial=NO_POSITION) <= targets.max(initial=NO_POSITION) < len(targets):
            raise ValueError(f"a link leads to a product that is not among the {len(targets)}")
        if not ((weights >= 0) & (weights <= HIGHEST_LIKENESS) | (targets == NO_POSITION)).all():
            raise ValueError("a likeness is outside 0..1")

    @cached_property
    def counted_margin(self) -> FloatArray:
        """Within 0..1, as relevance is: a wrong cost price of -900 % must not outweigh all else."""
        return np.clip(self.margin, 0, 1).astype(np.float32, copy=False)

    @cached_property
    def likeness(self) -> SparseMatrix:
        """CSR over the shown ids, the same in both directions: of two links between a pair, the larger."""
        none = Links(np.zeros((len(self.margin), 0), np.int32), np.zeros((len(self.margin), 0), np.float32))
        return symmetrised(none if self.alike is None else self.alike)


@dataclass(frozen=True, slots=True)
class Balance:
    """What the shop wants beside relevance.

    Args:
        diversity: 0..1; raising it shows products that are less alike, and less relevant ones.
        margin: 0..1; raising it brings forward what earns more.

    Raises:
        ValueError: for a number outside 0..1.
    """

    diversity: float = 0.0
    margin: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.diversity <= 1 and 0 <= self.margin <= 1):
            raise ValueError(f"diversity {self.diversity} and margin {self.margin} must be from 0 to 1")


def symmetrised(links: Links) -> SparseMatrix:
    """Weights between pairs of products, CSR float32, the larger of both directions; see `likeness_memory`."""
    is_link = links.targets != NO_POSITION
    starts = np.concatenate([[0], np.cumsum(is_link.sum(axis=1))])
    entries: Any = (links.weights[is_link], links.targets[is_link], starts)
    one_way: Any = sp.csr_matrix(entries, shape=(len(links.targets), len(links.targets)))
    one_way.sort_indices()
    both: SparseMatrix = one_way.maximum(one_way.T.tocsr())
    return both


def likeness_memory(n_links: int) -> int:
    """Bytes that `Shelf.likeness` takes while it is made; 16 per link stay."""
    return n_links * 50


def lists_memory(
    n_lists: int, width: int, n: int, n_parts: int, n_ids: int, n_ranked: int, n_newcomers: int = 0
) -> int:
    """Bytes of a block of lists from candidates to filled: all that grows with customers, and the desks of the threads.

    Args:
        n_ids: shown ids.
        n_ranked: entries of all rankings that `fill` walks.
        n_newcomers: 0 where `with_newcomers` is not called.
    """
    candidates = n_lists * width * (12 + 4 * n_parts)
    # Candidates with newcomers are a second copy; the first is gone when lists are made.
    copy, desk = (candidates, n_newcomers * 20) if n_newcomers else (0, 0)
    # Arranged and filled, both at once; the picked places, and which lists are short.
    lists = n_lists * (n * (2 * (17 + 4 * n_parts) + 4) + 8 + n)
    desks = thread_count() * (max(n_ids * 8, desk) + width * 16)
    return candidates + max(copy, lists) + desks + n_ids * 4 + n_ranked * 24


def arrange(candidates: Candidates, n: int, shelf: Shelf, balance: Balance) -> Lists:
    """Choose n candidates for each customer, one after the other, each by

        (1 - diversity) r_j + margin m_j - diversity max over the picked i of likeness(i, j),

    with r_j the score over the customer's best score (0 for all, if that is not above 0) and m_j the margin within
    0..1. That is the maximal marginal relevance of Carbonell and Goldstein (1998, "The use of MMR, diversity-based
    reranking"), with lambda = 1 - diversity, and with the margin added. A margin that is not known is taken as the mean
    of the known ones among the customer's candidates, so that it speaks neither for nor against a product. Products
    without a link between them have likeness 0. Of equals the first candidate is chosen; candidates stand by score and
    then position, so with diversity 0 and margin 0 the first n of them are shown in their order.

    After each pick only the links of the picked product are walked: about n (width + links per product) steps per list.

    Raises:
        ValueError: for n below 1, or a candidate that is not on the shelf.
    """
    at_least_one(n=n)
    if candidates.products.max(initial=NO_POSITION) >= len(shelf.margin):
        raise ValueError(f"a candidate is not among the {len(shelf.margin)} products of the shelf")
    lists = empty_lists(len(candidates.products), n, candidates.portions.shape[2])
    # Nothing is walked where likeness has no say.
    likeness = (shelf if balance.diversity else Shelf(shelf.margin)).likeness
    margins = shelf.counted_margin

    def work(begin: int) -> None:
        task = slice(begin, begin + _LISTS_PER_TASK)
        products, scores = candidates.products[task], candidates.scores[task]
        picked = np.full((len(products), n), NO_POSITION, np.int32)
        arrange_rows(
            products, scores, margins, float(balance.diversity), float(balance.margin),
            likeness.indptr, likeness.indices, likeness.data, picked,
        )  # fmt: skip
        carry(
            picked, products, scores, candidates.portions[task], candidates.sources[task],
            lists.products[task], lists.scores[task], lists.portions[task], lists.sources[task],
            lists.relevance_ranks[task],
        )  # fmt: skip

    run_in_threads(work, range(0, len(candidates.products), _LISTS_PER_TASK), thread_count())
    return lists


def empty_lists(n_lists: int, n: int, n_parts: int) -> Lists:
    """Lists without a product: all padding."""
    shape = (n_lists, n)
    return Lists(
        products=np.full(shape, NO_POSITION, np.int32),
        scores=np.full(shape, np.nan, np.float32),
        portions=np.zeros((*shape, n_parts), np.float32),
        sources=np.full(shape, NO_POSITION, np.int32),
        relevance_ranks=np.zeros(shape, np.int32),
        is_filler=np.zeros(shape, bool),
    )
