"""A fitted model as rows of a table: what scoring needs, readable by anybody, and never a pickle.

Belongs here: the row, and finding the numbers of a part again. Does not belong here: which parts a model has (each says
so itself).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray


class Row(NamedTuple):
    """One number of a model."""

    part: str
    """What it is: a coefficient, a threshold."""
    position: int
    """Its place among the numbers of this part."""
    feature: str | None
    """The feature it belongs to, where it belongs to one."""
    value: float


def rows_of(part: str, values: Iterable[float], features: Sequence[str] | None = None) -> list[Row]:
    """The numbers of a part in order, each with its feature."""
    return [
        Row(part, position, features[position] if features else None, float(value))
        for position, value in enumerate(values)
    ]


class Parts:
    """The rows of one model, found by part. A part that is missing, or has a hole or a double, is a ValueError."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self._rows[row.part].append(Row(*row))
        for part in self._rows.values():
            part.sort(key=lambda row: row.position)

    def __contains__(self, part: str) -> bool:
        return part in self._rows

    def sparse(self, part: str) -> tuple[AnyArray, DoubleArray, tuple[str | None, ...]]:
        """Positions, values and features of a part that not all positions need to have; perhaps none."""
        rows = self._rows.get(part, [])
        positions = np.array([row.position for row in rows], np.int64)
        values = np.array([row.value for row in rows], np.float64)
        if len(np.unique(positions)) != len(positions) or not np.isfinite(values).all():
            raise ValueError(f"part {part!r} of the model has a position twice, or a number that is none")
        return positions, values, tuple(row.feature for row in rows)

    def numbers(self, part: str) -> DoubleArray:
        """The values of a part that has every position from 0 on."""
        positions, values, _ = self.sparse(part)
        if not len(values) or positions[0] != 0 or positions[-1] != len(positions) - 1:
            raise ValueError(f"part {part!r} of the model is missing or has a hole")
        return values

    def number(self, part: str) -> float:
        """The value of a part that has one."""
        (value,) = self.numbers(part)
        return float(value)

    def features(self, part: str) -> tuple[str, ...]:
        """The features of a part, in order."""
        return tuple(str(feature) for feature in self.sparse(part)[2])
