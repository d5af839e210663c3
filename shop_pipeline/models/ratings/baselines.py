"""What any model of ratings has to beat: the mean, and the mean with biases.

Belongs here: models without taste. Does not belong here: factors (`biased_mf`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, FloatArray, IntArray
from shop_pipeline.models.interactions import Size
from shop_pipeline.models.ratings.predictor import RatingFactors, RatingPredictor
from shop_pipeline.models.ratings.ratings import Ratings


def without_factors(ratings: Ratings, customer_bias: FloatArray, product_bias: FloatArray) -> RatingFactors:
    """The state of a model of biases alone, with the mean and range of these ratings."""
    lowest, highest = float(ratings.values.min()), float(ratings.values.max())
    mean = float(np.clip(ratings.values.mean(dtype=np.float64), lowest, highest))
    empty = (np.zeros((len(bias), 0), np.float32) for bias in (customer_bias, product_bias))
    return RatingFactors(mean, lowest, highest, customer_bias, product_bias, *empty)


class GlobalMean(RatingPredictor):
    """rating(u, i) = the mean of all ratings."""

    def memory_bytes(self, size: Size) -> int:
        """Two biases of 0."""
        return 4 * (size.n_customers + size.n_products)

    def _fit(self, ratings: Ratings, rng: np.random.Generator) -> RatingFactors:  # noqa: ARG002
        size = ratings.size
        return without_factors(ratings, np.zeros(size.n_customers, np.float32), np.zeros(size.n_products, np.float32))


@dataclass(frozen=True, slots=True)
class BiasesConfig:
    """How far biases are trusted."""

    customer_damping: float = 5.0
    """Ratings of 0 bias that each customer is given on top; raise it when customers rate little or by mood."""
    product_damping: float = 3.0
    """The same for products."""
    rounds: int = 10
    """Rounds over products and customers; after 10, no bias on MovieLens 100k is more than .08 from its limit."""


SPACE = {"customer_damping": (1.0, 2.0, 5.0, 10.0, 20.0), "product_damping": (1.0, 3.0, 5.0, 10.0, 25.0)}


class Biases(RatingPredictor):
    """rating(u, i) = mean + b_u + b_i, some customers being kind and some products good.

    The biases minimise sum (r - mean - b_u - b_i)^2 + customer_damping sum b_u^2 + product_damping sum b_i^2
    (Koren 2010, "Factor in the neighbors", section 2.1), in rounds that solve for all b_i and then for all b_u.
    """

    def __init__(self, config: BiasesConfig | None = None) -> None:
        self.config = config or BiasesConfig()

    def memory_bytes(self, size: Size) -> int:
        """Residuals and one difference in float64 (16 per rating, 8 for what is gathered), sums, counts and biases."""
        return 32 * size.n_entries + 32 * (size.n_customers + size.n_products)

    def _fit(self, ratings: Ratings, rng: np.random.Generator) -> RatingFactors:  # noqa: ARG002
        size = ratings.size
        rest = ratings.values - ratings.values.mean(dtype=np.float64)
        by_customer, by_product = np.zeros(size.n_customers), np.zeros(size.n_products)
        for _ in range(self.config.rounds):
            left = rest - by_customer[ratings.customers]
            by_product = _damped_means(left, ratings.products, size.n_products, self.config.product_damping)
            left = rest - by_product[ratings.products]
            by_customer = _damped_means(left, ratings.customers, size.n_customers, self.config.customer_damping)
        return without_factors(ratings, by_customer.astype(np.float32), by_product.astype(np.float32))


def _damped_means(values: DoubleArray, groups: IntArray, n_groups: int, damping: float) -> DoubleArray:
    """Sum of values / (count + damping) per group, 0 for an empty one; float64."""
    counts = np.bincount(groups, minlength=n_groups)
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    means: DoubleArray = sums / np.maximum(counts + damping, np.finfo(np.float64).tiny)
    return means
