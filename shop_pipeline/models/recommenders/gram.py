"""Products of sparse interactions with themselves, a block of rows at a time: what all linear item models begin with.

Belongs here: scaling by degree, the rows of X'X in blocks, and choosing the largest weights of dense rows as links.
Does not belong here: the compiled loops (`gram_kernel`), inverses (`inverse`), what a model makes of the rows.
"""

from __future__ import annotations

import queue
from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Size
from shop_pipeline.models.recommenders.gram_kernel import WIDTH, add_row_products, keep_links
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.selection import NO_POSITION

# Rows of a dense block that one thread fills at a time.
ROWS_PER_BLOCK = WIDTH
# What a thread pool holds for a task until all are done: measured with 4,000 of them, and rounded up.
_BYTES_PER_TASK = 2048


def binary(matrix: SparseMatrix) -> SparseMatrix:
    """The same entries, all with weight 1; shares the structure."""
    return with_data(matrix, np.ones(matrix.nnz, np.float32))


def with_data(matrix: SparseMatrix, data: FloatArray) -> SparseMatrix:
    """The same entries with other weights; shares the structure."""
    return sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape, copy=False)


def powers(totals: AnyArray, exponent: float) -> FloatArray:
    """totals ** -exponent, float32, and 0 where the total is 0."""
    scale = np.zeros(len(totals), np.float32)
    scale[totals > 0] = totals[totals > 0] ** -exponent
    return scale


def column_sums(matrix: SparseMatrix) -> DoubleArray:
    """Sum of each column, in float64."""
    sums = np.bincount(matrix.indices, weights=matrix.data, minlength=matrix.shape[1])
    return sums.astype(np.float64, copy=False)


def row_sums(matrix: SparseMatrix) -> DoubleArray:
    """Sum of each row, in float64."""
    # Not by differences of one running sum: after a large row, a small one would be lost in its rounding.
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.bincount(rows, weights=matrix.data, minlength=matrix.shape[0]).astype(np.float64, copy=False)


def scaled(matrix: SparseMatrix, rows: FloatArray, columns: FloatArray) -> SparseMatrix:
    """diag(rows) X diag(columns), float32; shares the structure."""
    data = columns[matrix.indices]
    data *= matrix.data
    data *= np.repeat(rows, np.diff(matrix.indptr))
    return with_data(matrix, data)


def transposed(matrix: SparseMatrix) -> SparseMatrix:
    """The transposed matrix as CSR, rows sorted."""
    return matrix.T.tocsr()


def sparse_memory(size: Size) -> int:
    """Bytes of a scaled copy, its transposed form, and the temporaries of making them."""
    return size.n_entries * (4 + 4 + 4 + 4 + 8) + (size.n_customers + size.n_products) * 8 * 6


def fill_row_products(left: SparseMatrix, right: SparseMatrix, out: FloatArray) -> None:
    """out = left @ right, dense float32, threads over rows; `out` is overwritten."""

    def work(first: int) -> None:
        rows = out[first : first + ROWS_PER_BLOCK]
        rows[:] = 0
        add_row_products(
            left.indptr[first : first + len(rows) + 1], left.indices, left.data,
            right.indptr, right.indices, right.data, rows,
        )  # fmt: skip

    run_in_threads(work, range(0, len(out), ROWS_PER_BLOCK), thread_count())


def links_from_rows(
    n_products: int, n_links: int, fill: Callable[[int, FloatArray], None], rows_per_block: int = ROWS_PER_BLOCK
) -> Links:
    """The largest weights of each row of a matrix that never exists as a whole.

    A weight of exactly 0 is no link, nor is one from a product to itself.

    Args:
        n_links: most links per product.
        fill: called with the first row and a float32 block (rows, n_products) with anything in it, from several
            threads at once; it is to overwrite all of it.
    """
    links = empty_links(n_products, n_links)
    desks: queue.SimpleQueue[FloatArray] = queue.SimpleQueue()
    for _ in range(thread_count()):
        desks.put(np.empty((rows_per_block, n_products), np.float32))

    def work(first: int) -> None:
        desk = desks.get()
        last = min(first + rows_per_block, n_products)
        try:
            fill(first, desk[: last - first])
            keep_links(first, desk[: last - first], links.weights[first:last], links.targets[first:last])
        finally:
            # Also after an error, or the other threads would wait for this desk for ever.
            desks.put(desk)

    run_in_threads(work, range(0, n_products, rows_per_block), thread_count())
    return links


def empty_links(n_products: int, n_links: int) -> Links:
    """Room for links, at most one per product."""
    shape = n_products, min(n_links, n_products)
    targets: IntArray = np.full(shape, NO_POSITION, np.int32)
    return Links(targets, np.full(shape, np.nan, np.float32))


def links_memory(n_products: int, n_links: int, rows_per_block: int = ROWS_PER_BLOCK) -> int:
    """Bytes of the links, of the blocks of rows from which they are chosen, and of the thread pool's list of blocks."""
    blocks = thread_count() * rows_per_block * n_products * 4
    return n_products * min(n_links, n_products) * 8 + blocks + n_products // rows_per_block * _BYTES_PER_TASK


def mean_of_known(values: AnyArray) -> float:
    """Mean over the values above 0; there is at least one."""
    return float(values[values > 0].mean(dtype=np.float64))
