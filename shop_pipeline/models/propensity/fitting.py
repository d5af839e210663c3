"""Learning scores from labels and from numbers, by scikit-learn, and taking out what was learned.

Belongs here: settings of the learners, and where scikit-learn keeps what they found. Does not belong here: calibration,
choosing.

Of the two kinds of boosting the one by histograms is used although its trees stand in private attributes (a test
holds them against predictions): for 20,000 customers of 21 features it took a twentieth of the other's time, and its
log loss was lower.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.propensity.features import Features
from shop_pipeline.models.propensity.linear import LinearScorer, Scaling
from shop_pipeline.models.propensity.scorer import AdditiveScorer
from shop_pipeline.models.propensity.trees import LEAF, Tree, TreeScorer
from shop_pipeline.names import ClassifierName

# Rows beyond it cost time and hardly help: with 200,000 rows instead of 50,000 the log loss of boosting fell by 0.2%.
MOST_ROWS = 100_000
BOOSTING = {"max_iter": 100, "max_leaf_nodes": 8, "learning_rate": 0.1, "min_samples_leaf": 50, "early_stopping": False}


def fit_score(name: ClassifierName, features: Features, labels: AnyArray) -> AdditiveScorer:
    """A score that is higher for customers with a true label; both labels must occur.

    For all but the SVM it is the log-odds. One thread: sums in another order would be other bits, and boosting's
    threads wait for each other: two took 23 to 30 times as long as one on two cores that others used too.
    """
    with threadpool_limits(1):
        return _LEARNERS[name](features, labels)


def fit_regression(name: str, features: Features, target: DoubleArray) -> AdditiveScorer:
    """A score that is near the target in the square, by 'log_linear_ridge' or 'gradient_boosting'."""
    with threadpool_limits(1):
        return _ridge(features, target) if name == "log_linear_ridge" else _boosted_regression(features, target)


def _logistic_regression(features: Features, labels: AnyArray) -> AdditiveScorer:
    return _linear(LogisticRegression(C=1.0, tol=1e-6, max_iter=1000), features, labels)


def _linear_svm(features: Features, labels: AnyArray) -> AdditiveScorer:
    return _linear(LinearSVC(C=1.0, dual=False), features, labels)


def _ridge(features: Features, target: AnyArray) -> AdditiveScorer:
    return _linear(Ridge(alpha=1.0), features, target)


def _linear(learner: Any, features: Features, target: AnyArray) -> LinearScorer:
    scaling = Scaling.learn(features)
    learner.fit(scaling.scale(features.values), target)
    coefficients = np.asarray(learner.coef_, np.float64).ravel()
    return LinearScorer(features.names, scaling, coefficients, float(np.ravel(learner.intercept_)[0]))


def _decision_tree(features: Features, labels: AnyArray) -> AdditiveScorer:
    """Leaves hold log-odds, each with one case more of either label: a pure leaf is no certainty (Laplace)."""
    learner = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=50, random_state=0)
    nodes = learner.fit(features.values.astype(np.float32), labels).tree_
    positive = nodes.value[:, 0, 1] * nodes.n_node_samples
    log_odds = np.log((positive + 1) / (nodes.n_node_samples - positive + 1))
    feature = np.where(nodes.children_left == LEAF, LEAF, nodes.feature)
    tree = Tree(
        feature, nodes.threshold, nodes.children_left, nodes.children_right, log_odds, nodes.n_node_samples
    )  # fmt: skip
    return TreeScorer.of([tree], features.names, start=0.0)


def _boosting(features: Features, labels: AnyArray) -> AdditiveScorer:
    return _boosted(HistGradientBoostingClassifier(**BOOSTING, random_state=0), features, labels)


def _boosted_regression(features: Features, target: AnyArray) -> AdditiveScorer:
    return _boosted(HistGradientBoostingRegressor(**BOOSTING, random_state=0), features, target)


def _boosted(learner: Any, features: Features, target: AnyArray) -> TreeScorer:
    learner.fit(features.values.astype(np.float32), target)
    trees = [_boosted_tree(predictor.nodes) for (predictor,) in learner._predictors]
    return TreeScorer.of(trees, features.names, float(np.ravel(learner._baseline_prediction)[0]))


def _boosted_tree(nodes: AnyArray) -> Tree:
    feature = np.where(nodes["is_leaf"] == 1, LEAF, nodes["feature_idx"])
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    return Tree(feature, nodes["num_threshold"], left, right, nodes["value"], nodes["count"])


_LEARNERS: dict[str, Callable[[Features, AnyArray], AdditiveScorer]] = {
    "logistic_regression": _logistic_regression,
    "linear_svm": _linear_svm,
    "decision_tree": _decision_tree,
    "gradient_boosting": _boosting,
}
