"""What the models share: the search for the nearest point, rows that are drawn and sorted, numbers of a table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from shop_pipeline.models.segments import nearest as module
from shop_pipeline.models.segments.nearest import nearest
from shop_pipeline.models.segments.sample import draw_rows, in_canonical_order
from shop_pipeline.models.segments.stored import Number, matrix_numbers, matrix_of


def test_the_nearest_point_is_that_of_all_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against SciPy, in blocks of 100 rows, of which the last is not full."""
    rng = np.random.default_rng(0)
    rows, points = rng.normal(size=(1234, 5)), rng.normal(size=(17, 5))
    monkeypatch.setattr(module, "BLOCK_BYTES", 100 * 17 * 8)
    found, distances = nearest(rows, points)
    expected = cdist(rows, points)
    np.testing.assert_array_equal(found, expected.argmin(axis=1))
    np.testing.assert_allclose(distances, expected.min(axis=1), rtol=1e-12)


def test_a_tie_goes_to_the_smaller_position() -> None:
    found, distances = nearest(np.array([[0.0], [3]]), np.array([[1.0], [-1], [5]]))
    np.testing.assert_array_equal(found, [0, 0])
    np.testing.assert_array_equal(distances, [1, 2])


def test_nobody_is_near_to_nothing() -> None:
    found, distances = nearest(np.zeros((0, 3)), np.ones((2, 3)))
    assert found.shape == distances.shape == (0,)


def test_rows_are_drawn_once_each_and_in_order() -> None:
    drawn = draw_rows(1000, 100, np.random.default_rng(0))
    assert len(drawn) == 100
    assert (np.diff(drawn) > 0).all()
    assert drawn[0] >= 0
    assert drawn[-1] < 1000
    np.testing.assert_array_equal(draw_rows(5, 100, np.random.default_rng(0)), np.arange(5))


def test_each_row_is_drawn_as_often_as_another() -> None:
    """200 draws of 10 of 20: each row 100 times, standard deviation sqrt(200 / 4) = 7.1; four of them are 28."""
    rng = np.random.default_rng(0)
    counts = np.bincount(np.concatenate([draw_rows(20, 10, rng) for _ in range(200)]), minlength=20)
    assert np.abs(counts - 100).max() < 28


def test_rows_are_sorted_by_the_first_column_first() -> None:
    rows = np.array([[1, 0.0], [0, 5], [1, -1], [0, 2]])
    np.testing.assert_array_equal(in_canonical_order(rows), [[0, 2], [0, 5], [1, -1], [1, 0]])
    # A negative zero would be another bit and the same number.
    assert not np.signbit(in_canonical_order(np.array([[-0.0]]))).any()


def test_a_matrix_comes_back_from_its_numbers() -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 2))
    numbers = [*matrix_numbers("abc", "xy", matrix), Number("other", "x", 1.0), Number("a", "other", 1.0)]
    np.testing.assert_array_equal(matrix_of(reversed(numbers), "abc", "xy"), matrix)


def test_numbers_that_are_missing_or_double_are_named() -> None:
    numbers = matrix_numbers("ab", "xy", np.ones((2, 2)))
    with pytest.raises(ValueError, match="lacks b, x"):
        matrix_of([number for number in numbers if number[:2] != ("b", "x")], "ab", "xy")
    with pytest.raises(ValueError, match="a, y twice"):
        matrix_of([*numbers, Number("a", "y", 2.0)], "ab", "xy")
