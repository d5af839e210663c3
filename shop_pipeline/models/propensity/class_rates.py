"""The naive rule: how often it happened to customers of the same class.

Belongs here: classes by one or two features, and their shares. Does not belong here: whether a model beats them
(`choose`).

It is what a shop does with a spreadsheet: who bought lately and often is counted apart from who did long ago and once.
As a tree with a leaf per class it is stored, scored and explained like every model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray
from shop_pipeline.models.propensity.calibration import Sigmoid
from shop_pipeline.models.propensity.classifier import Classifier
from shop_pipeline.models.propensity.features import Labelled
from shop_pipeline.models.propensity.trees import LEAF, Tree, TreeScorer

NAIVE_CLASS_RATES = "naive_class_rates"
# Classes by quantiles of the first feature and of the second.
CLASSES = (5, 3)
# A class counts as if so many more customers of the usual share were in it.
USUAL_CUSTOMERS = 20


def class_rates(cut: Labelled, by: Sequence[str]) -> Classifier:
    """The share of true labels among the customers of each class of one or two features."""
    if not 1 <= len(by) <= len(CLASSES):
        raise ValueError(f"classes by {len(by)} features, where one or two are wanted")
    values = cut.features.columns(by).astype(np.float32).astype(np.float64)
    edges = [_edges(column, n) for column, n in zip(values.T, CLASSES, strict=False)]
    usual = (int(cut.labels.sum()) + 0.5) / (len(cut) + 1)
    grown = _Grown(values, cut.labels, usual)
    grown.grow(np.ones(len(cut), np.bool_), 0, edges)
    return Classifier(NAIVE_CLASS_RATES, TreeScorer.of([grown.tree()], tuple(by), 0.0), Sigmoid(1.0, 0.0))


def _edges(column: DoubleArray, n: int) -> list[float]:
    """Quantiles between the classes, each once; none at the largest value, above which there is nobody."""
    quantiles = np.quantile(column, np.arange(1, n) / n, method="inverted_cdf")
    return [float(edge) for edge in np.unique(quantiles) if edge < column.max()]


class _Grown:
    """A tree while it grows, parents before children: first all classes of the first feature, then of the second."""

    def __init__(self, values: DoubleArray, labels: BoolArray, usual: float) -> None:
        self.values, self.labels, self.usual = values, labels, usual
        self.nodes: list[tuple[int, float, int, int, float, int]] = []

    def grow(self, rows: BoolArray, column: int, edges: Sequence[Sequence[float]]) -> int:
        """The node of these rows, which are still to be split at `edges[0]` of `column` and then at the rest."""
        if not edges:
            return self._leaf(rows)
        if not edges[0]:
            return self.grow(rows, column + 1, edges[1:])
        (edge, *above), rest = edges[0], edges[1:]
        own = self._leaf(rows)
        is_below = self.values[:, column] <= edge
        left = self.grow(rows & is_below, column + 1, rest)
        right = self.grow(rows & ~is_below, column, [above, *rest])
        self.nodes[own] = (column, edge, left, right, 0.0, int(rows.sum()))
        return own

    def _leaf(self, rows: BoolArray) -> int:
        count = int(rows.sum())
        rate = (int(self.labels[rows].sum()) + USUAL_CUSTOMERS * self.usual) / (count + USUAL_CUSTOMERS)
        self.nodes.append((LEAF, 0.0, LEAF, LEAF, float(np.log(rate / (1 - rate))), count))
        return len(self.nodes) - 1

    def tree(self) -> Tree:
        feature, threshold, left, right, leaf_value, count = (
            np.array(column) for column in zip(*self.nodes, strict=True)
        )
        # A class without customers still needs a weight, or the mean over two such would be none.
        return Tree(feature, threshold, left, right, leaf_value, np.maximum(count, 1))
