"""ALS: the conformance suite, the bits of two runs, and structure that popularity can't see."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.evaluation.judge import evaluate
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.state import Factors
from shop_pipeline_tests.models.recommenders.recommender_conformance import (
    RecommenderConformance,
    interactions_of,
    with_holes,
)

SMALL = AlsConfig(n_factors=4, regularization=0.01, iterations=30)


class TestAls(RecommenderConformance):
    def fitted(self, dense: np.ndarray) -> Als:
        return self.model().fit(interactions_of(dense), np.random.default_rng(7))

    def model(self) -> Als:
        return Als(SMALL)

    def tied(self, dense: np.ndarray) -> Als:
        """Three conjugate gradient steps from different random starts leave equal products 1e-7 apart."""
        fitted = self.fitted(dense)
        fitted.state.products[1:4] = fitted.state.products[2]
        return fitted


def planted(rng: np.random.Generator) -> tuple[Interactions, sp.csr_matrix]:
    """400 customers in 4 groups that each like their own 25 of 100 products; a fifth is held out."""
    group = np.arange(400) % 4
    chance = np.where(group[:, None] == np.arange(100) // 25, 0.4, 0.02)
    bought = rng.random((400, 100)) < chance
    held_out = bought & (rng.random(bought.shape) < 0.2)
    return interactions_of(bought & ~held_out), sp.csr_matrix(held_out.astype(np.float32))


def test_beats_popularity_on_planted_groups() -> None:
    train, held_out = planted(np.random.default_rng(5))
    rng = np.random.default_rng(1)
    everyone = np.arange(400)
    lists = Als(AlsConfig(n_factors=8)).fit(train, rng).recommend(everyone, 10)
    rival = Popularity().fit(train, rng).recommend(everyone, 10)
    rows = {row.metric: row for row in evaluate(lists, held_out, 10, rng, baseline=rival)}
    assert rows["ndcg"].beats_baseline
    assert rows["recall"].value > 2 * rows["recall"].baseline


def test_two_runs_from_one_seed_give_the_same_bits() -> None:
    """Large enough that implicit's dynamic schedule deals rows to its threads differently in every run."""
    rng = np.random.default_rng(2)
    matrix = sp.random(5000, 800, density=0.02, format="csr", dtype=np.float32, random_state=rng)
    ids = [np.array([f"{i:05}" for i in range(n)], dtype=object) for n in matrix.shape]
    fits = [Als(AlsConfig(n_factors=32)).fit(Interactions(matrix, *ids), np.random.default_rng(9)) for _ in range(3)]
    assert len({(fit.state.customers.tobytes(), fit.state.products.tobytes()) for fit in fits}) == 1
    other = Als(AlsConfig(n_factors=32)).fit(Interactions(matrix, *ids), np.random.default_rng(10))
    assert other.state.products.tobytes() != fits[0].state.products.tobytes()


def test_without_interactions_the_factors_are_zero() -> None:
    model = Als(SMALL).fit(interactions_of(with_holes()), np.random.default_rng(0))
    np.testing.assert_array_equal(np.flatnonzero(~model.state.customers.any(axis=1)), [3, 24])
    np.testing.assert_array_equal(np.flatnonzero(~model.state.products.any(axis=1)), [5, 14])


def test_solves_the_equations_of_the_paper() -> None:
    """x_u = (Y' C_u Y + lambda I)^-1 Y' C_u p_u (Hu, Koren and Volinsky 2008, equation 4)."""
    dense = (np.random.default_rng(4).random((30, 12)) < 0.4) * 2.0
    dense[dense.sum(axis=1) == 0, 0] = 1
    config = AlsConfig(n_factors=3, regularization=0.1, alpha=5.0, iterations=400)
    model = Als(config).fit(interactions_of(dense), np.random.default_rng(0))
    y = model.state.products.astype(np.float64)
    for customer in range(30):
        confidence = 1 + 5.0 * dense[customer]
        left = y.T @ (confidence[:, None] * y) + 0.1 * np.eye(3)
        expected = np.linalg.solve(left, y.T @ (confidence * (dense[customer] > 0)))
        np.testing.assert_allclose(model.state.customers[customer], expected, atol=2e-3)


def test_does_not_warn_about_threads_of_blas() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Als(SMALL).fit(interactions_of(with_holes()), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("customers", "products", "dtype", "message"),
    [(24, 15, np.float32, "ids"), (25, 14, np.float32, "ids"), (25, 15, np.float64, "float32")],
)
def test_factors_that_do_not_fit_are_refused(customers: int, products: int, dtype: type, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Als().restore(
            interactions_of(with_holes()), Factors(np.ones((customers, 4), dtype), np.ones((products, 4), dtype))
        )


def test_memory_is_what_was_announced() -> None:
    rng = np.random.default_rng(2)
    matrix = sp.random(8000, 1000, density=0.05, format="csr", dtype=np.float32, random_state=rng)
    ids = [np.array([f"{i:05}" for i in range(n)], dtype=object) for n in matrix.shape]
    interactions, config = Interactions(matrix, *ids), AlsConfig(iterations=1)
    tracemalloc.start()
    Als(config).fit(interactions, rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak == pytest.approx(Als(config).memory_bytes(interactions.size), rel=0.05)
