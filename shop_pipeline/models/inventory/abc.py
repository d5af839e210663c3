"""ABC: how much of all revenue a product brings, with those that bring more.

Here: the classes and the cumulated shares that they follow from. Not here: how evenly a product sells (`xyz.py`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray

ROUNDING = 1e-9


def cumulated_shares(revenue: DoubleArray) -> DoubleArray:
    """The share of all revenue of each product and all before it, products by falling revenue, equal ones in order.

    Args:
        revenue: money, float64 (n,); what came back may make it negative, which counts as none.

    Returns:
        float64 (n,) of 0 to 1; 1 for all where nobody bought anything.
    """
    earned = np.maximum(revenue, 0)
    total = earned.sum()
    if total <= 0:
        return np.ones(len(earned))
    order = np.argsort(-earned, kind="stable")
    shares = np.empty(len(earned))
    # Divided by its own end, so that the last share is 1 and not a rounding beside it.
    running = np.cumsum(earned[order])
    shares[order] = running / running[-1]
    return shares


def abc_classes(revenue: DoubleArray, until_a: float, until_b: float) -> AnyArray:
    """A for the fewest products that bring the share `until_a` of all revenue, B for the next until `until_b`, else C.

    The product that crosses a border belongs to the better class: one that brings 90 % alone is A. Who brings nothing
    is C.

    Args:
        revenue: money, float64 (n,).
        until_a: share of all revenue, above 0.
        until_b: likewise, not below `until_a`.

    Returns:
        str (n,).

    Raises:
        ValueError: the shares do not rise.
    """
    if not 0 < until_a <= until_b < 1:
        raise ValueError(f"classes need 0 < A <= B < 1, not {until_a} and {until_b}")
    earned = np.maximum(revenue, 0)
    total = max(float(earned.sum()), np.finfo(np.float64).tiny)
    ahead = cumulated_shares(revenue) - earned / total
    classes = np.select([ahead < until_a - ROUNDING, ahead < until_b - ROUNDING], ["A", "B"], "C")
    return np.where(earned > 0, classes, "C")
