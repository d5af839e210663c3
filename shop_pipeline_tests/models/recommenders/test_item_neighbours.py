"""Item neighbours: the conformance suite, scores against dense algebra."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.recommenders.item_neighbours import SPACE, ItemNeighbours, ItemNeighboursConfig
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of


def random_dense(seed: int = 3, shape: tuple[int, int] = (60, 25)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return ((rng.random(shape) < 0.2) * rng.integers(1, 6, shape)).astype(np.float32)


def table_as_matrix(table: Links, n_products: int) -> np.ndarray:
    matrix = np.zeros((n_products, n_products))
    for product in range(n_products):
        for neighbour, score in zip(table.targets[product], table.weights[product], strict=True):
            if neighbour >= 0:
                matrix[product, neighbour] = score
    return matrix


class TestItemNeighbours(RecommenderConformance):
    def model(self) -> ItemNeighbours:
        return ItemNeighbours(ItemNeighboursConfig(n_neighbours=20))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Only products that share a customer with an own product: on the board, those of the same colour."""
        similar = dense.T @ dense > 0
        np.fill_diagonal(similar, val=False)
        return (((dense > 0) @ similar > 0) & (dense == 0)).sum(axis=1)


class TestItemNeighboursByTfidf(TestItemNeighbours):
    def model(self) -> ItemNeighbours:
        return ItemNeighbours(ItemNeighboursConfig(20, measure="tfidf", shrinkage=3, history_power=0.5))


def test_shrinkage_and_measure_reach_the_links() -> None:
    """Products 0 and 1 share 1 of 2 buyers: Jaccard 1/2, shrunk by 1 / (1 + 1)."""
    config = ItemNeighboursConfig(measure="jaccard", shrinkage=1)
    model = ItemNeighbours(config).fit(interactions_of(np.array([[1, 1], [0, 1]])), np.random.default_rng(0))
    np.testing.assert_array_equal(model.state.weights[:, 0], [0.25, 0.25])


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_own_products_count_their_weight_to_a_power(power: float) -> None:
    dense = random_dense()
    model = ItemNeighbours(ItemNeighboursConfig(6, history_power=power))
    model.fit(interactions_of(dense), np.random.default_rng(0))
    expected = np.where(dense > 0, dense**power, 0) @ table_as_matrix(model.state, 25)
    found = model.recommend(np.arange(60), 1, exclude_seen=False)
    rows = np.flatnonzero(found.products[:, 0] >= 0)
    np.testing.assert_allclose(found.scores[rows, 0], expected.max(axis=1)[rows], rtol=1e-5)


def test_scores_are_weights_times_the_table() -> None:
    dense = random_dense()
    model = ItemNeighbours(ItemNeighboursConfig(n_neighbours=6)).fit(interactions_of(dense), np.random.default_rng(0))
    expected = dense @ table_as_matrix(model.state, 25)
    found = model.recommend(np.arange(60), 25, exclude_seen=False)
    for customer in range(60):
        listed = found.products[customer][found.products[customer] >= 0]
        assert len(listed) == (expected[customer] > 0).sum()
        np.testing.assert_allclose(found.scores[customer][: len(listed)], expected[customer, listed], rtol=1e-5)


@pytest.mark.parametrize(("product", "weight", "message"), [(25, 0.5, "not among"), (3, np.inf, "finite weight")])
def test_links_that_do_not_fit_are_refused(product: int, weight: float, message: str) -> None:
    links = Links(np.full((25, 1), product, np.int32), np.full((25, 1), weight, np.float32))
    with pytest.raises(ValueError, match=message):
        ItemNeighbours().restore(interactions_of(random_dense()), links)


def test_every_setting_to_try_is_a_setting_and_the_default_is_among_them() -> None:
    for name, values in SPACE.items():
        assert getattr(ItemNeighboursConfig(), name) in values
        for value in values:
            assert ItemNeighboursConfig(**{name: value}).similarity  # type: ignore[arg-type]


def test_a_setting_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="out of range"):
        ItemNeighbours(ItemNeighboursConfig(shrinkage=-1)).fit(
            interactions_of(random_dense()), np.random.default_rng(0)
        )
