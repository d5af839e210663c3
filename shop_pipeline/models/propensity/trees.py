"""Scores that are sums over decision trees.

Belongs here: the nodes of trees as arrays and as rows, scoring and exact contributions. Does not belong here: growing
trees (`fitting`, `class_rates`).

A contribution is what the splits on a feature add along a customer's path: the expected score below a node less that
above it (Saabas 2014, "Interpreting random forests"). The sum is exact; that deep splits count for more than in Shapley
values is its known weakness, and small here where trees have eight leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.propensity.rows import Parts, Row, rows_of
from shop_pipeline.models.propensity.scorer import AdditiveScorer
from shop_pipeline.models.propensity.trees_kernel import walk_down

LEAF = -1
# Customers at a time: what each feature contributes to them takes 8 MB for 32 features.
BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree, its root at node 0 and every node above its children.

    Args:
        feature: the column that a node looks at, -1 in a leaf, (n_nodes,).
        threshold: a customer goes left whose value, rounded to float32, is not above it.
        left, right: nodes; what stands in a leaf doesn't matter.
        leaf_value: the score in a leaf; what stands elsewhere doesn't matter.
        count: customers that the tree was learned from, in and below a node.
    """

    feature: AnyArray
    threshold: DoubleArray
    left: AnyArray
    right: AnyArray
    leaf_value: DoubleArray
    count: AnyArray

    def expected_score(self) -> DoubleArray:
        """The mean of the leaves below each node, by customers (n_nodes,)."""
        expected = self.leaf_value.astype(np.float64)
        for node in reversed(np.flatnonzero(self.feature != LEAF)):
            children = [self.left[node], self.right[node]]
            expected[node] = np.average(expected[children], weights=self.count[children])
        return expected


@dataclass(frozen=True, slots=True)
class TreeScorer(AdditiveScorer):
    """A constant plus the leaf of each tree. All trees' nodes lie in the same arrays, int32 and float64 (n_nodes,).

    Args:
        base: the mean score of the customers it was learned from.
        expected: the mean score that a tree gives below a node, by customers.
    """

    features: tuple[str, ...]
    base: float
    roots: IntArray
    feature: IntArray
    threshold: DoubleArray
    left: IntArray
    right: IntArray
    expected: DoubleArray

    @classmethod
    def of(cls, trees: Sequence[Tree], features: tuple[str, ...], start: float) -> TreeScorer:
        """Put trees that were grown on these features one behind another; a score is `start` plus their leaves."""
        sizes = [len(tree.feature) for tree in trees]
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        shifted = list(zip(trees, roots, strict=True))
        feature = np.concatenate([tree.feature for tree in trees]).astype(np.int32)
        inner = feature != LEAF
        expected = np.concatenate([tree.expected_score() for tree in trees])
        return cls(
            features,
            start + float(expected[roots].sum()),
            roots,
            feature,
            np.where(inner, np.concatenate([tree.threshold for tree in trees]), 0.0),
            np.where(inner, np.concatenate([tree.left + root for tree, root in shifted]), 0).astype(np.int32),
            np.where(inner, np.concatenate([tree.right + root for tree, root in shifted]), 0).astype(np.int32),
            expected,
        )

    def score(self, values: DoubleArray) -> DoubleArray:
        score = np.empty(len(values))

        def work(begin: int) -> None:
            block = slice(begin, begin + BLOCK)
            score[block] = self._walk(values[block]).sum(axis=1)

        run_in_threads(work, range(0, len(values), BLOCK), thread_count())
        score += self.base
        return score

    def contributions(self, values: DoubleArray) -> DoubleArray:
        return self._walk(values)

    def _walk(self, values: DoubleArray) -> DoubleArray:
        contributions = np.zeros(values.shape)
        walk_down(
            np.ascontiguousarray(values, np.float32),
            self.roots, self.feature, self.threshold, self.left, self.right, self.expected,
            contributions,
        )  # fmt: skip
        return contributions

    def rows(self) -> list[Row]:
        inner = np.flatnonzero(self.feature != LEAF).tolist()
        names = [self.features[column] for column in self.feature[inner]]
        splits = np.bincount(self.feature[inner], minlength=len(self.features))
        return [
            Row("base", 0, None, self.base),
            *rows_of("splits", splits, self.features),
            *rows_of("root", self.roots),
            *rows_of("expected_score", self.expected),
            *(
                Row(part, node, name, float(of_nodes[node]))
                for part, of_nodes in (("threshold", self.threshold), ("left", self.left), ("right", self.right))
                for node, name in zip(inner, names, strict=True)
            ),
        ]

    @classmethod
    def from_parts(cls, parts: Parts) -> TreeScorer:
        """As it was before `rows`, bit for bit; ValueError for a path that leaves the nodes or goes back."""
        features = parts.features("splits")
        expected = parts.numbers("expected_score")
        inner, thresholds, names = parts.sparse("threshold")
        feature = np.full(len(expected), LEAF, np.int32)
        feature[inner] = [features.index(str(name)) for name in names]
        threshold = np.zeros(len(expected))
        threshold[inner] = thresholds
        left, right = (_children(parts, part, inner, len(expected)) for part in ("left", "right"))
        roots = parts.numbers("root").astype(np.int32)
        if not ((roots >= 0) & (roots < len(expected))).all():
            raise ValueError("a tree of the model begins at a node that is not there")
        return cls(features, parts.number("base"), roots, feature, threshold, left, right, expected)


def _children(parts: Parts, part: str, inner: AnyArray, n_nodes: int) -> IntArray:
    """The children of the inner nodes; each stands behind its parent, so that every walk ends."""
    nodes, found, _ = parts.sparse(part)
    if not np.array_equal(nodes, inner) or not ((found > inner) & (found < n_nodes)).all():
        raise ValueError(f"part {part!r} of the model leads to no node, or back")
    children = np.zeros(n_nodes, np.int32)
    children[inner] = found
    return children
