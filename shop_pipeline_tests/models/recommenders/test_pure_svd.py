"""PureSVD: the conformance suite, and the decomposition against LAPACK's of the dense matrix."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.pure_svd import SPACE, PureSvd, PureSvdConfig, right_singular_vectors
from shop_pipeline_tests.models.recommenders.recommender_conformance import (
    RecommenderConformance,
    interactions_of,
    with_holes,
)


class TestPureSvd(RecommenderConformance):
    def model(self) -> PureSvd:
        """The checkerboard has two colours, and so two factors say all about it."""
        return PureSvd(PureSvdConfig(n_factors=2))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Two customers have their whole colour: for the other one, rounding alone speaks."""
        of_their_colour = (dense @ dense.T > 0) @ dense > 0
        has_more = (of_their_colour & (dense == 0)).any(axis=1)
        assert (dense.any(axis=1) & ~has_more).sum() == 2
        return np.where(has_more, super().expected_lengths(dense), 0)


def random_matrix(n_rows: int, n_columns: int, seed: int = 0) -> sp.csr_matrix:
    rng = np.random.default_rng(seed)
    return sp.random(n_rows, n_columns, density=0.1, format="csr", dtype=np.float32, random_state=rng)


@pytest.mark.parametrize("shape", [(80, 30), (30, 80), (400, 120)])
def test_vectors_are_those_of_lapack(shape: tuple[int, int]) -> None:
    """The same projector and the same order; each vector up to its sign, which is ours to choose."""
    matrix = random_matrix(*shape)
    found = right_singular_vectors(matrix, 6, np.random.default_rng(1))
    expected = np.linalg.svd(matrix.toarray().astype(np.float64))[2][:6].T
    cosines = (found * expected).sum(axis=0)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-3)
    assert (found[np.abs(found).argmax(axis=0), np.arange(6)] > 0).all()


def test_captures_the_energy_that_can_be_captured() -> None:
    """Singular values that lie close to one another, as those of noise do: 64 of 500."""
    matrix = random_matrix(2000, 500)
    found = right_singular_vectors(matrix, 64, np.random.default_rng(1))
    captured = np.linalg.norm(matrix @ found) ** 2
    best = (np.linalg.svd(matrix.toarray(), compute_uv=False)[:64] ** 2).sum()
    assert 0.98 * best < captured < best * (1 + 1e-5)
    np.testing.assert_allclose(found.T @ found, np.eye(64), atol=1e-4)


def test_a_lower_rank_gives_fewer_vectors() -> None:
    matrix = sp.csr_matrix(np.outer(np.arange(1, 9), [1, 0, 2, 3]).astype(np.float32))
    found = right_singular_vectors(matrix, 3, np.random.default_rng(1))
    np.testing.assert_allclose(found, np.array([[1], [0], [2], [3]]) / np.sqrt(14), atol=1e-6)


def test_scores_are_the_history_projected() -> None:
    """score = a_u V V', with a_ui = log(1 + w) / sqrt(d_u d_i) worked out densely."""
    dense = with_holes() * np.random.default_rng(3).integers(1, 5, (25, 15))
    model = PureSvd(PureSvdConfig(n_factors=4, customer_exponent=0.5, product_exponent=0.5))
    model.fit(interactions_of(dense), np.random.default_rng(0))
    damped = np.log1p(dense.astype(np.float64))
    rows, columns = (np.where(sums > 0, sums, 1) for sums in (damped.sum(axis=1), damped.sum(axis=0)))
    weighed = damped / np.sqrt(rows[:, None] * columns)
    vectors = np.linalg.svd(weighed)[2][:4]
    scores = weighed @ vectors.T @ vectors
    found = model.recommend(np.array([0]), 13, exclude_seen=False)
    np.testing.assert_allclose(found.scores[0], scores[0][found.products[0]], atol=2e-4)


@pytest.mark.parametrize(("weighting", "expected"), [("weight", 3.0), ("log", np.log(4)), ("one", 1.0)])
def test_what_an_entry_counts(weighting: str, expected: float) -> None:
    config = PureSvdConfig(1, weighting, customer_exponent=0, product_exponent=0)  # type: ignore[arg-type]
    model = PureSvd(config).fit(interactions_of(np.array([[3.0]])), np.random.default_rng(0))
    assert model.state.customers[0, 0] == pytest.approx(expected)


def test_memory_with_fewer_customers_than_products() -> None:
    """Here nearly all is 100 bytes per product and factor: 12 * 5 for the basis and its image, 40 beside them."""
    matrix = random_matrix(300, 12_000)
    ids = [np.array([f"{at:05}" for at in range(n)], dtype=object) for n in matrix.shape]
    interactions = Interactions(matrix, *ids)
    PureSvd().fit(interactions, np.random.default_rng(0))  # compiles
    tracemalloc.start()
    PureSvd().fit(interactions, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.7 * PureSvd().memory_bytes(interactions.size) <= peak <= PureSvd().memory_bytes(interactions.size)


def test_two_runs_give_the_same_bits() -> None:
    matrix = random_matrix(3000, 400)
    runs = [right_singular_vectors(matrix, 32, np.random.default_rng(5)) for _ in range(3)]
    assert len({run.tobytes() for run in runs}) == 1


def test_the_defaults_are_in_the_space() -> None:
    assert all(getattr(PureSvdConfig(), name) in values for name, values in SPACE.items())
