"""Customers and products as a graph, and a customer's products as a signal on it that is made smooth: GF-CF.

Belongs here: the filter, row by row. Does not belong here: sparse products and links (`gram`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.utils.extmath import randomized_svd

from shop_pipeline.models.arrays import FloatArray, SparseMatrix
from shop_pipeline.models.compiled import thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.gram import (
    ROWS_PER_BLOCK,
    binary,
    column_sums,
    links_from_rows,
    links_memory,
    powers,
    row_sums,
    scaled,
    sparse_memory,
    transposed,
)
from shop_pipeline.models.recommenders.gram_kernel import add_row_products
from shop_pipeline.models.recommenders.graph_filter_kernel import drop_noise, sharpen
from shop_pipeline.models.recommenders.linked_products import LinkedProducts
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.top_n import single_threaded_blas

_OVERSAMPLES = 10


@dataclass(frozen=True, slots=True)
class GraphFilterConfig:
    """How smooth the signal becomes, and how sharp again."""

    sharpening: float = 0.5
    """How much of a second pass of the filter is subtracted; raising it favours a product's own neighbours over what is
    popular in its region of the graph, and 0 is GF-CF as published.
    """
    low_pass: float = 0.3
    """The paper's alpha, weight of the ideal low-pass filter; raising it favours broad tastes over single products, and
    0 saves the decomposition.
    """
    n_factors: int = 256
    """Singular vectors of the ideal low-pass filter; more let finer tastes through."""
    n_links: int = 500
    """Largest weights kept per product; more is nearer to the dense filter, and larger as a table."""

    def __post_init__(self) -> None:
        at_least_one(n_factors=self.n_factors, n_links=self.n_links)


SPACE: dict[str, tuple[float | int, ...]] = {
    "sharpening": (0.0, 0.25, 0.5, 0.75, 1.0, 1.25),
    "low_pass": (0.0, 0.1, 0.3, 1.0),
    "n_factors": (64, 128, 256, 512),
    "n_links": (100, 200, 500, 1000),
}


class GraphFilter(LinkedProducts):
    """W = (S + alpha L)(I - t S): smoothed, and sharpened again.

    S = R'R for the interactions scaled to R = D_U^-1/2 X D_I^-1/2, and L = D_I^-1/2 V V' D_I^1/2 with V the first right
    singular vectors of R (Shen, Wu, Zhang, Shan, Zhang, Letaief and Li 2021, "How powerful is graph convolution for
    recommendation?", for t = 0). The second factor is one Euler step of the sharpening of Choi, Hong, Park
    and Cho 2023, "Blurring-sharpening process models for collaborative filtering". R's largest singular
    value is 1. Learns from who bought what, and not from the weights of the entries.
    """

    def __init__(self, config: GraphFilterConfig | None = None) -> None:
        self.config = config or GraphFilterConfig()

    def memory_bytes(self, size: Size) -> int:
        """Entries twice, the decomposition with its working copies, the links, and blocks of rows for each thread."""
        width = min(self.config.n_factors, size.n_customers, size.n_products) + _OVERSAMPLES
        decomposition = 4 * width * (3 * size.n_customers + 4 * size.n_products) if self.config.low_pass else 0
        blocks = thread_count() * ROWS_PER_BLOCK * (size.n_customers + 2 * size.n_products) * 4
        return sparse_memory(size) + decomposition + blocks + links_memory(size.n_products, self.config.n_links)

    def _amounts(self, histories: Interactions) -> FloatArray:
        return np.ones(histories.matrix.nnz, np.float32)

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Links:
        matrix = binary(interactions.matrix)
        bought = column_sums(matrix)
        matrix = scaled(matrix, powers(row_sums(matrix), 0.5), powers(bought, 0.5))
        columns, sharpening = transposed(matrix), np.float32(self.config.sharpening)
        left, right = self._low_pass(matrix, bought, rng)

        def fill(first: int, rows: FloatArray) -> None:
            np.matmul(left[first : first + len(rows)], right, out=rows)
            add_row_products(
                columns.indptr[first : first + len(rows) + 1], columns.indices, columns.data,
                matrix.indptr, matrix.indices, matrix.data, rows,
            )  # fmt: skip
            if sharpening:
                sharpen(
                    matrix.indptr, matrix.indices, matrix.data,
                    columns.indptr, columns.indices, columns.data, sharpening, rows,
                )  # fmt: skip
            drop_noise(rows)

        # Each of our threads calls BLAS for its own rows.
        with single_threaded_blas():
            return links_from_rows(len(bought), self.config.n_links, fill)

    def _low_pass(
        self, matrix: SparseMatrix, bought: np.ndarray, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """alpha L as (n_products, rank) and (rank, n_products)."""
        if not self.config.low_pass:
            return np.zeros((len(bought), 1), np.float32), np.zeros((1, len(bought)), np.float32)
        rank, seed = min(self.config.n_factors, *matrix.shape), int(rng.integers(2**31))
        # On two busy cores, rank 256 of 4,339 x 3,665 took 31 s with 2 threads of BLAS, and 0.8 with one.
        with single_threaded_blas():
            _, values, vectors = randomized_svd(
                matrix, rank, n_oversamples=_OVERSAMPLES, n_iter=4, power_iteration_normalizer="QR", random_state=seed
            )
        # A direction of no interactions is arbitrary.
        vectors = vectors[values > 1e-5].astype(np.float32)
        left = vectors.T * powers(bought, 0.5)[:, None] * np.float32(self.config.low_pass)
        return left, vectors * powers(bought, -0.5)[None, :]
