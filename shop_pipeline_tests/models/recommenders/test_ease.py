"""EASE: the conformance suite, and both ways to its weights against the paper's formula in dense algebra."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from shop_pipeline.models.interactions import Size
from shop_pipeline.models.recommenders import ease, gram
from shop_pipeline.models.recommenders.ease import SPACE, Ease, EaseConfig
from shop_pipeline.models.recommenders.inverse import invert_in_place
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline_tests.models.recommenders.linked_products_algebra import (
    as_matrix,
    fit,
    kept,
    random_dense,
    same_colour_lengths,
    without_rounding,
)
from shop_pipeline_tests.models.recommenders.recommender_conformance import (
    RecommenderConformance,
    checkerboard,
    interactions_of,
)


def dense_ease(weights: np.ndarray, config: EaseConfig) -> np.ndarray:
    """Steck 2019, the closed form, in float64, of the matrix scaled as `Ease` says."""
    bought = weights > 0
    x = (weights if config.weighted else bought).astype(np.float64)
    scale = np.maximum(bought.sum(axis=0), 1) ** -config.popularity
    x = x * scale / np.maximum(bought.sum(axis=1, keepdims=True), 1) ** config.activity
    gram_matrix = x.T @ x
    diagonal = gram_matrix.diagonal()
    ridge = config.regularization * diagonal[diagonal > 0].mean()
    inverse = np.linalg.inv(gram_matrix + ridge * np.eye(len(scale)))
    b = np.eye(len(scale)) - inverse / inverse.diagonal()
    return scale[:, None] * b


class TestEase(RecommenderConformance):
    def model(self) -> Ease:
        return Ease()

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        return same_colour_lengths(dense)

    def tied(self, dense: np.ndarray) -> Recommender:
        return without_rounding(self.model(), self.fitted(dense))


CONFIGS = [
    EaseConfig(regularization=0.5, popularity=0.0, activity=0.0, n_links=40),
    EaseConfig(n_links=40),
    EaseConfig(n_links=7, weighted=True),
]


@pytest.mark.parametrize("shape", [(80, 40), (25, 40)], ids=["by products", "by customers"])
@pytest.mark.parametrize("config", CONFIGS, ids=["as published", "scaled", "cut and weighted"])
def test_weights_are_those_of_the_closed_form(shape: tuple[int, int], config: EaseConfig) -> None:
    """25 customers of 40 products are learned by way of customers, and owe the same weights."""
    dense = random_dense(shape)
    dense[:, 6] = 0
    dense[4] = 0
    expected = kept(dense_ease(dense, config), config.n_links)
    np.testing.assert_allclose(as_matrix(fit(Ease(config), dense)), expected, atol=2e-6)


def test_weights_to_a_product_that_everybody_has() -> None:
    """By way of 1,000 customers, 1 - x' M x of such a product is smaller than the rounding of M."""
    dense = random_dense((1000, 1300), share=0.001)
    dense[:, 0] = 1
    config = EaseConfig(regularization=0.3, popularity=0.0, activity=0.0, n_links=1300)
    found, expected = as_matrix(fit(Ease(config), dense))[:, 0], dense_ease(dense, config)[:, 0]
    np.testing.assert_allclose(found, expected, atol=0.005 * np.abs(expected).max())


def test_weights_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for shape in [(80, 40), (25, 40)]:
        weights = []
        for n_threads in (1, 3):
            for module in (ease, gram):
                monkeypatch.setattr(module, "thread_count", lambda n=n_threads: n)
            weights.append(fit(Ease(), random_dense(shape)).weights.tobytes())
        assert weights[0] == weights[1]


def test_memory_with_fewer_customers_than_products() -> None:
    fit(Ease(), checkerboard(6, 14))  # compiles
    interactions = interactions_of(random_dense((300, 1500), share=0.05))
    tracemalloc.start()
    Ease().fit(interactions, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    announced = Ease().memory_bytes(interactions.size)
    assert announced / 3 <= peak <= announced + 200_000


def test_memory_with_few_customers_and_links() -> None:
    """Beside 10 links per product, what the pool holds for 625 blocks of rows counts, and what the kernel allocates."""
    config, interactions = EaseConfig(n_links=10), interactions_of(random_dense((30, 10_000), share=0.05))
    fit(Ease(), checkerboard(6, 14))  # compiles
    tracemalloc.start()
    Ease(config).fit(interactions, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= Ease(config).memory_bytes(interactions.size)


def test_memory_holds_one_square_and_the_smaller_one() -> None:
    """30,000 customers of 41,000 products: 3.6 GB for customers x customers, and not 6.7; a third more to invert it."""
    assert 4.8e9 < Ease().memory_bytes(Size(30_000, 41_000, 810_000)) < 5.8e9


def test_inverse_is_in_place_and_whole() -> None:
    root = np.random.default_rng(1).normal(size=(700, 800))
    matrix = (root @ root.T + 100 * np.eye(700)).astype(np.float32)
    expected, place = np.linalg.inv(matrix.astype(np.float64)), matrix.ctypes.data
    invert_in_place(matrix)
    assert matrix.ctypes.data == place
    np.testing.assert_allclose(matrix, expected, atol=1e-6)
    np.testing.assert_array_equal(matrix, matrix.T)


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(ValueError, match="not positive definite"):
        invert_in_place(np.array([[1, 2], [2, 1]], np.float32))


@pytest.mark.parametrize("n_rows", [40, 41, 79, 333])
def test_halves_give_the_inverse_of_the_whole(monkeypatch: pytest.MonkeyPatch, n_rows: int) -> None:
    """Blocks that are whole, one row over, and of three levels."""
    monkeypatch.setattr("shop_pipeline.models.recommenders.inverse._MOST_ROWS_FOR_LAPACK", 40)
    monkeypatch.setattr("shop_pipeline.models.recommenders.inverse._ROWS_PER_BLOCK", 16)
    root = np.random.default_rng(1).normal(size=(n_rows, n_rows + 100))
    matrix = (root @ root.T + 100 * np.eye(n_rows)).astype(np.float32)
    expected = np.linalg.inv(matrix.astype(np.float64))
    invert_in_place(matrix)
    np.testing.assert_allclose(matrix, expected, atol=2e-6)
    np.testing.assert_array_equal(matrix, matrix.T)


def test_default_is_in_the_space() -> None:
    assert all(getattr(EaseConfig(), name) in values for name, values in SPACE.items())
