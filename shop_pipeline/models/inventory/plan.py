"""The plan: for each product when to order, how much, and how likely it runs out before.

Here: the policy put together of its parts, over arrays with one row per product. It is a policy of periodic review
with an order-up-to level (s, S): every `review_days` the units on hand and on order are compared with the reorder point
s; who has no more than these orders up to S = s + lot. The reorder point has to last from one look, at which there was
just too much to order, until the delivery of what is ordered at the next: lead time + review (Silver, Pyke and Thomas
2017, chapter 6). A part of a day counts whole.

Not here: the parts (`demand`, `reorder`, `order_quantity`), classes (`abc`, `xyz`), and the words (`reasons`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.inventory.demand import days_of_cover, expected_demand
from shop_pipeline.models.inventory.history import History
from shop_pipeline.models.inventory.order_quantity import lots
from shop_pipeline.models.inventory.reorder import (
    SummedErrors,
    order_quantities,
    orders_now,
    reorder_points,
    safety_stock,
    stockout_risk,
)
from shop_pipeline.models.inventory.supported import Supported


@dataclass(frozen=True)
class Policy:
    """What holds for all products."""

    service_level: float
    """Share of the cycles that are to pass without a stock-out."""
    review_days: int
    order_cost: float | None
    """Money per order; None where unknown."""
    holding_rate: float
    """Of a unit's cost, per year."""


@dataclass(frozen=True)
class Stock:
    """What is known of each product, one row each."""

    on_hand: DoubleArray
    """Units, float64 (n,); NaN where nobody counted."""
    on_order: DoubleArray
    """Units, float64 (n,); NaN where nobody said, which counts as none."""
    lead_time_days: DoubleArray
    """From order to delivery, float64 (n,), at least 0; known of all."""
    unit_cost: DoubleArray
    """Money, float64 (n,); NaN where unknown."""
    is_stocked: BoolArray
    """Whether the product is to be ordered again at all, bool (n,)."""

    @property
    def position(self) -> DoubleArray:
        """Units on hand and on order, float64 (n,); NaN where nobody counted."""
        return self.on_hand + np.nan_to_num(self.on_order)


@dataclass(frozen=True)
class Plan:
    """What follows, one row per product; units are whole but for expectations and the safety stock."""

    protection_days: AnyArray
    """Lead time and review, int (n,)."""
    demand_in_lead_time: DoubleArray
    """Expected units, float64 (n,)."""
    demand_in_protection: DoubleArray
    """Likewise over `protection_days`."""
    safety_stock: DoubleArray
    reorder_point: DoubleArray
    lot: DoubleArray
    """Units of an order that is placed just at the reorder point; 0 where nothing is ordered again."""
    order_now: BoolArray
    order_quantity: DoubleArray
    stockout_risk: DoubleArray
    """Of running out before an order of today is there; NaN where nobody counted."""
    days_of_cover: DoubleArray
    """NaN where nobody counted, infinite where nothing is expected."""
    is_bounded: BoolArray
    """Whether the safety stock is what the product's own sales support, and less than its errors say."""


def spans(lead_time_days: DoubleArray, review_days: int) -> tuple[AnyArray, AnyArray]:
    """Lead time, and lead time and review, in whole days, int (n,) each."""
    return np.ceil(lead_time_days).astype(np.int64), np.ceil(lead_time_days + review_days).astype(np.int64)


def make_plan(
    stock: Stock,
    y_hat: DoubleArray,
    over_lead_time: SummedErrors,
    over_protection: SummedErrors,
    history: History,
    policy: Policy,
) -> Plan:
    """When to order and how much.

    Args:
        stock: one row per product.
        y_hat: expected units per day, float64 (n, H), at least 0.
        over_lead_time: demand minus forecast summed over the lead time in whole days, and over one day where it is 0;
            NaN for a product of which nothing is known: its demand is taken to vary as its sales did.
        over_protection: likewise over lead time and review.
        history: what was sold until now.
        policy: the rest.
    """
    lead, protection = spans(stock.lead_time_days, policy.review_days)
    in_lead_time, in_protection = expected_demand(y_hat, lead), expected_demand(y_hat, protection)
    errors = Supported.by(history, over_protection, in_protection, protection)
    safety = np.where(stock.is_stocked, safety_stock(errors, policy.service_level), 0)
    point = np.where(stock.is_stocked, reorder_points(in_protection, safety), 0)
    holding_cost = policy.holding_rate * stock.unit_cost
    of_a_cycle = y_hat.mean(axis=1) * np.maximum(lead, policy.review_days)
    lot = lots(of_a_cycle, history.usual_sale(), history.yearly(), policy.order_cost, holding_cost)
    risk = stockout_risk(Supported.by(history, over_lead_time, in_lead_time, lead), in_lead_time, stock.position)
    return Plan(
        protection,
        in_lead_time,
        in_protection,
        safety,
        point,
        np.where(stock.is_stocked, lot, 0),
        orders_now(stock.position, point, stock.is_stocked),
        order_quantities(stock.position, point, lot, stock.is_stocked),
        # What is ordered now is there at once: nobody can come too early for it.
        np.where((lead == 0) & ~np.isnan(stock.position), 0.0, risk),
        days_of_cover(y_hat, stock.on_hand),
        stock.is_stocked & errors.is_bounded(policy.service_level),
    )
