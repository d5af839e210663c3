"""The best products of many customers from their factors, exactly, without ever holding all scores.

Belongs here: `TopN`, the shape in which every recommender answers, and the search by dot product.
Does not belong here: learning factors (`als`), who may be asked about (`recommender`), metrics
(`evaluation`).
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits

from shop_pipeline.models.arrays import AnyArray, BoolArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import compiled, run_in_threads, thread_count
from shop_pipeline.models.selection import NO_POSITION, keep_best_of_row

# Scores held at once by each thread: 200 customers for 20,000 products. With 50, the product alone takes 4.9 s
# instead of 2.8 (140,000 customers, rank 64, one thread), because BLAS packs the products anew for every block.
BLOCK_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class TopN:
    """Lists of products, best first; lists may be shorter than n, and then the rest is padding.

    Args:
        products: positions, int32 (n_lists, n), -1 after the last product.
        scores: higher is better, float32 (n_lists, n), NaN after the last product.
    """

    products: IntArray
    scores: FloatArray

    @classmethod
    def empty(cls, n_lists: int, n: int) -> Self:
        """Lists without a product."""
        return cls(np.full((n_lists, n), NO_POSITION, np.int32), np.full((n_lists, n), np.nan, np.float32))

    def widened(self, n: int) -> Self:
        """The same lists with padding up to n places; n is at least their width."""
        if n == self.products.shape[1]:
            return self
        wide = self.empty(len(self.products), n)
        wide.products[:, : self.products.shape[1]] = self.products
        wide.scores[:, : self.scores.shape[1]] = self.scores
        return wide


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep BLAS to one thread while threads of ours each call it."""
    with threadpool_limits(1, "blas"):
        yield


def top_n_memory(n_products: int, n_lists: int, n: int, n_factors: int, n_threads: int | None = None) -> int:
    """Bytes that `top_n_from_factors` allocates: the lists, and one block of scores per thread."""
    rows = _rows_per_block(n_products)
    per_thread = rows * (n_products * 4 + n_factors * 4 + 1)
    return n_lists * n * 8 + n_products * 5 + (n_threads or thread_count()) * per_thread


def top_n_from_factors(
    customer_factors: FloatArray,
    product_factors: FloatArray,
    customer_positions: AnyArray,
    n: int,
    seen: SparseMatrix | None = None,
    n_threads: int | None = None,
) -> TopN:
    """Find the n products with the largest dot product for each customer, ties to the smaller position.

    The same call gives the same bits. Asked for together with others, a customer's scores may differ by rounding: BLAS
    sums up in an order that depends on the number of rows.

    Who or what has all factors 0 is unknown to the model: such a product is in no list, such a customer's
    list is empty.

    Args:
        customer_factors: float32 (n_customers, n_factors).
        product_factors: float32 (n_products, n_factors).
        customer_positions: rows of customer_factors, (n_lists,).
        seen: n_customers x n_products; entries of a customer's row are left out of the list.
    """
    n_threads = n_threads or thread_count()
    found = TopN.empty(len(customer_positions), n)
    rows = _rows_per_block(len(product_factors))
    cold = np.flatnonzero(~(product_factors != 0).any(axis=1)).astype(np.int32)
    buffers: queue.SimpleQueue[FloatArray] = queue.SimpleQueue()
    for _ in range(n_threads):
        buffers.put(np.empty((rows, len(product_factors)), np.float32))
    indptr, indices = _rows_of(seen, len(customer_factors))

    def search(begin: int) -> None:
        positions = customer_positions[begin : begin + rows]
        factors = customer_factors[positions]
        buffer = buffers.get()
        try:
            scores = np.matmul(factors, product_factors.T, out=buffer[: len(positions)])
            _select_block(
                scores, (factors != 0).any(axis=1), cold, positions, indptr, indices,
                found.scores[begin : begin + rows], found.products[begin : begin + rows],
            )  # fmt: skip
        finally:
            # Also after an error, or the other threads would wait for this buffer for ever.
            buffers.put(buffer)

    with single_threaded_blas():
        run_in_threads(search, range(0, len(customer_positions), rows), n_threads)
    return found


def _rows_per_block(n_products: int) -> int:
    return max(1, BLOCK_BYTES // (4 * max(1, n_products)))


def _rows_of(seen: SparseMatrix | None, n_customers: int) -> tuple[AnyArray, AnyArray]:
    if seen is None:
        return np.zeros(n_customers + 1, np.int32), np.zeros(0, np.int32)
    return seen.indptr, seen.indices


@compiled
def _select_block(
    block: FloatArray,
    is_known: BoolArray,
    cold: IntArray,
    positions: AnyArray,
    indptr: AnyArray,
    indices: AnyArray,
    scores: FloatArray,
    products: IntArray,
) -> None:
    """Choose from each known customer's row, once what may not be shown is overwritten with -inf."""
    for row in range(len(block)):
        if not is_known[row]:
            continue
        for product in cold:
            block[row, product] = -np.inf
        for product in indices[indptr[positions[row]] : indptr[positions[row] + 1]]:
            block[row, product] = -np.inf
        keep_best_of_row(block[row], scores[row], products[row])
