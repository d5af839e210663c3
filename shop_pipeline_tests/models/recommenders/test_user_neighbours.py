"""User neighbours: the conformance suite, and scores against dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from shop_pipeline.models.recommenders.user_neighbours import SPACE, UserNeighbours, UserNeighboursConfig
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of


class TestUserNeighbours(RecommenderConformance):
    def model(self) -> UserNeighbours:
        return UserNeighbours(UserNeighboursConfig(n_neighbours=30))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Only what those have who share a product with the customer: on the board, products of the same colour."""
        similar = dense @ dense.T > 0
        np.fill_diagonal(similar, val=False)
        return ((similar @ (dense > 0)) & (dense == 0)).sum(axis=1)


class TestUserNeighboursByBm25(TestUserNeighbours):
    def model(self) -> UserNeighbours:
        return UserNeighbours(UserNeighboursConfig(30, measure="bm25", shrinkage=2, weight_power=0.5))


def random_dense(shape: tuple[int, int] = (60, 25)) -> np.ndarray:
    rng = np.random.default_rng(3)
    return ((rng.random(shape) < 0.2) * rng.integers(1, 6, shape)).astype(np.float32)


@pytest.mark.parametrize("power", [1.0, 0.0])
def test_scores_are_similarities_times_the_weights_of_the_nearest(power: float) -> None:
    """The 5 nearest customers by scikit-learn's cosine; of customers 0 to 59, ties aside."""
    dense = random_dense()
    similar = cosine_similarity(dense.astype(np.float64)) * (1 - np.eye(60))
    similar[similar < -np.sort(-similar, axis=1)[:, [4]] - 1e-9] = 0
    amounts = np.where(dense > 0, dense**power, 0)
    model = UserNeighbours(UserNeighboursConfig(5, weight_power=power))
    model.fit(interactions_of(dense), np.random.default_rng(0))
    # Where the fifth place is tied, the links of the model are the smaller positions and the reference has more.
    untied = np.flatnonzero((similar > 0).sum(axis=1) == 5)
    assert len(untied) > 40
    found = model.recommend(untied, 25, exclude_seen=False)
    for row, customer in enumerate(untied):
        expected = similar[customer] @ amounts
        listed = found.products[row][found.products[row] >= 0]
        assert len(listed) == (expected > 0).sum()
        np.testing.assert_allclose(found.scores[row][: len(listed)], expected[listed], rtol=1e-5)


def test_by_hand() -> None:
    """Customer 0 has product 0 alone, as customer 1 has beside product 1, which counts 3: 3 / sqrt(1 * 10)."""
    model = UserNeighbours().fit(interactions_of(np.array([[1, 0], [1, 3]])), np.random.default_rng(0))
    found = model.recommend(np.array([0]), 2)
    np.testing.assert_array_equal(found.products, [[1, -1]])
    np.testing.assert_allclose(found.scores[0, 0], 3 / 10**0.5, rtol=1e-6)


def test_lists_do_not_depend_on_who_is_asked_for_together() -> None:
    model = UserNeighbours().fit(interactions_of(random_dense((700, 30))), np.random.default_rng(0))
    together, alone = model.recommend(np.arange(700), 5), model.recommend(np.array([600]), 5)
    np.testing.assert_array_equal(together.products[600], alone.products[0])
    np.testing.assert_array_equal(together.scores[600], alone.scores[0])


def test_every_setting_to_try_is_a_setting_and_the_default_is_among_them() -> None:
    for name, values in SPACE.items():
        assert getattr(UserNeighboursConfig(), name) in values
        for value in values:
            assert UserNeighboursConfig(**{name: value}).similarity  # type: ignore[arg-type]
