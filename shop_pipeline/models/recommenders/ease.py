"""The best linear model of which products go together: EASE, in closed form.

Belongs here: regularization, scaling for popularity, and which of two equal inverses is the smaller. Does not belong
here: the inverse (`inverse`), choosing the links (`gram`), catalogues for which it is too large (`sparse_ease`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, FloatArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.ease_kernel import diagonal_of_dual, fill_dual_rows, remainder_of_dual
from shop_pipeline.models.recommenders.gram import (
    ROWS_PER_BLOCK,
    binary,
    column_sums,
    fill_row_products,
    links_from_rows,
    links_memory,
    mean_of_known,
    powers,
    scaled,
    sparse_memory,
    transposed,
    with_data,
)
from shop_pipeline.models.recommenders.inverse import inverse_bytes, invert_in_place
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links

# Below this, the difference of 1 and the diagonal has lost a digit of float32.
_SMALL = 0.1


@dataclass(frozen=True, slots=True)
class EaseConfig:
    """How much EASE trusts what it sees."""

    regularization: float = 10.0
    """Ridge penalty, as a multiple of the mean diagonal of X'X; more is smoother and favours the popular."""
    popularity: float = 0.15
    """A product's column is divided by its number of customers to this power; raising it favours rarer products, and 0
    is EASE as published.
    """
    activity: float = 0.25
    """A customer's row is divided by their number of products to this power; raising it trusts customers of few
    products more.
    """
    n_links: int = 200
    """Largest weights kept per product; more is nearer to the dense model, and larger as a table."""
    weighted: bool = False
    """Learn from the weights of the entries instead of from 1 for each."""

    def __post_init__(self) -> None:
        at_least_one(n_links=self.n_links)


SPACE: dict[str, tuple[float | int | bool, ...]] = {
    "regularization": (0.3, 1.0, 3.0, 10.0, 30.0),
    "popularity": (0.0, 0.075, 0.15, 0.25, 0.35, 0.45),
    "activity": (0.0, 0.125, 0.25, 0.375, 0.5),
    "n_links": (50, 100, 200, 500),
    "weighted": (False, True),
}


class Ease(LinkedProducts):
    """W = D^-b B, where B is the ridge regression of each product's column on all others.

    B = I - P diag(1 / diag P), P = (X'X + lambda I)^-1 (Steck 2019, "Embarrassingly shallow autoencoders for sparse
    data"), for X = C^-a R D^-b with C the number of products of each customer and D the number of customers of each
    product; a = b = 0 is the paper. With at least as many customers as products, X'X + lambda I is inverted as it
    stands. With fewer customers, P = (I - X'M X) / lambda for M = (X X' + lambda I)^-1 (Woodbury): only customers x
    customers is inverted, and rows of P are made when they are needed.
    """

    def __init__(self, config: EaseConfig | None = None) -> None:
        self.config = config or EaseConfig()

    def memory_bytes(self, size: Size) -> int:
        """The smaller of the two squares and what its inverse takes, twice the entries, the links, and blocks of rows
        for each thread.
        """
        n = min(size.n_customers, size.n_products)
        dual_rows = ROWS_PER_BLOCK * (size.n_customers * 8 + size.n_products * 4) if n < size.n_products else 0
        return (
            n * n * 4
            + inverse_bytes(n)
            + sparse_memory(size)
            + links_memory(size.n_products, self.config.n_links)
            + thread_count() * dual_rows
        )

    def _amounts(self, histories: Interactions) -> FloatArray:
        return histories.matrix.data if self.config.weighted else np.ones(histories.matrix.nnz, np.float32)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:  # noqa: ARG002
        matrix = interactions.matrix if self.config.weighted else binary(interactions.matrix)
        scale = powers(column_sums(binary(matrix)), self.config.popularity)
        matrix = scaled(matrix, powers(np.diff(matrix.indptr), self.config.activity), scale)
        squares = column_sums(with_data(matrix, matrix.data**2))
        ridge = self.config.regularization * mean_of_known(squares)
        learn = _learn_products if matrix.shape[1] <= matrix.shape[0] else _learn_customers
        return learn(matrix, ridge, scale, self.config.n_links)


def _learn_products(matrix: SparseMatrix, ridge: float, scale: FloatArray, n_links: int) -> Links:
    """Links by way of products x products."""
    n_products = matrix.shape[1]
    inverse = np.empty((n_products, n_products), np.float32)
    fill_row_products(transposed(matrix), matrix, inverse)
    inverse.flat[:: n_products + 1] += np.float32(ridge)
    invert_in_place(inverse)
    divisors = -inverse.diagonal()

    def fill(first: int, rows: FloatArray) -> None:
        np.divide(inverse[first : first + len(rows)], divisors, out=rows)
        rows *= scale[first : first + len(rows), None]

    return links_from_rows(n_products, n_links, fill)


def _learn_customers(matrix: SparseMatrix, ridge: float, scale: FloatArray, n_links: int) -> Links:
    """The same links by way of customers x customers: -P_ij / P_jj = x_i' M x_j / (1 - x_j' M x_j)."""
    n_customers, n_products = matrix.shape
    columns = transposed(matrix)
    inverse = np.empty((n_customers, n_customers), np.float32)
    fill_row_products(matrix, columns, inverse)
    inverse.flat[:: n_customers + 1] += np.float32(ridge)
    invert_in_place(inverse)
    factors = (1 / _dual_remainders(columns, inverse, float(np.float32(ridge)))).astype(np.float32)

    def fill(first: int, rows: FloatArray) -> None:
        fill_dual_rows(columns.indptr, columns.indices, columns.data, inverse, first, rows)
        rows *= factors
        rows *= scale[first : first + len(rows), None]

    return links_from_rows(n_products, n_links, fill)


def _dual_remainders(columns: SparseMatrix, inverse: FloatArray, ridge: float) -> DoubleArray:
    """1 - x_j' M x_j of every product, float64, above 0.

    For a product that nearly everybody has, it is smaller than the error of M, which is float32: with 3,000 customers
    of two other products each and a regularization of .3, weights to it became .76 of what they are. There it is
    computed as a sum of squares.
    """
    remainders = 1 - _dual_diagonal(columns, inverse)
    parts = (columns.indptr, columns.indices, columns.data, inverse, ridge)

    def work(product: int) -> None:
        remainders[product] = remainder_of_dual(*parts, product)

    run_in_threads(work, [int(at) for at in np.flatnonzero(remainders < _SMALL)], thread_count())
    return remainders


def _dual_diagonal(columns: SparseMatrix, inverse: FloatArray) -> DoubleArray:
    """x_j' M x_j of every product, in float64."""
    diagonal = np.empty(columns.shape[0])

    def work(first: int) -> None:
        part = diagonal[first : first + ROWS_PER_BLOCK]
        diagonal_of_dual(
            columns.indptr[first : first + len(part) + 1], columns.indices, columns.data, inverse, part
        )  # fmt: skip

    run_in_threads(work, range(0, len(diagonal), ROWS_PER_BLOCK), thread_count())
    return diagonal
