"""Taste as a few numbers learned from stars: matrix factorisation with biases, by stochastic gradient descent.

Belongs here: the model's configuration, its start, its passes, and its state in the unit of the ratings.
Does not belong here: the step itself (`biased_mf_kernel`), and which settings suit the data (`cross_validation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, BoolArray, FloatArray, IntArray
from shop_pipeline.models.interactions import Size
from shop_pipeline.models.ratings.baselines import without_factors
from shop_pipeline.models.ratings.biased_mf_kernel import descend
from shop_pipeline.models.ratings.predictor import RatingFactors, RatingPredictor
from shop_pipeline.models.ratings.ratings import Ratings


@dataclass(frozen=True, slots=True)
class BiasedMfConfig:
    """Rates and penalties count in standard deviations of the ratings, so they suit 5 stars as well as 100 points."""

    n_factors: int = 100
    """Numbers per customer and product; more cost time and, with a penalty that fits, no accuracy."""
    factor_penalty: float = 0.07
    """Pulls factors towards 0 at each rating; raise it when there are few ratings per customer."""
    bias_penalty: float = 0.02
    """The same for biases."""
    implicit: bool = True
    """Whether what somebody rated says something too, whatever the stars (SVD++); about twice the time."""
    epochs: int = 20
    """Passes over all ratings; with a rate that falls this fast, more change little."""
    rate: float = 0.05
    """The step of the first pass; too high a rate diverges."""
    rate_decay: float = 0.88
    """Each pass multiplies the rate by this; nearer to 1 needs more passes."""
    start: float = 0.3
    """Length of the random vectors at the start."""


SPACE = {
    "factor_penalty": (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15),
    "n_factors": (25, 50, 100, 200),
    "implicit": (False, True),
}


@dataclass(slots=True)
class _Parameters:
    """Biases and factors while they are learned, in standard deviations; `implicit` without rows is not used."""

    customer_bias: FloatArray
    product_bias: FloatArray
    customers: FloatArray
    products: FloatArray
    implicit: FloatArray

    @classmethod
    def drawn(cls, size: Size, config: BiasedMfConfig, rng: np.random.Generator) -> _Parameters:
        """Biases and implicit factors of 0, and random factors."""
        spread = np.float32(config.start / np.sqrt(config.n_factors))
        customers, products = (
            rng.standard_normal((n, config.n_factors), np.float32) for n in (size.n_customers, size.n_products)
        )
        customers *= spread
        products *= spread
        by_customer, by_product = np.zeros(size.n_customers, np.float32), np.zeros(size.n_products, np.float32)
        implicit = np.zeros((size.n_products if config.implicit else 0, config.n_factors), np.float32)
        return cls(by_customer, by_product, customers, products, implicit)


class BiasedMf(RatingPredictor):
    """rating(u, i) = mean + b_u + b_i + p_u . q_i (Funk 2006; Koren, Bell and Volinsky 2009, equation 4).

    With `implicit`, p_u + sum of y_j over the n_u products that u rated / sqrt(n_u) stands in the place of p_u (SVD++,
    Koren 2008, "Factorization meets the neighborhood", equation 15); the state holds that sum as u's factors.
    Minimises, over all ratings, e^2 + bias_penalty (b_u^2 + b_i^2) + factor_penalty (|p_u|^2 + |q_i|^2 + sum |y_j|^2).
    """

    def __init__(self, config: BiasedMfConfig | None = None) -> None:
        self.config = config or BiasedMfConfig()

    def memory_bytes(self, size: Size) -> int:
        """Two orders (16 per rating), a copy of the ratings with a spare (16), and factors: implicit ones too, and
        twice for the customers while both parts are added up.
        """
        factors = 2 * size.n_customers + (2 if self.config.implicit else 1) * size.n_products
        return 40 * size.n_entries + 40 * (size.n_customers + size.n_products) + 4 * self.config.n_factors * factors

    def _fit(self, ratings: Ratings, rng: np.random.Generator) -> RatingFactors:
        config, size = self.config, ratings.size
        plain = without_factors(ratings, *(np.zeros(n, np.float32) for n in (size.n_customers, size.n_products)))
        deviation = float(ratings.values.std(dtype=np.float64)) or 1.0
        shuffled = rng.permutation(len(ratings))
        order = shuffled[np.argsort(ratings.customers[shuffled], kind="stable")]
        products = ratings.products[order]
        values = (ratings.values[order] - np.float32(plain.mean)) / np.float32(deviation)
        bounds = np.concatenate(([0], np.cumsum(np.bincount(ratings.customers, minlength=size.n_customers))))
        learned = _Parameters.drawn(size, config, rng)
        for epoch in range(config.epochs):
            descend(
                rng.permutation(size.n_customers), bounds, products, values,
                learned.customer_bias, learned.product_bias, learned.customers, learned.products, learned.implicit,
                config.rate * config.rate_decay**epoch, config.bias_penalty, config.factor_penalty,
            )  # fmt: skip
        if config.implicit:
            learned.customers += _implied(bounds, products, learned.implicit)
        return _in_units(
            plain, learned, deviation, np.diff(bounds) > 0, np.bincount(products, minlength=size.n_products) > 0
        )


def _implied(bounds: AnyArray, products: IntArray, implicit: FloatArray) -> FloatArray:
    """Each customer's sum of implicit factors over the products they rated, / sqrt of their number."""
    counts = np.diff(bounds)
    shares: Any = np.repeat((1 / np.sqrt(np.maximum(counts, 1))).astype(np.float32), counts)
    rated: Any = sp.csr_matrix((shares, products, bounds), shape=(len(counts), len(implicit)), copy=False)
    found: FloatArray = rated @ implicit
    return found


def _in_units(
    plain: RatingFactors, learned: _Parameters, deviation: float, has_rated: BoolArray, is_rated: BoolArray
) -> RatingFactors:
    """The state in the unit of the ratings; factors of who or what has no rating are as they were drawn, and become 0.

    Raises:
        ValueError: when the descent went astray.
    """
    learned.customers[~has_rated] = 0
    learned.products[~is_rated] = 0
    for factors in (learned.customers, learned.products):
        factors *= np.float32(np.sqrt(deviation))
    for bias in (learned.customer_bias, learned.product_bias):
        bias *= np.float32(deviation)
    if not (np.isfinite(learned.products).all() and np.isfinite(learned.customers).all()):
        raise ValueError("the factors grew without limit: lower the rate or raise the penalty")
    return RatingFactors(
        plain.mean, plain.lowest, plain.highest,
        learned.customer_bias, learned.product_bias, learned.customers, learned.products,
    )  # fmt: skip
