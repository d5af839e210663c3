"""Customers whose groups are known because they were planted."""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, IntArray


def feature_names(n_features: int) -> tuple[str, ...]:
    return tuple(f"feature_{position}" for position in range(n_features))


def blobs(
    n_clusters: int, rng: np.random.Generator, n: int = 600, n_features: int = 6, apart: float = 8.0
) -> tuple[DoubleArray, IntArray]:
    """Bell-shaped clusters of spread 1 whose centres are at least `apart` from one another; the first is largest.

    Returns:
        rows (n, n_features) in random order, and the cluster of each.
    """
    centres: list[DoubleArray] = []
    while len(centres) < n_clusters:
        centre = rng.normal(0, apart, n_features)
        if all(np.linalg.norm(centre - other) >= apart for other in centres):
            centres.append(centre)
    shares = np.arange(n_clusters + 2, 2, -1.0)
    clusters = rng.choice(n_clusters, n, p=shares / shares.sum()).astype(np.int32)
    return np.array(centres)[clusters] + rng.normal(0, 1, (n, n_features)), clusters
