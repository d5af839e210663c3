"""The compiled inner part of `trees`: down each tree, and what every step adds.

Belongs here: the walk. Does not belong here: blocks and threads.
"""

from __future__ import annotations

from shop_pipeline.models.arrays import DoubleArray, FloatArray, IntArray
from shop_pipeline.models.compiled import compiled


@compiled
def walk_down(
    values: FloatArray,
    roots: IntArray,
    feature: IntArray,
    threshold: DoubleArray,
    left: IntArray,
    right: IntArray,
    node_value: DoubleArray,
    contributions: DoubleArray,
) -> None:
    """Add to `contributions` (n, n_features) by how much each split moved the expected score of its row."""
    for row in range(values.shape[0]):
        for root in roots:
            node = root
            while feature[node] >= 0:
                column = feature[node]
                child = left[node] if values[row, column] <= threshold[node] else right[node]
                contributions[row, column] += node_value[child] - node_value[node]
                node = child
