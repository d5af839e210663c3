"""Fill lists up with popular products, so that everybody gets a whole one.

Belongs here: what is popular with whom, without what may not be shown, and filling from it. Does not belong here:
making the lists (`arrange`), counting popularity (`popularity`, `popularity_in_groups`), the walk (`fill_kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.lists.candidates import Lists
from shop_pipeline.models.lists.fill_kernel import fill_rows
from shop_pipeline.models.recommenders.popularity_kernel import Rankings, rankings
from shop_pipeline.models.selection import NO_POSITION

_LISTS_PER_TASK = 512


@dataclass(frozen=True, slots=True)
class Popular:
    """What lists are filled from, best first.

    Args:
        everybody: one ranking, such as `ranked_to_the_last`; a product that is in no ranking is never filled in.
        groups: a ranking for each group of customers, such as a country; it may be cut short.

    Raises:
        ValueError: unless everybody is one ranking.
    """

    everybody: Rankings
    groups: Rankings

    def __post_init__(self) -> None:
        if len(self.everybody.starts) != 2:
            raise ValueError(f"{len(self.everybody.starts) - 1} rankings, where one of everybody is needed")

    def only(self, is_shown: BoolArray) -> Popular:
        """The same without the products that may not be shown.

        Raises:
            ValueError: for a ranked product that `is_shown` does not know.
        """
        return Popular(_only(self.everybody, is_shown), _only(self.groups, is_shown))


def ranked_to_the_last(popularity: SparseMatrix, n_ids: int) -> Rankings:
    """One ranking of all shown ids: by `popularity` (1 x products of the interactions), and behind them, with score 0
    and by position, those that nobody has had to do with, newcomers too: rather one of them than an empty place.
    """
    ranked = rankings(popularity)
    rest = np.setdiff1d(np.arange(n_ids, dtype=np.int32), ranked.products)
    products = np.concatenate([ranked.products, rest])
    scores = np.concatenate([ranked.scores, np.zeros(len(rest), np.float32)])
    return Rankings(np.array([0, len(products)]), products, scores)


def fill(
    lists: Lists, popular: Popular, group_of: AnyArray, seen: SparseMatrix, seen_rows: AnyArray, is_shown: BoolArray
) -> Lists:
    """Fill each list to its width with what is most popular in the customer's group, and then with everybody.

    Left out is what the list has, what the customer has seen, and what may not be shown. A list stays short only where
    the rankings hold nothing else, and padding stands only behind the last product. What was filled in has the score
    of the ranking that it is from, no portions, itself as the source, and relevance rank 0.

    Args:
        lists: not changed.
        group_of: of `popular.groups`, one per list, -1 for none: everybody's ranking at once.
        seen: customers x products of the interactions, CSR.
        seen_rows: of `seen`, one per list, -1 for nothing seen.
        is_shown: bool (n_shown_ids,).

    Raises:
        ValueError: for rows or groups out of range, or not one per list; for products that `is_shown` does not know.
    """
    n_lists, n_ids = len(lists.products), len(is_shown)
    _check_range("group_of", group_of, n_lists, len(popular.groups.starts) - 1)
    _check_range("seen_rows", seen_rows, n_lists, seen.shape[0])
    if max(seen.shape[1], lists.products.max(initial=NO_POSITION) + 1) > n_ids:
        raise ValueError(f"lists or seen products beyond the {n_ids} products that may be shown or not")
    filled = Lists(
        lists.products.copy(), lists.scores.copy(), lists.portions.copy(), lists.sources.copy(),
        lists.relevance_ranks.copy(), lists.is_filler.copy(),
    )  # fmt: skip
    shown = popular.only(is_shown)
    short = np.flatnonzero((lists.products == NO_POSITION).any(axis=1))

    def work(begin: int) -> None:
        fill_rows(
            short[begin : begin + _LISTS_PER_TASK], shown.groups.starts, group_of, shown.groups.products,
            shown.groups.scores, shown.everybody.products, shown.everybody.scores, seen.indptr, seen.indices,
            seen_rows, n_ids, filled.products, filled.scores, filled.sources, filled.is_filler,
        )  # fmt: skip

    run_in_threads(work, range(0, len(short), _LISTS_PER_TASK), thread_count())
    return filled


def _only(ranked: Rankings, is_shown: BoolArray) -> Rankings:
    if ranked.products.max(initial=NO_POSITION) >= len(is_shown):
        raise ValueError(f"a ranked product is not among the {len(is_shown)} that may be shown or not")
    kept = is_shown[ranked.products]
    starts = np.concatenate([[0], np.cumsum(kept)])[ranked.starts]
    return Rankings(starts, ranked.products[kept], ranked.scores[kept])


def _check_range(name: str, positions: AnyArray, n_lists: int, n_rows: int) -> None:
    if positions.shape != (n_lists,):
        raise ValueError(f"{name}: {positions.shape} for {n_lists} lists")
    if not NO_POSITION <= positions.min(initial=NO_POSITION) <= positions.max(initial=NO_POSITION) < n_rows:
        raise ValueError(f"{name} leads to a row that is not among the {n_rows}")
