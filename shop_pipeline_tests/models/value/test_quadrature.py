"""The two quadratures that the purchase models stand on, against SciPy's."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import roots_jacobi

from shop_pipeline.models.value.beta_quadrature import beta_nodes
from shop_pipeline.models.value.drop_out_integral import drop_out


@pytest.mark.parametrize(("a", "b"), [(0.79, 2.4), (1.0, 1.0), (0.01, 30.0)])
def test_nodes_are_those_of_scipy(a: float, b: float) -> None:
    points, weights = beta_nodes(a, b, 32)
    expected, masses = roots_jacobi(32, b - 1, a - 1)
    np.testing.assert_allclose(points, (expected + 1) / 2, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(weights, masses / masses.sum(), rtol=1e-8, atol=1e-14)


def test_moments_are_those_of_the_beta_distribution_where_scipy_overflows() -> None:
    a, b = 500.0, 2000.0
    points, weights = beta_nodes(a, b, 16)
    assert weights.sum() == pytest.approx(1)
    assert weights @ points == pytest.approx(a / (a + b))
    assert weights @ points**2 == pytest.approx(a * (a + 1) / ((a + b) * (a + b + 1)))


@pytest.mark.parametrize(
    ("shape", "s", "alpha", "beta", "begin", "end"),
    [(2.5, 0.6, 10.0, 12.0, 30.4, 38.9), (0.5, 0.6, 10.0, 0.01, 0.0, 40.0), (400.0, 2.0, 8.0, 3.0, 1.0, 700.0)],
)
def test_the_averages_over_the_moment_of_leaving(
    shape: float, s: float, alpha: float, beta: float, begin: float, end: float
) -> None:
    def density(u: float) -> float:
        power = shape * np.log((alpha + begin) / (alpha + u)) + (s + 1) * np.log((beta + begin) / (beta + u))
        return float(s / (beta + begin) * np.exp(power))

    found = drop_out(*(np.array([shape]), s), *(np.array([value]) for value in (alpha, beta, begin, end)))
    for answer, value in (
        (found.mass, lambda _: 1.0),
        (found.log_alpha, lambda u: np.log((alpha + u) / (alpha + begin))),
        (found.by_alpha, lambda u: 1 / (alpha + u)),
        (found.log_beta, lambda u: np.log((beta + u) / (beta + begin))),
        (found.by_beta, lambda u: 1 / (beta + u)),
    ):
        # Adaptive quadrature is told where the peak is.
        cuts = [begin, *(begin + np.array([0.01, 0.1, 1.0])), end]
        parts = [
            quad(lambda u, value=value: density(u) * value(u), low, high, epsabs=0, epsrel=1e-11, limit=200)[0]
            for low, high in pairwise(cuts)
        ]
        assert answer[0] == pytest.approx(sum(parts), rel=1e-8)
