"""Taste as a few numbers: implicit-feedback alternating least squares.

Belongs here: the model's configuration, its sweeps, its change of basis, its memory.
Does not belong here: the loops over entries (`als_kernel`); the search for the best products (`top_n`); what weights
mean (`features.interactions`).

Two runs from the same rng state give the same bits, also on several threads: each row is solved by itself,
and the only sums across rows are BLAS products of fixed blocks, which are kept to one thread and added in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.als_kernel import solve_rows
from shop_pipeline.models.recommenders.contributions import Explained
from shop_pipeline.models.recommenders.factor_contributions_kernel import solve_entries
from shop_pipeline.models.recommenders.factor_model import FactorModel
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.sparse_product import equal_tasks
from shop_pipeline.models.recommenders.state import Factors
from shop_pipeline.models.top_n import single_threaded_blas

_ROWS_PER_BLOCK = 2048
_LISTS_PER_TASK = 64
# Recall@20 after 3 rounds .1214, as implicit's; with 2 steps .1203 in nine tenths of the time (mean of two seeds, rank
# 64, 140,000 x 20,000 with 10,000,000 entries, benchmarks/planted.py). After 15 rounds .1368, .1364 and implicit .1354.
_STEPS_PER_SWEEP = 3
# A bound: rows stop once they are solved, most after 8 steps. Long histories of large weights take more. Of 50,000
# customers with 1 to 1,094 of 20,000 products in planted groups, alpha 10, the scores of the listed products are within
# 2e-5 of the exact solution's (rank 256: 3e-5); with 8 steps within 7 % (15 %), in two thirds of the time.
_STEPS_OF_FOLD_IN = 32
_LARGEST_CONFIDENCE = 1e16


@dataclass(frozen=True, slots=True)
class AlsConfig:
    """The model of Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets"."""

    n_factors: int = 64
    """Numbers per customer and product; time and memory grow with it, and 64 suffices for some 10,000
    products.
    """
    regularization: float = 0.05
    """The paper's lambda, above 0: pulls factors towards 0; raise it when customers have few interactions."""
    alpha: float = 10.0
    """Confidence is 1 + alpha * weight, so this says how much more an interaction counts than its absence."""
    iterations: int = 15
    """Rounds over products and customers; the lists barely change after about 15."""

    def __post_init__(self) -> None:
        at_least_one(n_factors=self.n_factors)


SPACE: dict[str, tuple[float, ...]] = {
    "n_factors": (16, 32, 64, 128, 256),
    "regularization": (0.01, 0.05, 0.5, 5.0, 50.0),
    "alpha": (0.5, 2.0, 5.0, 10.0, 20.0, 40.0),
}
"""What a search for settings tries, in order."""


