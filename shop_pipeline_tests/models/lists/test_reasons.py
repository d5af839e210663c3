"""Reasons: shares that are worked out by hand, that add up to the score, and that blocks don't change."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.arrays import FloatArray, IntArray
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.lists import reasons as module
from shop_pipeline.models.lists.reasons import reasons, reasons_bytes
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.contributions import Entries, Explained
from shop_pipeline.models.recommenders.ease import Ease, EaseConfig
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours, ItemNeighboursConfig
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.rp3beta import Rp3Beta
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline_tests.models.recommenders.linked_products_algebra import as_matrix, random_dense
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

DENSE = random_dense((60, 25))
DENSE[7] = 0
SHOP = interactions_of(DENSE)
EVERYONE = np.arange(60)
Parts = dict[str, Recommender[Any]]


def fitted(**models: Recommender[Any]) -> Parts:
    return {name: model.fit(SHOP, np.random.default_rng(0)) for name, model in models.items()}


def listed_by(parts: Parts, n: int = 5) -> tuple[IntArray, FloatArray]:
    """The first part's lists, and portions of each part above 0 where there is a product, as a blend makes them."""
    products = next(iter(parts.values())).recommend(EVERYONE, n).products
    portions = np.random.default_rng(1).uniform(0.1, 1, (*products.shape, len(parts))).astype(np.float32)
    portions[products < 0] = 0
    return products, portions


def of_one(model: Recommender[Any], n_reasons: int = 25) -> tuple[IntArray, module.Reasons]:
    """Reasons of the lists of one model alone, whose score is its only portion."""
    lists = model.recommend(EVERYONE, 5)
    portions = np.nan_to_num(lists.scores)[:, :, None]
    return lists.products, reasons({"one": model}, ["one"], EVERYONE, lists.products, portions, n_reasons)


def test_two_parts_by_hand() -> None:
    """Customer 0 has products 0 (weight 1) and 1 (weight 2); product 2 is listed.

    Links: 0 -> 2 of .5 and 1 -> 2 of .25, so that each adds .5 by weight, and 2 and 1 thirds by EASE, which counts
    entries. Portions .3 by neighbours, .5 by EASE and .2 by popularity: product 0 has .3 / 2 + .5 * 2 / 3.
    """
    shop = interactions_of(np.array([[1, 2, 0], [1, 1, 1]]))
    links = Links(np.array([[2], [2], [-1]], np.int32), np.array([[0.5], [0.25], [np.nan]], np.float32))
    parts: Parts = {
        "near": ItemNeighbours().restore(shop, links),
        "linear": Ease().restore(shop, links),
        "popular": Popularity().fit(shop, np.random.default_rng(0)),
    }
    portions = np.array([[[0.3, 0.5, 0.2], [0, 0, 0]]], np.float32)
    sources = np.array([[2, -1]], np.int32)
    found = reasons(parts, ["near", "linear", "popular"], np.array([0]), sources, portions)
    np.testing.assert_array_equal(found.products, [[[0, 1, -1], [-1, -1, -1]]])
    np.testing.assert_allclose(found.shares[0, 0], [0.15 + 1 / 3, 0.15 + 1 / 6, np.nan], rtol=1e-6)
    assert np.isnan(found.shares[0, 1]).all()
    np.testing.assert_array_equal(found.leading, [[1, -1]])
    other = reasons(parts, ["linear", "popular", "near"], np.array([0]), sources, portions[:, :, [1, 2, 0]])
    np.testing.assert_array_equal(other.products, found.products)
    np.testing.assert_array_equal(other.leading, [[0, -1]])


@pytest.mark.parametrize("config", [ItemNeighboursConfig(6), ItemNeighboursConfig(6, history_power=0.5)])
def test_shares_of_one_model_are_each_own_products_part_of_the_score(config: ItemNeighboursConfig) -> None:
    """The two largest of weight^power times link, by dense algebra; equals by position."""
    model = ItemNeighbours(config).fit(SHOP, np.random.default_rng(0))
    listed, found = of_one(model, n_reasons=2)
    table = as_matrix(model.state)
    for customer in range(60):
        for place in np.flatnonzero(listed[customer] >= 0):
            amounts = np.where(DENSE[customer] > 0, DENSE[customer] ** config.history_power, 0)
            parts = amounts * table[:, listed[customer, place]]
            order = np.lexsort((np.arange(25), -(parts / parts.sum()).astype(np.float32)))
            expected = [own for own in order if parts[own] > 0][:2]
            got = found.products[customer, place][: len(expected)]
            assert (found.products[customer, place][len(expected) :] == -1).all()
            np.testing.assert_allclose(
                found.shares[customer, place][: len(expected)], parts[expected] / parts.sum(), rtol=1e-5
            )
            np.testing.assert_allclose(parts[got], parts[expected], rtol=1e-5)


