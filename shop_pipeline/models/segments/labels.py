"""Names of clusters that stay when the clusters are found anew.

Here: which new cluster is which old one. Not here: finding clusters, and the table that keeps the names.

A cluster's number says nothing: the next fit may number them otherwise. So the same customers, as they are today, are
put into segments by the old model and by the new one, and those clusters are the same that share their customers.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array

from shop_pipeline.models.arrays import DoubleArray, IntArray

# Two clusters of the same size are the same if at least half of the customers of each are also in the other.
LEAST_OVERLAP = 0.5
NOISE = -1


def match_labels(old: IntArray, new: IntArray, used: Collection[int]) -> dict[int, int]:
    """Give each new cluster the label of the old one that it continues, or one that was never used.

    Pairs are chosen so that the sum of their overlaps is greatest (Kuhn 1955, "The Hungarian method"); the overlap of
    two clusters is Dice's coefficient: twice the shared customers over the sum of both sizes.

    Args:
        old: the label of each customer by the old model, (n,); -1 is noise, or everybody if there was no model.
        new: the cluster of the same customers by the new model, (n,); -1 is noise.
        used: all labels that were ever given to a cluster.

    Returns:
        For each new cluster with a customer its label. Labels never used count up from the largest ever used (from 1
        at the beginning), larger clusters first, ties by the number of the cluster.
    """
    labels, old_sizes = np.unique(old[old != NOISE], return_counts=True)
    clusters, sizes = np.unique(new[new != NOISE], return_counts=True)
    overlap = _overlap(old, new, labels, clusters) / ((old_sizes[:, None] + sizes[None, :]) / 2)
    # What is no continuation may not decide which of the others are chosen.
    overlap[overlap < LEAST_OVERLAP] = 0
    pairs = zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
    found = {int(clusters[column]): int(labels[row]) for row, column in pairs if overlap[row, column] > 0}
    following = max([0, *used, *labels.tolist()]) + 1
    for position in np.lexsort([clusters, -sizes]).tolist():
        if int(clusters[position]) not in found:
            found[int(clusters[position])] = following
            following += 1
    return found


def _overlap(old: IntArray, new: IntArray, labels: IntArray, clusters: IntArray) -> DoubleArray:
    """How many customers each old label shares with each new cluster, (n_labels, n_clusters)."""
    is_shared = (old != NOISE) & (new != NOISE)
    rows, columns = np.searchsorted(labels, old[is_shared]), np.searchsorted(clusters, new[is_shared])
    counts = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(labels), len(clusters)))
    return np.asarray(counts.toarray(), np.float64)