class Als(FactorModel, Explained[Factors]):
    """Scores a product by the dot product of the customer's and the product's factors.

    Products and customers are solved in turn, each against the factors of the other side as they stand:
    x_u = (Y' C_u Y + lambda I)^-1 Y' C_u p_u, equation 4 of the paper, by conjugate gradients from where x_u stands
    (Takacs, Pilaszy and Tikk 2011, "Applications of the conjugate gradient method for implicit feedback collaborative
    filtering"). The last round solves the customers from 0, as `recommend_for` does with histories from outside: the
    same history gives the same factors.

    State: factors, one row per id of `interactions`, 0 for a customer or product without interactions.

    Raises:
        ValueError: when the regularization is not above 0; from `fit`, when alpha times a weight is above 1e16: the
            square of that times the number of factors comes near the largest float32.
    """

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()
        if not self.config.regularization > 0:
            raise ValueError(f"regularization is {self.config.regularization}, and must be above 0")

    def memory_bytes(self, size: Size) -> int:
        """The transposed entries (8 per entry), the factors, once more the larger side in another basis, and a block
        of rows and the confidences of the longest row per thread.
        """
        n_rows = max(size.n_customers, size.n_products)
        n_floats = size.n_customers + size.n_products + n_rows
        n_floats += thread_count() * min(_ROWS_PER_BLOCK, n_rows)
        grams = -(-n_rows // _ROWS_PER_BLOCK) * self.config.n_factors**2
        return size.n_entries * 8 + size.n_products * 4 + (n_floats * self.config.n_factors + grams) * 4

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Factors:
        largest = self.config.alpha * float(interactions.matrix.data.max(initial=0))
        if not largest <= _LARGEST_CONFIDENCE:
            raise ValueError(f"alpha times the largest weight is {largest:g}, above {_LARGEST_CONFIDENCE:g}")
        with single_threaded_blas():
            products = self._sweep(interactions.matrix, rng)
            return Factors(self._fold_in(interactions.matrix, products), products)

    def _sweep(self, matrix: SparseMatrix, rng: np.random.Generator) -> FloatArray:
        """Product factors after all rounds."""
        customers = rng.standard_normal((matrix.shape[0], self.config.n_factors), np.float32)
        customers *= np.float32(0.01)
        customers[np.diff(matrix.indptr) == 0] = 0
        products = np.zeros((matrix.shape[1], self.config.n_factors), np.float32)
        buffer = np.empty((max(matrix.shape), self.config.n_factors), np.float32)
        by_product = matrix.T.tocsr()
        for left in reversed(range(self.config.iterations)):
            self._solve(by_product, customers, products, buffer, _STEPS_PER_SWEEP)
            if left:
                self._solve(matrix, products, customers, buffer, _STEPS_PER_SWEEP)
        return products

    def _fold_in(self, matrix: SparseMatrix, products: FloatArray) -> FloatArray:
        customers = np.zeros((matrix.shape[0], products.shape[1]), np.float32)
        with single_threaded_blas():
            self._solve(matrix, products, customers, np.empty_like(products), _STEPS_OF_FOLD_IN)
        return customers

    def _add_contributions(
        self, histories: Interactions, rows: AnyArray, listed: IntArray, starts: AnyArray, found: FloatArray
    ) -> None:
        """Equation 7 of the paper: score = sum over the own products of c_ui y_i' (Y' C_u Y + lambda I)^-1 y_j."""
        matrix, alpha = histories.matrix, float(self.config.alpha)
        with single_threaded_blas():
            to, _ = _basis(self.state.products, self.config.regularization)
            changed = _change_basis(self.state.products, to, np.empty_like(self.state.products))

            def work(begin: int) -> None:
                task = slice(begin, begin + _LISTS_PER_TASK)
                solve_entries(
                    matrix.indptr, matrix.indices, matrix.data, alpha, changed,
                    rows[task], listed[task], starts[task], found,
                )  # fmt: skip

            run_in_threads(work, range(0, len(rows), _LISTS_PER_TASK), thread_count())

    def _solve(
        self, matrix: SparseMatrix, fixed: FloatArray, solved: FloatArray, buffer: FloatArray, n_steps: int
    ) -> None:
        """Solve the rows of `matrix` against the factors of its columns; `buffer` has at least their rows.

        With G = Y'Y + lambda I = T'^-1 T^-1, the system of x = T x~ with z_i = T' y_i has I in the place of G. This
        spares a product with G in each step, and makes the steps more effective: it is preconditioning with G^-1.
        """
        to, back = _basis(fixed, self.config.regularization)
        changed = _change_basis(fixed, to, buffer[: len(fixed)])
        _change_basis(solved, back, solved)

        def work(rows: tuple[int, int]) -> None:
            alpha = np.float32(self.config.alpha)
            solve_rows(matrix.indptr, matrix.indices, matrix.data, alpha, changed, n_steps, *rows, solved)

        run_in_threads(work, equal_tasks(matrix), thread_count())
        _change_basis(solved, to.T, solved)


def _basis(factors: FloatArray, regularization: float) -> tuple[AnyArray, AnyArray]:
    """T with T T' = (Y'Y + lambda I)^-1, and its inverse transposed, float64: to the basis, and to it for solutions.

    Rounding may leave an eigenvalue below lambda, where none can be.
    """
    n_factors, begins = factors.shape[1], range(0, len(factors), _ROWS_PER_BLOCK)
    grams = np.empty((len(begins), n_factors, n_factors), np.float32)

    def work(place: int) -> None:
        block = factors[begins[place] :][:_ROWS_PER_BLOCK]
        np.matmul(block.T, block, out=grams[place])

    run_in_threads(work, range(len(begins)), thread_count())
    total = grams.sum(axis=0, dtype=np.float64) + regularization * np.eye(n_factors)
    values, vectors = np.linalg.eigh(total)
    roots = np.sqrt(np.maximum(values, regularization))
    return vectors / roots, vectors * roots


def _change_basis(factors: FloatArray, basis: AnyArray, out: FloatArray) -> FloatArray:
    """`factors` times `basis` into `out`, which may be `factors` itself."""
    single = basis.astype(np.float32)

    def work(begin: int) -> None:
        rows = slice(begin, begin + _ROWS_PER_BLOCK)
        out[rows] = factors[rows] @ single

    run_in_threads(work, range(0, len(factors), _ROWS_PER_BLOCK), thread_count())
    return out
