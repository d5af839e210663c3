"""Spend that goes with frequency: recovered from simulated customers."""

import numpy as np
import pytest

from shop_pipeline.models.value.gamma_gamma import GammaGamma, fit_gamma_gamma
from shop_pipeline.models.value.spend_by_frequency import GammaGammaByFrequency, fit_spend_by_frequency
from shop_pipeline_tests.models.value.spenders import buyers, spenders


@pytest.mark.parametrize(("n", "tolerance"), [(2_000, 0.3), (20_000, 0.1), (100_000, 0.045)])
@pytest.mark.parametrize("elasticity", [0.5, -0.4])
def test_elasticity_is_recovered_closer_with_more_customers(elasticity: float, n: int, tolerance: float) -> None:
    found = fit_spend_by_frequency(spenders(n, 3.0, 4.0, 20.0, np.random.default_rng(1), elasticity))
    assert isinstance(found.model, GammaGammaByFrequency)
    assert found.problem is None
    assert found.model.elasticity == pytest.approx(elasticity, abs=tolerance)
    assert abs(found.model.elasticity - elasticity) < 4 * found.standard_errors["elasticity"]


def test_what_one_time_buyers_spend_is_right_where_the_plain_model_is_wrong() -> None:
    # Somebody with n = 1 spends p v / (q - 1) = 20 in the mean, whatever the elasticity.
    customers = spenders(30_000, 3.0, 4.0, 20.0, np.random.default_rng(2), elasticity=0.5)
    once = buyers(np.zeros(1))
    assert fit_spend_by_frequency(customers).model.expected_spend(once)[0] == pytest.approx(20, rel=0.03)
    assert fit_gamma_gamma(customers).model.expected_spend(once)[0] > 30


def test_without_elasticity_it_is_the_plain_model() -> None:
    customers = buyers(np.array([0.0, 1.0, 4.0]))
    plain, by_frequency = GammaGamma(3.0, 4.0, 20.0), GammaGammaByFrequency(3.0, 4.0, 20.0, 0.0)
    np.testing.assert_array_equal(by_frequency.expected_spend(customers), plain.expected_spend(customers))


def test_expectations_worked_by_hand() -> None:
    # n = 1, 4: v = 20 * 1, 20 * 2. Once: 3 * 20 / 3. Three purchases of 1: 3 * (40 + 3) / (9 + 3).
    found = GammaGammaByFrequency(3.0, 4.0, 20.0, 0.5).expected_spend(buyers(np.array([0.0, 3.0])))
    np.testing.assert_allclose(found, [20.0, 10.75])


def test_it_may_fall_short_of_a_mean_too() -> None:
    found = fit_spend_by_frequency(spenders(20_000, 3.0, 0.8, 20.0, np.random.default_rng(3), elasticity=0.5))
    assert found.problem is not None
    assert "infinite" in found.problem


def test_a_negative_elasticity_is_a_parameter_like_any_other() -> None:
    assert GammaGammaByFrequency(3.0, 4.0, 20.0, -0.5).parameters()["elasticity"] == -0.5
    with pytest.raises(ValueError, match="gamma_gamma_by_frequency"):
        GammaGammaByFrequency(3.0, 4.0, 20.0, np.inf)
