"""Reconciled forecasts against the dense formula, against least squares with bounds, and sums worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from shop_pipeline.models.forecasting.reconcile import ROOT, reconcile

Array = np.ndarray


def summing_matrix(parent: Array) -> Array:
    """S of the paper: 1 where the leaf of the column is the row or is under it."""
    leaves = np.flatnonzero(~np.isin(np.arange(len(parent)), parent))
    matrix = np.zeros((len(parent), len(leaves)))
    for column, row in enumerate(leaves):
        while row != ROOT:
            matrix[row, column] = 1
            row = parent[row]
    return matrix


def dense(y_hat: Array, variance: Array, parent: Array) -> Array:
    """S (S' W^-1 S)^-1 S' W^-1 y, eq. 9 of Wickramasuriya, Athanasopoulos and Hyndman (2019)."""
    s, w = summing_matrix(parent), np.diag(1 / variance)
    return s @ np.linalg.solve(s.T @ w @ s, s.T @ w @ y_hat)


def bounded(y_hat: Array, variance: Array, parent: Array) -> Array:
    """The same with leaves >= 0, one period after the other."""
    s, root = summing_matrix(parent), np.sqrt(variance)
    leaves = [lsq_linear(s / root[:, None], y / root, (0, np.inf), method="bvls", tol=1e-14).x for y in y_hat.T]
    return s @ np.column_stack(leaves)


def random_tree(rng: np.random.Generator) -> Array:
    """Up to 14 rows in any order: forests, chains, leaves of different depth."""
    n = int(rng.integers(1, 15))
    parent = np.array([rng.integers(-1, row) if row else ROOT for row in range(n)])
    return shuffled(parent, rng.permutation(n))


def shuffled(parent: Array, order: Array) -> Array:
    """The same tree with its rows in another order."""
    place = np.append(np.argsort(order), ROOT)
    return place[parent[order]]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_it_is_the_dense_formula_where_nothing_falls_below_zero(rng: np.random.Generator) -> None:
    for _ in range(50):
        parent = random_tree(rng)
        variance = rng.uniform(0.1, 5, len(parent))
        truth = summing_matrix(parent) @ rng.uniform(50, 60, (summing_matrix(parent).shape[1], 3))
        y_hat = truth + rng.normal(size=truth.shape)
        np.testing.assert_allclose(reconcile(y_hat, variance, parent), dense(y_hat, variance, parent), rtol=1e-12)


def test_with_leaves_at_zero_it_is_least_squares_with_bounds(rng: np.random.Generator) -> None:
    n_held = 0
    for _ in range(50):
        parent = random_tree(rng)
        variance = rng.uniform(0.1, 5, len(parent))
        y_hat = rng.normal(1, 2, (len(parent), 3))
        found = reconcile(y_hat, variance, parent)
        np.testing.assert_allclose(found, bounded(y_hat, variance, parent), atol=1e-12)
        n_held += (found == 0).sum()
    assert n_held > 100


def test_worked_by_hand() -> None:
    """A shop of 10 with products of 4 and 3: 3 are missing, shared 1 : 1 : 2 by the variances.

    The shop gives 1 * 3/4, the products get 3/4 and 6/4, as least squares with one constraint share it.
    """
    found = reconcile(np.array([[10.0], [4], [3]]), np.array([1.0, 1, 2]), np.array([-1, 0, 0]))
    np.testing.assert_allclose(found[:, 0], [9.25, 4.75, 4.5])


def test_parents_are_the_sums_of_their_children_and_nothing_is_negative(rng: np.random.Generator) -> None:
    """A shop of 20 categories and 2,000 products that sell little, with forecasts that are far apart."""
    parent = np.r_[ROOT, np.zeros(20, int), rng.integers(1, 21, 2000)]
    y_hat = rng.gamma(0.3, 1.0, (len(parent), 14))
    y_hat[:21] = rng.normal(20, 30, (21, 14))
    found = reconcile(y_hat, rng.uniform(0.01, 9, len(parent)), parent)
    assert (found >= 0).all()
    for row in range(21):
        np.testing.assert_allclose(found[parent == row].sum(axis=0), found[row], rtol=1e-13)


def test_forecasts_that_add_up_already_stay(rng: np.random.Generator) -> None:
    for _ in range(20):
        parent = random_tree(rng)
        coherent = summing_matrix(parent) @ rng.gamma(0.5, 1.0, (summing_matrix(parent).shape[1], 4))
        found = reconcile(coherent, rng.uniform(0.1, 5, len(parent)), parent)
        np.testing.assert_allclose(found, coherent, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(reconcile(found, rng.uniform(0.1, 5, len(parent)), parent), found, atol=1e-12)


def test_the_order_of_rows_does_not_matter(rng: np.random.Generator) -> None:
    for _ in range(20):
        parent = random_tree(rng)
        y_hat, variance = rng.normal(1, 2, (len(parent), 3)), rng.uniform(0.1, 5, len(parent))
        order = rng.permutation(len(parent))
        found = reconcile(y_hat[order], variance[order], shuffled(parent, order))
        np.testing.assert_allclose(found, reconcile(y_hat, variance, parent)[order], atol=1e-13)


def test_who_is_sure_stays() -> None:
    """Variance 0: the shop keeps its 10, and of the products the sure one its 4, so the other has the rest."""
    found = reconcile(np.array([[10.0], [4], [3]]), np.array([0.0, 0, 2]), np.array([-1, 0, 0]))
    np.testing.assert_allclose(found[:, 0], [10, 4, 6])


def test_where_all_are_sure_the_leaves_are_right() -> None:
    found = reconcile(np.array([[10.0], [4], [3]]), np.zeros(3), np.array([-1, 0, 0]))
    np.testing.assert_allclose(found[:, 0], [7, 4, 3])


@pytest.mark.parametrize("unknown", ["variance", "forecast"])
def test_a_parent_of_which_nothing_is_known_is_the_sum_of_its_children(unknown: str) -> None:
    y_hat, variance = np.array([[10.0], [4], [3]]), np.array([1.0, 1, 2])
    (variance if unknown == "variance" else y_hat)[0] = np.nan
    np.testing.assert_allclose(reconcile(y_hat, variance, np.array([-1, 0, 0]))[:, 0], [7, 4, 3])


def test_a_leaf_of_unknown_variance_is_as_unsure_as_the_most_unsure() -> None:
    """By hand as above, with variances 1 : 2 : 2: shares of 3 are 3/5, 6/5, 6/5."""
    found = reconcile(np.array([[10.0], [4], [3]]), np.array([1.0, np.nan, 2]), np.array([-1, 0, 0]))
    np.testing.assert_allclose(found[:, 0], [9.4, 5.2, 4.2])


def test_a_chain_of_only_children_is_one_number() -> None:
    """Weighed by 1/variance: (8/1 + 4/2 + 2/2) / (1 + 1/2 + 1/2) = 5.5 at each."""
    found = reconcile(np.array([[8.0], [4], [2]]), np.array([1.0, 2, 2]), np.array([-1, 0, 1]))
    np.testing.assert_allclose(found[:, 0], [5.5, 5.5, 5.5])


def test_roots_alone_are_only_kept_from_below_zero() -> None:
    found = reconcile(np.array([[3.0, -1.0], [2.0, 0.0]]), np.array([1.0, np.nan]), np.array([-1, -1]))
    np.testing.assert_array_equal(found, [[3, 0], [2, 0]])


@pytest.mark.parametrize(
    ("y_hat", "variance", "parent", "said"),
    [
        ([1, 1, 1], [1, 1, 1], [-1, 2, 1], "circle"),
        ([1, 1, 1], [1, 1, 1], [-1, 3, 0], "from 0 to 2"),
        ([1, 1, 1], [1, 1, 1], [-1, -2, 0], "from 0 to 2"),
        ([1, np.nan, 1], [1, 1, 1], [-1, 0, 0], "leaf has no forecast"),
        ([1, 1, 1], [1, -1, 1], [-1, 0, 0], "negative"),
        ([1, np.inf, 1], [1, 1, 1], [-1, 0, 0], "infinite"),
        ([1, 1, 1], [1, 1], [-1, 0, 0], "variance and parent are"),
    ],
)
def test_what_can_not_be_reconciled_is_refused(y_hat: list, variance: list, parent: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        reconcile(np.array(y_hat, float)[:, None], np.array(variance, float), np.array(parent))
