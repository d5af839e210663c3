"""The compiled choice of a product's neighbours, once its sums with all products are there.

Belongs here: sweeps over sums, and the heap that they fill. Does not belong here: making the sums (`kernel`), a pair's
score (`formulas`).

Measures that are a dot product times a factor per column have sweeps of their own: one that also serves shifts and
shrinkage made the cosine's whole search 1.2 to 1.3 times as long.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, FloatArray, IntArray, Integer, Real
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import offer
from shop_pipeline.models.similarity.formulas import (
    ABOVE_ZERO,
    COSINE,
    JACCARD,
    Rule,
    bound,
    first_bound,
    is_plain,
    score_of,
    tested_shrinkage,
)

# Products tested at once: 8 to 64 are within 6 %.
CHUNK = 32


@compiled
def consider(
    rule: Rule,
    sizes: DoubleArray,
    shifts: DoubleArray,
    product: Integer,
    other: Integer,
    sums: DoubleArray,
    scores: FloatArray,
    positions: IntArray,
    size: Integer,
) -> Integer:
    """Offer `other` to the heap of `product`; the new size is returned."""
    dot, common = sums[other, 0], sums[other, 1]
    if common < rule[4] or other == product:
        return size
    if rule[0] == COSINE and rule[3] == 0:
        # The most usual measure, ahead of all branches; the same formula as in `score_of`.
        cosine = np.float32(dot / np.sqrt(sizes[product] * sizes[other]))
        return offer(scores, positions, size, cosine, other) if cosine > 0 else size
    score = score_of(rule, sizes, shifts, product, other, dot, common)
    return offer(scores, positions, size, score, other) if score > 0 else size


@compiled
def count_shifted(
    rule: Rule,
    shifts: DoubleArray,
    inverse_norms: FloatArray,
    begin: Integer,
    end: Integer,
    sums: DoubleArray,
    shift: Real,
    limit: Real,
) -> int:
    """How many of the products [begin, end) pass the test of `formulas`."""
    least, shrinkage = np.float64(rule[4]), tested_shrinkage(rule)
    summed = 1 if rule[0] == JACCARD else 0
    n_hits = 0
    for other in range(np.uint64(begin), np.uint64(end)):
        common = sums[other, 1]
        tested = (sums[other, summed] - shift * shifts[other]) * inverse_norms[other]
        n_hits += (common >= least) & (tested * common >= limit * (common + shrinkage))
    return n_hits


@compiled
def plain_from_all(
    rule: Rule,
    sizes: DoubleArray,
    shifts: DoubleArray,
    inverse_norms: FloatArray,
    product: Integer,
    sums: DoubleArray,
    scores: FloatArray,
    positions: IntArray,
) -> Integer:
    """`select_from_all` for measures without shift and shrinkage, whose limit is a multiple of the worst score."""
    size: Integer = 0
    limit, n_products = ABOVE_ZERO, len(inverse_norms)
    factor = bound(rule, sizes, shifts, inverse_norms, product, 1.0)[1]
    for begin in range(0, n_products, CHUNK):
        end = min(begin + CHUNK, n_products)
        n_hits = 0
        for other in range(np.uint64(begin), np.uint64(end)):
            n_hits += sums[other, 0] * inverse_norms[other] >= limit
        if n_hits == 0:
            continue
        for other in range(np.uint64(begin), np.uint64(end)):
            if sums[other, 0] * inverse_norms[other] >= limit:
                size = consider(rule, sizes, shifts, product, np.int64(other), sums, scores, positions, size)
                if size == len(scores):
                    limit = scores[0] * factor
    return size


@compiled
def shifted_from_all(
    rule: Rule,
    sizes: DoubleArray,
    shifts: DoubleArray,
    inverse_norms: FloatArray,
    product: Integer,
    sums: DoubleArray,
    scores: FloatArray,
    positions: IntArray,
) -> Integer:
    """`select_from_all` for all measures."""
    size: Integer = 0
    n_products = len(inverse_norms)
    shift, limit = first_bound(rule, shifts, product)
    for begin in range(0, n_products, CHUNK):
        end = min(begin + CHUNK, n_products)
        if count_shifted(rule, shifts, inverse_norms, begin, end, sums, shift, limit) == 0:
            continue
        for other in range(begin, end):
            if count_shifted(rule, shifts, inverse_norms, other, other + 1, sums, shift, limit) == 1:
                size = consider(rule, sizes, shifts, product, other, sums, scores, positions, size)
                if size == len(scores):
                    shift, limit = bound(rule, sizes, shifts, inverse_norms, product, scores[0])
    return size


@compiled
def select_from_all(
    rule: Rule,
    sizes: DoubleArray,
    shifts: DoubleArray,
    inverse_norms: FloatArray,
    product: Integer,
    sums: DoubleArray,
    scores: FloatArray,
    positions: IntArray,
) -> Integer:
    """Keep the best of all products as a heap; the number kept is returned.

    Chunks in which nothing reaches the limit are passed over by a loop without branches, which halves the
    time.
    """
    if is_plain(rule):
        return plain_from_all(rule, sizes, shifts, inverse_norms, product, sums, scores, positions)
    return shifted_from_all(rule, sizes, shifts, inverse_norms, product, sums, scores, positions)


@compiled
def select_from_listed(
    rule: Rule,
    sizes: DoubleArray,
    shifts: DoubleArray,
    inverse_norms: FloatArray,
    product: Integer,
    listed: IntArray,
    sums: DoubleArray,
    scores: FloatArray,
    positions: IntArray,
) -> Integer:
    """As `select_from_all`, for the products in `listed` alone."""
    size: Integer = 0
    if is_plain(rule):
        least, factor = ABOVE_ZERO, bound(rule, sizes, shifts, inverse_norms, product, 1.0)[1]
        for other in listed:
            if sums[other, 0] * inverse_norms[other] >= least:
                size = consider(rule, sizes, shifts, product, np.int64(other), sums, scores, positions, size)
                if size == len(scores):
                    least = scores[0] * factor
        return size
    shift, limit = first_bound(rule, shifts, product)
    for other in listed:
        if count_shifted(rule, shifts, inverse_norms, other, other + 1, sums, shift, limit) == 1:
            size = consider(rule, sizes, shifts, product, np.int64(other), sums, scores, positions, size)
            if size == len(scores):
                shift, limit = bound(rule, sizes, shifts, inverse_norms, product, scores[0])
    return size
