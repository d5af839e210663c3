"""The compiled inner part of `similarity`: column sums, the lists of a block, its neighbours.

Belongs here: loops over CSR arrays.
Does not belong here: blocks, threads, memory, checks (all in `similarity`).

Indices are cast to unsigned before use: numba then leaves out Python's wrap-around of negative indices,
which made the inner loop take 1.2 s instead of 2.0 for 1.7 G multiply-adds. Counting beside summing is
free: both live in one cache line. Summing in float64 costs 4 %; in float32, the similarities of the most
popular of 20,000 products were off by 1e-4.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import offer, sort_best_first

# The quick test in float32 may be off by a few units in the last place; what it lets through is computed in
# float64.
SLACK = 1.0 - 1e-5
# The smallest normal float32: a similarity of zero is no neighbour.
ABOVE_ZERO = np.finfo(np.float32).tiny
# Products tested at once: 8 to 64 are within 6 %.
CHUNK = 32
# A product whose customers have fewer entries than this part of the products lists what it meets.
LISTING_PAYS = 2


@compiled
def sum_columns(indices: AnyArray, data: FloatArray, degrees: AnyArray, squares: DoubleArray) -> None:
    """Add every column's number of entries and sum of squares, in one pass and without a temporary."""
    for entry in range(len(indices)):
        column = indices[entry]
        degrees[column] += 1
        squares[column] += np.float64(data[entry]) ** 2


@compiled
def list_block(
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    cursor: AnyArray,
    first: Integer,
    last: Integer,
    fill: AnyArray,
    customers: IntArray,
    weights: FloatArray,
) -> None:
    """Transpose the columns [first, last): who has each product, customers ascending, and with which weight.

    `cursor[u]` is customer u's first entry not yet listed: blocks come in ascending order, so nothing is
    searched. `fill[i]` is where product first + i writes next, and ends as the end of its list.
    """
    for customer in range(len(cursor)):
        entry = cursor[customer]
        while entry < indptr[customer + 1] and indices[entry] < last:
            place = fill[indices[entry] - first]
            customers[place] = customer
            weights[place] = data[entry]
            fill[indices[entry] - first] = place + 1
            entry += 1
        cursor[customer] = entry


@compiled
def add_rows(
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    customers: IntArray,
    weights: FloatArray,
    sums: DoubleArray,
) -> None:
    """Add weighted rows to `sums` (n_products, 2): dot product, number of common customers."""
    for slot in range(len(customers)):
        row = np.uint32(customers[slot])
        weight = np.float64(weights[slot])
        for entry in range(np.uint64(indptr[row]), np.uint64(indptr[row + np.uint32(1)])):
            column = np.uint64(np.uint32(indices[entry]))
            sums[column, 0] += weight * data[entry]
            sums[column, 1] += 1.0


@compiled
def add_rows_listed(
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    customers: IntArray,
    weights: FloatArray,
    sums: DoubleArray,
    touched: IntArray,
) -> Integer:
    """As `add_rows`, and list the products met, so that for rare products not all are visited."""
    n_touched = np.uint64(0)
    for slot in range(len(customers)):
        row = np.uint32(customers[slot])
        weight = np.float64(weights[slot])
        for entry in range(np.uint64(indptr[row]), np.uint64(indptr[row + np.uint32(1)])):
            column = np.uint64(np.uint32(indices[entry]))
            if sums[column, 1] == 0:
                touched[n_touched] = indices[entry]
                n_touched += np.uint64(1)
            sums[column, 0] += weight * data[entry]
            sums[column, 1] += 1.0
    return np.int64(n_touched)


@compiled
def consider(
    product: Integer,
    other: Integer,
    sums: DoubleArray,
    squares: DoubleArray,
    min_common: Integer,
    scores: FloatArray,
    positions: IntArray,
    size: Integer,
) -> Integer:
    """Offer `other` to the heap of `product`; the new size is returned.

    cos(i, j) = x_i . x_j / sqrt(|x_i|^2 |x_j|^2), in float64 throughout and rounded once,
    the same for (i, j) and (j, i). The product of squares is exact for counts, so that equal cosines are
    equal bits and tie.
    """
    if sums[other, 1] < min_common or other == product:
        return size
    score = np.float32(sums[other, 0] / np.sqrt(squares[product] * squares[other]))
    return offer(scores, positions, size, score, other)


