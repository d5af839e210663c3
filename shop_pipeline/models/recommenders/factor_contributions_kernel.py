"""The compiled inner part of `contributions` of factor models: what each entry adds to a dot product.

Belongs here: one customer after another, with the linear algebra of a history against a list.
Does not belong here: which equations a model solves (`als`, `pure_svd`); threads.

Products of matrices are BLAS calls: keep BLAS to one thread around these kernels.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, Integer, Real
from shop_pipeline.models.recommenders.als_kernel import compiled_for_sums
from shop_pipeline.models.selection import NO_POSITION


@compiled_for_sums
def rows_of(factors: FloatArray, positions: AnyArray) -> DoubleArray:
    """The factors of these products, 0 for padding, float64."""
    rows = np.zeros((len(positions), factors.shape[1]))
    for row in range(len(positions)):
        if positions[row] != NO_POSITION:
            rows[row] = factors[positions[row]]
    return rows


@compiled_for_sums
def project_entries(
    indptr: AnyArray,
    indices: AnyArray,
    amounts: FloatArray,
    factors: FloatArray,
    rows: AnyArray,
    listed: IntArray,
    starts: AnyArray,
    found: FloatArray,
) -> None:
    """Fill what each entry adds to a_u V V': a_ui v_i . v_j."""
    for place in range(len(rows)):
        first, last = indptr[rows[place]], indptr[rows[place] + 1]
        parts = np.dot(rows_of(factors, indices[first:last]), rows_of(factors, listed[place]).T)
        for entry in range(last - first):
            for column in range(listed.shape[1]):
                found[starts[place] + entry, column] = amounts[first + entry] * parts[entry, column]


@compiled_for_sums
def solve_entries(
    indptr: AnyArray,
    indices: AnyArray,
    weights: FloatArray,
    alpha: Real,
    factors: FloatArray,
    rows: AnyArray,
    listed: IntArray,
    starts: AnyArray,
    found: FloatArray,
) -> None:
    """Fill what each entry adds to an ALS score, c_i z_i' A^-1 z_j with A = I + sum of a_i z_i z_i', c_i = 1 + a_i.

    The factors z are in the basis of `als_kernel`, a_i is alpha times the weight. A history of at most as many entries
    as there are factors is solved on the side of the entries: Z A^-1 = S^-1 (I + S Z Z' S)^-1 S Z with S^2 = diag(a)
    (push-through identity).
    """
    for place in range(len(rows)):
        first, last = indptr[rows[place]], indptr[rows[place] + 1]
        own, other = rows_of(factors, indices[first:last]), rows_of(factors, listed[place])
        amounts = weights[first:last].astype(np.float64) * alpha
        if len(own) <= factors.shape[1] and alpha > 0:
            parts = _by_entries(own, np.sqrt(amounts), other)
        else:
            parts = _by_factors(own, amounts, other)
        for entry in range(len(own)):
            for column in range(listed.shape[1]):
                found[starts[place] + entry, column] = (1 + amounts[entry]) * parts[entry, column]


@compiled_for_sums
def _by_entries(own: DoubleArray, roots: DoubleArray, other: DoubleArray) -> DoubleArray:
    """Z A^-1 Z_L' by a system as large as the history."""
    for entry in range(len(own)):
        for k in range(own.shape[1]):
            own[entry, k] *= roots[entry]
    square = np.dot(own, own.T)
    parts: DoubleArray = np.dot(own, other.T)
    _solve(square, parts)
    for entry in range(len(own)):
        for column in range(parts.shape[1]):
            parts[entry, column] /= roots[entry]
    return parts


@compiled_for_sums
def _by_factors(own: DoubleArray, amounts: DoubleArray, other: DoubleArray) -> DoubleArray:
    """Z A^-1 Z_L' by a system as large as the number of factors."""
    scaled = own.copy()
    for entry in range(len(own)):
        for k in range(own.shape[1]):
            scaled[entry, k] *= amounts[entry]
    solved = other.T.copy()
    _solve(np.dot(own.T, scaled), solved)
    parts: DoubleArray = np.dot(own, solved)
    return parts


@compiled_for_sums
def _solve(square: DoubleArray, sides: DoubleArray) -> None:
    """Replace the right-hand sides, columns, by the solutions of (I + square) x = side; `square` is lost.

    By Cholesky. `square` is positive semidefinite, and so no pivot can be below 1 but by rounding.
    """
    size: Integer = len(square)
    for row in range(size):
        for column in range(row):
            total = square[row, column]
            for k in range(column):
                total -= square[row, k] * square[column, k]
            square[row, column] = total / square[column, column]
        pivot = square[row, row] + 1.0
        for k in range(row):
            pivot -= square[row, k] * square[row, k]
        square[row, row] = np.sqrt(max(pivot, 1.0))
        for k in range(row):
            for side in range(sides.shape[1]):
                sides[row, side] -= square[row, k] * sides[k, side]
        for side in range(sides.shape[1]):
            sides[row, side] /= square[row, row]
    for row in range(size - 1, -1, -1):
        for side in range(sides.shape[1]):
            sides[row, side] /= square[row, row]
        for k in range(row):
            for side in range(sides.shape[1]):
                sides[k, side] -= square[row, k] * sides[row, side]
