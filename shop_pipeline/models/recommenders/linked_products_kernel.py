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
def add_link_contributions(
    indptr: AnyArray,
    indices: AnyArray,
    amounts: FloatArray,
    targets: IntArray,
    weights: FloatArray,
    positions: AnyArray,
    listed: IntArray,
    starts: AnyArray,
    found: FloatArray,
) -> None:
    """Fill what each entry adds to each listed product, by one more walk over the links."""
    place_of = np.full(len(targets), NO_POSITION, np.int32)
    for row in range(len(positions)):
        # A product in several places is summed up in the last of them.
        for place in range(listed.shape[1]):
            if listed[row, place] != NO_POSITION:
                place_of[listed[row, place]] = place
        shift = starts[row] - indptr[positions[row]]
        for entry in range(indptr[positions[row]], indptr[positions[row] + 1]):
            own = indices[entry]
            for slot in range(targets.shape[1]):
                if targets[own, slot] == NO_POSITION:
                    break
                place = place_of[targets[own, slot]]
                if place != NO_POSITION:
                    found[entry + shift, place] += amounts[entry] * weights[own, slot]
        for place in range(listed.shape[1]):
            if listed[row, place] != NO_POSITION and place_of[listed[row, place]] != place:
                found[starts[row] : starts[row + 1], place] = found[
                    starts[row] : starts[row + 1], place_of[listed[row, place]]
                ]
        for place in range(listed.shape[1]):
            if listed[row, place] != NO_POSITION:
                place_of[listed[row, place]] = NO_POSITION
