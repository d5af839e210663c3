"""Customers whose spend is drawn from the process that Gamma-Gamma assumes, without any of its formulas."""

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchases import Purchases


def with_spend(
    purchases: Purchases, p: float, q: float, v: float, rng: np.random.Generator, elasticity: float = 0.0
) -> tuple[Purchases, DoubleArray]:
    """The same purchases with mean amounts, and the nu of each customer (n,).

    x purchases of Gamma(p, nu) are together Gamma(p x, nu).
    """
    x = purchases.frequency
    nu = rng.gamma(q, 1 / (v * (1 + x) ** elasticity), len(x))
    repeat = x > 0
    spend = np.full(len(x), np.nan)
    spend[repeat] = rng.gamma(p * x[repeat], 1 / nu[repeat]) / x[repeat]
    return Purchases(x, purchases.recency, purchases.age, spend), nu


def buyers(frequency: DoubleArray) -> Purchases:
    """Customers of age 100 who last bought at 50."""
    n, repeat = len(frequency), frequency > 0
    spend = np.where(repeat, 1.0, np.nan)
    return Purchases(frequency.astype(np.float64), np.where(repeat, 50.0, 0.0), np.full(n, 100.0), spend)


def spenders(n: int, p: float, q: float, v: float, rng: np.random.Generator, elasticity: float = 0.0) -> Purchases:
    """n customers, some two fifths of them with a repeat purchase."""
    return with_spend(buyers(rng.negative_binomial(0.3, 0.2, n)), p, q, v, rng, elasticity)[0]
