"""Mean and biases: the conformance suite, and the equations that biases solve."""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.ratings.baselines import Biases, BiasesConfig, GlobalMean
from shop_pipeline_tests.models.ratings.predictor_conformance import PredictorConformance, small
from shop_pipeline_tests.models.ratings.synthetic import MEAN, drawn


class TestGlobalMean(PredictorConformance):
    def model(self) -> GlobalMean:
        return GlobalMean()

    def test_is_the_mean(self) -> None:
        """(5 + 3 + 4 + 1 + 2 + 4) / 6 = 19 / 6."""
        np.testing.assert_allclose(self.fitted(small()).predict(np.array([0]), np.array([0])), 19 / 6, rtol=1e-6)


class TestBiases(PredictorConformance):
    def model(self) -> Biases:
        return Biases()

    def test_solves_the_ridge_regression_on_customers_and_products(self) -> None:
        """Dense algebra: (X'X + D) b = X'(r - mean), X one indicator per customer and product, D the dampings."""
        ratings = small()
        design = np.zeros((6, 8))
        design[np.arange(6), ratings.customers] = design[np.arange(6), 4 + ratings.products] = 1
        penalty = np.diag([2.0] * 4 + [1.0] * 4)
        expected = np.linalg.solve(design.T @ design + penalty, design.T @ (ratings.values - 19 / 6))
        config = BiasesConfig(customer_damping=2.0, product_damping=1.0, rounds=60)
        state = Biases(config).fit(ratings, np.random.default_rng(0)).state
        np.testing.assert_allclose(np.concatenate((state.customer_bias, state.product_bias)), expected, atol=1e-6)


def test_finds_the_biases_that_the_ratings_were_drawn_from() -> None:
    """A product has 180 ratings with a spread of .81 (taste and noise): a standard error of .06; a customer 60: .10."""
    truth = drawn(np.random.default_rng(3))
    state = Biases().fit(truth.ratings, np.random.default_rng(0)).state
    assert abs(state.mean - MEAN) < 0.15  # the mean of 200 products with a spread of .5 is known to .04
    for found, true, error in (
        (state.product_bias, truth.product_bias, 0.06),
        (state.customer_bias, truth.customer_bias, 0.10),
    ):
        spread = np.std(found - found.mean() - (true - true.mean()))
        assert spread < 1.5 * error
