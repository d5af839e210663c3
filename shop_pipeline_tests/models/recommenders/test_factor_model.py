"""Scores that are only rounding: two departments of a shop without a common customer."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.als import Als, AlsConfig
from shop_pipeline.models.recommenders.factor_model import NOISE, FactorModel
from shop_pipeline.models.recommenders.nmf import Nmf, NmfConfig
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.top_n import top_n_from_factors
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of


def two_departments(n_small: int, products_small: int, seed: int = 0) -> np.ndarray:
    """300 customers of 40 products, and behind them a smaller department; the last customer has the whole of it."""
    rng = np.random.default_rng(seed)
    dense = np.zeros((300 + n_small, 40 + products_small))
    for customers, products in ((slice(0, 300), slice(0, 40)), (slice(300, None), slice(40, None))):
        shape = dense[customers, products].shape
        dense[customers, products] = (rng.random(shape) < 0.5 * rng.random(shape[1])) * rng.integers(1, 4, shape)
    dense[-1, 40:] = 1
    return dense


def fitted(model: FactorModel, dense: np.ndarray) -> FactorModel:
    model.fit(interactions_of(dense), np.random.default_rng(7))
    return model


def listed_before(model: FactorModel) -> np.ndarray:
    """The products with the largest dot product, whatever they are worth."""
    matrix, state = model.interactions.matrix, model.state
    return top_n_from_factors(state.customers, state.products, np.arange(matrix.shape[0]), 10, seen=matrix).products


@pytest.mark.parametrize("seed", range(3))
def test_who_has_a_whole_department_is_told_nothing_of_the_other(seed: int) -> None:
    """PureSVD has factors for both; the scores of the last customer for the other are 1e-7 and less."""
    model = fitted(PureSvd(PureSvdConfig(n_factors=16)), two_departments(100, 20, seed))
    found, before = model.recommend(np.arange(400), 10), listed_before(model)
    assert (before[-1] >= 0).all()
    assert (found.products[-1] == -1).all()
    assert np.isnan(found.scores[-1]).all()
    # Those who have something left of their own department get what they got.
    np.testing.assert_array_equal(found.products[:300], before[:300])


@pytest.mark.parametrize(
    "model", [PureSvd(PureSvdConfig(n_factors=8)), Nmf(NmfConfig(n_factors=8))], ids=["svd", "nmf"]
)
def test_a_department_without_factors_is_not_listed_for(model: FactorModel) -> None:
    """All eight factors are of the large department: what the small one's customers have of them is rounding, 1e-6
    of what others have, and the best of their scores is as large in comparison as anybody's.
    """
    fitted(model, two_departments(10, 4))
    sizes = np.abs(model.state.customers).max(axis=1)
    assert sizes[300:].max() < 1e-3 * np.median(sizes[:300])
    found, before = model.recommend(np.arange(310), 10), listed_before(model)
    assert (before[300:] >= 0).any()
    assert (found.products[300:] == -1).all()
    np.testing.assert_array_equal(found.products[:300], before[:300])


def test_as_many_singular_vectors_as_products_say_nothing_of_what_a_customer_lacks() -> None:
    """V V' is the identity: a score is the customer's own entry, and 0 but for rounding where there is none."""
    dense = np.random.default_rng(0).random((100, 12)) < 0.3
    model = fitted(PureSvd(PureSvdConfig(n_factors=12)), dense)
    assert (model.recommend(np.arange(100), 3).products == -1).all()
    found = model.recommend(np.arange(100), 12, exclude_seen=False)
    np.testing.assert_array_equal((found.scores > 0.01).sum(axis=1), dense.sum(axis=1))


def test_histories_from_outside_are_told_no_more() -> None:
    model = fitted(PureSvd(PureSvdConfig(n_factors=8)), two_departments(10, 4))
    known = model.interactions
    strangers = Interactions(known.matrix, "x" + known.customer_ids, known.product_ids, known.times)
    np.testing.assert_array_equal(
        model.recommend_for(strangers, 10).products, model.recommend(np.arange(310), 10).products
    )


@pytest.mark.parametrize("model", [PureSvd(), Als(AlsConfig(iterations=5)), Nmf()], ids=["svd", "als", "nmf"])
@pytest.mark.parametrize("weight", [1.0, 1e-12])
def test_in_a_connected_shop_every_list_stays(model: FactorModel, weight: float) -> None:
    """Customers of three of ten groups each, also those whose entries count next to nothing, as very old ones do."""
    rng = np.random.default_rng(0)
    groups = (rng.random((500, 10)) < 0.3).astype(float)
    dense = (rng.random((500, 100)) < 0.05 + 0.2 * groups @ np.repeat(np.eye(10), 10, axis=1)).astype(float)
    dense[:, 0] = 1
    dense[:50] *= weight
    fitted(model, dense)
    np.testing.assert_array_equal(model.recommend(np.arange(500), 10).products, listed_before(model))


def test_the_limit_is_a_share_of_what_factors_can_give() -> None:
    """A customer of factors (1, 1000) with products of (1, 0) and (0, .001) at most could have 1 + 1; the only product
    that is left has just above, or just below, the limit: the columns' scales don't count, as in a factorisation
    x_u . y_j = (x_u D) . (y_j / D).
    """
    model = fitted(PureSvd(PureSvdConfig(n_factors=2)), np.array([[1, 1, 0], [1, 1, 1]]))
    model.state.customers[0] = 1, 1000
    for share, n_listed in ((2.2, 1), (1.8, 0)):
        model.state.products[:] = [1, 0], [0, 0.001], [share * NOISE, 0]
        assert (model.recommend(np.array([0]), 1).products >= 0).sum() == n_listed
