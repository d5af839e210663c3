"""Partial pooling against what it must be in the limits, and against quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad_vec

from shop_pipeline.models.pricing.pooling import pool


def test_figures_that_differ_by_chance_alone_are_drawn_together() -> None:
    """Variance 1 each, and spread as chance: what remains is little more than the mean's own error."""
    y = np.random.default_rng(0).normal(-1.5, 1.0, 400)
    found = pool(y, np.ones(400))
    assert found.mean.std() < 0.25 * y.std()
    assert (found.own_share < 0.3).all()


def test_figures_that_truly_differ_stay_what_they_are() -> None:
    """Known to .01, and apart by 1."""
    y = np.linspace(-5, 5, 11)
    found = pool(y, np.full(11, 1e-4))
    assert found.mean == pytest.approx(y, abs=1e-3)
    assert np.sqrt(found.variance) == pytest.approx(np.full(11, 0.01), rel=0.01)


def test_who_says_nothing_gets_the_group_and_its_spread() -> None:
    """Means known without error, at distance 1 of another: a newcomer is as far from their middle as they are."""
    y = np.repeat([-2.0, 0.0], 50)
    found = pool(np.append(y, 0.0), np.append(np.full(100, 1e-6), np.inf))
    assert found.mean[-1] == pytest.approx(-1.0, abs=1e-6)
    assert np.sqrt(found.variance[-1]) == pytest.approx(1.0, abs=0.03)
    assert found.own_share[-1] == 0


def test_moments_are_those_of_the_posterior() -> None:
    """The eight schools of Bayesian Data Analysis, section 5.5, integrated here over tau in another way."""
    y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    variance = np.array([15.0, 10, 16, 11, 9, 11, 10, 18]) ** 2
    top = 4 * y.std()

    def moments(tau: float) -> np.ndarray:
        weight = 1 / (variance + tau**2)
        mu = (weight * y).sum() / weight.sum()
        density = np.sqrt(weight.prod() / weight.sum()) * np.exp(-((y - mu) ** 2 * weight).sum() / 2)
        kept = tau**2 * weight
        mean = kept * y + (1 - kept) * mu
        second = kept * variance + (1 - kept) ** 2 / weight.sum() + mean**2
        return density * np.concatenate([[1.0], mean, second])

    total = quad_vec(moments, 0, top)[0]
    mean, second = total[1:9] / total[0], total[9:] / total[0]
    found = pool(y, variance)
    assert found.mean == pytest.approx(mean, rel=1e-3)
    assert found.variance == pytest.approx(second - mean**2, rel=1e-3)


def test_too_few_figures_are_refused() -> None:
    with pytest.raises(ValueError, match="2 figures are too few to pool, 3 wanted"):
        pool(np.zeros(4), np.array([1.0, 1.0, np.inf, np.inf]))
