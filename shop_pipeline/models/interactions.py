"""Who had how much to do with what: a matrix that never travels without its ids.

Belongs here: building and checking `Interactions`.
Does not belong here: turning events into weights (that is SQL, `features.interactions`), or learning from
them (`recommender` and its implementations).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IdArray, SparseMatrix


def check_matrix(matrix: SparseMatrix) -> None:
    """Raise ValueError unless `matrix` is float32 CSR: sorted, finite, no duplicates, no stored zeros.

    The kernels of this package rely on every one of these and check none of them again.
    """
    if matrix.format != "csr" or matrix.dtype != np.float32:
        raise ValueError(f"expected a float32 CSR matrix, got {matrix.dtype} {matrix.format}")
    if not matrix.has_canonical_format:
        raise ValueError("the matrix has duplicate or unsorted entries; call sum_duplicates() on it")
    if np.count_nonzero(matrix.data) != matrix.nnz:
        raise ValueError("the matrix stores zeros; call eliminate_zeros() on it")
    # The sum over float32 in float64 is finite exactly if every entry is, and needs no mask of the matrix's
    # size.
    if not np.isfinite(matrix.data.sum(dtype=np.float64)):
        raise ValueError("the matrix holds a weight that is not finite")


def _check_ids(ids: IdArray, size: int, name: str) -> None:
    if ids.shape != (size,):
        raise ValueError(f"{name}: {ids.shape} ids for {size} positions of the matrix")
    if any(left >= right for left, right in pairwise(ids)):
        raise ValueError(f"{name} must be sorted and unique: ties are broken by position")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a matrix is: enough to say what a model will cost."""

    n_customers: int
    n_products: int
    n_entries: int


@dataclass(frozen=True, slots=True)
class Interactions:
    """Weights of customers for products.

    Args:
        matrix: CSR float32, n_customers x n_products; see `check_matrix`. A product or customer may be
            without entries.
        customer_ids: sorted, unique str, object array of n_customers.
        product_ids: sorted, unique str, object array of n_products.
        times: the newest event of each entry, float64 (n_entries,), in days; None where order is not known.

    Raises:
        ValueError: when one of these does not hold.
    """

    matrix: SparseMatrix
    customer_ids: IdArray
    product_ids: IdArray
    times: DoubleArray | None = None

    def __post_init__(self) -> None:
        check_matrix(self.matrix)
        _check_ids(self.customer_ids, self.matrix.shape[0], "customer_ids")
        _check_ids(self.product_ids, self.matrix.shape[1], "product_ids")
        if self.times is not None and (self.times.shape != (self.matrix.nnz,) or not np.isfinite(self.times).all()):
            raise ValueError(f"times {self.times.shape} must be finite, one for each of {self.matrix.nnz} entries")

    @property
    def size(self) -> Size:
        return Size(*self.matrix.shape, self.matrix.nnz)

    def oldest_first(self) -> AnyArray:
        """Positions of all entries, int64 (n_entries,): customer by customer, each in order of time and then product.

        Raises:
            ValueError: when the order is not known.
        """
        if self.times is None:
            raise ValueError("this needs to know when things happened: interactions without times")
        rows = np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr))
        return np.lexsort((self.times, rows))

    @classmethod
    def from_triples(
        cls, customer_ids: Sequence[str] | AnyArray, product_ids: Sequence[str] | AnyArray, weights: AnyArray
    ) -> Self:
        """Build from one id, id and weight per position; duplicates are summed, zero sums dropped."""
        customers, customer_codes = np.unique(np.asarray(customer_ids, dtype=object), return_inverse=True)
        products, product_codes = np.unique(np.asarray(product_ids, dtype=object), return_inverse=True)
        return cls.from_codes(customer_codes, product_codes, weights, customers, products)

    @classmethod
    def from_codes(
        cls,
        customer_codes: AnyArray,
        product_codes: AnyArray,
        weights: AnyArray,
        customer_ids: AnyArray,
        product_ids: AnyArray,
        times: AnyArray | None = None,
    ) -> Self:
        """Build from integer codes into two id arrays, which may come in any order but must be unique.

        Duplicates are summed, and of their times the newest is kept. Ids without a triple are kept as empty rows or
        columns.

        Raises:
            ValueError: for lengths that differ, a code outside its ids, a duplicate id, a weight that is
                not finite.
        """
        if not len(customer_codes) == len(product_codes) == len(weights):
            raise ValueError("customer_codes, product_codes and weights differ in length")
        customers, rows = _sort_ids(customer_ids, customer_codes, "customer")
        products, columns = _sort_ids(product_ids, product_codes, "product")
        triples: Any = (np.asarray(weights, dtype=np.float32), (rows, columns))
        matrix = sp.coo_matrix(triples, shape=(len(customers), len(products))).tocsr()
        newest = None if times is None else _newest(rows, columns, np.asarray(times, np.float64))[matrix.data != 0]
        matrix.eliminate_zeros()
        return cls(matrix, customers, products, newest)


def _newest(rows: AnyArray, columns: AnyArray, times: DoubleArray) -> DoubleArray:
    """The newest time of each distinct (row, column), in the order of a sorted CSR matrix."""
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    newest: DoubleArray = np.maximum.reduceat(times[order], np.flatnonzero(is_first)) if len(order) else times
    return newest


def _sort_ids(ids: AnyArray, codes: AnyArray, name: str) -> tuple[IdArray, AnyArray]:
    """The ids sorted, and the codes pointing into them; sorted ids cost no copy of the codes."""
    ids = np.asarray(ids, dtype=object)
    codes = np.asarray(codes)
    if codes.size and not 0 <= codes.min() <= codes.max() < ids.size:
        raise ValueError(f"a {name} code is outside its {ids.size} ids")
    order = np.argsort(ids, kind="stable")
    if np.array_equal(order, np.arange(ids.size)):
        return ids, codes
    rank = np.empty(ids.size, dtype=np.int32)
    rank[order] = np.arange(ids.size, dtype=np.int32)
    return ids[order], rank[codes]
