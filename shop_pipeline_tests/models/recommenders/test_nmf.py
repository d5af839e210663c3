"""NMF: the conformance suite, the objective against scikit-learn's, and folding in against scipy's `nnls`."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.decomposition import NMF

from shop_pipeline.models.recommenders.nmf import SPACE, Nmf, NmfConfig
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of

PLAIN = NmfConfig(n_factors=5, weighting="weight", product_exponent=0)


class TestNmf(RecommenderConformance):
    def model(self) -> Nmf:
        """The checkerboard has two colours, and so two parts say all about it."""
        return Nmf(NmfConfig(n_factors=2, regularization=0.01))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Two customers have their whole colour: for the other one, rounding alone speaks."""
        of_their_colour = (dense @ dense.T > 0) @ dense > 0
        has_more = (of_their_colour & (dense == 0)).any(axis=1)
        assert (dense.any(axis=1) & ~has_more).sum() == 2
        return np.where(has_more, super().expected_lengths(dense), 0)


def parts() -> np.ndarray:
    """100 x 40 of rank 5 with noise, all >= 0, a third of it 0."""
    rng = np.random.default_rng(0)
    exact = rng.gamma(0.3, 1, (100, 5)) @ rng.gamma(0.3, 1, (5, 40))
    return np.where(rng.random((100, 40)) < 1 / 3, 0, exact + rng.random((100, 40)) * 0.1)


def objective(dense: np.ndarray, model: Nmf) -> float:
    return float(np.linalg.norm(dense - model.state.customers.astype(np.float64) @ model.state.products.T) ** 2)


def fitted(dense: np.ndarray, config: NmfConfig) -> Nmf:
    return Nmf(config).fit(interactions_of(dense), np.random.default_rng(1))


def test_objective_falls_with_every_round_and_factors_stay_at_0_or_above() -> None:
    models = [fitted(parts(), replace(PLAIN, iterations=n)) for n in (1, 2, 4, 8, 16, 32)]
    values = [objective(parts(), model) for model in models]
    assert all(later < earlier for earlier, later in pairwise(values))
    assert all(min(model.state.customers.min(), model.state.products.min()) >= 0 for model in models)


def test_objective_is_that_of_scikit_learn() -> None:
    """Local minima differ, by some per cent from start to start: the best of five of each."""
    dense = parts()
    config = replace(PLAIN, iterations=300)
    ours = min(
        objective(dense, Nmf(config).fit(interactions_of(dense), np.random.default_rng(seed))) for seed in range(5)
    )
    theirs = np.inf
    for seed in range(5):
        peer = NMF(5, init="random", random_state=seed, max_iter=300, tol=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has no tolerance to converge to
            theirs = min(theirs, np.linalg.norm(dense - peer.fit_transform(dense) @ peer.components_) ** 2)
    assert ours == pytest.approx(theirs, rel=0.02)


def test_customers_are_the_best_for_the_final_products() -> None:
    """Row by row, the least squares over x >= 0 that `nnls` (Lawson and Hanson) finds."""
    dense = parts()
    model = fitted(dense, PLAIN)
    basis = model.state.products.astype(np.float64)
    for customer in range(20):
        least = nnls(basis, dense[customer])[1]
        found = np.linalg.norm(dense[customer] - basis @ model.state.customers[customer])
        assert found == pytest.approx(least, rel=1e-4)


def test_regularization_is_that_of_ridge() -> None:
    """As rows of sqrt(regularization) I below the basis."""
    dense = parts()
    model = fitted(dense, replace(PLAIN, regularization=0.5))
    basis = np.vstack([model.state.products.astype(np.float64), np.sqrt(0.5) * np.eye(5)])
    expected = nnls(basis, np.r_[dense[0], np.zeros(5)])[0]
    np.testing.assert_allclose(model.state.customers[0], expected, atol=1e-3)


def test_two_runs_give_the_same_bits() -> None:
    rng = np.random.default_rng(2)
    dense = (rng.random((5000, 100)) < 0.1).astype(np.float32)
    runs = [fitted(dense, NmfConfig(n_factors=16, iterations=3)) for _ in range(3)]
    assert len({(run.state.customers.tobytes(), run.state.products.tobytes()) for run in runs}) == 1


def test_the_defaults_are_in_the_space() -> None:
    assert all(getattr(NmfConfig(), name) in values for name, values in SPACE.items())
