"""Who gave which product how many stars: ratings that never travel without their ids.

Belongs here: building, checking and dividing `Ratings`.
Does not belong here: which events are ratings (that is SQL), or learning from them (`predictor` and its models).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IdArray, IntArray
from shop_pipeline.models.interactions import Size


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of products by customers; several of one pair all count, so keep only the newest if one should.

    Args:
        customers: positions in customer_ids, int32 (n_ratings,).
        products: positions in product_ids, int32 (n_ratings,).
        values: the ratings, float32 (n_ratings,), on any scale.
        customer_ids: sorted, unique str, object array; some may be without a rating.
        product_ids: likewise.
        times: when each was given, float64 (n_ratings,), in days; None where it is not known.

    Raises:
        ValueError: when one of these does not hold.
    """

    customers: IntArray
    products: IntArray
    values: FloatArray
    customer_ids: IdArray
    product_ids: IdArray
    times: DoubleArray | None = None

    def __post_init__(self) -> None:
        _check_column(self.values, np.float32, len(self), "values")
        _check_positions(self.customers, len(self), self.customer_ids, "customer")
        _check_positions(self.products, len(self), self.product_ids, "product")
        if self.times is not None:
            _check_column(self.times, np.float64, len(self), "times")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def size(self) -> Size:
        """How many customers, products and ratings there are."""
        return Size(len(self.customer_ids), len(self.product_ids), len(self))

    def part(self, chosen: AnyArray) -> Self:
        """The chosen ratings (positions, or a mask) with all ids."""
        times = None if self.times is None else self.times[chosen]
        columns = (self.customers[chosen], self.products[chosen], self.values[chosen])
        return type(self)(*columns, self.customer_ids, self.product_ids, times)

    @classmethod
    def from_ids(
        cls,
        customer_ids: Sequence[str] | AnyArray,
        product_ids: Sequence[str] | AnyArray,
        values: AnyArray,
        times: AnyArray | None = None,
    ) -> Self:
        """Build from one id, id and value per rating."""
        customers, customer_codes = np.unique(np.asarray(customer_ids, dtype=object), return_inverse=True)
        products, product_codes = np.unique(np.asarray(product_ids, dtype=object), return_inverse=True)
        return cls(
            customer_codes.astype(np.int32),
            product_codes.astype(np.int32),
            np.asarray(values, dtype=np.float32),
            customers,
            products,
            None if times is None else np.asarray(times, dtype=np.float64),
        )


def _check_column(column: AnyArray, dtype: type, size: int, name: str) -> None:
    if column.dtype != dtype or column.shape != (size,) or not np.isfinite(column).all():
        raise ValueError(
            f"{name}: {column.dtype} {column.shape} is no finite {np.dtype(dtype)} for each of {size} ratings"
        )


def _check_positions(positions: IntArray, size: int, ids: IdArray, name: str) -> None:
    if positions.dtype != np.int32 or positions.shape != (size,):
        raise ValueError(f"{name}s: {positions.dtype} {positions.shape} is no int32 for each of {size} ratings")
    if size and not 0 <= positions.min() <= positions.max() < len(ids):
        raise ValueError(f"a {name}'s position is outside 0 .. {len(ids) - 1}")
    if any(left >= right for left, right in pairwise(ids)):
        raise ValueError(f"{name}_ids must be sorted and unique")
