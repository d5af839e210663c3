"""The plan in words: one English sentence per product, with its figures.

Here: the words. Not here: the figures (`plan.py`).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray
from shop_pipeline.models.inventory.plan import Plan, Stock

State = Literal["stocked", "stopped", "unsold", "not_listed"]
"""A product sells, or is not ordered again: it has stopped selling, has no forecast, or does not stand in the feed."""
STATES: tuple[State, ...] = get_args(State)


def states(has_forecast: BoolArray, has_stopped: BoolArray, is_dropped: BoolArray) -> AnyArray:
    """One of `STATES` per product, str (n,); the last that is true holds."""
    return np.select([is_dropped, ~has_forecast, has_stopped], ["not_listed", "unsold", "stopped"], "stocked")


def reasons(state: AnyArray, silent_days: AnyArray, stock: Stock, plan: Plan) -> list[str]:
    """One sentence per product, for people who order; `silent_days` have passed on the shelf since the last sale."""
    columns = (
        state,
        silent_days,
        stock.on_hand,
        np.nan_to_num(stock.on_order),
        plan.reorder_point,
        plan.order_quantity,
        plan.demand_in_protection,
        plan.protection_days,
        plan.safety_stock,
        plan.order_now,
    )
    return [_sentence(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _sentence(
    state: State,
    silent_days: int,
    on_hand: float,
    on_order: float,
    point: float,
    quantity: float,
    expected: float,
    days: int,
    safety: float,
    is_due: bool,
) -> str:
    if state != "stocked":
        return _NOT_ORDERED[state].format(silent_days)
    why = f"{expected:,.1f} expected in {days} days and {safety:,.1f} for safety"
    if np.isnan(on_hand):
        return f"Nobody counted the stock: order {quantity:,.0f} once no more than {point:,.0f} are left ({why})."
    there = f"{on_hand:,.0f} on hand and {on_order:,.0f} on order"
    if is_due:
        return f"Order {quantity:,.0f} now: {there} are no more than {point:,.0f} ({why})."
    return f"Wait: {there} are more than {point:,.0f} ({why}); then order {quantity:,.0f}."


_NOT_ORDERED: dict[State, str] = {
    "stopped": "No order: no sale in {:,} days, which is no chance, and less than one is expected.",
    "unsold": "No order: there is no sale to forecast from.",
    "not_listed": "No order: it does not stand in the products feed.",
}
