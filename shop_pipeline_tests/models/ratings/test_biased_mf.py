"""Matrix factorisation: the conformance suite, the step against the formula, and truth recovered from drawn ratings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shop_pipeline.models.ratings.baselines import Biases
from shop_pipeline.models.ratings.biased_mf import SPACE, BiasedMf, BiasedMfConfig
from shop_pipeline.models.ratings.biased_mf_kernel import descend
from shop_pipeline.models.ratings.cross_validation import cross_validate
from shop_pipeline.models.ratings.ratings import Ratings
from shop_pipeline_tests.models.ratings.predictor_conformance import PredictorConformance, small
from shop_pipeline_tests.models.ratings.synthetic import SIGMA, Truth, drawn, ids

SMALL = BiasedMfConfig(n_factors=8, factor_penalty=0.05, epochs=30, rate_decay=0.93)


class TestBiasedMf(PredictorConformance):
    def model(self) -> BiasedMf:
        return BiasedMf(replace(SMALL, implicit=False))


class TestSvdPlusPlus(PredictorConformance):
    def model(self) -> BiasedMf:
        return BiasedMf(SMALL)


def test_the_space_holds_the_default() -> None:
    for field, values in SPACE.items():
        assert getattr(BiasedMfConfig(), field) in values


@pytest.mark.parametrize("implicit", [False, True])
def test_the_step_is_the_formula_worked_rating_by_rating(implicit: bool) -> None:
    """Koren 2008, equations 15 and 16, in plain Python and float64, with every y_j changed at every rating."""
    rng = np.random.default_rng(4)
    bounds, products = np.array([0, 3, 3, 7]), np.array([1, 0, 2, 2, 4, 1, 0], np.int32)
    values = rng.normal(0, 1, 7).astype(np.float32)
    shapes = ((3,), (5,), (3, 6), (5, 6), (5 if implicit else 0, 6))
    learned = [rng.normal(0, 0.3, shape).astype(np.float32) for shape in shapes]
    bu, bi, p, q, y = (each.astype(np.float64) for each in learned)
    rate, bias_penalty, penalty = 0.1, 0.02, 0.2
    order = np.array([2, 1, 0])
    for u in order:
        rated = products[bounds[u] : bounds[u + 1]]
        for place, i in enumerate(rated):
            implied = y[rated].sum(axis=0) / np.sqrt(len(rated)) if implicit else 0
            error = values[bounds[u] + place] - bu[u] - bi[i] - (p[u] + implied) @ q[i]
            before = q[i].copy()
            bu[u] += rate * (error - bias_penalty * bu[u])
            bi[i] += rate * (error - bias_penalty * bi[i])
            q[i] += rate * (error * (p[u] + implied) - penalty * q[i])
            p[u] += rate * (error * before - penalty * p[u])
            if implicit:
                y[rated] += rate * (error * before / np.sqrt(len(rated)) - penalty * y[rated])
    descend(order, bounds, products, values, *learned, rate, bias_penalty, penalty)
    for found, expected in zip(learned, (bu, bi, p, q, y), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return drawn(np.random.default_rng(5))


def missed(model: BiasedMf | Biases, truth: Truth) -> float:
    """Root of the mean squared difference from the truth, which has no noise, over all pairs whoever rated them."""
    state = model.state
    inside = (truth.expected > state.lowest) & (truth.expected < state.highest)
    customers, products = np.nonzero(inside)
    return float(np.sqrt(np.mean((model.predict(customers, products) - truth.expected[inside]) ** 2)))


def test_comes_near_the_truth_that_biases_can_not_see(truth: Truth) -> None:
    """Taste has a spread of .71, which biases miss. With 2 + 1 numbers per customer learned from 60 ratings with noise
    of .4, and 2 + 1 per product from 180, a perfect fit still misses by .4 sqrt(3 / 60 + 3 / 180) = .10.
    """
    rng = np.random.default_rng(0)
    config = replace(SMALL, n_factors=2, factor_penalty=0.02, implicit=False)
    assert missed(BiasedMf(config).fit(truth.ratings, rng), truth) < 0.15
    assert missed(Biases().fit(truth.ratings, rng), truth) > 0.6


def test_the_error_on_unseen_ratings_comes_near_the_noise(truth: Truth) -> None:
    config = replace(SMALL, n_factors=2, factor_penalty=0.02)
    found = cross_validate(lambda: BiasedMf(config), truth.ratings, 3, seed=0)
    assert SIGMA < found.rmse < 1.15 * SIGMA
    assert found.mae == pytest.approx(found.rmse * np.sqrt(2 / np.pi), rel=0.03)  # errors are normal


def test_what_was_rated_counts_where_stars_say_little() -> None:
    """Two groups each like their own half of the products and mostly rate those, 8 times with a noise above the signal.

    Plain factorisation has 6 noisy numbers per customer to tell the groups apart, SVD++ also what the 6 are of.
    """
    rng = np.random.default_rng(8)
    group = np.arange(1000) % 2
    customers = np.repeat(np.arange(1000, dtype=np.int32), 8)
    own_half = rng.random(8000) < 0.85
    side = np.where(own_half, group[customers], 1 - group[customers])
    products = (side * 20 + rng.integers(0, 20, 8000)).astype(np.int32)
    values = (3 + 0.7 * np.where(own_half, 1, -1) + rng.normal(0, 1, 8000)).astype(np.float32)
    ratings = Ratings(customers, products, values, ids("c", 1000), ids("p", 40))
    config = BiasedMfConfig(n_factors=4, factor_penalty=0.04)
    plain, implicit = (
        cross_validate(lambda use=use: BiasedMf(replace(config, implicit=use)), ratings, 4, seed=1).rmse
        for use in (False, True)
    )
    assert implicit < plain - 0.03


def test_another_unit_of_ratings_changes_nothing_but_the_unit() -> None:
    """Stars times 20 are points: every prediction is 20 times as large."""
    stars = drawn(np.random.default_rng(6), 60, 40, 20).ratings
    points = replace(stars, values=stars.values * np.float32(20))
    pairs = stars.customers, stars.products
    first, second = (BiasedMf(SMALL).fit(each, np.random.default_rng(1)).predict(*pairs) for each in (stars, points))
    np.testing.assert_allclose(second, 20 * first, rtol=1e-4)


def test_a_rate_that_diverges_is_an_error_and_no_prediction() -> None:
    ratings = drawn(np.random.default_rng(6), 60, 40, 20).ratings
    with pytest.raises(ValueError, match="lower the rate"):
        BiasedMf(replace(SMALL, rate=3.0)).fit(ratings, np.random.default_rng(1))


def test_without_ratings_the_factors_are_zero() -> None:
    state = BiasedMf(SMALL).fit(small(), np.random.default_rng(0)).state
    np.testing.assert_array_equal(np.flatnonzero(~state.customers.any(axis=1)), [2])
    np.testing.assert_array_equal(np.flatnonzero(~state.products.any(axis=1)), [3])
