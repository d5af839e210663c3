"""The compiled inner part of `linked_products`: scores, and what contributed to them.

Belongs here: loops over the rows of histories and links. Does not belong here: threads and checks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION, offer, sort_best_first


@compiled
def add_contributions(
    own: AnyArray,
    amounts: FloatArray,
    targets: IntArray,
    weights: FloatArray,
    sums: FloatArray,
    met_in: AnyArray,
    row: Integer,
    met: IntArray,
) -> int:
    """Add amount times weight to the targets of each own product; return how many products were met.

    `met_in` holds the last row that met each product: a sum may be 0 again after parts of both signs.
    """
    n_met = 0
    for place in range(len(own)):
        for slot in range(targets.shape[1]):
            product = targets[own[place], slot]
            if product == NO_POSITION:
                break
            if met_in[product] != row:
                met_in[product] = row
                met[n_met] = product
                n_met += 1
            sums[product] += amounts[place] * weights[own[place], slot]
    return n_met


@compiled
def list_products(
    indptr: AnyArray,
    indices: AnyArray,
    amounts: FloatArray,
    targets: IntArray,
    weights: FloatArray,
    positions: AnyArray,
    exclude_seen: bool,
    products: IntArray,
    scores: FloatArray,
) -> None:
    """Fill one list per customer with the products whose score is above 0."""
    sums = np.zeros(len(targets), np.float32)
    met_in = np.full(len(targets), -1, np.int64)
    met = np.empty(len(targets), np.int32)
    for row in range(len(positions)):
        begin, end = indptr[positions[row]], indptr[positions[row] + 1]
        own = indices[begin:end]
        n_met = add_contributions(own, amounts[begin:end], targets, weights, sums, met_in, row, met)
        if exclude_seen:
            for product in own:
                sums[product] = 0
        size: Integer = 0
        for product in met[:n_met]:
            if sums[product] > 0:
                size = offer(scores[row], products[row], size, sums[product], product)
            sums[product] = 0
        sort_best_first(scores[row], products[row], size)


@compiled
def explain_lists(
    indptr: AnyArray,
    indices: AnyArray,
    amounts: FloatArray,
    targets: IntArray,
    weights: FloatArray,
    positions: AnyArray,
    listed: IntArray,
    reasons: IntArray,
    shares: FloatArray,
) -> None:
    """Fill the reasons of each listed product: its largest contributions, by one more walk."""
    place_of = np.full(len(targets), NO_POSITION, np.int32)
    totals = np.zeros(listed.shape[1])
    sizes = np.zeros(listed.shape[1], np.int64)
    for row in range(len(positions)):
        if positions[row] == NO_POSITION:
            continue
        totals[:] = 0
        sizes[:] = 0
        for place in range(listed.shape[1]):
            if listed[row, place] != NO_POSITION:
                place_of[listed[row, place]] = place
        for entry in range(indptr[positions[row]], indptr[positions[row] + 1]):
            own = indices[entry]
            for slot in range(targets.shape[1]):
                if targets[own, slot] == NO_POSITION:
                    break
                place = place_of[targets[own, slot]]
                if place != NO_POSITION:
                    part = amounts[entry] * weights[own, slot]
                    totals[place] += part
                    sizes[place] = offer(shares[row, place], reasons[row, place], sizes[place], part, own)
        for place in range(listed.shape[1]):
            sort_best_first(shares[row, place], reasons[row, place], sizes[place])
            shares[row, place] /= totals[place]
            if listed[row, place] != NO_POSITION:
                place_of[listed[row, place]] = NO_POSITION
