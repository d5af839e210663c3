"""Popularity by country: the conformance suite, and scores worked by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shop_pipeline.models.recommenders.groups import CustomerGroups
from shop_pipeline.models.recommenders.popularity_in_groups import (
    SPACE,
    PopularityInGroups,
    PopularityInGroupsConfig,
)
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of


class TestPopularityInGroups(RecommenderConformance):
    """The colours of the board are the countries of its customers."""

    def model(self) -> PopularityInGroups:
        colours = [("white", "black")[at % 2] for at in range(1500)]
        return PopularityInGroups(CustomerGroups([f"c{at:04}" for at in range(1500)], colours))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """All products with a buyer; a customer without history has a country, and so a list."""
        return dense.any(axis=0).sum() - (dense > 0).sum(axis=1)


# Customers 0 and 1 are of CN, 2 of DE, 3 unknown. Counts by product: CN 2, 1, 0; DE 0, 0, 1; unknown 1, 0, 1.
# The shop: 3, 1, 2 of 6, shares 1/2, 1/6, 1/3.
DENSE = np.array([[1, 5, 0], [1, 0, 0], [0, 0, 9], [2, 0, 1]])
COUNTRIES = CustomerGroups(["c0000", "c0001", "c0002", "c7777"], ["CN", "CN", "DE", "FR"])


def scores(config: PopularityInGroupsConfig) -> np.ndarray:
    model = PopularityInGroups(COUNTRIES, config).fit(interactions_of(DENSE), np.random.default_rng(0))
    assert model.state.groups == ("all", "CN", "DE")
    np.testing.assert_array_equal(model.state.group_of, [1, 1, 2, 0])
    return model.state.scores.toarray()


def test_scores_are_blended_with_the_shop() -> None:
    """m = 6. CN: (2 + 3, 1 + 1, 0 + 2) / (3 + 6); DE: (0 + 3, 0 + 1, 1 + 2) / (1 + 6)."""
    expected = [[1 / 2, 1 / 6, 1 / 3], [5 / 9, 2 / 9, 2 / 9], [3 / 7, 1 / 7, 3 / 7]]
    np.testing.assert_allclose(scores(PopularityInGroupsConfig(prior=6)), expected, rtol=1e-6)


def test_without_a_prior_a_group_knows_only_its_own() -> None:
    expected = [[1 / 2, 1 / 6, 1 / 3], [2 / 3, 1 / 3, 0], [0, 0, 1]]
    np.testing.assert_allclose(scores(PopularityInGroupsConfig(prior=0)), expected, rtol=1e-6)


def test_weights_instead_of_customers() -> None:
    """CN (2, 5, 0), DE (0, 0, 9), shop (4, 5, 10)."""
    expected = [[4 / 19, 5 / 19, 10 / 19], [2 / 7, 5 / 7, 0], [0, 0, 1]]
    np.testing.assert_allclose(scores(PopularityInGroupsConfig(prior=0, measure="weight")), expected, rtol=1e-6)


def test_trending_in_a_country() -> None:
    """Entries (0,0) (0,1) (1,0) (2,2) (3,0) (3,2) at days 0, 10, 10, 10, 10, 10, half-life 10: CN (1/2 + 1, 1, 0)."""
    interactions = dataclasses.replace(interactions_of(DENSE), times=np.array([0, 10, 10, 10, 10, 10.0]))
    config = PopularityInGroupsConfig(prior=0, measure="trending", half_life_days=10)
    model = PopularityInGroups(COUNTRIES, config).fit(interactions, np.random.default_rng(0))
    np.testing.assert_allclose(model.state.scores.toarray()[1], [1.5 / 2.5, 1 / 2.5, 0], rtol=1e-6)


def test_a_large_prior_is_the_list_of_the_shop() -> None:
    found = scores(PopularityInGroupsConfig(prior=1e9))
    np.testing.assert_allclose(found[1:], found[[0, 0]], rtol=1e-6)


def test_the_best_of_each_group_are_kept() -> None:
    """One each: product 0 leads in the shop and in CN, and in DE ties with product 2."""
    found = scores(PopularityInGroupsConfig(prior=6, n_kept=1))
    np.testing.assert_array_equal(found > 0, [[True, False, False]] * 3)


def test_who_is_unknown_gets_the_list_of_the_shop() -> None:
    model = PopularityInGroups(COUNTRIES).fit(interactions_of(DENSE), np.random.default_rng(0))
    found = model.recommend(np.array([3]), 3, exclude_seen=False)
    np.testing.assert_array_equal(found.products, [[0, 2, 1]])
    np.testing.assert_allclose(found.scores, [[1 / 2, 1 / 3, 1 / 6]], rtol=1e-6)


def test_nobody_with_a_country() -> None:
    model = PopularityInGroups(CustomerGroups([], [])).fit(interactions_of(DENSE), np.random.default_rng(0))
    assert model.state.groups == ("all",)
    np.testing.assert_array_equal(model.recommend(np.arange(4), 1).products[:, 0], [2, 2, 0, 1])


def test_a_label_of_the_name_of_all_is_not_known() -> None:
    """`all` is between CN and de: the codes on both sides must still lead to their names."""
    labels = CustomerGroups(["c0000", "c0001", "c0002", "c0003"], ["de", "all", "CN", "de"])
    model = PopularityInGroups(labels, PopularityInGroupsConfig(prior=0))
    state = model.fit(interactions_of(DENSE), np.random.default_rng(0)).state
    assert state.groups == ("all", "CN", "de")
    np.testing.assert_array_equal(state.group_of, [2, 0, 1, 2])
    np.testing.assert_allclose(state.scores.toarray()[1:], [[0, 0, 1], [1 / 2, 1 / 4, 1 / 4]], rtol=1e-6)


@pytest.mark.parametrize("change", [{"prior": -1.0}, {"prior": float("inf")}, {"n_kept": 0}, {"half_life_days": 0.0}])
def test_settings_that_make_no_sense_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        dataclasses.replace(PopularityInGroupsConfig(), **change)


def test_the_search_for_settings_starts_at_the_default() -> None:
    assert all(getattr(PopularityInGroupsConfig(), field) in values for field, values in SPACE.items())
