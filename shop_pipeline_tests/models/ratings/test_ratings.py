"""Ratings: what is refused, and what a part keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shop_pipeline.models.interactions import Size
from shop_pipeline.models.ratings.ratings import Ratings
from shop_pipeline_tests.models.ratings.synthetic import ids

GOOD: dict[str, Any] = {
    "customers": np.array([0, 1], np.int32),
    "products": np.array([2, 0], np.int32),
    "values": np.array([4.5, 1], np.float32),
    "customer_ids": ids("c", 2),
    "product_ids": ids("p", 3),
    "times": np.array([0.5, 2]),
}


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("customers", np.array([0, 2], np.int32), "customer's position is outside 0 .. 1"),
        ("products", np.array([0, -1], np.int32), "product's position is outside 0 .. 2"),
        ("customers", np.array([0, 1], np.int64), "int32"),
        ("products", np.array([0], np.int32), "each of 2 ratings"),
        ("values", np.array([4.5, np.nan], np.float32), "finite"),
        ("values", np.array([4.5, 1.0]), "float32"),
        ("times", np.array([0.5, np.inf]), "times"),
        ("customer_ids", ids("c", 2)[::-1], "sorted and unique"),
        ("product_ids", np.array(["a", "a", "b"], dtype=object), "sorted and unique"),
    ],
)
def test_what_does_not_hold_is_refused(field: str, wrong: np.ndarray, message: str) -> None:
    Ratings(**GOOD)
    with pytest.raises(ValueError, match=message):
        Ratings(**GOOD | {field: wrong})


def test_from_ids_sorts_the_ids_and_keeps_the_order_of_ratings() -> None:
    ratings = Ratings.from_ids(["eve", "bob", "eve"], ["z", "z", "a"], np.array([1, 2, 3]), np.array([7, 8, 9]))
    assert ratings.customer_ids.tolist() == ["bob", "eve"]
    assert ratings.product_ids.tolist() == ["a", "z"]
    assert ratings.customers.tolist() == [1, 0, 1]
    assert ratings.products.tolist() == [1, 1, 0]
    assert ratings.values.tolist() == [1, 2, 3]
    assert ratings.size == Size(2, 2, 3)


def test_a_part_keeps_all_ids_and_its_own_times() -> None:
    part = Ratings(**GOOD).part(np.array([False, True]))
    assert (part.customers.tolist(), part.products.tolist(), part.values.tolist()) == ([1], [0], [1.0])
    assert part.times is not None
    assert part.times.tolist() == [2.0]
    assert part.size == Size(2, 3, 1)
