"""The inverse of a large symmetric matrix with a third of its memory beside it.

Belongs here: LAPACK's Cholesky routines on blocks, and putting the blocks together. Does not belong here: models.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from shop_pipeline.models.arrays import FloatArray

# LAPACK in SciPy's OpenBLAS dies of signal 11 in potrf for 30,000 rows on two threads, and works for 26,000. A block is
# copied for it, so that smaller is better as long as the products of blocks take most of the time.
_MOST_ROWS_FOR_LAPACK = 8192
_ROWS_PER_BLOCK = 1024


def inverse_bytes(n_rows: int) -> int:
    """What `invert_in_place` allocates at its peak beside the matrix: half by half, for the second half again and so
    on, and blocks of rows.
    """
    above = (n_rows - n_rows // 2) ** 2 * 4 // 3 if n_rows > _MOST_ROWS_FOR_LAPACK else 0
    return 4 * (above + min(n_rows, _MOST_ROWS_FOR_LAPACK) ** 2 + 2 * _ROWS_PER_BLOCK * n_rows)


def invert_in_place(matrix: FloatArray) -> None:
    """Overwrite a symmetric positive definite float32 matrix with its inverse, by halves.

    With S = D - B'A^-1 B of [[A, B], [B', D]], the inverse is [[A^-1 + W S^-1 W', -W S^-1], [., S^-1]], W = A^-1 B
    (Banachiewicz 1937). Of symmetric products only what is not below the diagonal is computed: n^3 multiplications and
    additions, as by Cholesky. float32, because float64 takes three times as long and the recommendations are the same.

    Raises:
        ValueError: for another type, or a matrix that is not positive definite.
    """
    if matrix.dtype != np.float32:
        raise ValueError(f"expected a float32 matrix, got {matrix.dtype}")
    if len(matrix) <= _MOST_ROWS_FOR_LAPACK:
        _invert_block(matrix)
        return
    half = len(matrix) // 2
    first, cross, last = matrix[:half, :half], matrix[:half, half:], matrix[half:, half:]
    invert_in_place(first)
    weights = first @ cross
    _subtract_symmetric(last, cross.T, weights)
    invert_in_place(last)
    for begin in range(0, half, _ROWS_PER_BLOCK):
        rows = slice(begin, begin + _ROWS_PER_BLOCK)
        cross[rows] = -(weights[rows] @ last)
    _subtract_symmetric(first, cross, weights.T)
    for begin in range(0, half, _ROWS_PER_BLOCK):
        matrix[half:, begin : min(begin + _ROWS_PER_BLOCK, half)] = cross[begin : begin + _ROWS_PER_BLOCK].T


def _invert_block(matrix: FloatArray) -> None:
    """By Cholesky; what LAPACK leaves below the diagonal is made from what is above it."""
    factor, failed = lapack.spotrf(np.array(matrix, order="F"), lower=0, clean=0, overwrite_a=1)
    if not failed:
        factor, failed = lapack.spotri(factor, lower=0, overwrite_c=1)
    if failed:
        raise ValueError(f"the matrix is not positive definite (LAPACK {failed}): raise the regularization")
    matrix[:] = factor
    _mirror(matrix)


def _subtract_symmetric(matrix: FloatArray, left: FloatArray, right: FloatArray) -> None:
    """matrix -= left @ right, where that product is symmetric."""
    for begin in range(0, len(matrix), _ROWS_PER_BLOCK):
        rows = slice(begin, begin + _ROWS_PER_BLOCK)
        matrix[rows, begin:] -= left[rows] @ right[:, begin:]
    _mirror(matrix)


def _mirror(matrix: FloatArray) -> None:
    """Copy what is above the diagonal to below it, block by block."""
    for begin in range(0, len(matrix), _ROWS_PER_BLOCK):
        end = begin + _ROWS_PER_BLOCK
        square = matrix[begin:end, begin:end]
        upper = np.triu(square)
        square[:] = upper + np.triu(upper, 1).T
        for first in range(end, len(matrix), _ROWS_PER_BLOCK):
            matrix[first : first + _ROWS_PER_BLOCK, begin:end] = matrix[begin:end, first : first + _ROWS_PER_BLOCK].T
