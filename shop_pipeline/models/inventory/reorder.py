"""When to order: the reorder point from what is expected and how wrong that may be, and the risk of running out.

Here: the step from a distribution of errors to units. Not here: the distribution (`models/forecasting/lead_time.py`),
and how much to order (`order_quantity.py`).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray

HALF_A_UNIT = 0.5
"""Demand is whole and its errors, pooled over products of many sizes, are not: no more than k units are k + 1/2 on
their scale. Without it, products that sell .15 a day were said to run out in 49 % of cases where 38 % did."""
ROUNDING = 1e-9


class SummedErrors(Protocol):
    """The distribution of demand minus forecast, summed over a product's days."""

    def quantile(self, level: float) -> DoubleArray:
        """The error (n,) that is not exceeded with this probability."""

    def exceedance(self, amount: DoubleArray) -> DoubleArray:
        """The probability (n,) of a larger error than `amount`."""


def safety_stock(errors: SummedErrors, service_level: float) -> DoubleArray:
    """Units above what is expected that let so many cycles pass without a stock-out.

    It is the quantile of the forecast's own errors, no multiple of a standard deviation: demand for slow sellers is
    skewed, and errors of neighbouring days go together (Trapero, Cardos and Kourentzes 2019). Never below 0, also
    where the middle forecast is above the quantile.

    Returns:
        float64 (n,), not rounded.
    """
    return np.maximum(errors.quantile(service_level), 0)


def reorder_points(expected: DoubleArray, safety: DoubleArray) -> DoubleArray:
    """The nearest whole units: who has no more than these, on hand and on order together, orders."""
    return np.floor(expected + safety + HALF_A_UNIT + ROUNDING)


def stockout_risk(errors: SummedErrors, expected: DoubleArray, position: DoubleArray) -> DoubleArray:
    """The probability that demand until the delivery of an order made today is more than there is.

    Args:
        errors: over the lead time.
        expected: units over the lead time, float64 (n,).
        position: units on hand, and on order, which all come before then; float64 (n,), NaN where unknown.

    Returns:
        float64 (n,), NaN where the position is.
    """
    known = ~np.isnan(position)
    risk = errors.exceedance(np.where(known, position, 0) + HALF_A_UNIT - expected)
    return np.where(known, risk, np.nan)


def orders_now(position: DoubleArray, point: DoubleArray, is_stocked: BoolArray) -> BoolArray:
    """Whether a look at the stock ends with an order; never where the position is unknown."""
    return is_stocked & (position <= point)


def order_quantities(position: DoubleArray, point: DoubleArray, lot: DoubleArray, is_stocked: BoolArray) -> DoubleArray:
    """Up to the reorder point and a lot more; the lot alone as long as nothing is missing, or the position unknown."""
    missing = np.where(orders_now(position, point, is_stocked), point - position, 0)
    return np.where(is_stocked, lot + missing, 0)
