"""Ratings whose truth is known: mean, biases, taste and the size of the noise.

Belongs here: drawing them. Does not belong here: any expectation (the test modules).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.ratings.ratings import Ratings

SIGMA = 0.4
MEAN = 3.5


@dataclass(frozen=True)
class Truth:
    """What the ratings were drawn from: rating = MEAN + bias + bias + p . q + noise of SIGMA."""

    ratings: Ratings
    customer_bias: np.ndarray
    product_bias: np.ndarray
    expected: np.ndarray


def ids(letter: str, n: int) -> np.ndarray:
    return np.array([f"{letter}{i:05}" for i in range(n)], dtype=object)


def drawn(rng: np.random.Generator, n_customers: int = 600, n_products: int = 200, per_customer: int = 60) -> Truth:
    """Each customer rates other products, drawn without regard to taste; two factors make up a variance of 0.5."""
    customer_bias, product_bias = rng.normal(0, 0.5, n_customers), rng.normal(0, 0.5, n_products)
    p, q = rng.normal(0, 1, (n_customers, 2)), rng.normal(0, 0.5, (n_products, 2))
    expected = MEAN + customer_bias[:, None] + product_bias + p @ q.T
    customers = np.repeat(np.arange(n_customers, dtype=np.int32), per_customer)
    products = rng.permuted(np.tile(np.arange(n_products, dtype=np.int32), (n_customers, 1)), axis=1)
    products = products[:, :per_customer].ravel()
    values = (expected[customers, products] + rng.normal(0, SIGMA, len(customers))).astype(np.float32)
    ratings = Ratings(customers, products, values, ids("c", n_customers), ids("p", n_products))
    return Truth(ratings, customer_bias, product_bias, expected)
