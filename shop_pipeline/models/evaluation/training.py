"""What was known when the lists were made, prepared once for the judging of many models.

Belongs here: the training interactions as `beyond_accuracy` and `activity` want them.
Does not belong here: the cut between training and what is held out (the caller's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, DoubleArray, SparseMatrix
from shop_pipeline.models.evaluation.activity import activity_classes
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.recommender import check_positions
from shop_pipeline.models.selection import NO_POSITION


@dataclass(frozen=True, slots=True)
class Training:
    """The training interactions seen from the customers who are judged.

    Args:
        by_customer: customers x products, CSR; each product's column has length 1.
        by_product: the same transposed, CSR.
        self_information: bits per product, float64 (n_products,).
        activity: class of each judged customer, a place in `activity.CLASSES`.
    """

    by_customer: SparseMatrix
    by_product: SparseMatrix
    self_information: DoubleArray
    activity: AnyArray

    @classmethod
    def of(cls, interactions: Interactions, customer_positions: AnyArray) -> Self:
        """Prepare for lists of these customers, -1 for one whom training does not know.

        Raises:
            ValueError: for a position out of range.
        """
        matrix = interactions.matrix
        positions = check_positions(customer_positions, matrix.shape[0])
        squares = np.bincount(matrix.indices, matrix.data.astype(np.float64) ** 2, matrix.shape[1])
        unit: Any = matrix.data / np.sqrt(squares)[matrix.indices]
        by_customer = sp.csr_matrix((unit, matrix.indices, matrix.indptr), shape=matrix.shape, copy=False)
        n_entries = np.diff(matrix.indptr)
        known = np.where(positions == NO_POSITION, 0, n_entries[positions])
        return cls(by_customer, by_customer.T.tocsr(), _self_information(matrix), activity_classes(known))


def _self_information(matrix: SparseMatrix) -> DoubleArray:
    """-log2 of the share of the customers with entries who have the product; one without a buyer counts as having one.

    Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems".
    """
    n_customers = np.count_nonzero(np.diff(matrix.indptr))
    n_buyers = np.bincount(matrix.indices, minlength=matrix.shape[1])
    bits: DoubleArray = np.log2(n_customers / np.maximum(n_buyers, 1))
    return bits