def test_all_shares_of_one_model_without_negative_links_make_one() -> None:
    listed, found = of_one(ItemNeighbours().fit(SHOP, np.random.default_rng(0)))
    np.testing.assert_allclose(np.nansum(found.shares, axis=2)[listed >= 0], 1, rtol=1e-5)


def test_own_products_that_speak_against_are_no_reasons_but_count() -> None:
    """Shares for and against make 1 in dense algebra; those for it are the reasons, and above 1 in all."""
    model = Ease(EaseConfig(n_links=24)).fit(SHOP, np.random.default_rng(0))
    listed, found = of_one(model)
    table, n_against = as_matrix(model.state), 0
    for customer in range(60):
        for place in np.flatnonzero(listed[customer] >= 0):
            parts = (DENSE[customer] > 0) * table[:, listed[customer, place]]
            own, shares = found.products[customer, place], found.shares[customer, place]
            assert set(own[own >= 0]) == set(np.flatnonzero(parts > 0))
            np.testing.assert_allclose(shares[own >= 0], parts[own[own >= 0]] / parts.sum(), rtol=1e-3)
            n_against += (parts < 0).sum()
    assert n_against > 0


def test_all_shares_and_the_portion_that_nobody_explains_make_one() -> None:
    parts = fitted(near=ItemNeighbours(), walk=Rp3Beta(), popular=Popularity())
    listed, portions = listed_by(parts)
    found = reasons(parts, list(parts), EVERYONE, listed, portions, n_reasons=25)
    shares = np.nansum(found.shares, axis=2, dtype=np.float64)[listed >= 0]
    popular = portions[listed >= 0][:, 2] / portions[listed >= 0].sum(axis=1)
    # Both parts link what shares a customer: each explains what the other lists.
    np.testing.assert_allclose(shares + popular, 1, rtol=1e-5)


def test_parts_of_all_kinds_are_divided_by_the_formula() -> None:
    """Links, factors by projection and by least squares, and one that can't say: the docstring's sum in float64."""
    parts = fitted(als=Als(AlsConfig(6)), svd=PureSvd(PureSvdConfig(6)), ease=Ease(), popular=Popularity())
    listed, portions = listed_by(parts)
    found = reasons(parts, list(parts), EVERYONE, listed, portions, n_reasons=25)
    entries, expected = Entries.of(SHOP, EVERYONE), np.zeros((SHOP.matrix.nnz, 5))
    rows = np.repeat(EVERYONE, np.diff(entries.starts))
    weights = portions / np.where(listed >= 0, portions.sum(axis=2), 1)[:, :, None]
    for at, part in enumerate(parts.values()):
        if isinstance(part, Explained):
            added = part.contributions(EVERYONE, listed).astype(np.float64)
            totals = np.array([added[rows == row].sum(axis=0) for row in EVERYONE])
            factors = np.where(totals > 0, weights[:, :, at] / np.where(totals > 0, totals, 1), 0)
            expected += added * factors[rows]
    for entry, place in zip(*np.nonzero(expected > 1e-5), strict=True):
        own = found.products[rows[entry], place] == SHOP.matrix.indices[entry]
        np.testing.assert_allclose(found.shares[rows[entry], place][own], expected[entry, place], rtol=1e-3)
    n_reasons = (found.products >= 0).sum(axis=2)
    counted = np.array([(expected[rows == row] > 0).sum(axis=0) for row in EVERYONE])
    np.testing.assert_array_equal(n_reasons, counted)


def test_the_leading_part_is_the_one_with_the_largest_portion() -> None:
    parts = fitted(near=ItemNeighbours(), walk=Rp3Beta(), popular=Popularity())
    listed, portions = listed_by(parts)
    found = reasons(parts, list(parts), EVERYONE, listed, portions)
    filled = listed >= 0
    np.testing.assert_array_equal(found.leading[filled], portions.argmax(axis=2)[filled])
    assert (found.leading[~filled] == -1).all()


def test_a_product_that_is_bought_again_may_be_its_own_reason() -> None:
    """To ALS, having a product speaks for it more than anything else does."""
    model = Als(AlsConfig(6)).fit(SHOP, np.random.default_rng(0))
    own = np.array([np.flatnonzero(row)[0] if row.any() else -1 for row in DENSE], np.int32)[:, None]
    found = reasons({"als": model}, ["als"], EVERYONE, own, (own >= 0).astype(np.float32)[:, :, None])
    has = own[:, 0] >= 0
    assert (found.products[has, 0] == own[has]).any(axis=1).mean() > 0.9
    assert (found.products[~has] == -1).all()


