"""The likelihood of spend against an integral, and its derivatives against differences."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.spend_likelihood import SpendLikelihood
from shop_pipeline_tests.models.value.spenders import buyers, spenders


def density(x: float, mean: float, p: float, q: float, v: float) -> float:
    """Of the mean of x purchases of Gamma(p, nu), over nu from Gamma(q, v), by quadrature."""
    found = quad(
        lambda nu: stats.gamma.pdf(mean, p * x, scale=1 / (nu * x)) * stats.gamma.pdf(nu, q, scale=1 / v), 0, 40,
        limit=200,
    )  # fmt: skip
    return float(found[0])


@pytest.mark.parametrize("elasticity", [0.0, 0.4, -0.3])
def test_it_is_the_integral_over_what_is_unknown_about_the_customer(elasticity: float) -> None:
    bought = buyers(np.array([1.0, 3.0, 3.0, 0.0]))
    spend = np.array([0.6, 1.7, 2.3, np.nan])
    likelihood = SpendLikelihood.of(Purchases(bought.frequency, bought.recency, bought.age, spend))
    p, q, v = 2.0, 3.0, 1.5
    # Money in units of the mean (0.6 + 1.7 + 2.3) / 3; a density in units is `unit` times that in money.
    unit = 4.6 / 3
    by_hand = sum(
        np.log(unit * density(x, m, p, q, unit * v * (1 + x) ** elasticity)) for x, m in ((1, 0.6), (3, 1.7), (3, 2.3))
    )
    assert likelihood.unit == pytest.approx(unit)
    assert likelihood.at(np.array([p, q, v, elasticity]))[0] == pytest.approx(by_hand, rel=1e-8)


def test_its_derivatives_are_those_of_differences() -> None:
    likelihood = SpendLikelihood.of(spenders(300, 3, 2.5, 20, np.random.default_rng(0)))
    values = np.array([2.0, 1.8, 0.7, 0.3])

    def value(at: DoubleArray) -> float:
        return likelihood.at(at)[0]

    np.testing.assert_allclose(likelihood.at(values)[1], approx_fprime(values, value, 1e-7), rtol=1e-4)


def test_who_bought_once_says_nothing() -> None:
    once = buyers(np.zeros(3))
    with pytest.raises(ValueError, match="nobody has a repeat purchase"):
        SpendLikelihood.of(once)


def test_correlation_of_customers_worked_by_hand() -> None:
    # log n is log 2, log 4, log 8 = 1, 2, 3 times log 2; spend 2, 4, 3: covariance 1 of deviations (-1, 0, 1) and
    # (-1, 1, 0), each with the sum of squares 2, so 1 / 2.
    bought = buyers(np.array([1.0, 3.0, 7.0]))
    found = SpendLikelihood.of(Purchases(bought.frequency, bought.recency, bought.age, np.array([2.0, 4.0, 3.0])))
    assert found.correlation() == pytest.approx(0.5)
    assert SpendLikelihood.of(buyers(np.array([1.0, 3.0]))).correlation() == 0
