"""The compiled inner part of `arrange`: one customer's list, place by place.

Belongs here: loops over candidates and likenesses. Does not belong here: threads, checks, what the numbers mean.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import NO_POSITION


@compiled
def arrange_rows(
    products: IntArray,
    scores: FloatArray,
    margins: FloatArray,
    diversity: float,
    margin: float,
    indptr: AnyArray,
    indices: AnyArray,
    likenesses: FloatArray,
    picked: IntArray,
) -> None:
    """Fill each row of `picked` with places of the candidates, in the order in which they are shown, then with -1."""
    place_of = np.full(len(margins), NO_POSITION, np.int32)
    gains = np.empty(products.shape[1])
    nearest = np.empty(products.shape[1])
    for row in range(len(products)):
        size = 0
        while size < products.shape[1] and products[row, size] != NO_POSITION:
            place_of[products[row, size]] = size
            size += 1
        own = products[row, :size]
        weigh(own, scores[row], margins, diversity, margin, gains)
        nearest[:size] = 0
        for turn in range(min(size, picked.shape[1])):
            place = best_left(gains, nearest, diversity, size)
            picked[row, turn] = place
            gains[place] = -np.inf
            for at in range(indptr[own[place]], indptr[own[place] + 1]):
                other = place_of[indices[at]]
                if other != NO_POSITION and likenesses[at] > nearest[other]:
                    nearest[other] = likenesses[at]
        for product in own:
            place_of[product] = NO_POSITION


@compiled
def weigh(
    own: IntArray, scores: FloatArray, margins: FloatArray, diversity: float, margin: float, gains: DoubleArray
) -> None:
    """What speaks for each candidate before anything is picked: relevance, and margin where it counts."""
    known, total = 0, 0.0
    for product in own:
        if not np.isnan(margins[product]):
            known += 1
            total += margins[product]
    usual = total / known if known else 0.0
    for place in range(len(own)):
        best = np.float64(scores[0])
        relevance = np.float64(scores[place]) / best if best > 0 else 0.0
        share = np.float64(margins[own[place]])
        gains[place] = (1 - diversity) * relevance + margin * (usual if np.isnan(share) else share)


@compiled
def best_left(gains: DoubleArray, nearest: DoubleArray, diversity: float, size: Integer) -> int:
    """The place of the best candidate that is left; of equals the first, which is the more relevant one."""
    best = -1
    highest = -np.inf
    for place in range(size):
        value = gains[place] - diversity * nearest[place]
        if value > highest:
            highest = value
            best = place
    return best


@compiled
def carry(
    picked: IntArray,
    products: IntArray,
    scores: FloatArray,
    portions: FloatArray,
    sources: IntArray,
    shown_products: IntArray,
    shown_scores: FloatArray,
    shown_portions: FloatArray,
    shown_sources: IntArray,
    relevance_ranks: IntArray,
) -> None:
    """Copy all that is known of the picked candidates to the places where they are shown; padding stays as it is."""
    for row in range(len(picked)):
        for turn in range(picked.shape[1]):
            place = picked[row, turn]
            if place == NO_POSITION:
                break
            shown_products[row, turn] = products[row, place]
            shown_scores[row, turn] = scores[row, place]
            shown_portions[row, turn] = portions[row, place]
            shown_sources[row, turn] = sources[row, place]
            relevance_ranks[row, turn] = place + 1
