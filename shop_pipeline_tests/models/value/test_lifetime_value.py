"""Discounted purchases and their value: closed forms, fine sums, and what is refused."""

import numpy as np
import pytest

from shop_pipeline.models.value.gamma_gamma import GammaGamma
from shop_pipeline.models.value.lifetime_value import discounted_purchases, lifetime_value, rate_per_unit
from shop_pipeline.models.value.nbd import Nbd
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline_tests.models.value.buyers import CDNOW, draw, purchases_of

WEEKS = 365.25 / 7
# Two are alike, and two differ in their age alone.
CUSTOMERS = purchases_of([0, 1, 3, 8, 3, 3], [0, 20, 20, 38, 20, 20], [39, 39, 30, 39, 30, 25])


def test_purchases_at_a_constant_rate_have_a_closed_form() -> None:
    # (r + x) / (alpha + T) * (1 - 1.1^-2) / log(1.1) = .4 * 1.82067... for r = 1, x = 1, alpha = 2, T = 3.
    found = discounted_purchases(Nbd(1.0, 2.0), purchases_of([1], [1], [3]), 2.0, 0.1)
    assert found[0] == pytest.approx(0.4 * (1 - 1.1**-2) / np.log(1.1), rel=1e-10)


@pytest.mark.parametrize("model", CDNOW, ids=lambda model: model.name)
@pytest.mark.parametrize(("years", "yearly_rate"), [(1, 0.1), (5, 1.0)])
def test_it_is_the_sum_over_moments(model: PurchaseModel, years: float, yearly_rate: float) -> None:
    horizon, rate = years * WEEKS, rate_per_unit(yearly_rate, WEEKS)
    moments = np.linspace(0, 1, 401) ** 2 * horizon
    expected = np.array([model.expected_purchases(CUSTOMERS, t) for t in moments.tolist()])
    by_sum = (1 + rate) ** (-(moments[1:] + moments[:-1]) / 2) @ np.diff(expected, axis=0)
    np.testing.assert_allclose(discounted_purchases(model, CUSTOMERS, horizon, rate), by_sum, rtol=2e-5)


@pytest.mark.parametrize("model", CDNOW, ids=lambda model: model.name)
def test_without_discount_all_purchases_count_in_full(model: PurchaseModel) -> None:
    np.testing.assert_allclose(
        discounted_purchases(model, CUSTOMERS, 52), model.expected_purchases(CUSTOMERS, 52), rtol=1e-12
    )


def test_months_discounted_from_their_end_are_four_thousandths_lower() -> None:
    # The convention of Fader, Hardie & Lee's spreadsheets and of `lifetimes`; half a month's interest is log(1.1) / 24.
    model, rate = CDNOW[0], rate_per_unit(0.1, WEEKS)
    ends = np.linspace(0, WEEKS, 13)
    expected = np.array([model.expected_purchases(CUSTOMERS, t) for t in ends.tolist()])
    by_month = (1 + rate) ** -ends[1:] @ np.diff(expected, axis=0)
    np.testing.assert_allclose(by_month / discounted_purchases(model, CUSTOMERS, WEEKS, rate), 1 - 0.00397, atol=2e-4)


def test_value_is_margin_times_spend_times_discounted_purchases() -> None:
    # Spend of x = 1, m = 1: 2 * (30 + 1) / (2 + 4 - 1) = 12.4.
    found = lifetime_value(Nbd(1.0, 2.0), GammaGamma(2, 4, 30), purchases_of([1], [1], [3]), 2.0, 0.1, 0.25)
    assert found[0] == pytest.approx(0.25 * 12.4 * 0.4 * (1 - 1.1**-2) / np.log(1.1), rel=1e-10)


@pytest.mark.parametrize("model", CDNOW, ids=lambda model: model.name)
def test_the_total_is_what_simulated_customers_buy(model: PurchaseModel) -> None:
    customers, _, later = draw(model, np.full(100_000, 39.0), 39.0, np.random.default_rng(1))
    expected = discounted_purchases(model, customers, 39.0)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.02)


def test_a_yearly_rate_compounds() -> None:
    assert (1 + rate_per_unit(0.1, 365.25)) ** 365.25 == pytest.approx(1.1)
    assert rate_per_unit(0.0, 12) == 0


@pytest.mark.parametrize(("horizon", "rate"), [(0.0, 0.1), (-1.0, 0.1), (np.inf, 0.1), (1.0, -0.1), (1.0, np.nan)])
def test_what_is_no_horizon_or_rate_is_refused(horizon: float, rate: float) -> None:
    with pytest.raises(ValueError, match="no horizon of"):
        discounted_purchases(CDNOW[0], CUSTOMERS, horizon, rate)
