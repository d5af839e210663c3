"""Frequent itemsets length by length, each with the itemsets that lack one of its items.

Here: finding those, which are frequent too. Not here: what is told from them (`rules`, `redundancy`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, IntArray
from shop_pipeline.models.baskets.itemsets import Itemsets

ROOT = -1
"""The empty itemset, which is in all baskets."""


@dataclass(frozen=True)
class Level:
    """All n itemsets of `length` items.

    `itemset` (n,) are their places in `Itemsets`; column j of `item` (n, length) is one of their items, and column j of
    `without` (n, length) the place of the itemset that lacks it alone. Its items are in the same order.
    """

    length: int
    itemset: AnyArray
    item: IntArray
    without: AnyArray


def levels(itemsets: Itemsets) -> Iterator[Level]:
    """Levels from single items on.

    P and x without p is the child x of (P without p): one look-up among the sorted children of the level before.
    """
    if not len(itemsets):
        return
    n_labels = len(itemsets.label) + 1
    edge = (itemsets.parent.astype(np.int64) + 1) * n_labels + itemsets.label[itemsets.item]
    single = _of_length(itemsets, 1)
    level = Level(1, single, itemsets.item[single][:, None], np.full((len(single), 1), ROOT, np.int32))
    yield level
    for length in range(2, int(itemsets.length.max()) + 1):
        itemset = _of_length(itemsets, length)
        parent, last = itemsets.parent[itemset], itemsets.item[itemset]
        row = np.searchsorted(level.itemset, parent)
        wanted = (level.without[row].astype(np.int64) + 1) * n_labels + itemsets.label[last][:, None]
        found = level.itemset[np.searchsorted(edge[level.itemset], wanted)]
        item = np.column_stack([level.item[row], last])
        level = Level(length, itemset, item, np.column_stack([found, parent]))
        yield level


def _of_length(itemsets: Itemsets, length: int) -> IntArray:
    return np.flatnonzero(itemsets.length == length).astype(np.int32)
