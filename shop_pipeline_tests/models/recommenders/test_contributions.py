"""Contributions: they add up to the scores of every model that explains itself, and each is its part of the formula."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.catalogue import SideInformation, available, make
from shop_pipeline.models.recommenders.contributions import Entries, Explained
from shop_pipeline.models.recommenders.ease import Ease
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.recommenders.state import Factors, Links
from shop_pipeline.models.recommenders.transitions import Transitions
from shop_pipeline.models.similarity.content import ProductFeatures
from shop_pipeline_tests.models.recommenders.linked_products_algebra import as_matrix, random_dense
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

DENSE = random_dense((60, 25))
DENSE[7] = 0
SHOP = interactions_of(DENSE)
SIDE = SideInformation(
    has_times=True,
    product_features=ProductFeatures(
        sp.csr_matrix(np.random.default_rng(0).random((25, 5)), dtype=np.float32), SHOP.product_ids, tuple("abcde")
    ),
)
EXPLAINED = [name for name in available(SIDE) if isinstance(make(name, {}, SIDE), Explained)]


def fitted(name: str) -> Explained:
    model = make(name, {}, SIDE).fit(SHOP, np.random.default_rng(0))
    assert isinstance(model, Explained)
    return model


def test_these_models_explain_themselves() -> None:
    """All whose score is a sum over the customer's entries, and none of the others."""
    assert set(EXPLAINED) == {
        "item_neighbours", "content_based", "als", "pure_svd", "rp3beta", "ease", "sparse_ease", "graph_filter",
        "transitions",
    }  # fmt: skip


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_entries_add_is_the_score(name: str) -> None:
    """Own products and those that the model does not list, too: a model of links lists scores above 0 only."""
    model, everyone = fitted(name), np.arange(60)
    lists = model.recommend(everyone, 25, exclude_seen=False)
    scores = np.zeros((60, 25))
    rows, places = np.nonzero(lists.products >= 0)
    scores[rows, lists.products[rows, places]] = lists.scores[rows, places]
    every = np.tile(np.arange(25, dtype=np.int32), (60, 1))
    found = model.contributions(everyone, every).astype(np.float64)
    assert (found.dtype, found.shape) == (np.float64, (SHOP.matrix.nnz, 25))
    starts = SHOP.matrix.indptr
    sums = np.array([found[starts[row] : starts[row + 1]].sum(axis=0) for row in range(60)])
    if isinstance(model, LinkedProducts):
        sums = np.maximum(sums, 0)
    np.testing.assert_allclose(sums, scores, rtol=1e-4, atol=1e-5 * scores.max())


@pytest.mark.parametrize("name", EXPLAINED)
def test_who_is_asked_about_together_does_not_matter(name: str) -> None:
    """Strangers have no entries, one customer may have two lists, a product two places, and padding gets 0."""
    model = fitted(name)
    positions = np.array([11, -1, 4, 11, 7])
    listed = np.array([[3, -1, 3], [3, 4, 5], [24, 0, 9], [9, 3, -1], [1, 2, 3]], np.int32)
    found = model.contributions(positions, listed)
    first, second = (np.diff(SHOP.matrix.indptr)[one] for one in (11, 4))
    assert found.shape == (2 * first + second, 3)
    one, other, again = np.split(found, [first, first + second])
    assert one.any(axis=0).tolist() == [bool(one[:, 0].any()), False, bool(one[:, 0].any())]
    np.testing.assert_array_equal(one[:, 0], one[:, 2])
    np.testing.assert_array_equal(again[:, 2], 0)
    np.testing.assert_allclose(again[:, 1], one[:, 0], rtol=1e-5, atol=1e-7)
    alone = model.contributions(positions[2:3], listed[2:3])
    np.testing.assert_allclose(other, alone, rtol=1e-5, atol=1e-7)


def test_entries_come_in_the_order_of_the_customers() -> None:
    entries = Entries.of(SHOP, np.array([11, -1, 4]))
    expected = [*np.flatnonzero(DENSE[11]), *np.flatnonzero(DENSE[4])]
    np.testing.assert_array_equal(SHOP.matrix.indices[entries.at], expected)
    n = np.count_nonzero(DENSE[11])
    np.testing.assert_array_equal(entries.starts, [0, n, n, len(expected)])


def test_links_for_and_against() -> None:
    """EASE counts each entry 1: its contribution is the link, of whatever sign."""
    weights = np.random.default_rng(5).uniform(-1, 1, (25, 24)).astype(np.float32)
    weights = -np.sort(-weights, axis=1)
    targets = np.array([np.random.default_rng(i).permutation(np.delete(np.arange(25), i)) for i in range(25)])
    links = Links(targets.astype(np.int32), weights)
    model = Ease().restore(SHOP, links)
    listed = np.array([[1, 5, 17]], np.int32)
    found = model.contributions(np.array([4]), listed)
    expected = as_matrix(links)[np.flatnonzero(DENSE[4])][:, listed[0]]
    np.testing.assert_array_equal(found, expected.astype(np.float32))
    assert (found < 0).any()


