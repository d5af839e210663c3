"""Links as dense matrices: what the tests of linear item models hold their models against.

Belongs here: conversions and random data. Does not belong here: any model's formula (its own test module).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of


def random_dense(shape: tuple[int, int], seed: int = 3, share: float = 0.2) -> np.ndarray:
    """Whole weights from 1 to 5 for a share of the places."""
    rng = np.random.default_rng(seed)
    return ((rng.random(shape) < share) * rng.integers(1, 6, shape)).astype(np.float32)


def as_matrix(links: Links) -> np.ndarray:
    """The weights, float64, 0 where there is no link."""
    matrix = np.zeros((len(links.targets), len(links.targets)))
    rows, slots = np.nonzero(links.targets >= 0)
    matrix[rows, links.targets[rows, slots]] = links.weights[rows, slots]
    return matrix


def kept(weights: np.ndarray, n_links: int) -> np.ndarray:
    """The largest n_links of each row off the diagonal, 0 elsewhere."""
    weights = weights.copy()
    np.fill_diagonal(weights, -np.inf)
    order = np.argsort(-weights, axis=1, kind="stable")[:, : min(n_links, len(weights) - 1)]
    matrix = np.zeros_like(weights)
    np.put_along_axis(matrix, order, np.take_along_axis(weights, order, axis=1), axis=1)
    return matrix


def same_colour_lengths(dense: np.ndarray) -> np.ndarray:
    """Products that share a customer with an own one and are not seen: what a local model can list."""
    together = dense.T @ dense > 0
    np.fill_diagonal(together, val=False)
    return (((dense > 0) @ together > 0) & (dense == 0)).sum(axis=1)


def without_rounding(model: Recommender, fitted: Recommender) -> Recommender:
    """The fitted model with its weights rounded to 4 decimals: equal products differ in the last bits of an inverse."""
    state = fitted.state
    assert isinstance(state, Links)
    return model.restore(fitted.interactions, Links(state.targets, np.round(state.weights, 4)))


def fit(model: Recommender, dense: np.ndarray) -> Links:
    """The links that the model learns."""
    state = model.fit(interactions_of(dense), np.random.default_rng(0)).state
    assert isinstance(state, Links)
    return state
