"""A model as plain numbers: one row for each, by part and feature.

Here: the row, and matrices to rows and back. Not here: which parts a model has (its own module).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from shop_pipeline.models.arrays import DoubleArray


class Number(NamedTuple):
    """One number of a model."""

    part: str
    feature: str
    value: float


def matrix_numbers(parts: Sequence[str], features: Sequence[str], matrix: DoubleArray) -> list[Number]:
    """The numbers of a matrix whose rows are parts and whose columns are features."""
    return [
        Number(part, feature, float(value))
        for part, row in zip(parts, matrix, strict=True)
        for feature, value in zip(features, row, strict=True)
    ]


def matrix_of(numbers: Iterable[Number], parts: Sequence[str], features: Sequence[str]) -> DoubleArray:
    """The matrix of `matrix_numbers`, bit for bit; numbers of other parts or features are passed over.

    Raises:
        ValueError: a number is missing, or there twice.
    """
    row_of = {part: row for row, part in enumerate(parts)}
    column_of = {feature: column for column, feature in enumerate(features)}
    matrix, is_filled = np.zeros((len(parts), len(features))), np.zeros((len(parts), len(features)), bool)
    for part, feature, value in numbers:
        if part in row_of and feature in column_of:
            place = row_of[part], column_of[feature]
            if is_filled[place]:
                raise ValueError(f"the model has {part}, {feature} twice")
            matrix[place], is_filled[place] = value, True
    if not is_filled.all():
        row, column = np.argwhere(~is_filled)[0]
        raise ValueError(f"the model lacks {parts[row]}, {features[column]}")
    return matrix
