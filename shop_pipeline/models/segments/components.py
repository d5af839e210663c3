"""Two directions that show most of the customers: principal and independent components.

Here: PCA and ICA with the same signs and order each time, what is high and low, projection from stored constants.
Not here: scaling, pictures.

A principal component is the direction in which customers differ most (Jolliffe, Principal Component Analysis, 2002); an
independent one is the direction, within the space of as many principal ones, along which they are least like a bell
curve (FastICA, Hyvärinen and Oja 2000). Neither has a sign, and independent ones no order, so both are set here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from sklearn.decomposition import PCA, FastICA
from threadpoolctl import threadpool_limits

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.segments.sample import check_finite, in_canonical_order
from shop_pipeline.models.segments.stored import Number, matrix_numbers, matrix_of

Kind = Literal["pca", "ica"]
MEAN, PROJECTION, LOADING, STRENGTH = "mean", "projection_", "loading_", "strength"
# What is said of a component: features that weigh at least half as much as the heaviest, three at most on each side.
LEAST_LOADING = 0.5
MOST_NAMES = 3
# Beside the largest variance, a smaller one is rounding.
LEAST_VARIANCE = 1e-10
MOST_ITERATIONS = 500
# Of a bell curve, the excess kurtosis of n customers has the standard error sqrt(24 / n).
LEAST_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Components:
    """What projects scaled customers to components.

    Args:
        kind: principal or independent.
        features: names of the columns.
        mean: of each feature, (n_features,).
        projection: what each feature adds to a component, (n_components, n_features); zeros for a component that the
            data have no dimension left for.
        loadings: the correlation of each feature with each component, -1 to 1, (n_components, n_features).
        strength: (n_components,), greatest first: of principal components their share of all variance, of independent
            ones the size of their excess kurtosis, 0 for a bell curve.
        problem: why the components say less than they should, or None. Not stored.
    """

    kind: Kind
    features: tuple[str, ...]
    mean: DoubleArray
    projection: DoubleArray
    loadings: DoubleArray
    strength: DoubleArray
    problem: str | None = None

    def project(self, scaled: DoubleArray) -> DoubleArray:
        """The components of scaled customers, (n, n_features) to (n, n_components)."""
        check_finite(scaled, self.features)
        with threadpool_limits(1):
            return np.asarray((scaled - self.mean) @ self.projection.T)

    def high_and_low(self, component: int) -> tuple[list[str], list[str]]:
        """The features that are high and those that are low where component 0, 1, ... is high, heaviest first."""
        loadings = self.loadings[component]
        least = LEAST_LOADING * np.abs(loadings).max()
        heaviest = [place for place in np.argsort(-np.abs(loadings), kind="stable") if abs(loadings[place]) >= least]
        high = [self.features[place] for place in heaviest if loadings[place] > 0]
        low = [self.features[place] for place in heaviest if loadings[place] < 0]
        return high[:MOST_NAMES], low[:MOST_NAMES]

    def names(self) -> tuple[str, ...]:
        """A name for each component, such as 'high net_revenue, n_purchases; low days_since_last'."""
        sides = [self.high_and_low(component) for component in range(len(self.loadings))]
        return tuple(
            "; ".join(f"{word} {', '.join(side)}" for word, side in zip(("high", "low"), both, strict=True) if side)
            for both in sides
        )

    def numbers(self) -> list[Number]:
        """Everything that `from_numbers` needs."""
        places = [str(place) for place in range(1, len(self.strength) + 1)]
        return [
            *matrix_numbers([MEAN], self.features, self.mean[None]),
            *matrix_numbers([PROJECTION + place for place in places], self.features, self.projection),
            *matrix_numbers([LOADING + place for place in places], self.features, self.loadings),
            *matrix_numbers([STRENGTH], places, self.strength[None]),
        ]

    @classmethod
    def from_numbers(cls, kind: Kind, numbers: Iterable[Number], features: Sequence[str]) -> Self:
        """The components whose numbers these are."""
        numbers = list(numbers)
        places = [str(place) for place in range(1, 1 + sum(number.part == STRENGTH for number in numbers))]
        return cls(
            kind,
            tuple(features),
            matrix_of(numbers, [MEAN], features)[0],
            matrix_of(numbers, [PROJECTION + place for place in places], features),
            matrix_of(numbers, [LOADING + place for place in places], features),
            matrix_of(numbers, [STRENGTH], places)[0],
        )


def fit_pca(features: Sequence[str], scaled: DoubleArray, n_components: int = 2) -> Components:
    """Principal components of scaled customers, (n, n_features), n at least 1, in whatever order they come.

    Raises:
        ValueError: as `check_finite`.
    """
    check_finite(scaled, features)
    rows = in_canonical_order(scaled)
    mean, variances = _mean_and_variances(rows)
    n_found = _n_found(variances, n_components)
    directions = np.zeros((0, rows.shape[1]))
    if n_found:
        with threadpool_limits(1):
            directions = PCA(n_found, svd_solver="covariance_eigh").fit(rows).components_
    strength = variances[:n_found] / variances.sum() if n_found else variances[:0]
    return _made("pca", features, rows, mean, directions, strength, n_components, None)


def fit_ica(
    features: Sequence[str], scaled: DoubleArray, rng: np.random.Generator, n_components: int = 2
) -> Components:
    """Independent components of scaled customers, (n, n_features), n at least 1, in whatever order they come.

    Raises:
        ValueError: as `check_finite`.
    """
    check_finite(scaled, features)
    rows = in_canonical_order(scaled)
    mean, variances = _mean_and_variances(rows)
    n_found = _n_found(variances, n_components)
    if not n_found:
        return _made("ica", features, rows, mean, np.zeros((0, rows.shape[1])), np.zeros(0), n_components, None)
    # A feature that is the same of all has no direction; scikit-learn divides by its spread and drops the result.
    with threadpool_limits(1), np.errstate(divide="ignore", invalid="ignore"):
        seed = int(rng.integers(2**31))
        fitted = FastICA(n_found, whiten="unit-variance", max_iter=MOST_ITERATIONS, random_state=seed).fit(rows)
        sources = (rows - mean) @ fitted.components_.T
    kurtosis = np.abs((sources**4).mean(axis=0) / (sources**2).mean(axis=0) ** 2 - 3)
    problem = None
    if fitted.n_iter_ >= MOST_ITERATIONS:
        problem = f"FastICA has not settled after {MOST_ITERATIONS} iterations"
    elif kurtosis.max() < LEAST_ERRORS * np.sqrt(24 / len(rows)):
        problem = "customers look like a bell curve in each direction, so which one is taken is chance"
    order = np.argsort(-kurtosis, kind="stable")
    return _made("ica", features, rows, mean, fitted.components_[order], kurtosis[order], n_components, problem)


def _mean_and_variances(rows: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """The mean of each feature, and the variance of each principal component, greatest first."""
    mean = rows.mean(axis=0)
    with threadpool_limits(1):
        variances = np.linalg.eigvalsh((rows - mean).T @ (rows - mean) / len(rows))
    return mean, np.maximum(variances[::-1], 0)


def _n_found(variances: DoubleArray, n_components: int) -> int:
    # Scaled features have a variance near 1; if the largest is rounding, all customers are the same.
    is_there = (variances > LEAST_VARIANCE * variances.max()) & (variances > LEAST_VARIANCE)
    return min(n_components, int(np.count_nonzero(is_there)))


def _made(
    kind: Kind,
    features: Sequence[str],
    rows: DoubleArray,
    mean: DoubleArray,
    directions: DoubleArray,
    strength: DoubleArray,
    n_components: int,
    problem: str | None,
) -> Components:
    """Components with their signs set, and zeros for those that are missing."""
    loadings = _correlations(rows - mean, (rows - mean) @ directions.T)
    heaviest = np.abs(loadings).argmax(axis=1)
    signs = np.where(loadings[np.arange(len(loadings)), heaviest] < 0, -1.0, 1.0)[:, None]
    n_missing = n_components - len(directions)
    if n_missing:
        problem = f"the customers differ in {len(directions)} directions, {n_missing} fewer than components are wanted"
    wide = ((0, n_missing), (0, 0))
    return Components(
        kind,
        tuple(features),
        mean,
        np.pad(signs * directions, wide),
        np.pad(signs * loadings, wide),
        np.pad(strength, (0, n_missing)),
        problem,
    )


def _correlations(features: DoubleArray, components: DoubleArray) -> DoubleArray:
    """The correlation of each component with each feature, both centred, (n_components, n_features); 0 if constant."""
    sizes = np.sqrt((components**2).sum(axis=0))[:, None] * np.sqrt((features**2).sum(axis=0))[None, :]
    products = components.T @ features
    return np.asarray(np.divide(products, sizes, out=np.zeros_like(products), where=sizes > LEAST_VARIANCE))
