"""Re-weighed factors: whoever comes alone is weighed by the fitted products' sums, and not by their own."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.nmf import Nmf, NmfConfig
from shop_pipeline.models.recommenders.pure_svd import PureSvd, PureSvdConfig
from shop_pipeline.models.recommenders.reweighed_factors import ReweighedFactors
from shop_pipeline_tests.models.recommenders.linked_products_algebra import random_dense
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

DENSE = random_dense((60, 25))
MODELS = [
    Nmf(NmfConfig(n_factors=4, product_exponent=0.5)),
    Nmf(NmfConfig(n_factors=4, product_exponent=0)),
    PureSvd(PureSvdConfig(n_factors=4, product_exponent=0.5)),
    PureSvd(PureSvdConfig(n_factors=4, product_exponent=0)),
]


def fold_in_alone(model: ReweighedFactors, customer: int) -> np.ndarray:
    everyone = interactions_of(DENSE)
    alone = Interactions(everyone.matrix[[customer]], everyone.customer_ids[[customer]], everyone.product_ids)
    return model.fold_in(alone)[0]


@pytest.mark.parametrize("model", MODELS)
def test_a_customer_alone_gets_the_fitted_factors(model: ReweighedFactors) -> None:
    model.fit(interactions_of(DENSE), np.random.default_rng(0))
    np.testing.assert_allclose(fold_in_alone(model, 11), model.state.customers[11], rtol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_sums_are_those_of_the_interactions_taken_over_last(model: ReweighedFactors) -> None:
    model.fit(interactions_of(DENSE), np.random.default_rng(0))
    state, expected = model.state, fold_in_alone(model, 11)
    model.fit(interactions_of(random_dense((60, 25), seed=8)), np.random.default_rng(0))
    model.restore(interactions_of(DENSE), state)
    np.testing.assert_array_equal(fold_in_alone(model, 11), expected)
