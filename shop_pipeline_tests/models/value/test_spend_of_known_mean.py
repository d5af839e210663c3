"""Spend whose mean is held: the last resort, which always has a mean."""

import numpy as np
import pytest

from shop_pipeline.models.value.gamma_gamma import fit_gamma_gamma
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.spend_of_known_mean import fit_spend_of_known_mean
from shop_pipeline_tests.models.value.spenders import buyers, spenders


@pytest.mark.parametrize("q", [0.5, 0.8, 1.2, 4.0])
def test_one_time_buyers_are_expected_to_spend_what_customers_spend(q: float) -> None:
    customers = spenders(5_000, 3.0, q, 20.0, np.random.default_rng(1))
    found = fit_spend_of_known_mean(customers)
    once = buyers(np.zeros(1))
    assert found.model.expected_spend(once)[0] == pytest.approx(np.nanmean(customers.spend), rel=1e-9)
    assert found.model.q > 1


def test_where_the_plain_model_holds_it_is_nearly_the_same() -> None:
    customers = spenders(50_000, 6.0, 3.7, 15.0, np.random.default_rng(2))
    held, plain = fit_spend_of_known_mean(customers), fit_gamma_gamma(customers)
    assert held.problem is None
    np.testing.assert_allclose(
        list(held.model.parameters().values()), list(plain.model.parameters().values()), rtol=0.03
    )
    # One parameter less is free, so it is less likely, by chance alone: half a chi square of one degree.
    assert 0 <= plain.log_likelihood - held.log_likelihood < 5


def test_equal_amounts_are_expected_of_everybody() -> None:
    customers = buyers(np.array([1.0, 2.0, 5.0, 0.0]))
    same = Purchases(customers.frequency, customers.recency, customers.age, customers.spend * 7)
    np.testing.assert_allclose(fit_spend_of_known_mean(same).model.expected_spend(same), 7.0)
