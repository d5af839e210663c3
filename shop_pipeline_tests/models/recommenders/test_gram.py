"""Sums over sparse rows."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.recommenders.gram import row_sums


def test_a_small_row_after_a_large_one_keeps_its_sum() -> None:
    """1e-12 is less than the rounding of 1e6 in float64 (1e-10). Row 1 is empty."""
    matrix = sp.csr_matrix(np.array([[1e6, 1e6], [0, 0], [1e-12, 0]], np.float32))
    np.testing.assert_array_equal(row_sums(matrix), [2e6, 0, np.float64(np.float32(1e-12))])