@compiled
def select_from_all(
    product: Integer,
    sums: DoubleArray,
    squares: DoubleArray,
    inverse_norms: FloatArray,
    min_common: Integer,
    scores: FloatArray,
    positions: IntArray,
) -> Integer:
    """Keep the best of all products as a heap; the number kept is returned.

    Chunks in which nothing reaches the limit are passed over by a loop without branches, which halves the
    time.
    """
    size: Integer = 0
    limit, n_products = ABOVE_ZERO, len(inverse_norms)
    for begin in range(0, n_products, CHUNK):
        end = min(begin + CHUNK, n_products)
        n_hits = 0
        for other in range(np.uint64(begin), np.uint64(end)):
            n_hits += sums[other, 0] * inverse_norms[other] >= limit
        if n_hits == 0:
            continue
        for other in range(np.uint64(begin), np.uint64(end)):
            if sums[other, 0] * inverse_norms[other] >= limit:
                size = consider(product, np.int64(other), sums, squares, min_common, scores, positions, size)
                if size == len(scores):
                    limit = np.float32(scores[0] / inverse_norms[product] * SLACK)
    return size


@compiled
def select_from_listed(
    product: Integer,
    listed: IntArray,
    sums: DoubleArray,
    squares: DoubleArray,
    inverse_norms: FloatArray,
    min_common: Integer,
    scores: FloatArray,
    positions: IntArray,
) -> Integer:
    """As `select_from_all`, for the products in `listed` alone."""
    size: Integer = 0
    limit = ABOVE_ZERO
    for other in listed:
        if sums[other, 0] * inverse_norms[other] >= limit:
            size = consider(product, np.int64(other), sums, squares, min_common, scores, positions, size)
            if size == len(scores):
                limit = np.float32(scores[0] / inverse_norms[product] * SLACK)
    return size


@compiled
def finish_row(sums: DoubleArray, size: Integer, scores: FloatArray, positions: IntArray, n_common: IntArray) -> None:
    """Sort a product's heap and note the customers in common with each neighbour."""
    sort_best_first(scores, positions, size)
    for slot in range(size):
        n_common[slot] = np.int32(sums[positions[slot], 1])


@compiled
def find_neighbours(
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    low: Integer,
    high: Integer,
    starts: AnyArray,
    customers: IntArray,
    weights: FloatArray,
    squares: DoubleArray,
    inverse_norms: FloatArray,
    min_common: Integer,
    touched: IntArray,
    sums: DoubleArray,
    scores: FloatArray,
    positions: IntArray,
    n_common: IntArray,
) -> None:
    """Fill the rows [low, high) of scores, positions and n_common; `sums` is zeros before and after.

    `starts` has high - low + 1 places in `customers` and `weights`, where the lists of `list_block` begin.
    """
    for product in range(low, high):
        begin, end = starts[product - low], starts[product - low + 1]
        buyers, amounts = customers[begin:end], weights[begin:end]
        n_steps = 0
        for buyer in buyers:
            n_steps += indptr[buyer + 1] - indptr[buyer]
        best, where = scores[product], positions[product]
        if n_steps * LISTING_PAYS < len(sums):
            listed = touched[: add_rows_listed(indptr, indices, data, buyers, amounts, sums, touched)]
            size = select_from_listed(product, listed, sums, squares, inverse_norms, min_common, best, where)
            finish_row(sums, size, best, where, n_common[product])
            for other in listed:
                sums[other, 0] = 0
                sums[other, 1] = 0
        else:
            add_rows(indptr, indices, data, buyers, amounts, sums)
            size = select_from_all(product, sums, squares, inverse_norms, min_common, best, where)
            finish_row(sums, size, best, where, n_common[product])
            sums[:] = 0
