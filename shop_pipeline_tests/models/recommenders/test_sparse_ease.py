"""Sparse EASE: the conformance suite, and its weights against EASE and against each product's own equations."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.interactions import Size
from shop_pipeline.models.recommenders import gram, sparse_ease
from shop_pipeline.models.recommenders.content_based import ContentBased, ContentBasedConfig
from shop_pipeline.models.recommenders.ease import Ease, EaseConfig
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours, ItemNeighboursConfig
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.sparse_ease import SPACE, SparseEase, SparseEaseConfig
from shop_pipeline.models.recommenders.user_neighbours import UserNeighbours, UserNeighboursConfig
from shop_pipeline.models.similarity import top_k
from shop_pipeline_tests.models.recommenders.linked_products_algebra import (
    as_matrix,
    fit,
    random_dense,
    same_colour_lengths,
    without_rounding,
)
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance
from shop_pipeline_tests.models.recommenders.test_content_based import features_of


class TestSparseEase(RecommenderConformance):
    def model(self) -> SparseEase:
        return SparseEase(SparseEaseConfig(n_neighbours=20))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        return same_colour_lengths(dense)

    def tied(self, dense: np.ndarray) -> Recommender:
        return without_rounding(self.model(), self.fitted(dense))


def test_with_all_products_as_neighbours_it_is_ease() -> None:
    """Every pair of the 30 products has a customer in common, so that all are neighbours."""
    dense = random_dense((200, 30))
    assert ((dense.T @ dense) > 0).all()
    sparse = fit(SparseEase(SparseEaseConfig(n_neighbours=29, n_links=30)), dense)
    whole = fit(Ease(EaseConfig(n_links=30)), dense)
    np.testing.assert_allclose(as_matrix(sparse), as_matrix(whole), atol=2e-6)


def test_each_product_is_regressed_on_its_nearest() -> None:
    """Nearest by cosine, and then the ridge regression in float64; what a product gets stands in its column."""
    dense = random_dense((60, 30), share=0.15)
    config = SparseEaseConfig(n_neighbours=5, regularization=2.0, popularity=0.0, activity=0.0, n_links=30)
    x = (dense > 0).astype(np.float64)
    products = x.T @ x
    norms = np.sqrt(products.diagonal())
    cosine = products / np.outer(norms, norms)
    np.fill_diagonal(cosine, 0)
    expected, ridge = np.zeros((30, 30)), 2.0 * products.diagonal().mean()
    for product in range(30):
        near = np.argsort(-cosine[product].astype(np.float32), kind="stable")[:5]
        near = near[cosine[product, near] > 0]
        system = products[np.ix_(near, near)] + ridge * np.eye(len(near))
        expected[near, product] = np.linalg.solve(system, products[near, product])
    np.testing.assert_allclose(as_matrix(fit(SparseEase(config), dense)), expected, atol=2e-6)


def test_batches_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 bytes are room for 2 of the 40 products at a time."""
    dense, found = random_dense((80, 40)), []
    for n_threads, limit in [(1, 2**30), (3, 2**30), (3, 10_000)]:
        for module in (sparse_ease, gram):
            monkeypatch.setattr(module, "thread_count", lambda n=n_threads: n)
        links = fit(SparseEase(SparseEaseConfig(n_neighbours=30, memory_limit_bytes=limit)), dense)
        found.append((links.targets.tobytes(), links.weights.tobytes()))
    assert found[0] == found[1] == found[2]


def test_the_search_works_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 threads of 40 products would take 800,000 bytes; 100 bytes are too few for one."""
    dense = random_dense((80, 40))
    whole = fit(SparseEase(), dense)
    monkeypatch.setattr(top_k, "thread_count", lambda: 1000)
    few = fit(SparseEase(SparseEaseConfig(memory_limit_bytes=10_000)), dense)
    assert few.targets.tobytes() == whole.targets.tobytes()
    with pytest.raises(ValueError, match="100 bytes are too few"):
        fit(SparseEase(SparseEaseConfig(memory_limit_bytes=100)), dense)


@pytest.mark.parametrize("limit", [100, 2**26])
def test_memory_is_said_for_any_limit_and_number_of_cores(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """At least the search's arrays for one thread, 56 bytes per product or, for similar customers, per customer."""
    monkeypatch.setattr(top_k, "thread_count", lambda: 64)
    size = Size(n_customers=140_000, n_products=100_000, n_entries=1_000_000)
    features = features_of(["white", "black"])
    for model, n_rows in [
        (SparseEase(SparseEaseConfig(memory_limit_bytes=limit)), size.n_products),
        (ItemNeighbours(ItemNeighboursConfig(memory_limit_bytes=limit)), size.n_products),
        (ContentBased(features, ContentBasedConfig(memory_limit_bytes=limit)), size.n_products),
        (UserNeighbours(UserNeighboursConfig(memory_limit_bytes=limit)), size.n_customers),
    ]:
        assert model.memory_bytes(size) >= n_rows * 56


def test_default_is_in_the_space() -> None:
    assert all(getattr(SparseEaseConfig(), name) in values for name, values in SPACE.items())
