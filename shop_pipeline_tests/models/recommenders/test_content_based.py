"""Content-based lists: the conformance suite, and that they order as the profile's cosine does."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.recommenders.content_based import SPACE, ContentBased, ContentBasedConfig
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.similarity.content import ContentConfig, ProductColumns, ProductFeatures, product_features
from shop_pipeline_tests.models.recommenders.recommender_conformance import RecommenderConformance, interactions_of


def features_of(titles: list[str | None], ids: list[str] | None = None) -> ProductFeatures:
    empty = [None] * len(titles)
    ids = ids or [f"p{at:04}" for at in range(len(titles))]
    return product_features(ProductColumns(ids, titles, empty, empty, empty, empty, empty), ContentConfig(max_share=1))


def coloured(n_products: int = 400) -> ProductFeatures:
    """The colour of the board as the only word: even and odd products. The suite needs up to 300."""
    return features_of([("white", "black")[at % 2] for at in range(n_products)])


class TestContentBased(RecommenderConformance):
    def model(self) -> ContentBased:
        return ContentBased(coloured(), ContentBasedConfig(n_neighbours=20))

    def expected_lengths(self, dense: np.ndarray) -> np.ndarray:
        """Products with a buyer of a colour that the customer has."""
        same = (np.arange(dense.shape[1])[:, None] + np.arange(dense.shape[1])) % 2 == 0
        has = dense > 0
        return ((has @ same > 0) & ~has & has.any(axis=0)).sum(axis=1)

    def tied(self, dense: np.ndarray) -> Recommender:
        """Products 1, 2 and 3 have the same buyers, but not the same colour: here all are described alike."""
        return ContentBased(features_of(["tea"] * 5)).fit(interactions_of(dense), np.random.default_rng(7))


def random_shop() -> tuple[np.ndarray, ProductFeatures]:
    rng = np.random.default_rng(4)
    dense = ((rng.random((30, 25)) < 0.2) * rng.integers(1, 6, (30, 25))).astype(np.float32)
    words = np.array(["tea", "cup", "红茶", "pan", "bowl", "red", "blue", "礼盒"])
    return dense, features_of([" ".join(rng.choice(words, 3)) for _ in range(25)])


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_with_all_links_the_order_is_that_of_profile_and_product(power: float) -> None:
    """Unseen products: the cosine of sum_i a_i^power f_i with f_j, by dense algebra."""
    dense, features = random_shop()
    config = ContentBasedConfig(n_neighbours=25, amount_power=power)
    model = ContentBased(features, config).fit(interactions_of(dense), np.random.default_rng(0))
    found = model.recommend(np.arange(30), 25)
    rows = features.matrix.toarray().astype(float)
    profiles = np.where(dense > 0, dense**power, 0) @ rows
    lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
    cosines = profiles @ rows.T / np.maximum(lengths, 1e-9)
    cosines[(dense > 0) | ~dense.any(axis=0)] = 0
    for customer in range(30):
        listed = found.products[customer][found.products[customer] >= 0]
        assert len(listed) == (cosines[customer] > 1e-9).sum()
        np.testing.assert_allclose(
            found.scores[customer][: len(listed)] / lengths[customer], cosines[customer][listed], rtol=1e-4
        )


def test_only_the_nearest_count() -> None:
    """One link each: product 0 leads to 1, which has both its words, and not to 2, which has one."""
    features = features_of(["green tea", "green tea", "green cup", "pan"])
    dense = np.array([[1, 0, 0, 0], [0, 1, 1, 1]])
    config = ContentBasedConfig(n_neighbours=1)
    model = ContentBased(features, config).fit(interactions_of(dense), np.random.default_rng(0))
    np.testing.assert_array_equal(model.recommend(np.array([0]), 3).products, [[1, -1, -1]])


def test_features_are_found_by_id_and_may_be_missing() -> None:
    """Features come with products of their own (p0007) and without p0001; p0000 and p0002 are both tea."""
    features = features_of(["tea", "tea", "tea"], ["p0007", "p0002", "p0000"])
    dense = np.array([[1, 0, 0], [0, 1, 1]])
    model = ContentBased(features).fit(interactions_of(dense), np.random.default_rng(0))
    np.testing.assert_array_equal(model.recommend(np.arange(2), 2).products, [[2, -1], [0, -1]])


def test_without_any_feature_all_lists_are_empty() -> None:
    model = ContentBased(features_of(["!", "?"])).fit(interactions_of(np.eye(2)), np.random.default_rng(0))
    assert (model.recommend(np.arange(2), 2).products == -1).all()


def test_own_products_speak_for_what_is_like_them() -> None:
    features = features_of(["green tea", "frying pan", "green tea tin"])
    dense = np.array([[1, 2, 0], [0, 0, 1]])
    model = ContentBased(features).fit(interactions_of(dense), np.random.default_rng(0))
    listed = model.recommend(np.array([0]), 1)
    assert listed.products[0, 0] == 2
    added = model.contributions(np.array([0]), listed.products)
    np.testing.assert_allclose(added, [[listed.scores[0, 0]], [0]])


def test_the_search_for_settings_starts_at_the_default() -> None:
    assert all(getattr(ContentBasedConfig(), field) in values for field, values in SPACE.items())
