"""Rows that are alike are found by all their values."""

import numpy as np

from shop_pipeline.models.value.alike import alike


def test_rows_of_two_columns() -> None:
    first, second = np.array([2.0, 1.0, 2.0, 1.0, 2.0]), np.array([5.0, 5.0, 6.0, 5.0, 5.0])
    positions, which = alike(first, second)
    # Distinct: (1, 5), (2, 5), (2, 6), at 1, 0 and 2 first.
    np.testing.assert_array_equal(positions, [1, 0, 2])
    np.testing.assert_array_equal(which, [1, 0, 2, 0, 1])


def test_each_row_finds_its_own_values_again() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 5, 500).astype(float) for _ in range(3)]
    positions, which = alike(*columns)
    assert len(positions) == len(set(zip(*(column.tolist() for column in columns), strict=True)))
    for column in columns:
        np.testing.assert_array_equal(column[positions][which], column)


def test_no_rows() -> None:
    positions, which = alike(np.zeros(0), np.zeros(0))
    assert len(positions) == len(which) == 0
