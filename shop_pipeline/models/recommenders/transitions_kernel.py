"""The compiled inner part of `transitions`: adding up ordered pairs, product by product.

Belongs here: loops over entries. Does not belong here: what the sums are divided by, threads and checks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, Integer, Real
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import keep_best_of_row, offer, sort_best_first


@compiled
def pair_weight(distance: int, powers: DoubleArray, reversed_weight: Real) -> Real:
    """What a pair counts whose second product is `distance` steps later (before, if negative)."""
    if distance == 0:
        return 1.0
    weight: Real = powers[abs(distance) - 1]
    return weight if distance > 0 else weight * reversed_weight


@compiled
def bounds_of_window(
    entry: Integer, customers: IntArray, steps: IntArray, window: Integer, most: Integer
) -> tuple[Integer, Integer]:
    """Begin and end of the customer's entries at most `window` steps and `most` entries from this one."""
    begin, end = entry, entry + 1
    while begin > max(entry - most, 0) and steps[entry] - steps[begin - 1] <= window:
        if customers[begin - 1] != customers[entry]:
            break
        begin -= 1
    while end < min(entry + most + 1, len(steps)) and steps[end] - steps[entry] <= window:
        if customers[end] != customers[entry]:
            break
        end += 1
    return begin, end


@compiled
def sum_pairs(
    low: int,
    high: int,
    starts: AnyArray,
    entries: AnyArray,
    customers: IntArray,
    products: IntArray,
    steps: IntArray,
    powers: DoubleArray,
    reversed_weight: float,
    most: int,
    factors: FloatArray,
    totals: DoubleArray,
    targets: IntArray,
    weights: FloatArray,
) -> None:
    """For the products [low, high), fill the best followers by sum times the follower's factor, and the sums' total.

    `entries[starts[i]:starts[i + 1]]` are the places of product i in customers, products and steps, which are ordered
    by customer and time. As many steps as there are powers are looked at on either side, and at most `most` entries.
    """
    window = len(powers)
    sums = np.zeros(len(factors))
    met = np.empty(len(factors), np.int32)
    for product in range(low, high):
        n_met = 0
        for entry in entries[starts[product] : starts[product + 1]]:
            begin, end = bounds_of_window(entry, customers, steps, window, most)
            for other in range(begin, end):
                if other == entry:
                    continue
                weight = pair_weight(steps[other] - steps[entry], powers, reversed_weight)
                if weight > 0:
                    if sums[products[other]] == 0:
                        met[n_met] = products[other]
                        n_met += 1
                    sums[products[other]] += weight
        size: Integer = 0
        for follower in met[:n_met]:
            totals[product] += sums[follower]
            score = np.float32(sums[follower] * factors[follower])
            size = offer(weights[product], targets[product], size, score, follower)
            sums[follower] = 0
        sort_best_first(weights[product], targets[product], size)


@compiled
def add_and_select(
    first: int,
    block: FloatArray,
    sharp_targets: IntArray,
    sharp_weights: FloatArray,
    targets: IntArray,
    weights: FloatArray,
) -> None:
    """Add the sharp links to a block of dense rows, of which the first is product `first`, and keep the best.

    A sum below a millionth of the best of its row is what rounding leaves of 0, and is dropped, as are those below 0.
    """
    for row in range(len(block)):
        product = first + row
        for slot in range(sharp_targets.shape[1]):
            if sharp_targets[product, slot] < 0:
                break
            block[row, sharp_targets[product, slot]] += sharp_weights[product, slot]
        block[row, product] = -np.inf
        limit = np.max(block[row]) * np.float32(1e-6)
        for column in range(block.shape[1]):
            if block[row, column] <= max(limit, np.float32(0)):
                block[row, column] = -np.inf
        keep_best_of_row(block[row], weights[product], targets[product])
