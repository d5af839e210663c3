"""The inverse of a large symmetric matrix without a second one beside it.

Belongs here: LAPACK's Cholesky routines in place, and how large a matrix they take. Does not belong here: models.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import lapack

from shop_pipeline.models.arrays import FloatArray

# LAPACK as SciPy builds it counts elements in 32 bits: above this, positions inside the matrix overflow, and the
# process dies.
MOST_ROWS = math.isqrt(2**31 - 1)
_BLOCK = 512


def check_rows(n_rows: int) -> None:
    """Raise ValueError when a matrix of so many rows can't be inverted here."""
    if n_rows > MOST_ROWS:
        raise ValueError(f"a dense inverse of {n_rows} rows is over the {MOST_ROWS} that LAPACK can address")


def invert_in_place(matrix: FloatArray) -> None:
    """Overwrite a symmetric positive definite float32 matrix, C order, with its inverse.

    potrf and potri need n^3 multiplications and additions, and no memory. float32, because float64 takes three times as
    long and the recommendations are the same.

    Raises:
        ValueError: for a matrix that is too large or not positive definite.
    """
    check_rows(len(matrix))
    if matrix.dtype != np.float32 or not matrix.flags.c_contiguous:
        raise ValueError(f"expected a float32 matrix in C order, got {matrix.dtype}")
    # Its transposed view is in Fortran order, so that LAPACK takes it as it is.
    factor, failed = lapack.spotrf(matrix.T, lower=1, clean=0, overwrite_a=1)
    if not failed:
        _, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError(f"the matrix is not positive definite (LAPACK {failed}): raise the regularization")
    _mirror(matrix)


def _mirror(matrix: FloatArray) -> None:
    """Copy what is above the diagonal to below it, block by block."""
    for begin in range(0, len(matrix), _BLOCK):
        end = begin + _BLOCK
        square = matrix[begin:end, begin:end]
        upper = np.triu(square)
        square[:] = upper + np.triu(upper, 1).T
        for first in range(end, len(matrix), _BLOCK):
            matrix[first : first + _BLOCK, begin:end] = matrix[begin:end, first : first + _BLOCK].T
