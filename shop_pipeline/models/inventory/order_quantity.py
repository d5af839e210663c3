"""How much to order at a time.

Here: the economic order quantity, and the demand of a cycle where costs are unknown. Not here: when (`reorder.py`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray

DAYS_PER_YEAR = 365
ROUNDING = 1e-9


def economic_order_quantity(yearly_demand: DoubleArray, order_cost: float, holding_cost: DoubleArray) -> DoubleArray:
    """The quantity at which ordering and holding cost the same, and together least: sqrt(2 D K / h) (Harris 1913).

    Args:
        yearly_demand: D, units per year, float64 (n,).
        order_cost: K, money per order.
        holding_cost: h, money per unit and year, above 0, float64 (n,).

    Returns:
        Units, float64 (n,), not rounded.
    """
    return np.sqrt(2 * yearly_demand * order_cost / holding_cost)


def lots(daily: DoubleArray, cycle_days: AnyArray, order_cost: float | None, holding_cost: DoubleArray) -> DoubleArray:
    """Whole units per order: the economic quantity where both costs are known, else the demand of a cycle.

    An economic quantity is never more than a year's demand: the holding cost knows nothing of what spoils or goes out
    of fashion.

    Args:
        daily: expected units per day, float64 (n,).
        cycle_days: days that an order should last without costs: the longer of lead time and review, int (n,).
        order_cost: money per order; None where unknown.
        holding_cost: money per unit and year, float64 (n,); NaN or 0 where unknown.

    Returns:
        float64 (n,), at least 1.
    """
    quantity = daily * cycle_days
    if order_cost is not None:
        known = holding_cost > 0
        economic = economic_order_quantity(daily * DAYS_PER_YEAR, order_cost, np.where(known, holding_cost, 1.0))
        quantity = np.where(known, np.minimum(economic, daily * DAYS_PER_YEAR), quantity)
    return np.maximum(np.ceil(quantity - ROUNDING), 1)
