"""How many clusters: told apart well, found again in half of the customers, and more than one cloud cut into pieces.

Here: the choice of k for k-means, with the figures that it was made by. Not here: the clusters in use (`kmeans`).

1. For each k, k-means is learned from a sample. The silhouette (Rousseeuw 1987) says how much closer customers are to
   their own cluster than to the next one. The stability is the mean adjusted Rand index (Hubert and Arabie 1985)
   between the clusters of all and those that ten random halves of the sample give to the same customers
   (the idea of Ben-Hur, Elisseeff and Guyon 2002).
2. Among the k that are stable, the one with the greatest silhouette is chosen, ties to the smaller one. Silhouette
   alone may prefer clusters that depend on who happened to be asked; stability alone prefers few.
3. They count as clusters only if that silhouette exceeds those of 19 clouds without clusters of the same size and
   spread (one in twenty by chance, as in a Monte Carlo test; uniform over a box along the principal axes as in the gap
   statistic of Tibshirani, Walther and Hastie 2001, because it is the shape without clusters that can be cut best).
   Otherwise it is said that k only divides one cloud, and k is the greatest that is stable: where no division is
   better than another, the finest is of most use that others would draw, too. If none is stable, the most stable one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from shop_pipeline.models.arrays import DoubleArray, IntArray
from shop_pipeline.models.segments.kmeans import centres_of
from shop_pipeline.models.segments.nearest import nearest_point
from shop_pipeline.models.segments.sample import draw_rows, in_canonical_order, n_distinct

# A table of all distances is held: 4,000 customers are 128 MB.
MOST_ROWS = 4000
# Steinley, Properties of the Hubert-Arabie adjusted Rand index, 2004: beyond 0.9 the agreement is excellent.
STABLE = 0.9
N_HALVES = 10
N_CLOUDS = 19
CLOUD_ROWS = 1000
# Starts of each of the many fits; the model that is used has more.
N_STARTS = 3


@dataclass(frozen=True, slots=True)
class KTrial:
    """What was found with k clusters.

    Args:
        k: the number of clusters.
        silhouette: -1 to 1, mean over customers.
        stability: mean adjusted Rand index; 1 is the same clusters each time, 0 is what chance gives.
        smallest_share: of the customers, in the smallest cluster.
    """

    k: int
    silhouette: float
    stability: float
    smallest_share: float


@dataclass(frozen=True, slots=True)
class KChoice:
    """The number of clusters.

    Args:
        k: 1 where customers don't differ enough for two.
        has_structure: whether there are clusters, or just one cloud that is divided.
        reason: a sentence.
        trials: for each k that was tried.
    """

    k: int
    has_structure: bool
    reason: str
    trials: tuple[KTrial, ...]


def choose_k(scaled: DoubleArray, most: int, rng: np.random.Generator) -> KChoice:
    """Choose the number of clusters, 2 to `most`, for scaled customers, (n, n_features), in whatever order."""
    rows = in_canonical_order(scaled)
    rows = rows[draw_rows(len(rows), MOST_ROWS, rng)]
    distinct = n_distinct(rows)
    # A silhouette needs a cluster with two customers.
    largest = min(most, distinct, len(rows) - 1)
    if largest < 2:
        return KChoice(1, False, f"{len(rows)} customers of whom {distinct} differ can't be put into two clusters.", ())
    distances = squareform(pdist(rows))
    with threadpool_limits(1):
        trials = tuple(_trial(rows, distances, k, rng) for k in range(2, largest + 1))
        return _choice(rows, trials, rng)


def _trial(rows: DoubleArray, distances: DoubleArray, k: int, rng: np.random.Generator) -> KTrial:
    clusters = nearest_point(rows, centres_of(rows, k, N_STARTS, rng))
    again = [_agreement(rows, clusters, k, rng) for _ in range(N_HALVES)]
    silhouette = float(silhouette_score(distances, clusters, metric="precomputed"))
    return KTrial(k, silhouette, float(np.mean(again)), float(np.bincount(clusters, minlength=k).min() / len(rows)))


def _agreement(rows: DoubleArray, clusters: IntArray, k: int, rng: np.random.Generator) -> float:
    """How alike the clusters are that half of the rows give to all; 0 if the half can't be put into k clusters."""
    half = rows[draw_rows(len(rows), max(k, len(rows) // 2), rng)]
    if n_distinct(half) < k:
        return 0.0
    return float(adjusted_rand_score(clusters, nearest_point(rows, centres_of(half, k, N_STARTS, rng))))


def _choice(rows: DoubleArray, trials: tuple[KTrial, ...], rng: np.random.Generator) -> KChoice:
    stable = [trial for trial in trials if trial.stability >= STABLE]
    if not stable:
        best = max(trials, key=lambda trial: (trial.stability, -trial.k))
        reason = (
            f"Halves of the customers give other clusters whatever their number (adjusted Rand index at most "
            f"{best.stability:.2f}, below {STABLE}): {best.k} segments divide one cloud."
        )
        return KChoice(best.k, False, reason, trials)
    best = max(stable, key=lambda trial: (trial.silhouette, -trial.k))
    by_chance = _silhouettes_of_clouds(rows, best.k, rng).max()
    figures = (
        f"silhouette {best.silhouette:.3f}, at most {by_chance:.3f} in {N_CLOUDS} clouds without clusters, "
        f"stability {best.stability:.2f}"
    )
    if best.silhouette > by_chance:
        return KChoice(best.k, True, f"{best.k} clusters: {figures}.", trials)
    finest = stable[-1]
    reason = (
        f"No clusters are told apart ({best.k}: {figures}): {finest.k} segments divide one cloud, "
        f"stability {finest.stability:.2f}."
    )
    return KChoice(finest.k, False, reason, trials)


def _silhouettes_of_clouds(rows: DoubleArray, k: int, rng: np.random.Generator) -> DoubleArray:
    """The silhouettes of k clusters in clouds that have the spread of the rows but no clusters, (N_CLOUDS,)."""
    centred = rows - rows.mean(axis=0)
    spread, axes = np.linalg.eigh(centred.T @ centred / len(rows))
    # A uniform variable on an interval has the standard deviation length / sqrt(12).
    lengths = np.sqrt(12 * np.maximum(spread, 0))
    found = np.empty(N_CLOUDS)
    for cloud in range(N_CLOUDS):
        drawn = (rng.random((min(len(rows), CLOUD_ROWS), len(lengths))) - 0.5) * lengths @ axes.T
        clusters = nearest_point(drawn, centres_of(drawn, k, N_STARTS, rng))
        found[cloud] = silhouette_score(drawn, clusters)
    return found
