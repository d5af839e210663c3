"""Forecasts of a hierarchy that add up: products to categories to the shop.

Here: the least change to all forecasts that makes each parent the sum of its children, the sure ones changed least.
Not here: who is whose parent, and the variances (from the errors of the back-test).

Method: MinT with a diagonal W (Wickramasuriya, Athanasopoulos & Hyndman 2019, JASA 114, eq. 9 with W = diag(variance)),
S (S' W^-1 S)^-1 S' W^-1 y. On a tree no matrix is needed: going up, a parent's own forecast is weighed against the sum
of what its children say, each by its variance; going down, the difference is shared out among the children by theirs.
Where a leaf would fall below zero it is held at zero and the rest is solved again, until none does: sums stay exact,
and because a leaf that is raised to zero never raises another, the end is the optimum under y >= 0 itself (the tests
hold it against scipy's least squares with bounds).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, SparseMatrix

ROOT = -1


def reconcile(y_hat: DoubleArray, variance: DoubleArray, parent: AnyArray) -> DoubleArray:
    """Forecasts (n, H) that add up and are not negative, in O(n) per period and pass.

    Args:
        y_hat: (n, H). NaN for a parent: it has no say, and is the sum of its children.
        variance: (n,) of the forecasts' errors, relative to one another. 0: sure, changed only if its own children
            are as sure and say something else. NaN: a parent has no say, a leaf is as unsure as the most unsure one.
        parent: (n,) row of the parent, -1 for a root. Any depth, several roots, rows in any order.

    Raises:
        ValueError: parents go round in a circle or out of the table; a leaf has no forecast; a negative variance.
    """
    tree = _Tree.of(parent)
    _check(y_hat, variance, tree)
    weight = _variances(y_hat, variance, tree)
    found = tree.solve(y_hat, weight)
    held = np.zeros(y_hat.shape, bool)
    while (below := (found < 0) & tree.is_leaf[:, None] & ~held).any():
        held |= below
        again = below.any(axis=0)
        zero = held[:, again]
        found[:, again] = tree.solve(np.where(zero, 0.0, y_hat[:, again]), np.where(zero, 0.0, weight[:, again]))
    # Rounding may leave the dust of a difference below zero in a leaf that is held.
    return tree.add_up(np.maximum(found, 0.0))


def _check(y_hat: DoubleArray, variance: DoubleArray, tree: _Tree) -> None:
    if y_hat.ndim != 2 or variance.shape != (len(y_hat),) or len(tree.is_leaf) != len(y_hat):
        raise ValueError("y_hat is (n, H), variance and parent are (n,)")
    if (variance < 0).any() or np.isinf(variance).any() or np.isinf(y_hat).any():
        raise ValueError("a variance is negative, or something is infinite")
    if np.isnan(y_hat[tree.is_leaf]).any():
        raise ValueError("a leaf has no forecast")


def _variances(y_hat: DoubleArray, variance: DoubleArray, tree: _Tree) -> DoubleArray:
    """Float64 (n, H): infinite for who has no say, and a number for each leaf."""
    known = variance[tree.is_leaf & ~np.isnan(variance)]
    most = known.max() if known.size and known.max() > 0 else 1.0
    filled = np.where(np.isnan(variance), np.where(tree.is_leaf, most, np.inf), variance)
    return np.where(np.isnan(y_hat), np.inf, filled[:, None])


@dataclass(frozen=True, slots=True)
class _Tree:
    parent: AnyArray
    is_leaf: BoolArray
    levels: tuple[AnyArray, ...]
    """Rows by depth, roots first."""
    children: SparseMatrix
    """(n, n), row of the parent, column of the child."""

    @classmethod
    def of(cls, parent: AnyArray) -> _Tree:
        n = len(parent)
        if ((parent < ROOT) | (parent >= n)).any():
            raise ValueError(f"a parent is a row from 0 to {n - 1}, or {ROOT}")
        inner = np.flatnonzero(parent != ROOT)
        children = sp.csr_matrix((np.ones(len(inner)), (parent[inner], inner)), shape=(n, n))
        levels = tuple(_levels(parent, children))
        if sum(len(level) for level in levels) < n:
            raise ValueError("parents go round in a circle")
        return cls(parent, np.diff(children.indptr) == 0, levels, children)

    def parents(self) -> Iterator[AnyArray]:
        """The rows that have children, deepest level first."""
        return (level[~self.is_leaf[level]] for level in reversed(self.levels))

    def add_up(self, y: DoubleArray) -> DoubleArray:
        """Each parent as the sum of its children."""
        y = y.copy()
        for rows in self.parents():
            y[rows] = self.children[rows] @ y
        return y

    def solve(self, y_hat: DoubleArray, variance: DoubleArray) -> DoubleArray:
        """The least squares solution, without a bound; arrays (n, H)."""
        mean, spread, sums, spreads = y_hat.copy(), variance.copy(), np.zeros_like(y_hat), np.zeros_like(y_hat)
        for rows in self.parents():
            sums[rows], spreads[rows] = self.children[rows] @ mean, self.children[rows] @ spread
            gain = _share(spreads[rows], spreads[rows] + variance[rows])
            own = np.where(np.isnan(y_hat[rows]), 0.0, y_hat[rows])
            mean[rows] = sums[rows] + gain * (own - sums[rows])
            spread[rows] = (1 - gain) * spreads[rows]
        for rows in self.levels[1:]:
            above = self.parent[rows]
            mean[rows] += _share(spread[rows], spreads[above]) * (mean[above] - sums[above])
        return self.add_up(mean)


def _levels(parent: AnyArray, children: SparseMatrix) -> Iterator[AnyArray]:
    rows = np.flatnonzero(parent == ROOT)
    while rows.size:
        yield rows
        rows = np.sort(children[rows].indices)


def _share(part: DoubleArray, whole: DoubleArray) -> DoubleArray:
    """What part of the whole, 0 of nothing and of what is infinite."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
