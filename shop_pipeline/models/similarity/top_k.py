"""Which products have the same customers: exact cosine, the best k per product.

Belongs here: the public function, its memory and its division into blocks and threads.
Does not belong here: the loops (`similarity_kernel`), recommending from the result (`item_neighbours`),
other measures.

For similar customers, hand in the transposed matrix.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import check_matrix
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.similarity.kernel import find_neighbours, list_block, sum_columns

DEFAULT_MEMORY_LIMIT = 64 * 2**20
_BYTES_PER_LISTED_ENTRY = 4 + 4
_PRODUCTS_PER_TASK = 64


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest products of each product, best first.

    Args:
        products: positions, int32 (n_products, k), -1 after the last neighbour.
        scores: similarity above 0, float32 (n_products, k), NaN after the last.
        n_common: customers who had to do with both, int32 (n_products, k), 0 after the last.
    """

    products: IntArray
    scores: FloatArray
    n_common: IntArray


@dataclass(frozen=True, slots=True)
class SimilarityMemory:
    """Bytes that `cosine_top_k` allocates, known before it runs."""

    result: int
    fixed: int
    lists: int

    @property
    def peak(self) -> int:
        """Result, fixed working arrays and the transposed lists of the largest block together."""
        return self.result + self.fixed + self.lists


def similarity_memory(
    n_customers: int,
    degrees: AnyArray,
    k: int,
    *,
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT,
    n_threads: int | None = None,
) -> SimilarityMemory:
    """Say in advance what `cosine_top_k` will allocate.

    Args:
        n_customers: rows of the matrix.
        degrees: number of entries of each column.
        k: neighbours per product.
        memory_limit_bytes: bound on the working memory, that is on everything but the result.

    Raises:
        ValueError: when the limit leaves no room for the lists of the most popular product.
    """
    n_products = len(degrees)
    per_thread = n_products * (2 * 8 + 4)  # sums and counts, touched
    per_product = 8 + 8 + 4 + 8 + 8  # degrees, squares, inverse norms, starts, ends
    fixed = (n_threads or thread_count()) * per_thread + n_products * per_product + n_customers * 8
    largest = int(degrees.max(initial=0)) * _BYTES_PER_LISTED_ENTRY
    if fixed + largest > memory_limit_bytes:
        raise ValueError(f"{memory_limit_bytes} bytes are too few: {fixed + largest} are needed")
    room = (memory_limit_bytes - fixed) // _BYTES_PER_LISTED_ENTRY
    in_block = max((int(degrees[low:high].sum()) for low, high in _blocks(degrees, room)), default=0)
    return SimilarityMemory(n_products * k * (4 + 4 + 4), fixed, in_block * _BYTES_PER_LISTED_ENTRY)


def cosine_top_k(
    matrix: SparseMatrix,
    k: int,
    *,
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT,
    min_common: int = 1,
    n_threads: int | None = None,
) -> Neighbours:
    """Find the k columns with the highest cosine for every column, exactly.

    cos(i, j) = sum_u x_ui x_uj / sqrt(sum_u x_ui^2 sum_u x_uj^2) (Sarwar, Karypis, Konstan and Riedl 2001,
    section 3.1.1). Only similarities above 0 count, a product is not its own neighbour, ties go to the
    smaller position. The result is the same to the bit for every block size and number of threads.

    Args:
        matrix: customers x products as `check_matrix` wants it; it is neither copied nor changed.
        k: neighbours per product, at least 1.
        memory_limit_bytes: bound on what is allocated beside the result.
        min_common: fewest customers in common for a neighbour.

    Raises:
        ValueError: for k or min_common below 1, a matrix that `check_matrix` refuses, a limit too low.
    """
    check_matrix(matrix)
    if k < 1 or min_common < 1:
        raise ValueError(f"k {k} and min_common {min_common} must be 1 or more")
    n_threads = n_threads or thread_count()
    degrees, squares = np.zeros(matrix.shape[1], np.int64), np.zeros(matrix.shape[1])
    sum_columns(matrix.indices, matrix.data, degrees, squares)
    memory = similarity_memory(matrix.shape[0], degrees, k, memory_limit_bytes=memory_limit_bytes, n_threads=n_threads)
    search = _Search(matrix, k, min_common, n_threads, squares, memory.lists // _BYTES_PER_LISTED_ENTRY)
    for first, last in _blocks(degrees, search.room):
        search.run(first, last, degrees)
    return search.found


def _blocks(degrees: AnyArray, room: int) -> Iterator[tuple[int, int]]:
    """Cut the columns into ranges of at most `room` entries, and at least one column."""
    ends = np.cumsum(degrees)
    low = 0
    while low < len(degrees):
        before = ends[low - 1] if low else 0
        high = max(int(np.searchsorted(ends, before + room, side="right")), low + 1)
        yield low, high
        low = high


class _Search:
    """The arrays that live as long as one call of `cosine_top_k`."""

    def __init__(
        self, matrix: SparseMatrix, k: int, min_common: int, n_threads: int, squares: DoubleArray, room: int
    ) -> None:
        n_products = matrix.shape[1]
        self.matrix, self.min_common, self.n_threads, self.room = matrix, min_common, n_threads, room
        self.squares = squares
        with np.errstate(divide="ignore"):
            self.inverse_norms = (1 / np.sqrt(squares)).astype(np.float32)
        self.cursor = matrix.indptr[:-1].copy()
        self.customers, self.weights = np.empty(room, np.int32), np.empty(room, np.float32)
        self.found = Neighbours(
            np.full((n_products, k), NO_POSITION, np.int32),
            np.full((n_products, k), np.nan, np.float32),
            np.zeros((n_products, k), np.int32),
        )
        self.desks: queue.SimpleQueue[tuple[IntArray, DoubleArray]] = queue.SimpleQueue()
        for _ in range(n_threads):
            self.desks.put((np.empty(n_products, np.int32), np.zeros((n_products, 2))))

    def run(self, first: int, last: int, degrees: AnyArray) -> None:
        """Find the neighbours of the products [first, last)."""
        starts = np.concatenate(([0], np.cumsum(degrees[first:last])))
        matrix = self.matrix
        list_block(
            matrix.indptr, matrix.indices, matrix.data, self.cursor, first, last,
            starts[:-1].copy(), self.customers, self.weights,
        )  # fmt: skip
        run_in_threads(
            lambda low: self._find(first, low, min(low + _PRODUCTS_PER_TASK, last), starts),
            range(first, last, _PRODUCTS_PER_TASK),
            self.n_threads,
        )

    def _find(self, first: int, low: int, high: int, starts: AnyArray) -> None:
        touched, sums = self.desks.get()
        found, matrix = self.found, self.matrix
        find_neighbours(
            matrix.indptr, matrix.indices, matrix.data, low, high, starts[low - first :],
            self.customers, self.weights, self.squares, self.inverse_norms, self.min_common, touched, sums,
            found.scores, found.products, found.n_common,
        )  # fmt: skip
        self.desks.put((touched, sums))
