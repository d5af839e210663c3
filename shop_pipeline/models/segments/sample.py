"""The customers that a model is learned from: drawn, checked, and put into an order of their own.

Here: what every model of this package does with its rows before it looks at them. Not here: scaling (`scaling`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IntArray

# A square of a larger number leaves the range of a float after a few sums.
LARGEST = 1e100


def draw_rows(n_rows: int, most: int, rng: np.random.Generator) -> IntArray:
    """Positions of at most `most` of n_rows rows, each as likely as the other, ascending; all where they are few."""
    if n_rows <= most:
        return np.arange(n_rows, dtype=np.int32)
    return np.sort(rng.choice(n_rows, most, replace=False)).astype(np.int32)


def check_finite(values: DoubleArray, features: Sequence[str]) -> None:
    """Refuse what no distance can be taken of.

    Args:
        values: (n_rows, n_features).
        features: the name of each column.

    Raises:
        ValueError: a column is missing, or holds NaN, an infinity or a number beyond 1e100; says which and where.
    """
    if values.ndim != 2 or values.shape[1] != len(features):
        raise ValueError(f"{len(features)} features need a table with as many columns, not one of shape {values.shape}")
    for column, feature in zip(values.T, features, strict=True):
        # Written so that a NaN is bad, too.
        bad = np.flatnonzero(~(np.abs(column) <= LARGEST))
        if len(bad):
            raise ValueError(
                f"{feature} is not a finite number for {len(bad)} of {len(column)} customers, "
                f"first at position {bad[0]}: {column[bad[0]]}"
            )


def in_canonical_order(rows: DoubleArray) -> DoubleArray:
    """The rows sorted by their first column, then the second, ...: the same for every order that they come in.

    Random draws and sums depend on the order of rows; of what is learned from sorted rows, nothing does.
    """
    # lexsort takes its last key first. A 0.0 is added because -0.0 and 0.0 compare equal but are different bits.
    return np.asarray(rows[np.lexsort(rows.T[::-1])] + 0.0)


def n_distinct(rows: AnyArray) -> int:
    """How many rows differ from one another."""
    return len(np.unique(rows, axis=0))
