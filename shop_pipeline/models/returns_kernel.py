"""The compiled inner part of `returns`: one walk over the lines, with a list of sales per key.

Belongs here: the lists and the walk. Does not belong here: what a key is, and checks (`returns`).

Every sale stands in up to three lists (one row of `keys` each: order, customer and price, customer), newest first:
`newest` holds the head of a list, `older` the link to the next. Units left are one array that all lists share, so that
a sale that one list has used up is empty in the others; it is unlinked where a walk comes by (path halving), which is
what keeps the whole near linear. Dear refunds of a customer with many cheap sales would still walk them all:
`dearer` leads past them, to the next older sale of the customer at a higher price.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, Integer
from shop_pipeline.models.compiled import compiled

NOTHING = -1
ORDER, PRICE, PAIR, UNMATCHED = 0, 1, 2, 3
NO_CUSTOMER, NEVER_BOUGHT, OUTSIDE_WINDOW, SOLD_FOR_LESS, MORE_THAN_BOUGHT = 0, 1, 2, 3, 4


@compiled
def first_left(older: AnyArray, left: AnyArray, sale: Integer) -> Integer:
    """The first sale with units left, from `sale` on; -1 if there is none."""
    while sale != NOTHING and left[sale] == 0:
        after = older[sale]
        if after != NOTHING and left[after] == 0:
            older[sale] = older[after]
        sale = older[sale]
    return sale


@compiled
def add_sale(
    line: Integer, keys: AnyArray, price: AnyArray, newest: AnyArray, older: AnyArray, dearer: AnyArray
) -> None:
    """Put a sale at the head of its lists."""
    for way in range(3):
        key = keys[way, line]
        if key != NOTHING:
            older[way, line] = newest[way, key]
            newest[way, key] = line
    above = older[PAIR, line]
    while above != NOTHING and price[above] <= price[line]:
        above = dearer[above]
    dearer[line] = above


@compiled
def why_not(line: Integer, oldest: Integer, keys: AnyArray, day: AnyArray, seen: AnyArray, over: Integer) -> int:
    """The reason of what is left of a return; `over` is the customer's newest sale that still has units."""
    by_order = seen[ORDER, keys[ORDER, line]] != NOTHING
    if keys[PAIR, line] == NOTHING:
        return MORE_THAN_BOUGHT if by_order else NO_CUSTOMER
    if seen[PAIR, keys[PAIR, line]] == NOTHING:
        return MORE_THAN_BOUGHT if by_order else NEVER_BOUGHT
    if over == NOTHING:
        return MORE_THAN_BOUGHT
    # All that is within the window and dear enough has been taken.
    return SOLD_FOR_LESS if day[over] >= oldest else OUTSIDE_WINDOW


@compiled
def match_lines(
    is_return: BoolArray,
    day: AnyArray,
    keys: AnyArray,
    price: AnyArray,
    left: AnyArray,
    window_days: int,
    found: AnyArray,
) -> int:
    """Fill rows of `found` (return, number, sale, quantity, method, reason) and use up `left`; return how many."""
    n_lines = len(day)
    newest = np.full((3, n_lines), NOTHING, np.int64)
    older = np.full((3, n_lines), NOTHING, np.int64)
    dearer = np.full(n_lines, NOTHING, np.int64)
    n_found = 0
    for line in range(n_lines):
        if not is_return[line]:
            add_sale(line, keys, price, newest, older, dearer)
            continue
        number, oldest = 1, day[line] - window_days
        for way in range(3):
            key = keys[way, line]
            if key == NOTHING:
                continue
            lowest = price[line] if way == PAIR else 0
            sale = first_left(older[way], left, newest[way, key])
            while left[line] > 0 and sale != NOTHING and (way == ORDER or day[sale] >= oldest):
                if price[sale] >= lowest:
                    taken = min(left[line], left[sale])
                    left[line] -= taken
                    left[sale] -= taken
                    found[n_found] = (line, number, sale, taken, way, NOTHING)
                    n_found += 1
                    number += 1
                    sale = first_left(older[way], left, sale)
                else:
                    sale = first_left(older[way], left, dearer[sale])
        if left[line] > 0:
            over: Integer = NOTHING
            if keys[PAIR, line] != NOTHING:
                over = first_left(older[PAIR], left, newest[PAIR, keys[PAIR, line]])
            reason = why_not(line, oldest, keys, day, newest, over)
            found[n_found] = (line, number, NOTHING, left[line], UNMATCHED, reason)
            n_found += 1
    return n_found
