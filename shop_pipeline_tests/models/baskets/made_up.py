"""Baskets for the tests: from sets by hand, and independent items by chance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np

from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets import Itemsets


def baskets_of(sets: Sequence[Collection[int]], n_items: int) -> Baskets:
    """One basket per set of positions."""
    basket = np.repeat(np.arange(len(sets)), [len(each) for each in sets])
    item = np.array([item for each in sets for item in each], np.int64)
    return Baskets.from_codes(basket, item, len(sets), n_items)


def noise(n_baskets: int, shares: Sequence[float], seed: int) -> Baskets:
    """Each item in each basket with its own share, and independent of all others."""
    is_in = np.random.default_rng(seed).random((n_baskets, len(shares))) < np.array(shares)
    return Baskets.from_codes(*np.nonzero(is_in), n_baskets, len(shares))


def by_members(found: Itemsets) -> dict[tuple[int, ...], int]:
    """Baskets of each itemset, by its sorted items."""
    rows = found.members(np.arange(len(found))).tolist()
    told = {tuple(item for item in row if item >= 0): count for row, count in zip(rows, found.count, strict=True)}
    assert len(told) == len(found), "an itemset is found once"
    return {members: int(count) for members, count in told.items()}


def counted(baskets: Baskets, least: int, longest: int = 99) -> dict[tuple[int, ...], int]:
    """The same by counting all subsets of all baskets, up to a length."""
    counts: dict[tuple[int, ...], int] = {}
    for begin, end in zip(baskets.indptr, baskets.indptr[1:], strict=False):
        items = baskets.item[begin:end].tolist()
        for length in range(1, min(len(items), longest) + 1):
            for members in combinations(items, length):
                counts[members] = counts.get(members, 0) + 1
    return {members: count for members, count in counts.items() if count >= least}
