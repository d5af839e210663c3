"""The compiled inner part of `sizes`: how large the baskets are that hold an itemset.

Here: one walk down the tree of itemsets. Not here: what is made of the sizes (`sizes`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled


@compiled
def is_in_basket(items: IntArray, begin: Integer, end: Integer, item: Integer) -> bool:
    """Whether the item is in the sorted `items[begin:end]`."""
    while begin < end:
        middle = (begin + end) // 2
        if items[middle] < item:
            begin = middle + 1
        elif items[middle] > item:
            end = middle
        else:
            return True
    return False


@compiled
def count_sizes(
    item: IntArray, length: IntArray, row: IntArray, is_needed: BoolArray, holders: IntArray, start: AnyArray,
    items: IntArray, indptr: AnyArray, class_of: IntArray, found: IntArray,
) -> None:  # fmt: skip
    """Add to `found` (rows, classes) the baskets of each class that hold the itemsets with a `row`; -1 is none.

    `is_needed` are those and what is above them. The tree is in preorder: the parent is always the last one visited
    that is shorter by one, and its baskets still stand in the line above. `holders[start[i] : start[i + 1]]` are the
    baskets with item i.
    """
    most = 1
    for node in range(len(item)):
        if length[node] == 1:
            most = max(most, start[item[node] + 1] - start[item[node]])
    line, size = np.empty((length.max(), most), np.int32), np.zeros(length.max(), np.int64)
    for node in range(len(item)):
        if not is_needed[node]:
            continue
        depth, x = length[node] - 1, item[node]
        n = 0
        if depth == 0:
            for at in range(start[x], start[x + 1]):
                line[0, n] = holders[at]
                n += 1
        else:
            for at in range(size[depth - 1]):
                basket = line[depth - 1, at]
                if is_in_basket(items, indptr[basket], indptr[basket + 1], x):
                    line[depth, n] = basket
                    n += 1
        size[depth] = n
        if row[node] >= 0:
            for at in range(n):
                found[row[node], class_of[line[depth, at]]] += 1
