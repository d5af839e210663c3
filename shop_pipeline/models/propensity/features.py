"""What is known about customers at a cut in time, and what they did after it.

Belongs here: the shapes, and which values are refused. Does not belong here: how features are made (SQL), learning from
them (`fitting`, `amount_fitting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, IntArray


@dataclass(frozen=True, slots=True)
class Features:
    """A number per customer and feature.

    Args:
        names: of the columns, each once.
        values: finite, float64 (n_customers, n_features).
    """

    names: tuple[str, ...]
    values: DoubleArray

    def __post_init__(self) -> None:
        """Raise ValueError, with the names of the columns, for a value that no model could use."""
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise ValueError(f"values {self.values.shape} for {len(self.names)} names of features")
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"a feature is named twice in {self.names}")
        bad = [
            name for name, column in zip(self.names, self.values.T, strict=True) if not bool(np.isfinite(column).all())
        ]
        if bad:
            raise ValueError(f"features with a value that is missing or not finite: {', '.join(bad)}")

    def __len__(self) -> int:
        return len(self.values)

    def columns(self, names: Sequence[str]) -> DoubleArray:
        """The values of the features `names`, in their order (n_customers, len(names))."""
        if tuple(names) == self.names:
            return self.values
        missing = [name for name in names if name not in self.names]
        if missing:
            raise ValueError(f"features that are not there: {', '.join(missing)}")
        return self.values[:, [self.names.index(name) for name in names]]

    def part(self, rows: AnyArray) -> Features:
        """Some of the customers: positions, or a mask."""
        return Features(self.names, self.values[rows])


@dataclass(frozen=True, slots=True)
class Labelled:
    """Customers at a cut, and whether what is to be foretold happened to them in the window after it.

    Args:
        groups: where rows are pairs of a customer with something, the customer of each, int64 (n,): what is drawn or
            split is drawn and split by customers. None where each row is a customer of its own.
    """

    features: Features
    labels: BoolArray
    groups: IntArray | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for no customers, or labels or groups that are not one per row."""
        if self.groups is not None and self.groups.shape != (len(self.features),):
            raise ValueError(f"groups {self.groups.shape} for {len(self.features)} customers")
        if self.labels.shape != (len(self.features),) or self.labels.dtype != np.bool_:
            raise ValueError(f"labels {self.labels.dtype} {self.labels.shape} for {len(self.features)} customers")
        if not len(self.features):
            raise ValueError("a cut without customers")

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, rows: AnyArray) -> Labelled:
        """Some of the customers: positions, or a mask."""
        groups = None if self.groups is None else self.groups[rows]
        return Labelled(self.features.part(rows), self.labels[rows], groups)

    @property
    def rarer(self) -> int:
        """How many customers have the label that fewer have."""
        positive = int(self.labels.sum())
        return min(positive, len(self) - positive)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Customers at a cut who bought in the window after it, and the amount of that purchase, above 0."""

    features: Features
    amounts: DoubleArray

    def __post_init__(self) -> None:
        """Raise ValueError for no customers, or amounts that are not one positive number per customer."""
        if self.amounts.shape != (len(self.features),):
            raise ValueError(f"amounts {self.amounts.shape} for {len(self.features)} customers")
        if not len(self.features):
            raise ValueError("a cut without purchases")
        if not (np.isfinite(self.amounts) & (self.amounts > 0)).all():
            raise ValueError("an amount is missing, not finite or not above 0")

    def __len__(self) -> int:
        return len(self.amounts)

    def part(self, rows: AnyArray) -> Amounts:
        """Some of the customers: positions, or a mask."""
        return Amounts(self.features.part(rows), self.amounts[rows])
