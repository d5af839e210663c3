"""Clusters of any shape where customers are dense, and noise where they are not: DBSCAN.

Here: the density chosen from the data, core points that are stored, scoring. Not here: scaling, names (`labels`).

Ester, Kriegel, Sander and Xu 1996: a customer with at least `min_samples` customers (itself among them) within `eps` is
a core point; core points within eps of one another are of one cluster; who is within eps of a core point belongs to its
cluster, everybody else is noise. So the core points and eps say everything about anybody, new customers too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from shop_pipeline.models.arrays import DoubleArray, IntArray
from shop_pipeline.models.segments.nearest import Scored, nearest
from shop_pipeline.models.segments.sample import check_finite, draw_rows, in_canonical_order
from shop_pipeline.models.segments.stored import Number, matrix_numbers, matrix_of

NOISE = -1
# Every core point is stored, so this bounds the model; and scoring takes time with each of them.
MOST_ROWS = 4000
# With twice the features alone, two half moons of 500 customers each fall into 3 to 10 pieces of one arc.
LEAST_SHARE = 0.01
CORE, LABEL = "core_", "(label)"
SETTING, SETTINGS = "setting", ("eps", "min_samples", "noise_share")


@dataclass(frozen=True, slots=True)
class DensityModel:
    """Core points in scaled units.

    Args:
        features: names of the columns.
        labels: the cluster of each core point, int32 (n_core,).
        core: (n_core, n_features); none if nowhere are enough customers together.
        eps: how far a cluster reaches from its core points.
        min_samples: customers that make a core point.
        noise_share: of the customers that it was learned from.
    """

    features: tuple[str, ...]
    labels: IntArray
    core: DoubleArray
    eps: float
    min_samples: int
    noise_share: float

    @property
    def clusters(self) -> IntArray:
        """The label of each cluster, ascending."""
        return np.unique(self.labels)

    def score(self, scaled: DoubleArray) -> Scored:
        """Put scaled customers, (n, n_features), into the cluster of the nearest core point, or to noise."""
        check_finite(scaled, self.features)
        if not len(self.core):
            return Scored(np.full(len(scaled), NOISE, np.int32), np.full(len(scaled), np.nan))
        found, distances = nearest(scaled, self.core)
        return Scored(np.where(distances <= self.eps, self.labels[found], NOISE).astype(np.int32), distances)

    def relabelled(self, labels: dict[int, int]) -> Self:
        """The same core points under other labels, given for each of the present ones."""
        return replace(self, labels=np.array([labels[label] for label in self.labels.tolist()], np.int32))

    def numbers(self) -> list[Number]:
        """Everything that `from_numbers` needs."""
        settings = np.array([[self.eps, self.min_samples, self.noise_share]])
        points = np.column_stack([self.core, self.labels])
        parts = [f"{CORE}{position}" for position in range(len(points))]
        return [
            *matrix_numbers([SETTING], SETTINGS, settings),
            *matrix_numbers(parts, [*self.features, LABEL], points),
        ]

    @classmethod
    def from_numbers(cls, numbers: Iterable[Number], features: Sequence[str]) -> Self:
        """The model whose numbers these are."""
        numbers = list(numbers)
        eps, min_samples, noise_share = matrix_of(numbers, [SETTING], SETTINGS)[0].tolist()
        n_core = sum(number.feature == LABEL for number in numbers)
        points = matrix_of(numbers, [f"{CORE}{position}" for position in range(n_core)], [*features, LABEL])
        labels = points[:, -1].astype(np.int32)
        return cls(tuple(features), labels, np.ascontiguousarray(points[:, :-1]), eps, int(min_samples), noise_share)


def fit_density(features: Sequence[str], scaled: DoubleArray, rng: np.random.Generator) -> DensityModel:
    """Find the dense places of scaled customers, (n, n_features), from at most `MOST_ROWS` of them.

    `min_samples` is twice the number of features that are not constant (Sander, Ester, Kriegel and Xu 1998), but at
    least one in a hundred customers; eps the knee of the distances to the neighbour of that number.

    Raises:
        ValueError: as `check_finite`.
    """
    check_finite(scaled, features)
    rows = in_canonical_order(scaled)
    rows = rows[draw_rows(len(rows), MOST_ROWS, rng)]
    n_features = int(np.count_nonzero(np.ptp(rows, axis=0))) if len(rows) else 0
    min_samples = max(2 * max(1, n_features), int(len(rows) * LEAST_SHARE))
    if len(rows) < min_samples:
        return DensityModel(tuple(features), np.zeros(0, np.int32), rows[:0], 0.0, min_samples, 1.0)
    with threadpool_limits(1):
        eps = _knee(_neighbour_distances(rows, min_samples))
        fitted = DBSCAN(eps=eps, min_samples=min_samples).fit(rows)
    is_core = fitted.core_sample_indices_
    labels = fitted.labels_[is_core].astype(np.int32)
    return DensityModel(
        tuple(features), labels, rows[is_core], eps, min_samples, float(np.mean(fitted.labels_ == NOISE))
    )


def _neighbour_distances(rows: DoubleArray, n: int) -> DoubleArray:
    """The distance of each row to the n-th nearest row, itself among them, ascending, (n_rows,)."""
    distances, _ = NearestNeighbors(n_neighbors=n).fit(rows).kneighbors(rows)
    return np.sort(distances[:, -1])


def _knee(ascending: DoubleArray) -> float:
    """The value where a rising curve turns upwards: farthest below the line from its first to its last point.

    The distance of Satopää, Albrecht, Irwin and Raghavan, "Finding a kneedle in a haystack", 2011, without their
    smoothing. Where all values are the same, that value; above 0 in any case, as DBSCAN needs.
    """
    height = ascending[-1] - ascending[0]
    line = np.linspace(0, 1, len(ascending))
    below = line - (ascending - ascending[0]) / height if height > 0 else line
    return float(max(ascending[np.argmax(below)], np.finfo(float).tiny))
