"""The compiled inner part of `item_neighbours`: scores, and what contributed to them.

Belongs here: loops over the rows of interactions and neighbours. Does not belong here: threads and checks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION, offer, sort_best_first


@compiled
def add_contributions(
    own: AnyArray,
    weights: FloatArray,
    neighbours: IntArray,
    similarities: FloatArray,
    sums: FloatArray,
    touched: IntArray,
) -> int:
    """Add weight times similarity to the neighbours of each own product; return how many were touched."""
    n_touched = 0
    for place in range(len(own)):
        for slot in range(neighbours.shape[1]):
            product = neighbours[own[place], slot]
            if product == NO_POSITION:
                break
            part = weights[place] * similarities[own[place], slot]
            # A part that underflows to 0 would let the product be listed twice, past the end of `touched`.
            if sums[product] == 0 and part > 0:
                touched[n_touched] = product
                n_touched += 1
            sums[product] += part
    return n_touched


@compiled
def list_products(
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    neighbours: IntArray,
    similarities: FloatArray,
    positions: AnyArray,
    exclude_seen: bool,
    products: IntArray,
    scores: FloatArray,
) -> None:
    """Fill one list per customer."""
    sums = np.zeros(len(neighbours), np.float32)
    touched = np.empty(len(neighbours), np.int32)
    for row in range(len(positions)):
        begin, end = indptr[positions[row]], indptr[positions[row] + 1]
        own = indices[begin:end]
        n_touched = add_contributions(own, data[begin:end], neighbours, similarities, sums, touched)
        if exclude_seen:
            for product in own:
                sums[product] = 0
        size: Integer = 0
        for product in touched[:n_touched]:
            if sums[product] > 0:
                size = offer(scores[row], products[row], size, sums[product], product)
            sums[product] = 0
        sort_best_first(scores[row], products[row], size)


@compiled
def explain_lists(
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    neighbours: IntArray,
    similarities: FloatArray,
    positions: AnyArray,
    listed: IntArray,
    reasons: IntArray,
    shares: FloatArray,
) -> None:
    """Fill the reasons of each listed product: its largest contributions, by one more walk."""
    place_of = np.full(len(neighbours), NO_POSITION, np.int32)
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
            for slot in range(neighbours.shape[1]):
                if neighbours[own, slot] == NO_POSITION:
                    break
                place = place_of[neighbours[own, slot]]
                if place != NO_POSITION:
                    part = data[entry] * similarities[own, slot]
                    totals[place] += part
                    sizes[place] = offer(shares[row, place], reasons[row, place], sizes[place], part, own)
        for place in range(listed.shape[1]):
            sort_best_first(shares[row, place], reasons[row, place], sizes[place])
            shares[row, place] /= totals[place]
            if listed[row, place] != NO_POSITION:
                place_of[listed[row, place]] = NO_POSITION
