"""The plan in words: one English sentence per product, with its figures.

Here: the words. Not here: the figures (`plan.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.inventory.plan import Plan, Stock

State = Literal["stocked", "stopped", "unsold", "not_listed"]
"""A product sells, or is not ordered again: it has stopped selling, has no forecast, or does not stand in the feed."""
STATES: tuple[State, ...] = get_args(State)
FRESH_DAYS = 1
"""A count of the last day before the clock needs no words."""


@dataclass(frozen=True)
class Counts:
    """The newest count of each product, before what was sold since is taken off."""

    units: DoubleArray
    """float64 (n,), NaN where nobody counted."""
    day: AnyArray
    """str (n,), as people read it; empty where nobody counted."""
    age_days: DoubleArray
    """From its day to the clock's, float64 (n,), NaN where nobody counted."""


def states(has_forecast: BoolArray, has_stopped: BoolArray, is_dropped: BoolArray) -> AnyArray:
    """One of `STATES` per product, str (n,); the last that is true holds."""
    return np.select([is_dropped, ~has_forecast, has_stopped], ["not_listed", "unsold", "stopped"], "stocked")


def reasons(
    state: AnyArray, silent_days: AnyArray, stock: Stock, counts: Counts, plan: Plan, is_unjudged: BoolArray
) -> list[str]:
    """One sentence per product, for people who order.

    Args:
        state: one of `STATES`, (n,).
        silent_days: days on the shelf since the last sale, (n,).
        stock: what there is now.
        counts: what it follows from.
        plan: what to do.
        is_unjudged: no error of the forecast is known, not even of products alike, (n,).
    """
    on_order = np.nan_to_num(stock.on_order)
    there = _there(stock.on_hand, on_order, counts)
    why = _why(plan, is_unjudged)
    found = []
    for row, each in enumerate(state.tolist()):
        point, quantity = f"{plan.reorder_point[row]:,.0f}", f"{plan.order_quantity[row]:,.0f}"
        if each != "stocked":
            found.append(_NOT_ORDERED[each].format(silent_days[row]))
        elif np.isnan(stock.on_hand[row]):
            found.append(f"{there[row]}: order {quantity} once no more than {point} are left ({why[row]}).")
        elif plan.order_now[row]:
            found.append(f"Order {quantity} now: {there[row]} are no more than {point} ({why[row]}).")
        else:
            hope = _hope(on_order[row]) if stock.on_hand[row] <= plan.reorder_point[row] else ""
            found.append(f"Wait: {there[row]} are more than {point} ({why[row]}){hope}; then order {quantity}.")
    return found


def _there(on_hand: DoubleArray, on_order: DoubleArray, counts: Counts) -> list[str]:
    """What there is, and how old the news of it is."""
    found = []
    for left, coming, units, day, age in zip(
        on_hand, on_order, counts.units, counts.day.tolist(), counts.age_days, strict=True
    ):
        if np.isnan(units):
            found.append("Nobody counted the stock")
        elif np.isnan(left):
            found.append(f"The last count, {units:,.0f} on {day}, is too old to rely on")
        else:
            since = f" (counted on {day}: {units:,.0f}, less what was sold since)" if age > FRESH_DAYS else ""
            found.append(f"{left:,.0f} on hand{since} and {coming:,.0f} on order")
    return found


def _why(plan: Plan, is_unjudged: BoolArray) -> list[str]:
    support = np.select(
        [is_unjudged, plan.is_bounded],
        [
            ", by how unevenly it sold so far",
            ", held to what its busiest days so far support",
        ],
        "",
    )
    columns = (plan.demand_in_protection, plan.protection_days, plan.safety_stock, support)
    return [
        f"{expected:,.1f} expected in {days} days and {safety:,.1f} for safety{known}"
        for expected, days, safety, known in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _hope(on_order: float) -> str:
    return f", if the {on_order:,.0f} on order come in time"


_NOT_ORDERED: dict[State, str] = {
    "stopped": "No order: no sale in {:,} days, and less than one is expected.",
    "unsold": "No order: there is no sale to forecast from.",
    "not_listed": "No order: it does not stand in the products feed.",
}
