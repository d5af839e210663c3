"""Which sale a return belongs to: a greedy match in time order, newest sale first.

Belongs here: what the lines are, the three ways in which a sale is looked for, and what comes out.
Does not belong here: the walk itself (`returns_kernel`), and what follows for money (SQL, `clean.order_lines`).

A return looks for sales with units left: (1) `order_id`: of its own order and product; (2) `customer_product_price`:
of its customer, product and price, within the window; (3) `customer_product`: of its customer and product, sold for no
less than is refunded, within the window. It may take from several sales, and a sale may serve several returns. What a
return takes depends on what came before it alone, so nothing that happens later can change it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray
from shop_pipeline.models.returns_kernel import NOTHING, match_lines

METHODS = ("order_id", "customer_product_price", "customer_product", "unmatched")
REASONS = ("no_customer", "never_bought", "outside_window", "sold_for_less", "more_than_bought")


@dataclass(frozen=True, slots=True)
class Lines:
    """Sale and return lines of equal length n, in time order; at one instant sales come before returns.

    Args:
        is_return: bool.
        day: number of the calendar day.
        order: code of the order, 0 or more.
        customer: code of the customer, -1 where nobody is known.
        product: code of the product, 0 or more.
        quantity: units, 1 or more also for returns.
        unit_price: price of one unit in a unit without fractions, 0 or more.

    Raises:
        ValueError: when lengths differ, or a quantity, price or code is out of its range.
    """

    is_return: BoolArray
    day: AnyArray
    order: AnyArray
    customer: AnyArray
    product: AnyArray
    quantity: AnyArray
    unit_price: AnyArray

    def __post_init__(self) -> None:
        lowest = {"order": 0, "customer": NOTHING, "product": 0, "quantity": 1, "unit_price": 0}
        for name in (field.name for field in fields(self)):
            values = getattr(self, name)
            if len(values) != len(self.is_return):
                raise ValueError(f"{name} has {len(values)} lines, is_return {len(self.is_return)}")
            if name in lowest and len(values) and values.min() < lowest[name]:
                raise ValueError(f"{name} holds {values.min()}, less than {lowest[name]}")


@dataclass(frozen=True, slots=True)
class Matches:
    """One row per part of a return, int64 arrays of one length; the rows of a return follow one another.

    Args:
        return_line, sale_line: positions in the lines; sale_line is -1 for what was not matched.
        match_number: 1, 2 ... within each return.
        quantity: units.
        method: position in METHODS.
        reason: position in REASONS for what was not matched, else -1.
    """

    return_line: AnyArray
    match_number: AnyArray
    sale_line: AnyArray
    quantity: AnyArray
    method: AnyArray
    reason: AnyArray


def match_returns(lines: Lines, window_days: int) -> Matches:
    """Match every return; a sale up to `window_days` calendar days before it counts, that day included.

    The time is near linear in the lines: only a dear refund walks once over the ever higher prices that its customer
    paid for the product since.
    """
    if window_days < 1:
        raise ValueError(f"window_days is {window_days}; it must be 1 or more")
    # Each take empties a sale or ends a return, and what is left of a return ends it: no more rows than lines.
    found = np.empty((len(lines.day), len(fields(Matches))), np.int64)
    left = lines.quantity.astype(np.int64)
    day, price = lines.day.astype(np.int64), lines.unit_price.astype(np.int64)
    n_found = match_lines(lines.is_return, day, _keys(lines), price, left, window_days, found)
    return Matches(*np.ascontiguousarray(found[:n_found].T))


def _keys(lines: Lines) -> AnyArray:
    """The list that a line belongs to in each of the three ways, int64 (3, n); -1 for nobody's lines."""
    by_order = _pairs(lines.order, lines.product)
    by_customer = _pairs(lines.customer + 1, lines.product)
    by_price = _pairs(by_customer, np.unique(lines.unit_price, return_inverse=True)[1])
    is_known = lines.customer != NOTHING
    return np.stack([by_order, np.where(is_known, by_price, NOTHING), np.where(is_known, by_customer, NOTHING)])


def _pairs(left: AnyArray, right: AnyArray) -> AnyArray:
    """A dense code for each pair of codes."""
    width = int(right.max(initial=0)) + 1
    return np.unique(left.astype(np.int64) * width + right, return_inverse=True)[1].astype(np.int64)
