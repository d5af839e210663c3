"""The cut that holds out each customer's last product: for settings (once) and for the test (twice).

Belongs here: the cut. Does not belong here: cuts at a day for all customers at once (`assets`), judging (`judge`).

The cut is within customers, not in time: what some customers did after another's last product is learned from. That is
how next-product results are published, and it flatters models; a shop that publishes lists judges them by a day.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import SparseMatrix
from shop_pipeline.models.interactions import Interactions


def leave_last_out(interactions: Interactions, min_entries: int = 3) -> tuple[Interactions, SparseMatrix]:
    """Split off the newest entry of every customer who has at least `min_entries`.

    Of entries at the same time the one with the largest position is the last. Ids stay, so that positions mean the
    same in all parts; a product or customer may be left without entries. For test and validation:

        before_test, test = leave_last_out(interactions, 3)
        training, validation = leave_last_out(before_test, 2)

    Returns:
        What is left, with times; and the held-out entries, customers x products.

    Raises:
        ValueError: without times, or for min_entries below 1.
    """
    if min_entries < 1:
        raise ValueError(f"min_entries is {min_entries}, and must be 1 or more")
    matrix, order = interactions.matrix, interactions.oldest_first()
    is_cut = np.diff(matrix.indptr) >= min_entries
    is_last = np.zeros(matrix.nnz, bool)
    is_last[order[matrix.indptr[1:][is_cut] - 1]] = True
    times = interactions.times
    kept = times if times is None else times[~is_last]
    training = Interactions(_only(matrix, ~is_last), interactions.customer_ids, interactions.product_ids, kept)
    return training, _only(matrix, is_last)


def _only(matrix: SparseMatrix, chosen: Any) -> SparseMatrix:
    ends = np.concatenate(([0], np.cumsum(chosen)))[matrix.indptr].astype(matrix.indptr.dtype)
    entries: Any = (matrix.data[chosen], matrix.indices[chosen], ends)
    return sp.csr_matrix(entries, shape=matrix.shape)
