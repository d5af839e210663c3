"""Popularity: the conformance suite, and counts worked by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.popularity import SPACE, Popularity, PopularityConfig
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


class TestTrending(TestPopularity):
    def model(self) -> Popularity:
        return Popularity(PopularityConfig(measure="trending"))

    def tied(self, dense: np.ndarray) -> Popularity:
        """The suite's products differ in their times: here all happens at once."""
        now = dataclasses.replace(interactions_of(dense), times=np.zeros(np.count_nonzero(dense)))
        return self.model().fit(now, np.random.default_rng(7))


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


def at_times(times: list[float]) -> Interactions:
    return dataclasses.replace(interactions_of(DENSE), times=np.array(times, np.float64))


def test_trending_halves_with_every_half_life() -> None:
    """Entries (0,0) (0,1) (0,2) (1,0) (1,2) (2,2); newest 20, half-life 10 days.

    Product 0: days 10 and 0, 1/2 + 1/4; product 1: day 20, 1; product 2: days 0, 0, 10, 1/4 + 1/4 + 1/2.
    Products 1 and 2 tie.
    """
    model = Popularity(PopularityConfig("trending", 10.0)).fit(
        at_times([10, 20, 0, 0, 0, 10]), np.random.default_rng(0)
    )
    ranked, scores = model.ranking()
    np.testing.assert_array_equal(ranked, [1, 2, 0])
    np.testing.assert_array_equal(scores, [1, 1, 0.75])


def test_trending_keeps_what_was_bought_very_long_ago() -> None:
    """0.5^10,000 is 0 in floating point; the product still has a customer."""
    model = Popularity(PopularityConfig("trending", 1.0)).fit(
        at_times([10_000, 0, 10_000, 10_000, 10_000, 10_000]), np.random.default_rng(0)
    )
    np.testing.assert_array_equal(model.ranking()[0], [2, 0, 1])
    assert (model.ranking()[1] > 0).all()


def test_trending_leaves_the_times_as_they_are() -> None:
    interactions = at_times([1, 2, 3, 4, 5, 6])
    Popularity(PopularityConfig("trending")).fit(interactions, np.random.default_rng(0))
    np.testing.assert_array_equal(interactions.times, [1, 2, 3, 4, 5, 6])


def test_trending_needs_times() -> None:
    without = dataclasses.replace(interactions_of(DENSE), times=None)
    with pytest.raises(ValueError, match="without times"):
        Popularity(PopularityConfig("trending")).fit(without, np.random.default_rng(0))


def test_a_half_life_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        PopularityConfig(half_life_days=0)


def test_the_search_for_settings_starts_at_the_default() -> None:
    assert all(getattr(PopularityConfig(), field) in values for field, values in SPACE.items())
