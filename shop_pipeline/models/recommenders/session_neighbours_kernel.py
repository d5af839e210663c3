"""The compiled inner part of `session_neighbours`: merging lists of sessions, and adding up what the nearest hold.

Belongs here: loops over histories. Does not belong here: the index, threads and checks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer, Real
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import offer, sort_best_first

NO_SESSION = np.iinfo(np.int32).max


@compiled
def merge_newest(
    own: AnyArray,
    weights: FloatArray,
    ages: IntArray,
    starts: AnyArray,
    sessions: IntArray,
    cursors: AnyArray,
    found: IntArray,
    similarities: FloatArray,
    matches: IntArray,
) -> int:
    """Walk the lists of the own products in step, newest session first, until `found` is full; return how many.

    A session's similarity is the sum of the weights of the products that it shares, its match the least age of them.
    """
    for place in range(len(own)):
        cursors[place] = starts[own[place]]
    for size in range(len(found)):
        newest: Integer = NO_SESSION
        for place in range(len(own)):
            if cursors[place] < starts[own[place] + 1]:
                newest = min(newest, sessions[cursors[place]])
        if newest == NO_SESSION:
            return size
        total: Real = np.float32(0)
        match: Integer = NO_SESSION
        for place in range(len(own)):
            if cursors[place] < starts[own[place] + 1] and sessions[cursors[place]] == newest:
                cursors[place] += 1
                total += weights[place]
                match = min(match, ages[place])
        found[size], similarities[size], matches[size] = newest, total, match
    return len(found)


@compiled
def list_from_neighbours(
    rows: AnyArray,
    indptr: AnyArray,
    indices: AnyArray,
    weights: FloatArray,
    ages: IntArray,
    starts: AnyArray,
    sessions: IntArray,
    session_starts: AnyArray,
    session_products: IntArray,
    fading: FloatArray,
    rarity: FloatArray,
    n_sampled: int,
    n_neighbours: int,
    exclude_seen: bool,
    products: IntArray,
    scores: FloatArray,
) -> None:
    """Fill one list per row of the histories in indptr, indices, weights and ages.

    `sessions[starts[i]:starts[i + 1]]` are the sessions with product i, 0 being the newest of all;
    `session_products[session_starts[s]:session_starts[s + 1]]` are the products of session s.
    """
    sums = np.zeros(len(rarity), np.float32)
    # The last row that met each product: a sum may still be 0 after a part too small for float32.
    met_in = np.full(len(rarity), -1, np.int64)
    met = np.empty(len(rarity), np.int32)
    cursors = np.empty(len(rarity), np.int64)
    found, matches = np.empty(n_sampled, np.int32), np.empty(n_sampled, np.int32)
    similarities = np.empty(n_sampled, np.float32)
    nearest, nearness = np.empty(n_neighbours, np.int32), np.empty(n_neighbours, np.float32)
    for row in range(len(rows)):
        begin, end = indptr[rows[row]], indptr[rows[row] + 1]
        own = indices[begin:end]
        n_found = merge_newest(
            own, weights[begin:end], ages[begin:end], starts, sessions, cursors, found, similarities, matches
        )
        n_nearest: Integer = 0
        for place in range(n_found):
            n_nearest = offer(nearness, nearest, n_nearest, similarities[place], place)
        sort_best_first(nearness, nearest, n_nearest)
        n_met = 0
        for place in nearest[:n_nearest]:
            gain = similarities[place] * fading[min(matches[place], len(fading) - 1)]
            for product in session_products[session_starts[found[place]] : session_starts[found[place] + 1]]:
                if met_in[product] != row:
                    met_in[product] = row
                    met[n_met] = product
                    n_met += 1
                sums[product] += gain * rarity[product]
        if exclude_seen:
            for product in own:
                sums[product] = 0
        size: Integer = 0
        for product in met[:n_met]:
            if sums[product] > 0:
                size = offer(scores[row], products[row], size, sums[product], product)
            sums[product] = 0
        sort_best_first(scores[row], products[row], size)
