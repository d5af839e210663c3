"""Popularity: the conformance suite, and counts worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.recommenders.popularity import Popularity, PopularityConfig
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of

# Customers 0..2 by products 0..3. Buyers: 2, 1, 3, 0. Sums of weights: 3, 9, 3, 0.
DENSE = np.array([[1, 9, 1, 0], [2, 0, 1, 0], [0, 0, 1, 0]])


class TestPopularity(RecommenderConformance):
    is_personal = False

    def model(self) -> Popularity:
        return Popularity()

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        return dense.any(axis=0).sum() - (dense > 0).sum(axis=1)


class TestPopularityByWeight(TestPopularity):
    def model(self) -> Popularity:
        return Popularity(PopularityConfig(measure="weight"))


@pytest.mark.parametrize(
    ("measure", "products", "scores"),
    [("customers", [2, 0, 1], [3, 2, 1]), ("weight", [1, 0, 2], [9, 3, 3])],
)
def test_ranking(measure: str, products: list[int], scores: list[float]) -> None:
    model = Popularity(PopularityConfig(measure=measure)).fit(interactions_of(DENSE), np.random.default_rng(0))  # type: ignore[arg-type]
    ranked, ranked_scores = model.ranking()
    np.testing.assert_array_equal(ranked, products)
    np.testing.assert_array_equal(ranked_scores, scores)


def test_everybody_gets_the_ranking_less_what_they_have() -> None:
    model = Popularity().fit(interactions_of(DENSE), np.random.default_rng(0))
    np.testing.assert_array_equal(model.recommend(np.arange(3), 3).products, [[-1] * 3, [1, -1, -1], [0, 1, -1]])
