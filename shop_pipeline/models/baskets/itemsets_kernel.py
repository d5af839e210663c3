"""The compiled inner part of `itemsets`: a depth-first walk over all frequent itemsets.

Here: the walk over occurrences, the walk over bits, and the store of what they find. Not here: the labels of the items,
and what is made of the store (`itemsets`).

Items are labelled by how often they occur, 0 is the most frequent. An itemset is reached along its labels from the
largest to the smallest, and those that begin alike with the smaller next label come first. So every subset of an
itemset is found before it, and a path of d items has 2^d - 1 found itemsets behind it: no path is longer than
log2(most + 2).

Occurrence deliver (Uno, Kiyomi and Arimura 2004, "LCM ver. 2"): the baskets lie one after another with their items by
falling label; where an itemset occurs, the walk goes on through the rest of the basket and notes each item that it
meets in that item's bucket. A bucket has room for all occurrences of its item, and is free again once the item's
turn is over, because only smaller labels are noted below it: memory stays that of the baskets. Where the rest of the
baskets is so full that a matrix of bits takes no more room than their items do, the walk goes on as Eclat over bits
(Zaki 2000).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled

END = -1
PARENT, ITEM, COUNT = 0, 1, 2
SIZE, KEPT, LEAST, LEAST_LONG, MOST = 0, 1, 2, 3, 4
LONG = 2
"""Depth of itemsets of three items: from there on the support is raised first, so that long ones crowd out no pair."""
BITS = 64
OCCURRENCE_BITS = 32


@compiled
def least_at(state: AnyArray, depth: Integer) -> int:
    """The fewest baskets of an itemset of `depth` + 1 items."""
    return int(state[LEAST_LONG] if depth >= LONG else state[LEAST])


@compiled
def store_itemset(
    tree: IntArray, state: AnyArray, found_at: AnyArray, path: IntArray, depth: Integer, item: Integer, count: Integer
) -> None:
    """Add the itemset to `tree`, its place to `path[depth + 1]`, and raise the support where there are too many: that
    of itemsets of three items and more until none is left, and only then that of the others.

    Whoever raises it drops itemsets: they leave the tree once it is full, so that each is moved about once.
    """
    if state[SIZE] == tree.shape[1]:
        drop_rare(tree, state, path, depth)
    node = state[SIZE]
    tree[PARENT, node], tree[ITEM, node], tree[COUNT, node] = path[depth], item, count
    path[depth + 1] = node
    state[SIZE] += 1
    state[KEPT] += 1
    found_at[int(depth >= LONG), count] += 1
    while state[KEPT] > state[MOST]:
        is_long = state[LEAST_LONG] < found_at.shape[1]
        raised = LEAST_LONG if is_long else LEAST
        state[KEPT] -= found_at[int(is_long), state[raised]]
        state[raised] += 1


@compiled
def drop_rare(tree: IntArray, state: AnyArray, path: IntArray, depth: Integer) -> None:
    """Take itemsets under the support out of the tree. What is below such a one on the path is rare too: its place does
    not matter.
    """
    place, depth_of = np.full(state[SIZE], END, np.int32), np.zeros(state[SIZE], np.int8)
    size = 0
    for node in range(state[SIZE]):
        parent = tree[PARENT, node]
        if parent != END:
            depth_of[node] = depth_of[parent] + 1
        if tree[COUNT, node] >= least_at(state, depth_of[node]):
            tree[PARENT, size] = place[parent] if parent != END else END
            tree[ITEM, size], tree[COUNT, size] = tree[ITEM, node], tree[COUNT, node]
            place[node] = size
            size += 1
    for level in range(1, depth + 1):
        path[level] = place[path[level]] if path[level] != END else END
    state[SIZE] = size


@compiled
def count_common(one: AnyArray, other: AnyArray) -> int:
    """Bits that both have (the sum over parts of a word, Warren, "Hacker's Delight", section 5-1)."""
    total = np.uint64(0)
    for word in range(len(one)):
        both = one[word] & other[word]
        both = both - ((both >> np.uint64(1)) & np.uint64(0x5555555555555555))
        both = (both & np.uint64(0x3333333333333333)) + ((both >> np.uint64(2)) & np.uint64(0x3333333333333333))
        both = (both + (both >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
        total += (both * np.uint64(0x0101010101010101)) >> np.uint64(56)
    return int(total)


@compiled
def walk_bits(
    rows: AnyArray, labels: IntArray, counts: IntArray, tree: IntArray, state: AnyArray, found_at: AnyArray,
    path: IntArray, depth: Integer,
) -> None:  # fmt: skip
    """All itemsets of the path and some of `labels`, of which row i of `rows` says in which baskets they are."""
    n_labels, n_levels = len(labels), len(path)
    members = np.empty((n_levels, rows.shape[1]), np.uint64)
    members[depth] = np.uint64(0xFFFFFFFFFFFFFFFF)
    # Those that may follow at each depth, their counts, and which of them is next.
    next_of = np.empty((n_levels, n_labels), np.int32)
    count_of = np.empty((n_levels, n_labels), np.int32)
    n_next, turn = np.zeros(n_levels, np.int64), np.zeros(n_levels, np.int64)
    first, n_next[depth] = depth, n_labels
    for i in range(n_labels):
        next_of[depth, i], count_of[depth, i] = i, counts[i]
    while depth >= first:
        if turn[depth] == n_next[depth]:
            depth -= 1
            continue
        at = turn[depth]
        turn[depth] += 1
        row, count = next_of[depth, at], count_of[depth, at]
        if count < least_at(state, depth):
            continue
        store_itemset(tree, state, found_at, path, depth, labels[row], count)
        least = least_at(state, depth + 1)
        if at == 0 or count < least:
            continue
        for word in range(rows.shape[1]):
            members[depth + 1, word] = members[depth, word] & rows[row, word]
        n_found = 0
        for before in range(at):
            other = next_of[depth, before]
            common = count_common(members[depth + 1], rows[other])
            if common >= least:
                next_of[depth + 1, n_found], count_of[depth + 1, n_found] = other, common
                n_found += 1
        if n_found:
            depth += 1
            n_next[depth], turn[depth] = n_found, 0


@compiled
def as_bits(items: IntArray, occurrences: IntArray, labels: IntArray, level: IntArray, depth: Integer) -> AnyArray:
    """(labels, occurrences / 64) which of `labels` stand behind which occurrence; those have `level` >= depth."""
    rows = np.zeros((len(labels), (len(occurrences) + BITS - 1) // BITS), np.uint64)
    row_of = np.empty(labels[-1] + 1, np.int32)
    for row in range(len(labels)):
        row_of[labels[row]] = row
    for number in range(len(occurrences)):
        bit, word = np.uint64(1) << np.uint64(number % BITS), number // BITS
        at = occurrences[number] + 1
        while items[at] != END:
            if level[items[at]] >= depth:
                rows[row_of[items[at]], word] |= bit
            at += 1
    return rows


@compiled
def walk_occurrences(
    items: IntArray, bucket: IntArray, start: AnyArray, length: IntArray, tree: IntArray, state: AnyArray,
    found_at: AnyArray, n_levels: Integer,
) -> None:  # fmt: skip
    """All frequent itemsets into `tree`; `state` holds the size of the tree and the support (see `itemsets`).

    `bucket[start[i] : start[i] + length[i]]` is where label i stands in `items`; `bucket` and `length` are used up.
    """
    n_items = len(length)
    path = np.full(n_levels, END, np.int32)
    # Labels that may follow at each depth, one depth after another; `level` is the deepest where a label may.
    follow, level = np.empty(n_levels * n_items, np.int32), np.zeros(n_items, np.int32)
    begin, end, turn = np.zeros(n_levels, np.int64), np.zeros(n_levels, np.int64), np.zeros(n_levels, np.int64)
    for label in range(n_items):
        follow[label] = label
    depth, end[0] = 0, n_items
    while True:
        if turn[depth] == end[depth]:
            if depth == 0:
                return
            for at in range(begin[depth], end[depth]):
                level[follow[at]] = depth - 1
            depth -= 1
            length[follow[turn[depth] - 1]] = 0
            continue
        label = follow[turn[depth]]
        turn[depth] += 1
        count = length[label]
        if count >= least_at(state, depth):
            store_itemset(tree, state, found_at, path, depth, label, count)
        least = least_at(state, depth + 1)
        if count < least or turn[depth] - 1 == begin[depth]:
            length[label] = 0
            continue
        occurrences = bucket[start[label] : start[label] + count]
        for at in occurrences:
            at += 1
            while items[at] != END:
                other = items[at]
                if level[other] >= depth:
                    bucket[start[other] + length[other]] = at
                    length[other] += 1
                at += 1
        n_follow, n_noted = end[depth], 0
        for at in range(begin[depth], turn[depth] - 1):
            other = follow[at]
            if length[other] >= least:
                follow[n_follow] = other
                level[other] = depth + 1
                n_noted += length[other]
                n_follow += 1
            else:
                length[other] = 0
        depth += 1
        begin[depth], end[depth], turn[depth] = end[depth - 1], n_follow, end[depth - 1]
        n_labels = n_follow - begin[depth]
        if n_labels and n_noted * OCCURRENCE_BITS >= n_labels * count:
            labels = follow[begin[depth] : n_follow]
            rows = as_bits(items, occurrences, labels, level, depth)
            walk_bits(rows, labels, length[labels], tree, state, found_at, path, depth)
            for other in labels:
                length[other] = 0
            turn[depth] = n_follow
