"""Popularity by category: the conformance suite, and lists worked by hand."""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.recommenders.groups import ProductGroups
from shop_pipeline.models.recommenders.popularity_in_category import PopularityInCategory
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of


def ids(n: int) -> list[str]:
    """Products as the suite names them."""
    return [f"p{at:04}" for at in range(n)]


class TestPopularityInCategory(RecommenderConformance):
    """The colours of the board are the categories of its products."""

    def model(self) -> PopularityInCategory:
        return PopularityInCategory(ProductGroups(ids(300), [("white", "black")[at % 2] for at in range(300)]))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Products with a buyer of the one colour that the customer has."""
        same = (np.arange(dense.shape[1])[:, None] + np.arange(dense.shape[1])) % 2 == 0
        has = dense > 0
        return ((has @ same > 0) & ~has & has.any(axis=0)).sum(axis=1)

    def tied(self, dense: np.ndarray) -> Recommender:
        """Products 1, 2 and 3 have the same buyers, but not the same colour: here all are of one category."""
        groups = ProductGroups(ids(5), ["tea"] * 5)
        return PopularityInCategory(groups).fit(interactions_of(dense), np.random.default_rng(7))


# Tea: products 0, 1, 2; pans: 3, 4; product 5 has no category. Buyers: 1, 2, 0, 1, 2, 1.
SHELVES = np.array([[3, 1, 0, 2, 1, 0], [0, 1, 0, 0, 2, 0], [0, 0, 0, 0, 0, 8]])
CATEGORIES = ProductGroups(ids(6), ["tea", "tea", "tea", "pans", "pans", None])


def test_lists_are_of_the_main_category() -> None:
    """Customer 0 has 4 of tea and 3 of pans, 1 has 2 of pans and 1 of tea, 2 nothing with a category."""
    model = PopularityInCategory(CATEGORIES).fit(interactions_of(SHELVES), np.random.default_rng(0))
    assert model.state.groups == ("pans", "tea")
    np.testing.assert_array_equal(model.state.group_of, [1, 0, -1])
    found = model.recommend(np.arange(3), 4, exclude_seen=False)
    np.testing.assert_array_equal(found.products, [[1, 0, -1, -1], [4, 3, -1, -1], [-1] * 4])
    np.testing.assert_array_equal(found.scores[:2, :2], [[2, 1], [2, 1]])
    unseen = model.recommend(np.arange(3), 4)
    np.testing.assert_array_equal(unseen.products, [[-1] * 4, [3, -1, -1, -1], [-1] * 4])


def test_of_equal_categories_the_first_by_name() -> None:
    histories = np.array([[1, 0, 0, 1, 0, 0], [0, 1, 1, 0, 1, 1]])
    model = PopularityInCategory(CATEGORIES).fit(interactions_of(histories), np.random.default_rng(0))
    assert model.state.groups[model.state.group_of[0]] == "pans"


def test_only_the_products_of_the_cut_make_groups() -> None:
    """The shop at large knows pans; in this cut there are only products 0 and 1."""
    model = PopularityInCategory(CATEGORIES).fit(interactions_of(np.ones((2, 2))), np.random.default_rng(0))
    assert model.state.groups == ("tea",)


def test_no_product_has_a_category() -> None:
    model = PopularityInCategory(ProductGroups([], [])).fit(interactions_of(SHELVES), np.random.default_rng(0))
    assert (model.recommend(np.arange(3), 2).products == -1).all()
