"""What follows from a value for each customer: tiers; and the two plain formulas beside the model.

Here: arithmetic over arrays. Not here: lifetime value (`lifetime_value`), and where revenue and cost come from (SQL).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, IdArray


def tiers(value: DoubleArray, shares: Mapping[str, float], rest: str) -> IdArray:
    """Name each customer's tier (n,): the first tier has its share of the customers with the highest values, and so on.

    A tier ends at the customer nearest to where the shares so far add up to. Equal values have the same tier, that of
    the last of them, so that no name or number of a customer decides it; a tier may be smaller than its share by that.
    Who is worth nothing, or less, is in no tier but the rest, however few are worth something.

    Args:
        shares: part of the customers by tier, the best tier first.
        rest: the tier of all others, the lowest.

    Raises:
        ValueError: the shares add up to more than 1, one is negative, or a value is not a number.
    """
    # A sum of .6 + .3 + .1 may exceed 1 by rounding.
    if sum(shares.values()) > 1 + 1e-9 or min(shares.values(), default=0.0) < 0:
        raise ValueError(f"shares of the customers are at least 0 and at most 1 together, not {dict(shares)}")
    if np.isnan(value).any():
        raise ValueError("a customer without a value has no tier")
    ends = np.floor(np.cumsum(list(shares.values())) * len(value) + 0.5).astype(np.int64)
    n_at_least = len(value) - np.searchsorted(np.sort(value), value, side="left")
    tier = np.searchsorted(ends, n_at_least, side="left")
    names = np.array([*shares, rest], dtype=np.object_)
    return names[np.where(value > 0, tier, len(shares))]


def customer_value_score(revenue: DoubleArray, cost: DoubleArray, weight: DoubleArray | float) -> DoubleArray:
    """CVS = R / C x W (n,): revenue per unit of cost, times the customer's weight; NaN where C is not above 0.

    Args:
        cost: what the same revenue cost; NaN where that is not known.
    """
    known = cost > 0
    score: DoubleArray = np.divide(revenue, cost, out=np.full(len(revenue), np.nan), where=known) * weight
    return score


def yearly_margin(paid: DoubleArray, cost: DoubleArray, years: DoubleArray) -> DoubleArray:
    """CLV = sum over t of (P_t - C_t) / T (n,): what was earned so far, by the year.

    P_t is paid and C_t costs in year t, so their sums over the years are all that is paid and all that it cost.
    T is the time since the first purchase in years, with its fraction, but at least 1: who came last week is not
    credited with 52 such weeks.

    Args:
        paid: all that each customer has paid (n,).
        cost: of all that was paid for, (n,). A NaN makes the margin NaN: what is not known is not taken as 0. A caller
            who puts an estimate in its place gets an estimate, and has to say so.
        years: since the first purchase (n,).
    """
    return (paid - cost) / np.maximum(years, 1.0)
