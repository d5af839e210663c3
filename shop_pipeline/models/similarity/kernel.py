"""The compiled inner part of `top_k`: column sums, the lists of a block, its neighbours.

Belongs here: loops over CSR arrays, the same for every measure.
Does not belong here: choosing from the sums (`sweep`), blocks, threads, memory and checks (`top_k`).

Indices are cast to unsigned before use: numba then leaves out Python's wrap-around of negative indices,
which made the inner loop take 1.2 s instead of 2.0 for 1.7 G multiply-adds. Counting beside summing is
free: both live in one cache line. Summing in float64 costs 4 %; in float32, the similarities of the most
popular of 20,000 products were off by 1e-4.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, Integer
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import sort_best_first
from shop_pipeline.models.similarity.formulas import Rule
from shop_pipeline.models.similarity.sweep import select_from_all, select_from_listed

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
def total_columns(indices: AnyArray, data: FloatArray, totals: DoubleArray) -> None:
    """Add every column's sum of weights, without a temporary of the matrix's size."""
    for entry in range(len(indices)):
        totals[indices[entry]] += data[entry]


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
    sizes: DoubleArray,
    shifts: DoubleArray,
    inverse_norms: FloatArray,
    rule: Rule,
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
            size = select_from_listed(rule, sizes, shifts, inverse_norms, product, listed, sums, best, where)
            finish_row(sums, size, best, where, n_common[product])
            for other in listed:
                sums[other, 0] = 0
                sums[other, 1] = 0
        else:
            add_rows(indptr, indices, data, buyers, amounts, sums)
            size = select_from_all(rule, sizes, shifts, inverse_norms, product, sums, best, where)
            finish_row(sums, size, best, where, n_common[product])
            sums[:] = 0
