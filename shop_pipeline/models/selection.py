"""Keeping the best k of a stream of scored positions: the kernel that every ranking in this package shares.

Belongs here: a bounded heap under the one order of the project, score descending and then position
ascending. Positions are positions of sorted ids, so this is "ties are broken by id". Because the order is
total, the result does not depend on the order in which candidates arrive, and so not on blocks or threads
either.
Does not belong here: where scores come from (`similarity`, `top_n`, `item_neighbours`).

A heap is a pair of arrays (scores float32, positions int32) with the worst kept candidate at the root.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import FloatArray, IntArray, Integer, Real
from shop_pipeline.models.compiled import compiled

NO_POSITION = -1
LOWEST = np.finfo(np.float32).min
CHUNK = 32


@compiled
def is_worse(score: Real, position: Integer, other_score: Real, other_position: Integer) -> bool | np.bool_:
    """Whether the first candidate ranks behind the second."""
    return score < other_score or (score == other_score and position > other_position)


@compiled
def sift_down(scores: FloatArray, positions: IntArray, size: Integer, score: Real, position: Integer) -> None:
    """Put a candidate at the root of a heap of `size` and let it sink to its place."""
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        right = child + 1
        if right < size and is_worse(scores[right], positions[right], scores[child], positions[child]):
            child = right
        if not is_worse(scores[child], positions[child], score, position):
            break
        scores[hole] = scores[child]
        positions[hole] = positions[child]
        hole = child
    scores[hole] = score
    positions[hole] = position


@compiled
def offer(scores: FloatArray, positions: IntArray, size: Integer, score: Real, position: Integer) -> Integer:
    """Offer a candidate to a heap that holds `size` of at most `len(scores)`; the new size is returned."""
    if size < len(scores):
        hole = int(size)
        while hole > 0:
            parent = (hole - 1) // 2
            if not is_worse(score, position, scores[parent], positions[parent]):
                break
            scores[hole] = scores[parent]
            positions[hole] = positions[parent]
            hole = parent
        scores[hole] = score
        positions[hole] = position
        return size + 1
    if is_worse(scores[0], positions[0], score, position):
        sift_down(scores, positions, size, score, position)
    return size


@compiled
def sort_best_first(scores: FloatArray, positions: IntArray, size: Integer) -> None:
    """Turn the heap into a list, best first, padded with NaN and -1: an unknown score is NaN and not 0."""
    for last in range(size - 1, 0, -1):
        score, position = scores[last], positions[last]
        worst_score, worst_position = scores[0], positions[0]
        sift_down(scores, positions, last, score, position)
        scores[last] = worst_score
        positions[last] = worst_position
    for slot in range(size, len(scores)):
        scores[slot] = np.nan
        positions[slot] = NO_POSITION


@compiled
def keep_best_of_row(row: FloatArray, scores: FloatArray, positions: IntArray) -> None:
    """Fill scores and positions with the best of a row of scores; -inf and NaN are never kept."""
    size: Integer = 0
    limit: Real = LOWEST
    for begin in range(0, len(row), CHUNK):
        end = min(begin + CHUNK, len(row))
        # Most chunks hold nothing for the list: a count without branches finds that out many products at a
        # time.
        n_hits = 0
        for position in range(np.uint64(begin), np.uint64(end)):
            n_hits += row[position] >= limit
        if n_hits == 0:
            continue
        for position in range(np.uint64(begin), np.uint64(end)):
            if row[position] >= limit:
                size = offer(scores, positions, size, row[position], np.int64(position))
                if size == len(scores):
                    limit = scores[0]
    sort_best_first(scores, positions, size)
