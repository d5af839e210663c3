"""Frequent itemsets of any length, exactly: every set of items that stands in at least so many baskets.

Here: the labels by frequency, the memory, and the itemsets as a tree. Not here: the walk (`itemsets_kernel`), and what
follows from what (`rules`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, IntArray
from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets_kernel import END, LEAST, LEAST_LONG, LONG, walk_occurrences

BYTES_PER_ENTRY, BYTES_PER_BASKET, BYTES_PER_ITEMSET, BYTES_PER_RULE = 56, 21, 56, 120
BYTES_PER_ITEM, BYTES_PER_ITEM_AND_LEVEL = 48, 12


@dataclass(frozen=True)
class Itemsets:
    """A tree: itemset n is that of `parent[n]` and one more item, `item[n]`; -1 is the parent of single items.

    All arrays are (n_itemsets,), parents come before their children, and itemsets with equal `length` are sorted by
    parent and then by how often the item occurs. `label` (n_items,) is the rank by frequency, ties by position.
    """

    parent: IntArray
    item: IntArray
    count: IntArray
    length: IntArray
    label: IntArray
    n_baskets: int
    min_count: int
    """Baskets that a single item or a pair had to be in; more than was asked for where these alone were too many."""
    min_count_long: int
    """The same of itemsets of three items and more, whose support is raised first; never less than `min_count`."""
    asked_count: int

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def single_counts(self) -> AnyArray:
        """(n_items,) baskets with each frequent item; 0 for others."""
        found = np.zeros(len(self.label), np.int32)
        is_single = self.length == 1
        found[self.item[is_single]] = self.count[is_single]
        return found

    def members(self, itemset: AnyArray) -> IntArray:
        """(n, longest) positions of the items of some itemsets, in order, behind as many -1 as are missing."""
        longest = int(self.length[itemset].max(initial=0))
        found = np.full((len(itemset), longest), END, np.int32)
        above = np.asarray(itemset)
        for column in range(longest):
            goes_on = above != END
            found[goes_on, column] = self.item[above[goes_on]]
            above = np.where(goes_on, self.parent[above], END)
        return np.sort(found, axis=1)


def least_count(support: float, n_baskets: int) -> int:
    """The fewest baskets that are at least the share `support` of all, and at least one."""
    count = math.ceil(support * n_baskets)
    # .1 * 30 is a little over 3, and 3 / 30 is .1.
    if (count - 1) >= support * n_baskets or (n_baskets and (count - 1) / n_baskets >= support):
        count -= 1
    return max(count, 1)


def mining_memory(baskets: Baskets, most: int) -> int:
    """Bytes that the itemsets and their rules take at most beside the baskets; known before the search begins.

    Per entry of a basket its place and occurrence, the two while they are sorted, and a matrix of bits that is no
    larger than the occurrences. Per basket an end, a count of itemsets, a logarithm, and a bit per level of the walk;
    per item what may follow at each level. Per itemset a node, twice because rare ones are dropped when the tree is
    full, and its place. An itemset of d items makes d rules, and so many with all their subsets have log2(most) / 2 in
    the mean at most: per rule counts, confidences, p- and q-values. Per itemset and class of sizes a count of baskets,
    and for each item of a path the baskets with it (`sizes`).
    """
    n_levels, n_rules = _n_levels(most), math.ceil(most * math.log2(most + 1) / 2)
    of_baskets = BYTES_PER_ENTRY * len(baskets.item) + (BYTES_PER_BASKET + n_levels // 8) * (baskets.n_baskets + 2)
    of_items = (BYTES_PER_ITEM + BYTES_PER_ITEM_AND_LEVEL * n_levels) * baskets.n_items
    of_sizes = 4 * (len(baskets.size_classes) + 2) * most + 4 * n_levels * baskets.n_baskets
    return of_baskets + of_items + BYTES_PER_ITEMSET * most + BYTES_PER_RULE * n_rules + of_sizes


def _n_levels(most: int) -> int:
    """Room for the longest path, see `itemsets_kernel`, and for the root."""
    return most.bit_length() + 3


def frequent_itemsets(baskets: Baskets, support: float, most: int) -> Itemsets:
    """All itemsets with at least the share `support` of the baskets, or as many of them as `most` allows.

    The same itemsets as Apriori, Eclat and FP-growth find. Where they are more than `most`, those of three items and
    more have the smallest support that leaves `most`: every subset of a frequent itemset is still among the itemsets,
    and no pair gives way to the many subsets of a few large baskets. Only where the pairs are too many by themselves is
    their support raised, and there are no longer itemsets at all.

    Raises `ValueError` unless 0 < support <= 1 and most >= 1.
    """
    if not 0 < support <= 1:
        raise ValueError(f"support {support} is not over 0 and at most 1")
    if most < 1:
        raise ValueError(f"most {most} is not at least 1")
    asked = least_count(support, baskets.n_baskets)
    counts = baskets.item_counts
    order = np.argsort(-counts, kind="stable").astype(np.int32)
    order = order[: np.count_nonzero(counts >= asked)]
    label = np.full(baskets.n_items, END, np.int32)
    label[order] = np.arange(len(order), dtype=np.int32)
    tree = np.empty((3, 2 * most), np.int32)
    state = np.array([0, 0, asked, asked, most], np.int64)
    found_at = np.zeros((2, baskets.n_baskets + 2), np.int64)
    if len(order):
        items, bucket, start = _laid_out(baskets, label, counts[order])
        walk_occurrences(items, bucket, start, counts[order].astype(np.int32), tree, state, found_at, _n_levels(most))
    least = (int(state[LEAST]), int(state[LEAST_LONG]), asked)
    return _collected(tree[:, : state[0]], order, label, baskets.n_baskets, least)


def _laid_out(baskets: Baskets, label: IntArray, counts: AnyArray) -> tuple[IntArray, IntArray, AnyArray]:
    """The frequent items of all baskets by falling label, each basket with an end; and where each label stands."""
    n_labels, labels = len(counts), label[baskets.item]
    basket = np.repeat(np.arange(baskets.n_baskets), np.diff(baskets.indptr))[labels != END]
    # Sorted numbers that hold two each: several times as fast as sorting one thing by another.
    falling = np.sort(basket * n_labels + (n_labels - 1 - labels[labels != END]))
    basket, labels = falling // n_labels, (n_labels - 1 - falling % n_labels).astype(np.int32)
    place = np.arange(len(labels)) + basket
    items = np.full(len(labels) + baskets.n_baskets, END, np.int32)
    items[place] = labels
    bucket = np.sort(labels * np.int64(len(items)) + place) % len(items)
    return items, bucket.astype(np.int32), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _collected(
    tree: IntArray, order: IntArray, label: IntArray, n_baskets: int, least: tuple[int, int, int]
) -> Itemsets:
    """What is left of the tree at the final supports, with positions of items and lengths."""
    parent, labels, count = tree
    length = _lengths(parent)
    is_kept = count >= np.where(length > LONG, least[1], least[0])
    place = np.cumsum(is_kept, dtype=np.int64) - 1
    parent = parent[is_kept]
    parent = np.where(parent == END, END, place[parent]).astype(np.int32)
    item, count = order[labels[is_kept]], count[is_kept].copy()
    return Itemsets(parent, item, count, length[is_kept], label, n_baskets, *least)


def _lengths(parent: IntArray) -> IntArray:
    """(n,) steps to the root."""
    length = np.ones(len(parent), np.int32)
    below, above = np.arange(len(parent)), parent
    while (goes_on := above != END).any():
        below, above = below[goes_on], parent[above[goes_on]]
        length[below] += 1
    return length
