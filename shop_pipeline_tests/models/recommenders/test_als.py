"""ALS: the conformance suite, the bits of two runs, and structure that popularity can't see."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.evaluation.judge import evaluate
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.als import SPACE, Als, AlsConfig
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.state import Factors
from shop_pipeline_tests.models.recommenders.recommender_conformance import (
    RecommenderConformance,
    checkerboard,
    interactions_of,
    with_holes,
)

# After 30 rounds every third seed leaves a product of the board out of place, after 200 none of 20.
# With a regularization of 1, 30 rounds fill the checkerboard from all of 20 seeds; with 0.1, 40 rounds from 19.
SMALL = AlsConfig(n_factors=4, regularization=1.0, iterations=30)


class TestAls(RecommenderConformance):
    def fitted(self, dense: np.ndarray) -> Als:
        return self.model().fit(interactions_of(dense), np.random.default_rng(7))

    def model(self) -> Als:
        return Als(SMALL)

    def measured(self) -> Als:
        return Als(replace(SMALL, iterations=3))


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
    """Large enough for several blocks and tasks, which the threads take as they are free."""
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
        np.testing.assert_allclose(model.state.customers[customer], expected, atol=1e-5)


def test_products_solve_the_equations_of_the_paper_once_they_stand_still() -> None:
    """y_i = (X' C_i X + lambda I)^-1 X' C_i p_i (equation 5); they were solved before the customers' last turn."""
    dense = (np.random.default_rng(4).random((30, 12)) < 0.4) * 2.0
    dense[0] = 2
    config = AlsConfig(n_factors=3, regularization=0.1, alpha=5.0, iterations=400)
    model = Als(config).fit(interactions_of(dense), np.random.default_rng(0))
    x = model.state.customers.astype(np.float64)
    for product in range(12):
        confidence = 1 + 5.0 * dense[:, product]
        left = x.T @ (confidence[:, None] * x) + 0.1 * np.eye(3)
        expected = np.linalg.solve(left, x.T @ (confidence * (dense[:, product] > 0)))
        np.testing.assert_allclose(model.state.products[product], expected, atol=2e-3)


@pytest.mark.parametrize("n_entries", [1, 2, 3, 4, 5, 9, 40])
def test_a_history_of_any_length_is_folded_in_exactly(n_entries: int) -> None:
    """Equation 4 by dense algebra, for products that no training moved."""
    rng = np.random.default_rng(n_entries)
    known = interactions_of(np.ones((2, 60)))
    state = Factors(np.zeros((2, 16), np.float32), rng.standard_normal((60, 16), np.float32))
    model = Als(AlsConfig(n_factors=16, regularization=0.3, alpha=0.5)).restore(known, state)
    weights = np.zeros((1, 60), np.float32)
    weights[0, rng.permutation(60)[:n_entries]] = rng.integers(1, 4, n_entries)
    history = Interactions(sp.csr_matrix(weights), np.array(["x"], dtype=object), known.product_ids)
    y, confidence = state.products.astype(np.float64), 1 + 0.5 * weights[0].astype(np.float64)
    left = y.T @ (confidence[:, None] * y) + 0.3 * np.eye(16)
    expected = y @ np.linalg.solve(left, y.T @ (confidence * (weights[0] > 0)))
    found = model.recommend_for(history, 60, exclude_seen=False)
    np.testing.assert_allclose(found.scores[0], expected[found.products[0]], atol=1e-4)
    np.testing.assert_array_equal(np.sort(found.products[0]), np.arange(60))


@pytest.mark.parametrize("n_entries", [20, 60, 200])
def test_folding_in_ends_with_the_solution_and_not_with_a_number_of_steps(n_entries: int) -> None:
    """Confidences from 11 to 91 for products of very different lengths: after 8 steps scores are off by .02 to .48."""
    rng = np.random.default_rng(3)
    known = interactions_of(np.ones((1, 400)))
    products = (rng.standard_normal((400, 32)) * rng.lognormal(0, 1, (400, 1))).astype(np.float32)
    model = Als(AlsConfig(n_factors=32)).restore(known, Factors(np.zeros((1, 32), np.float32), products))
    weights = np.zeros((1, 400), np.float32)
    weights[0, rng.permutation(400)[:n_entries]] = rng.integers(1, 10, n_entries)
    found = model.fold_in(Interactions(sp.csr_matrix(weights), np.array(["x"], dtype=object), known.product_ids))
    y, confidence = products.astype(np.float64), 1 + 10 * weights[0].astype(np.float64)
    left = y.T @ (confidence[:, None] * y) + 0.05 * np.eye(32)
    expected = y @ np.linalg.solve(left, y.T @ (confidence * (weights[0] > 0)))
    np.testing.assert_allclose(products @ found[0], expected, atol=1e-4)


def test_large_weights_give_the_lists_of_the_board() -> None:
    """Squares of 1e14 times three more factors are beyond float32."""
    board = checkerboard()
    model = Als(SMALL).fit(interactions_of(board * 1e13), np.random.default_rng(7))
    assert np.isfinite(model.state.customers).all()
    lists = model.recommend(np.arange(len(board)), 1)
    assert (lists.products >= 0).all()


def test_weights_that_float32_can_not_square_are_refused() -> None:
    with pytest.raises(ValueError, match="largest weight is 1e\\+17"):
        Als(SMALL).fit(interactions_of(checkerboard() * 1e16), np.random.default_rng(7))


def test_regularization_must_be_above_0() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Als(AlsConfig(regularization=0))


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
    Als(config).fit(interactions, rng)  # compiles
    tracemalloc.start()
    Als(config).fit(interactions, rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = Als(config).memory_bytes(interactions.size)
    # The threads' own blocks are not always alive at the same moment.
    assert 0.85 * said <= peak <= 1.05 * said


def test_the_defaults_are_in_the_space() -> None:
    assert all(getattr(AlsConfig(), name) in values for name, values in SPACE.items())
