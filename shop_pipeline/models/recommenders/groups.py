"""Labels from outside: which group a customer or a product belongs to.

Belongs here: labels under ids, and their alignment with the ids of some interactions.
Does not belong here: what is done with groups (`popularity_in_groups`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shop_pipeline.models.arrays import IdArray, IntArray


@dataclass(frozen=True, slots=True)
class CustomerGroups:
    """A label per customer, such as their country.

    Args:
        customer_ids: unique, in any order; may hold more or fewer ids than a model is fitted on.
        labels: one per id; None or NaN where it is not known.

    Raises:
        ValueError: for a duplicate id, or lengths that differ.
    """

    customer_ids: Sequence[str] | IdArray
    labels: Sequence[str | None] | IdArray

    def __post_init__(self) -> None:
        _check(self.customer_ids, self.labels, "customer")

    def of(self, customer_ids: IdArray) -> tuple[tuple[str, ...], IntArray]:
        """The sorted labels of these ids, and each id's position among them, int32, -1 for not known."""
        return _aligned(self.customer_ids, self.labels, customer_ids)


@dataclass(frozen=True, slots=True)
class ProductGroups:
    """A label per product, such as its top category; as `CustomerGroups`."""

    product_ids: Sequence[str] | IdArray
    labels: Sequence[str | None] | IdArray

    def __post_init__(self) -> None:
        _check(self.product_ids, self.labels, "product")

    def of(self, product_ids: IdArray) -> tuple[tuple[str, ...], IntArray]:
        """As `CustomerGroups.of`."""
        return _aligned(self.product_ids, self.labels, product_ids)


def _check(ids: Sequence[str] | IdArray, labels: Sequence[str | None] | IdArray, name: str) -> None:
    if len(ids) != len(labels):
        raise ValueError(f"{len(labels)} labels for {len(ids)} {name}s")
    if not pd.Index(np.asarray(ids, dtype=object)).is_unique:
        raise ValueError(f"a {name} has two labels")


def _aligned(
    ids: Sequence[str] | IdArray, labels: Sequence[str | None] | IdArray, wanted: IdArray
) -> tuple[tuple[str, ...], IntArray]:
    labelled = pd.Series(np.asarray(labels, dtype=object), index=np.asarray(ids, dtype=object))
    codes, names = pd.factorize(labelled.reindex(wanted).to_numpy(object), sort=True)
    return tuple(names), codes.astype(np.int32)
