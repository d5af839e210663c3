"""The compiled inner part of `als`: least squares of one row after another by conjugate gradients.

Belongs here: loops over the entries of rows. Does not belong here: the change of basis, threads, memory (all in `als`).

The fixed side comes in a basis in which its Gram matrix, with the regularisation, is the identity: see `als`. Then
the matrix of row u is A_u = I + sum of a_ui z_i z_i', and a product with it costs nothing beyond the row's entries.

`reassoc` and `contract` let the compiler keep eight partial sums of a dot product and join them at the end. Which sums
those are is settled when the kernel is compiled, by the number of factors alone: a row gives the same bits whatever
thread it runs on and whatever rows are beside it. No value is assumed away: NaN and infinity mean what they always do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, Integer, Real

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Residuals are squared: 1e-6 of the first is as far as float32 goes.
CONVERGED = 1e-12
NOTHING = 1e-30


def compiled_for_sums(kernel: Kernel) -> Kernel:
    """As `compiled`, and sums of products may be taken in another order than they are written in."""
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
    return cast(Kernel, numba.njit(**options, fastmath={"reassoc", "contract", "nsz"})(kernel))


@compiled_for_sums
def dot(left: FloatArray, right: FloatArray) -> Real:
    """Sum of left_k right_k."""
    total = np.float32(0)
    for k in range(len(left)):
        total += left[k] * right[k]
    return total


@compiled_for_sums
def long_dot(left: FloatArray, right: FloatArray) -> Real:
    """`dot` in float64, for vectors that a large weight has scaled: the largest float32 is 3e38.

    It costs 2 to 4 % of the time of `solve_rows` (rows of 8 and 40 entries, rank 16 and 64).
    """
    total = 0.0
    for k in range(len(left)):
        total += np.float64(left[k]) * np.float64(right[k])
    return total


@compiled_for_sums
def add_entries(
    fixed: FloatArray, own: AnyArray, amounts: FloatArray, constant: Real, slope: Real, x: FloatArray, out: FloatArray
) -> None:
    """Add the sum over the row's entries of (constant + amount_i (constant + slope z_i . x)) z_i to `out`.

    With constant 0 and slope 1 this is a product of A_u with x, but for x itself; with 1 and -1, the right-hand side
    less that product. Four entries are taken at a time, so that x and `out` are read for four and not for each.
    """
    n_factors, n_fours = len(x), len(own) - len(own) % 4
    for entry in range(0, n_fours, 4):
        z0, z1, z2, z3 = fixed[own[entry]], fixed[own[entry + 1]], fixed[own[entry + 2]], fixed[own[entry + 3]]
        s0 = s1 = s2 = s3 = np.float32(0)
        for k in range(n_factors):
            s0 += x[k] * z0[k]
            s1 += x[k] * z1[k]
            s2 += x[k] * z2[k]
            s3 += x[k] * z3[k]
        s0 = constant + amounts[entry] * (constant + slope * s0)
        s1 = constant + amounts[entry + 1] * (constant + slope * s1)
        s2 = constant + amounts[entry + 2] * (constant + slope * s2)
        s3 = constant + amounts[entry + 3] * (constant + slope * s3)
        for k in range(n_factors):
            out[k] += s0 * z0[k] + s1 * z1[k] + s2 * z2[k] + s3 * z3[k]
    for entry in range(n_fours, len(own)):
        z = fixed[own[entry]]
        factor = constant + amounts[entry] * (constant + slope * dot(x, z))
        for k in range(n_factors):
            out[k] += factor * z[k]


@compiled_for_sums
def descend(
    fixed: FloatArray, own: AnyArray, amounts: FloatArray, n_steps: Integer, x: FloatArray, work: FloatArray
) -> None:
    """Take at most n_steps of conjugate gradients (Hestenes and Stiefel 1952) from x, in place; `work` is 3 rows."""
    residual, direction, product = work[0], work[1], work[2]
    zero, one = np.float32(0), np.float32(1)
    for k in range(len(x)):
        residual[k] = -x[k]
    add_entries(fixed, own, amounts, one, -one, x, residual)
    direction[:] = residual
    size = long_dot(residual, residual)
    enough = max(size * CONVERGED, NOTHING)
    for _ in range(n_steps):
        if size <= enough:
            break
        product[:] = direction
        add_entries(fixed, own, amounts, zero, one, direction, product)
        step = np.float32(size / long_dot(direction, product))
        for k in range(len(x)):
            x[k] += step * direction[k]
            residual[k] -= step * product[k]
        smaller = long_dot(residual, residual)
        share = np.float32(smaller / size)
        for k in range(len(x)):
            direction[k] = residual[k] + share * direction[k]
        size = smaller


@compiled_for_sums
def solve_rows(
    indptr: AnyArray,
    indices: IntArray,
    weights: FloatArray,
    alpha: Real,
    fixed: FloatArray,
    n_steps: Integer,
    begin: Integer,
    end: Integer,
    solved: FloatArray,
) -> None:
    """Improve the rows [begin, end) of `solved` in place; a row without entries becomes 0."""
    work = np.empty((3, solved.shape[1]), np.float32)
    longest = 0
    for row in range(begin, end):
        longest = max(longest, indptr[row + 1] - indptr[row])
    amounts = np.empty(longest, np.float32)
    for row in range(begin, end):
        first, last = indptr[row], indptr[row + 1]
        if first == last:
            solved[row] = 0
            continue
        for entry in range(first, last):
            amounts[entry - first] = alpha * weights[entry]
        descend(fixed, indices[first:last], amounts[: last - first], n_steps, solved[row], work)
