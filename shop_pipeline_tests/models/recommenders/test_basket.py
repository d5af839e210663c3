"""Baskets of new visitors: the factors and lists of a customer with the same history, and what nobody knows."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.basket import fold_in, recommend_basket
from shop_pipeline.models.recommenders.factor_model import FactorModel
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours
from shop_pipeline.models.recommenders.nmf import Nmf, NmfConfig
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.recommenders.recommender import HistoryRecommender
from shop_pipeline.models.recommenders.transitions import Transitions
from shop_pipeline_tests.models.recommenders.linked_products_algebra import random_dense
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

DENSE = random_dense((60, 25))
SHOP = interactions_of(DENSE)


def fitted(model: HistoryRecommender) -> HistoryRecommender:
    return model.fit(SHOP, np.random.default_rng(0))


def basket_of(customer: int) -> tuple[list[str], list[float]]:
    own = np.flatnonzero(DENSE[customer])
    return SHOP.product_ids[own].tolist(), DENSE[customer, own].tolist()


FACTOR_MODELS = [Als(AlsConfig(6)), PureSvd(PureSvdConfig(6)), Nmf(NmfConfig(6))]


@pytest.mark.parametrize("model", FACTOR_MODELS, ids=lambda model: type(model).__name__)
def test_the_history_of_a_fitted_customer_gives_their_factors(model: FactorModel) -> None:
    """To the last bits: ALS solves them for all customers and for one by BLAS products of the same blocks."""
    fitted(model)
    for customer in (0, 11, 59):
        found = fold_in(model, *basket_of(customer))
        assert (found.dtype, found.shape) == (np.float32, (6,))
        np.testing.assert_allclose(found, model.state.customers[customer], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("model", [*FACTOR_MODELS, ItemNeighbours()], ids=lambda model: type(model).__name__)
def test_and_their_list(model: HistoryRecommender) -> None:
    expected = fitted(model).recommend(np.array([11]), 5)
    found = recommend_basket(model, *reversed_basket(11), n=5)
    assert found.products == tuple(SHOP.product_ids[expected.products[0]])
    np.testing.assert_allclose(found.scores, expected.scores[0], rtol=1e-5)
    assert found.unknown == ()


def reversed_basket(customer: int) -> tuple[list[str]]:
    """Each product as often as its weight says, in another order than that of the ids."""
    return ([one for one, n in zip(*basket_of(customer), strict=True) for _ in range(int(n))][::-1],)


def test_all_histories_at_once_are_the_factors_of_the_customers() -> None:
    model = fitted(PureSvd(PureSvdConfig(6)))
    assert isinstance(model, PureSvd)
    np.testing.assert_array_equal(model.fold_in(SHOP), model.state.customers)


def test_the_last_one_put_in_is_the_newest() -> None:
    """Transitions look back from the newest: the same two products in the other order give other scores."""
    model = fitted(Transitions())
    first, second = (recommend_basket(model, ids, 25) for ids in (["p0001", "p0009"], ["p0009", "p0001"]))
    scores = [dict(zip(one.products, one.scores, strict=True)) for one in (first, second)]
    assert scores[0] != scores[1]
    alone = recommend_basket(model, ["p0009"], 25)
    parts = dict(zip(alone.products, alone.scores, strict=True))
    nearest = recommend_basket(model, ["p0001"], 25)
    older = dict(zip(nearest.products, nearest.scores, strict=True))
    for product, score in scores[0].items():
        assert score == pytest.approx(parts.get(product, 0) + 0.6 * older.get(product, 0), rel=1e-5)


def test_unknown_ids_are_named_and_say_nothing() -> None:
    model = fitted(Als(AlsConfig(6)))
    ids, weights = basket_of(11)
    found = recommend_basket(model, ["zebra", *ids, "a"], 5, weights=[9, *weights, 1])
    assert found.unknown == ("zebra", "a")
    assert found.products == recommend_basket(model, ids, 5, weights=weights).products


@pytest.mark.parametrize("ids", [[], ["zebra"]])
@pytest.mark.parametrize("model", [*FACTOR_MODELS, ItemNeighbours()], ids=lambda model: type(model).__name__)
def test_who_nothing_is_known_of_gets_an_empty_list(model: HistoryRecommender, ids: list[str]) -> None:
    found = recommend_basket(fitted(model), ids, 5)
    assert (found.products, found.scores, found.unknown) == ((), (), tuple(ids))
    if isinstance(model, FactorModel):
        np.testing.assert_array_equal(fold_in(model, ids), np.zeros(6, np.float32))


def test_what_is_in_the_basket_is_listed_on_request_only() -> None:
    model, ids = fitted(PureSvd(PureSvdConfig(6))), basket_of(11)[0]
    assert not set(ids) & set(recommend_basket(model, ids, 25).products)
    assert set(ids) <= set(recommend_basket(model, ids, 25, exclude_seen=False).products)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, float("nan")]])
def test_weights_must_fit(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="a basket of 2 products needs as many weights"):
        fold_in(fitted(Als(AlsConfig(6))), ["p0001", "p0002"], weights)  # type: ignore[arg-type]


def test_histories_of_other_products_are_refused() -> None:
    model = fitted(PureSvd(PureSvdConfig(6)))
    assert isinstance(model, PureSvd)
    other = Interactions(SHOP.matrix, SHOP.customer_ids, "x" + SHOP.product_ids)
    with pytest.raises(ValueError, match="other products"):
        model.fold_in(other)
