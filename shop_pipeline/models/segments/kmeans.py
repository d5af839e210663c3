"""K-means: centres that are stored, and customers put to the nearest.

Here: fitting with a given number of clusters, scoring. Not here: how many clusters there are (`cluster_count`), their
names (`labels`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from shop_pipeline.models.arrays import DoubleArray, IntArray
from shop_pipeline.models.segments.nearest import Scored, nearest
from shop_pipeline.models.segments.sample import check_finite, in_canonical_order, n_distinct
from shop_pipeline.models.segments.stored import Number, matrix_numbers, matrix_of

CENTRE = "centre_"
# Starts by k-means++, the best of which is kept.
N_STARTS = 10


@dataclass(frozen=True, slots=True)
class KMeansModel:
    """Centres in scaled units.

    Args:
        features: names of the columns.
        labels: of each cluster, int32 (k,).
        centres: (k, n_features).
    """

    features: tuple[str, ...]
    labels: IntArray
    centres: DoubleArray

    def score(self, scaled: DoubleArray) -> Scored:
        """Put scaled customers, (n, n_features), to the nearest centre; ties to the earlier one."""
        check_finite(scaled, self.features)
        found, distances = nearest(scaled, self.centres)
        return Scored(self.labels[found], distances)

    def relabelled(self, labels: dict[int, int]) -> Self:
        """The same centres under other labels, given for each of the present ones."""
        return replace(self, labels=np.array([labels[label] for label in self.labels.tolist()], np.int32))

    def numbers(self) -> list[Number]:
        """Everything that `from_numbers` needs."""
        return matrix_numbers([f"{CENTRE}{label}" for label in self.labels], self.features, self.centres)

    @classmethod
    def from_numbers(cls, numbers: Iterable[Number], features: Sequence[str]) -> Self:
        """The model whose numbers these are, centres by ascending label."""
        numbers = list(numbers)
        found = {int(number.part.removeprefix(CENTRE)) for number in numbers if number.part.startswith(CENTRE)}
        labels = sorted(found)
        centres = matrix_of(numbers, [f"{CENTRE}{label}" for label in labels], features)
        return cls(tuple(features), np.array(labels, np.int32), centres)


def fit_kmeans(features: Sequence[str], scaled: DoubleArray, k: int, rng: np.random.Generator) -> KMeansModel:
    """Find k centres; the clusters are 0 to k - 1, by their centres' first feature, then the second, ...

    Args:
        features: names of the columns.
        scaled: (n, n_features), as `Scaling.transform` makes it.
        k: at most the number of distinct rows.

    Raises:
        ValueError: fewer distinct rows than clusters; or as `check_finite`.
    """
    check_finite(scaled, features)
    rows = in_canonical_order(scaled)
    if (distinct := n_distinct(rows)) < k:
        raise ValueError(f"{k} clusters need as many customers that differ, not {distinct}")
    with threadpool_limits(1):
        centres = centres_of(rows, k, N_STARTS, rng)
    return KMeansModel(tuple(features), np.arange(k, dtype=np.int32), in_canonical_order(centres))


def centres_of(rows: DoubleArray, k: int, n_starts: int, rng: np.random.Generator) -> DoubleArray:
    """Lloyd's algorithm by scikit-learn: the best of some starts, (k, n_features) in no particular order.

    To be called under `threadpool_limits(1)`, which takes 3 ms and so is the caller's: on several threads, scikit-learn
    adds their sums up in the order in which they finish.
    """
    fitted = KMeans(k, n_init=n_starts, random_state=int(rng.integers(2**31))).fit(rows)
    return np.asarray(fitted.cluster_centers_, np.float64)
