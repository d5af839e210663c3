"""The cut of each customer's last product, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.evaluation.leave_last_out import leave_last_out
from shop_pipeline.models.interactions import Interactions


def shop() -> Interactions:
    """Ann bought d, a, c in this order; Bob a and c at the same time; Cem nothing; Dia b. Nobody bought e."""
    rows, columns, times = [0, 0, 0, 1, 1, 3], [3, 0, 2, 0, 2, 1], [1.0, 2, 3, 5, 5, 4]
    ids = np.array(["Ann", "Bob", "Cem", "Dia"], dtype=object), np.array(list("abcde"), dtype=object)
    return Interactions.from_codes(np.array(rows), np.array(columns), np.arange(1, 7), *ids, np.array(times))


def test_the_newest_entry_of_those_with_enough() -> None:
    training, held_out = leave_last_out(shop(), 2)
    assert [[*row] for row in held_out.toarray()] == [[0, 0, 3, 0, 0], [0, 0, 5, 0, 0], [0] * 5, [0] * 5]
    expected = [[2, 0, 0, 1, 0], [4, 0, 0, 0, 0], [0] * 5, [0, 6, 0, 0, 0]]
    np.testing.assert_array_equal(training.matrix.toarray(), expected)
    np.testing.assert_array_equal(training.times, [2, 1, 5, 4])


def test_once_for_the_test_and_once_more_for_validation() -> None:
    before_test, test = leave_last_out(shop(), 3)
    training, validation = leave_last_out(before_test, 2)
    assert list(zip(*test.nonzero(), strict=True)) == [(0, 2)]
    # Of a (day 2) and d (day 1) Ann's newer; of Bob's two at the same time the larger position.
    assert list(zip(*validation.nonzero(), strict=True)) == [(0, 0), (1, 2)]
    assert training.matrix.nnz + test.nnz + validation.nnz == 6


def test_positions_stay_the_same() -> None:
    training, held_out = leave_last_out(shop(), 1)
    assert training.matrix.shape == held_out.shape == (4, 5)
    np.testing.assert_array_equal(training.customer_ids, shop().customer_ids)
    np.testing.assert_array_equal(training.product_ids, shop().product_ids)
    assert held_out.has_canonical_format


def test_nothing_changes_where_nobody_has_enough() -> None:
    training, held_out = leave_last_out(shop(), 4)
    assert held_out.nnz == 0
    np.testing.assert_array_equal(training.times, shop().times)


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="min_entries is 0"):
        leave_last_out(shop(), 0)
    data = shop()
    with pytest.raises(ValueError, match="without times"):
        leave_last_out(Interactions(data.matrix, data.customer_ids, data.product_ids))