def test_entries_fade_by_the_customers_own_times() -> None:
    """Bought in random order, each history adds up to its score, whoever is asked about beside it."""
    times = np.random.default_rng(2).permutation(SHOP.matrix.nnz).astype(np.float64)
    shop = Interactions(SHOP.matrix, SHOP.customer_ids, SHOP.product_ids, times)
    model = Transitions().fit(shop, np.random.default_rng(0))
    lists = model.recommend(np.array([30]), 5)
    found = model.contributions(np.array([30, 50]), np.repeat(lists.products, 2, axis=0))
    n = np.count_nonzero(DENSE[30])
    np.testing.assert_allclose(found[:n].sum(axis=0), lists.scores[0], rtol=1e-5)
    np.testing.assert_array_equal(model.contributions(np.array([30]), lists.products), found[:n])


def als_of_strangers(n_factors: int, alpha: float, lengths: list[int]) -> tuple[Als, np.ndarray]:
    """Customers with so many of 60 products, whose factors no training moved."""
    rng = np.random.default_rng(1)
    dense = np.zeros((len(lengths), 60), np.float32)
    for row, n in enumerate(lengths):
        dense[row, rng.permutation(60)[:n]] = rng.integers(1, 4, n)
    products = rng.standard_normal((60, n_factors), np.float32)
    state = Factors(np.zeros((len(lengths), n_factors), np.float32), products)
    model = Als(AlsConfig(n_factors=n_factors, regularization=0.3, alpha=alpha))
    return model.restore(interactions_of(dense), state), dense


@pytest.mark.parametrize("alpha", [0.0, 0.5, 40.0])
def test_als_gives_equation_7_of_the_paper(alpha: float) -> None:
    """c_ui y_i' W_u y_j with W_u = (Y' C_u Y + lambda I)^-1 (Hu, Koren and Volinsky 2008, section 5), in float64.

    Histories shorter than the 8 factors, as long, and longer: they are solved from different sides.
    """
    model, dense = als_of_strangers(8, alpha, [1, 3, 8, 9, 40])
    listed = np.tile(np.arange(0, 60, 3, dtype=np.int32), (5, 1))
    found = model.contributions(np.arange(5), listed)
    y = model.state.products.astype(np.float64)
    expected = []
    for weights in dense.astype(np.float64):
        confidence = 1 + alpha * weights
        inverse = np.linalg.inv(y.T @ (confidence[:, None] * y) + 0.3 * np.eye(8))
        parts = confidence[:, None] * (y @ inverse @ y[listed[0]].T)
        expected.append(parts[weights > 0])
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n_entries", [6, 20])
def test_als_explains_in_finite_numbers_what_rounding_leaves_of_huge_weights(n_entries: int) -> None:
    """Products all alike and confidences near 1e19, beyond what `fit` takes: nothing is left of the identity, and what
    is to be a root may be below 0, but for the bound on it. Which seeds meet that is chance: of 40, some do.
    """
    for seed in range(40):
        rng = np.random.default_rng(seed)
        dense, products = np.zeros((1, 30), np.float32), np.zeros((30, 6), np.float32)
        dense[0, :n_entries] = rng.uniform(0.1, 1, n_entries) * 1e18
        products[:n_entries] = np.outer(rng.uniform(0.5, 2, n_entries), rng.standard_normal(6))
        state = Factors(np.zeros((1, 6), np.float32), products)
        model = Als(AlsConfig(n_factors=6)).restore(interactions_of(dense), state)
        assert np.isfinite(model.contributions(np.array([0]), np.array([[1, 0]], np.int32))).all()


def test_pure_svd_gives_each_entry_times_its_cosine_like_product() -> None:
    """a_ui v_i . v_j with a_ui = log(1 + w) / (d_u^.25 d_i^.2), worked out densely."""
    model = PureSvd(PureSvdConfig(n_factors=6)).fit(SHOP, np.random.default_rng(0))
    damped = np.log1p(DENSE[4].astype(np.float64))
    columns = np.log1p(DENSE.astype(np.float64)).sum(axis=0)
    amounts = damped / (damped.sum() ** 0.25 * columns**0.2)
    v = model.state.products.astype(np.float64)
    own, listed = np.flatnonzero(DENSE[4]), np.array([[0, 6, 24]], np.int32)
    found = model.contributions(np.array([4]), listed)
    np.testing.assert_allclose(found, amounts[own, None] * (v[own] @ v[listed[0]].T), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("positions", "listed", "message"),
    [
        ([0], [[1], [2]], "1 customers for lists of shape"),
        ([60], [[1]], "customer position is outside -1 .. 59"),
        ([0], [[25]], "listed product is outside -1 .. 24"),
        ([0], [[-2]], "listed product is outside"),
    ],
)
def test_what_does_not_fit_is_refused(positions: list[int], listed: list[list[int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fitted("item_neighbours").contributions(np.array(positions), np.array(listed, np.int32))


def test_nobody_is_asked_about() -> None:
    model = fitted("pure_svd")
    assert model.contributions(np.array([], np.int64), np.empty((0, 3), np.int32)).shape == (0, 3)
    assert model.contributions(np.array([-1]), np.zeros((1, 3), np.int32)).shape == (0, 3)


def test_needs_to_be_fitted() -> None:
    with pytest.raises(RuntimeError, match="not fitted"):
        Ease().contributions(np.array([0]), np.zeros((1, 1), np.int32))


def test_interactions_without_times_are_explained_too() -> None:
    bare = Interactions(SHOP.matrix, SHOP.customer_ids, SHOP.product_ids)
    listed = np.array([[3, 9]], np.int32)
    model, same = (Als(AlsConfig(8)).fit(one, np.random.default_rng(0)) for one in (bare, SHOP))
    np.testing.assert_array_equal(*(one.contributions(np.array([4]), listed) for one in (model, same)))
