"""How much to order at a time.

Here: the economic order quantity, and the demand of a cycle where costs are unknown. Not here: when (`reorder.py`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import DoubleArray

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


def lots(
    of_a_cycle: DoubleArray,
    usual_sale: DoubleArray,
    yearly_demand: DoubleArray,
    order_cost: float | None,
    holding_cost: DoubleArray,
) -> DoubleArray:
    """Whole units per order: the economic quantity where both costs are known, else the demand of a cycle.

    An economic quantity is never more than a year's demand: the holding cost knows nothing of what spoils or goes out
    of fashion. A lot is never less than the usual sale: of a product that sells a dozen at a time, a mean cycle's three
    units serve nobody.

    Args:
        of_a_cycle: units expected in the days that an order should last without costs, float64 (n,).
        usual_sale: units of a usual sale, float64 (n,).
        yearly_demand: units of a year, seasons and all, float64 (n,).
        order_cost: money per order; None where unknown.
        holding_cost: money per unit and year, float64 (n,); NaN or 0 where unknown.

    Returns:
        float64 (n,), at least 1.
    """
    quantity = of_a_cycle
    if order_cost is not None:
        known = holding_cost > 0
        economic = economic_order_quantity(yearly_demand, order_cost, np.where(known, holding_cost, 1.0))
        quantity = np.where(known, np.minimum(economic, yearly_demand), quantity)
    return np.maximum(np.ceil(np.maximum(quantity, usual_sale) - ROUNDING), 1)