def test_what_is_filled_in_and_strangers_have_no_reasons() -> None:
    """Fillers have portions of 0, as `Lists` says; customer -1 has no entries."""
    parts = fitted(near=ItemNeighbours())
    sources = np.array([[3, 4], [3, 4]], np.int32)
    portions = np.array([[[0.0], [0.0]], [[0.5], [0.0]]], np.float32)
    found = reasons(parts, ["near"], np.array([4, -1]), sources, portions)
    assert (found.products == -1).all()
    assert np.isnan(found.shares).all()
    np.testing.assert_array_equal(found.leading, [[-1, -1], [0, -1]])


@pytest.mark.parametrize("block_bytes", [1, 20 * 4, 20 * 50, 20 * 400])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    """Single customers, of whom one alone is more than a block, and a few at a time."""
    parts = fitted(near=ItemNeighbours(), svd=PureSvd(PureSvdConfig(6)), popular=Popularity())
    listed, portions = listed_by(parts)
    expected = reasons(parts, list(parts), EVERYONE, listed, portions)
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    found = reasons(parts, list(parts), EVERYONE, listed, portions)
    np.testing.assert_array_equal(found.products, expected.products)
    np.testing.assert_array_equal(found.shares, expected.shares)
    np.testing.assert_array_equal(found.leading, expected.leading)


def test_blocks_hold_as_many_customers_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two neighbouring blocks are together more than one may be, or they would be one."""
    model, sizes = ItemNeighbours().fit(SHOP, np.random.default_rng(0)), []
    whole = model.contributions

    def counted(at: IntArray, listed: IntArray) -> FloatArray:
        found = whole(at, listed)
        sizes.append(found.nbytes)
        return found

    monkeypatch.setattr(model, "contributions", counted)
    monkeypatch.setattr(module, "BLOCK_BYTES", 20 * 50)
    of_one(model)
    assert sum(sizes) == SHOP.matrix.nnz * 20
    assert max(sizes) <= 20 * 50
    assert min(first + second for first, second in pairwise(sizes)) > 20 * 50


def test_memory_is_what_was_announced() -> None:
    """4,000 customers with 200 of 2,000 products: their contributions to 20 places, 64 MB a part, are never there."""
    rng = np.random.default_rng(2)
    matrix = sp.random(4000, 2000, density=0.1, format="csr", dtype=np.float32, random_state=rng)
    ids = [np.array([f"{i:05}" for i in range(n)], dtype=object) for n in matrix.shape]
    shop = Interactions(matrix, *ids)
    links = np.argsort(rng.random((2000, 2000)), axis=1)[:, :50].astype(np.int32)
    weights = -np.sort(-rng.random((2000, 50)), axis=1).astype(np.float32)
    parts: Parts = {
        "links": Ease().restore(shop, Links(links, weights)),
        "near": ItemNeighbours().restore(shop, Links(links, weights)),
    }
    sources = rng.integers(0, 2000, (4000, 20)).astype(np.int32)
    portions = rng.random((4000, 20, 2), np.float32)
    reasons(parts, list(parts), np.arange(3), sources[:3], portions[:3])  # compiles
    tracemalloc.start()
    reasons(parts, list(parts), np.arange(4000), sources, portions)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = reasons_bytes(int(np.diff(matrix.indptr).max()), 4000, 20)
    assert 0.6 * said <= peak <= said


@pytest.mark.parametrize(
    ("customers", "portions", "n_reasons", "message"),
    [
        (np.arange(2), np.ones((1, 2, 1)), 3, "2 customers"),
        (np.arange(1), np.ones((1, 2, 2)), 3, "portions"),
        (np.arange(1), np.ones((1, 2, 1)), 0, "n_reasons is 0"),
        (np.array([60]), np.ones((1, 2, 1)), 3, "outside -1 .. 59"),
    ],
)
def test_what_does_not_fit_is_refused(
    customers: np.ndarray, portions: np.ndarray, n_reasons: int, message: str
) -> None:
    parts = fitted(near=ItemNeighbours())
    with pytest.raises(ValueError, match=message):
        reasons(parts, ["near"], customers, np.zeros((1, 2), np.int32), portions.astype(np.float32), n_reasons)


def test_parts_of_different_interactions_are_refused() -> None:
    """Their entries would not be the same."""
    parts = fitted(near=ItemNeighbours()) | {
        "walk": Rp3Beta().fit(interactions_of(DENSE[::-1]), np.random.default_rng(0))
    }
    with pytest.raises(ValueError, match="same interactions"):
        reasons(parts, list(parts), np.array([0]), np.zeros((1, 2), np.int32), np.ones((1, 2, 2), np.float32))
    with pytest.raises(ValueError, match="at least one part"):
        reasons({}, [], np.array([0]), np.zeros((1, 2), np.int32), np.ones((1, 2, 0), np.float32))
