"""What customers will bring within a horizon, in money of today.

Here: discounted purchases, and with what a purchase costs their value. Not here: how sure that is (`value_interval`),
and which models are used (`value_model`).

Fader, Hardie & Lee 2005, "RFM and CLV": value = margin * expected spend * discounted expected purchases, for spend
does not depend on how often somebody buys. With E(t) the expected purchases until t and d(t) = (1 + rate)^-t, the
last factor is the integral of d(t) dE(t).
"""

from __future__ import annotations

from math import floor

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.alike import alike
from shop_pipeline.models.value.gamma_gamma import GammaGamma
from shop_pipeline.models.value.purchase_model import PurchaseModel
from shop_pipeline.models.value.purchases import Purchases

# 4 nodes for a year at 10 %, 13 for ten years, 73 for ten at 100 %. Against a sum of 3,000 terms over 300 simulated
# customers of each purchase model, the largest relative error of any of them is 3e-6. The usual sum over months, each
# discounted from its end, is 4e-3 too low at 10 % a year, and twelve terms a year instead of four and one.
LEAST_NODES = 4
NODES_PER_FACTOR = 10


def discounted_purchases(
    model: PurchaseModel, purchases: Purchases, horizon: float, discount_rate: float = 0.0
) -> DoubleArray:
    """Expected purchases (n,) within the horizon, one after t counted as (1 + rate)^-t.

    In parts, the integral is d(H) E(H) + log(1 + rate) * integral of d(t) E(t) dt, and the latter is done by
    Gauss-Legendre quadrature: E is smooth, and the discount makes its error small.

    Args:
        discount_rate: per unit of time.

    Raises:
        ValueError: the rate is negative, or the horizon no time above 0.
    """
    if not 0 <= discount_rate < np.inf or not 0 < horizon < np.inf:
        raise ValueError(f"no horizon of {horizon} can be discounted at {discount_rate} per unit of time")
    interest = float(np.log1p(discount_rate))
    # How somebody who is alive goes on depends on frequency and age, not on the recency.
    positions, which = alike(purchases.frequency, purchases.age)
    living = purchases.part(positions)
    total: DoubleArray = np.exp(-interest * horizon) * model.expected_if_alive(living, horizon)
    for time, weight in _nodes(horizon, interest):
        total += weight * model.expected_if_alive(living, time)
    return model.p_alive(purchases) * total[which]


def lifetime_value(
    model: PurchaseModel,
    spend: GammaGamma,
    purchases: Purchases,
    horizon: float,
    discount_rate: float = 0.0,
    margin: float = 1.0,
) -> DoubleArray:
    """What each customer (n,) is expected to earn the shop within the horizon, in money of today.

    Args:
        discount_rate: per unit of time.
        margin: share of the revenue that is earned.
    """
    return margin * spend.expected_spend(purchases) * discounted_purchases(model, purchases, horizon, discount_rate)


def rate_per_unit(yearly_rate: float, units_per_year: float) -> float:
    """The rate of interest per unit of time that compounds to the yearly one."""
    return float(np.expm1(np.log1p(yearly_rate) / units_per_year))


def _nodes(horizon: float, interest: float) -> list[tuple[float, float]]:
    """Times within the horizon, and the weight of E at each; none without interest."""
    if interest == 0:
        return []
    points, weights = np.polynomial.legendre.leggauss(LEAST_NODES + floor(NODES_PER_FACTOR * interest * horizon))
    times = (points + 1) / 2 * horizon
    weights = weights / 2 * horizon * interest * np.exp(-interest * times)
    return list(zip(times.tolist(), weights.tolist(), strict=True))
