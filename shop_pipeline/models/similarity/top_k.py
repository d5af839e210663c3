"""Which products have the same customers: the k most similar per product, exactly, under any measure.

Belongs here: the public function, its memory and its division into blocks and threads.
Does not belong here: the measures (`measures`), the loops (`kernel`), recommending from the result (`item_neighbours`,
`user_neighbours`).

For similar customers, hand in the transposed matrix: in this module, products are columns and customers rows.
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
from shop_pipeline.models.similarity.kernel import find_neighbours, list_block
from shop_pipeline.models.similarity.measures import Prepared, Similarity, prepare

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
    """Bytes that `top_k_neighbours` allocates, known before it runs."""

    result: int
    fixed: int
    lists: int
    weights: int
    n_threads: int
    """Threads that work at once, each with sums of its own among what is fixed."""

    @property
    def peak(self) -> int:
        """Result, fixed working arrays, the transposed lists of the largest block and weighted entries together."""
        return self.result + self.fixed + self.lists + self.weights


def similarity_memory(
    n_customers: int,
    degrees: AnyArray,
    k: int,
    similarity: Similarity | None = None,
    *,
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT,
    n_threads: int | None = None,
) -> SimilarityMemory:
    """Say in advance what `top_k_neighbours` will allocate.

    Args:
        n_customers: rows of the matrix.
        degrees: number of entries of each column.
        k: neighbours per product.
        memory_limit_bytes: bound on the working memory, that is on everything but the result and the weighted entries.
        n_threads: threads at most; fewer work where the limit has no room for all.

    Raises:
        ValueError: when the limit leaves no room for the lists of the most popular product beside one thread.
    """
    similarity = similarity or Similarity()
    n_products = len(degrees)
    largest = int(degrees.max(initial=0)) * _BYTES_PER_LISTED_ENTRY
    fixed, n_threads = _fixed_bytes(n_customers, n_products, similarity, memory_limit_bytes - largest, n_threads)
    if fixed + largest > memory_limit_bytes:
        raise ValueError(f"{memory_limit_bytes} bytes are too few: {fixed + largest} are needed")
    room = (memory_limit_bytes - fixed) // _BYTES_PER_LISTED_ENTRY
    in_block = max((int(degrees[low:high].sum()) for low, high in _blocks(degrees, room)), default=0)
    weights = int(degrees.sum()) * 4 if similarity.weighs_entries else 0
    return SimilarityMemory(n_products * k * (4 + 4 + 4), fixed, in_block * _BYTES_PER_LISTED_ENTRY, weights, n_threads)


def memory_at_most(
    n_customers: int,
    n_products: int,
    n_entries: int,
    k: int,
    similarity: Similarity,
    memory_limit_bytes: int,
    largest_degree: int = 0,
) -> int:
    """Bytes that `top_k_neighbours` allocates at its peak, at most, where the degrees are not known yet.

    Where the limit is too low for it, the bytes that it lacks are counted as far as they are known, and nothing is
    raised.

    Args:
        largest_degree: entries of the most popular product, if they are known.
    """
    weights = n_entries * 4 if similarity.weighs_entries else 0
    largest = largest_degree * _BYTES_PER_LISTED_ENTRY
    fixed, _ = _fixed_bytes(n_customers, n_products, similarity, memory_limit_bytes - largest)
    working = max(fixed + largest, min(memory_limit_bytes, fixed + n_entries * _BYTES_PER_LISTED_ENTRY))
    return n_products * k * (4 + 4 + 4) + weights + working


def _fixed_bytes(
    n_customers: int, n_products: int, similarity: Similarity, room: int, n_threads: int | None = None
) -> tuple[int, int]:
    """Working arrays whose size does not depend on the blocks, and for how many threads: as many as there is room for,
    and at least one. All together get half of the room at most: short lists leave too few products for many threads.
    """
    per_thread = n_products * (2 * 8 + 4)  # sums and counts, touched
    # Degrees, sizes, inverse norms, starts, ends; shifts.
    per_product = 8 + 8 + 4 + 8 + 8 + (8 if similarity.shifts_columns else 0)
    shared = n_products * per_product + n_customers * 8
    fitting = min(room // 2, room - shared) // max(per_thread, 1)
    n_threads = max(1, min(n_threads or thread_count(), fitting))
    return n_threads * per_thread + shared, n_threads


def top_k_neighbours(
    matrix: SparseMatrix,
    k: int,
    similarity: Similarity | None = None,
    *,
    memory_limit_bytes: int = DEFAULT_MEMORY_LIMIT,
    n_threads: int | None = None,
) -> Neighbours:
    """Find the k most similar columns for every column, exactly.

    Only similarities above 0 count, a product is not its own neighbour, ties go to the smaller position. The result is
    the same to the bit for every block size and number of threads.

    Args:
        matrix: customers x products as `check_matrix` wants it; it is neither copied nor changed.
        k: neighbours per product, at least 1.
        similarity: the measure and its settings; the cosine if None.
        memory_limit_bytes: bound on what is allocated beside the result and, for TF-IDF and BM25, the weights.
        n_threads: threads at most; fewer work where the limit has no room for all.

    Raises:
        ValueError: for k below 1, a matrix that `check_matrix` refuses, a limit too low, and for TF-IDF and BM25 a
            weight that is not above 0.
    """
    check_matrix(matrix)
    if k < 1:
        raise ValueError(f"k is {k}, and must be 1 or more")
    similarity = similarity or Similarity()
    prepared = prepare(matrix, similarity)
    degrees = prepared.degrees
    memory = similarity_memory(
        matrix.shape[0], degrees, k, similarity, memory_limit_bytes=memory_limit_bytes, n_threads=n_threads
    )
    search = _Search(matrix, prepared, k, memory.n_threads, memory.lists // _BYTES_PER_LISTED_ENTRY)
    for first, last in _blocks(degrees, search.room):
        search.run(first, last)
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
    """The arrays that live as long as one call of `top_k_neighbours`."""

    def __init__(self, matrix: SparseMatrix, prepared: Prepared, k: int, n_threads: int, room: int) -> None:
        n_products = matrix.shape[1]
        self.matrix, self.prepared, self.n_threads, self.room = matrix, prepared, n_threads, room
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

    def run(self, first: int, last: int) -> None:
        """Find the neighbours of the products [first, last)."""
        starts = np.concatenate(([0], np.cumsum(self.prepared.degrees[first:last])))
        matrix = self.matrix
        list_block(
            matrix.indptr, matrix.indices, self.prepared.weights, self.cursor, first, last,
            starts[:-1].copy(), self.customers, self.weights,
        )  # fmt: skip
        run_in_threads(
            lambda low: self._find(first, low, min(low + _PRODUCTS_PER_TASK, last), starts),
            range(first, last, _PRODUCTS_PER_TASK),
            self.n_threads,
        )

    def _find(self, first: int, low: int, high: int, starts: AnyArray) -> None:
        desk, found, matrix, prepared = self.desks.get(), self.found, self.matrix, self.prepared
        try:
            find_neighbours(
                matrix.indptr, matrix.indices, prepared.weights, low, high, starts[low - first :],
                self.customers, self.weights, prepared.sizes, prepared.shifts, prepared.inverse_norms, prepared.rule,
                *desk, found.scores, found.products, found.n_common,
            )  # fmt: skip
        finally:
            # Also after an error, or the other threads would wait for this desk for ever.
            self.desks.put(desk)
