"""EASE for catalogues whose X'X is too large: each product against its nearest ones alone.

Belongs here: which products take part, batches within a memory limit, solving. Does not belong here: the loops
(`sparse_ease_kernel`), finding the nearest (`similarity`).
"""

from __future__ import annotations

import queue
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.gram import (
    binary,
    column_sums,
    empty_links,
    mean_of_known,
    powers,
    scaled,
    sparse_memory,
    transposed,
    with_data,
)
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.sparse_ease_kernel import gather_grams, offer_links, sort_links
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.similarity.measures import Similarity
from shop_pipeline.models.similarity.top_k import memory_at_most, top_k_neighbours
from shop_pipeline.models.top_n import single_threaded_blas

_ROWS_PER_TASK = 64
_SYSTEMS_PER_TASK = 32


@dataclass(frozen=True, slots=True)
class SparseEaseConfig:
    """How many products take part, and how much the regression trusts what it sees."""

    n_neighbours: int = 100
    """Nearest products that each product is regressed on; time and memory grow with its square."""
    regularization: float = 10.0
    """Ridge penalty, as a multiple of the mean diagonal of X'X; more is smoother and favours the popular."""
    popularity: float = 0.15
    """A product's column is divided by its number of customers to this power; raising it favours rarer products."""
    activity: float = 0.25
    """A customer's row is divided by their number of products to this power; raising it trusts customers of few
    products more.
    """
    n_links: int = 200
    """Largest weights kept per product; a popular product is near many, and raising it keeps more of those."""
    memory_limit_bytes: int = 2 * 2**30
    """Bound on the equations that are held at once, and before them on what the search for the nearest products works
    with; less means more passes over the interactions.
    """

    def __post_init__(self) -> None:
        at_least_one(n_neighbours=self.n_neighbours, n_links=self.n_links)


SPACE: dict[str, tuple[float | int, ...]] = {
    "n_neighbours": (25, 50, 100, 200),
    "regularization": (0.3, 1.0, 3.0, 10.0, 30.0),
    "popularity": (0.0, 0.075, 0.15, 0.25, 0.35, 0.45),
    "activity": (0.0, 0.125, 0.25, 0.375, 0.5),
    "n_links": (50, 100, 200, 500),
}


class SparseEase(LinkedProducts):
    """w_ij = d_i^-b times the coefficient of i when j's column is regressed on the columns N of its nearest products.

    (G_NN + lambda I) w = G_Nj with G = X'X: the feature selection of Ning and Karypis 2011, "SLIM: sparse linear
    methods for top-N recommender systems" (fsSLIM), with EASE's ridge in place of the elastic net. With N
    all other products it is `Ease`. Learns from who bought what, and not from the weights of the entries.
    """

    def __init__(self, config: SparseEaseConfig | None = None) -> None:
        self.config = config or SparseEaseConfig()

    def memory_bytes(self, size: Size) -> int:
        """Entries twice, neighbours, equations, links, and the working memory of the similarity search."""
        k, n = min(self.config.n_neighbours, size.n_products), size.n_products
        batch = min(self._batch(n), n) * _bytes_per_system(k)
        limit = self.config.memory_limit_bytes
        search = memory_at_most(size.n_customers, n, size.n_entries, k, Similarity(), limit)
        links = n * min(self.config.n_links, n) * 8
        solving = thread_count() * _SYSTEMS_PER_TASK * k * k * 4 * 2 + thread_count() * n * 4
        return sparse_memory(size) + n * k * 4 + max(search, batch + links + solving)

    def _batch(self, n_products: int) -> int:
        k = min(self.config.n_neighbours, n_products)
        return max(1, self.config.memory_limit_bytes // _bytes_per_system(k))

    def _amounts(self, histories: Interactions) -> FloatArray:
        return np.ones(histories.matrix.nnz, np.float32)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        matrix = binary(interactions.matrix)
        n_products = matrix.shape[1]
        scale = powers(column_sums(matrix), self.config.popularity)
        k, limit = min(self.config.n_neighbours, n_products), self.config.memory_limit_bytes
        near = top_k_neighbours(matrix, k, memory_limit_bytes=limit).products
        matrix = scaled(matrix, powers(np.diff(matrix.indptr), self.config.activity), scale)
        columns = transposed(matrix)
        ridge = np.float32(self.config.regularization * mean_of_known(column_sums(with_data(matrix, matrix.data**2))))
        links, sizes = empty_links(n_products, self.config.n_links), np.zeros(n_products, np.int64)
        for first in range(0, n_products, self._batch(n_products)):
            some = near[first : first + self._batch(n_products)]
            weights = _solve(*_equations(matrix, columns, some, first, ridge))
            offer_links(some, weights, scale, first, links.weights, links.targets, sizes)
        sort_links(links.weights, links.targets, sizes)
        return links


def _bytes_per_system(k: int) -> int:
    """The k x k matrix, its right side and solution, and two positions per neighbour for finding it by neighbour."""
    return k * k * 4 + k * (4 + 4 + 8 + 8)


def _equations(
    matrix: SparseMatrix, columns: SparseMatrix, near: IntArray, first: int, ridge: np.float32
) -> tuple[FloatArray, FloatArray]:
    """G_NN + ridge I (n, k, k) and G_Nj (n, k) for the products first, first + 1, ...

    Each row of X'X is made once, and handed to all the systems that its product is part of.
    """
    n, k = near.shape
    n_products = len(columns.indptr) - 1
    grams, sides = np.zeros((n, k, k), np.float32), np.zeros((n, k), np.float32)
    by_neighbour = np.argsort(near, axis=None, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(near.ravel() + 1, minlength=n_products + 1))))[1:]
    desks: queue.SimpleQueue[FloatArray] = queue.SimpleQueue()
    for _ in range(thread_count()):
        desks.put(np.zeros(n_products, np.float32))

    def work(low: int) -> None:
        desk = desks.get()
        try:
            gather_grams(
                columns.indptr, columns.indices, columns.data, matrix.indptr, matrix.indices, matrix.data,
                low, min(low + _ROWS_PER_TASK, n_products), starts, by_neighbour, near, first, desk, grams, sides,
            )  # fmt: skip
        finally:
            # Also after an error, or the other threads would wait for this desk for ever.
            desks.put(desk)

    run_in_threads(work, range(0, n_products, _ROWS_PER_TASK), thread_count())
    # A place without a neighbour has a row of zeros: with the ridge its coefficient is 0.
    np.einsum("nii->ni", grams)[:] += ridge
    return grams, sides


def _solve(grams: FloatArray, sides: FloatArray) -> FloatArray:
    """The solutions (n, k)."""
    solutions = np.empty_like(sides)

    def work(low: int) -> None:
        some = slice(low, low + _SYSTEMS_PER_TASK)
        solutions[some] = np.linalg.solve(grams[some], sides[some, :, None])[:, :, 0]

    with single_threaded_blas():
        run_in_threads(work, range(0, len(grams), _SYSTEMS_PER_TASK), thread_count())
    return solutions
