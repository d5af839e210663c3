"""Reconciled forecasts: weights and sums worked by hand, and least squares over the same windows by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from shop_pipeline.models.forecasting.reconcile import ROOT, UNTOLD, reconcile, reconcile_windows, weights

Array = np.ndarray
NAN = np.nan


def column(*values: float) -> Array:
    return np.array(values, float)[:, None]


def random_tree(rng: np.random.Generator) -> Array:
    """Up to 14 rows in any order: forests, chains, leaves of different depth."""
    n = int(rng.integers(1, 15))
    parent = np.array([rng.integers(-1, row) if row else ROOT for row in range(n)])
    return shuffled(parent, rng.permutation(n))


def shuffled(parent: Array, order: Array) -> Array:
    """The same tree with its rows in another order."""
    place = np.append(np.argsort(order), ROOT)
    return place[parent[order]]


def summed(leaves: Array, parent: Array) -> Array:
    """Forecasts that add up: each parent the sum of the leaves under it."""
    found = np.zeros(leaves.shape)
    for leaf in np.flatnonzero(~np.isin(np.arange(len(parent)), parent)):
        row = leaf
        while row != ROOT:
            found[row] += leaves[leaf]
            row = parent[row]
    return found


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_worked_by_hand() -> None:
    """The shop says 20 and its categories 6 + 6 = 12: by a weight of 3/4 it is 18, half as much again as they say.

    The first category says 8 and its products 1 + 3: by 1/2 it is 6, and comes to 9; its products keep 1 : 3.
    """
    y_hat, parent = column(20, 8, 6, 1, 3, 6), np.array([-1, 0, 0, 1, 1, 2])
    found = reconcile(y_hat, np.array([0.75, 0.5, 0.0, 0, 0, 0]), parent)
    np.testing.assert_allclose(found[:, 0], [18, 9, 9, 2.25, 6.75, 9])


def test_weight_1_keeps_the_parent_and_0_the_children() -> None:
    y_hat, parent = column(10, 4, 3), np.array([-1, 0, 0])
    np.testing.assert_allclose(reconcile(y_hat, np.ones(3), parent)[:, 0], [10, 40 / 7, 30 / 7])
    np.testing.assert_allclose(reconcile(y_hat, np.zeros(3), parent)[:, 0], [7, 4, 3])


def test_parents_are_the_sums_of_their_children_and_nothing_is_negative(rng: np.random.Generator) -> None:
    """A shop of 20 categories and 2,000 products that sell little, with forecasts that are far apart."""
    parent = np.r_[ROOT, np.zeros(20, int), rng.integers(1, 21, 2000)]
    y_hat = rng.gamma(0.3, 1.0, (len(parent), 14))
    y_hat[:21] = rng.gamma(2, 30, (21, 14))
    found = reconcile(y_hat, rng.random(len(parent)), parent)
    assert (found >= 0).all()
    for row in range(21):
        np.testing.assert_allclose(found[parent == row].sum(axis=0), found[row], rtol=1e-12)


def test_forecasts_that_add_up_already_stay(rng: np.random.Generator) -> None:
    for _ in range(20):
        parent = random_tree(rng)
        coherent = summed(rng.gamma(0.5, 1.0, (len(parent), 4)), parent)
        np.testing.assert_allclose(reconcile(coherent, rng.random(len(parent)), parent), coherent, rtol=1e-12)


def test_the_order_of_rows_does_not_matter(rng: np.random.Generator) -> None:
    for _ in range(20):
        parent = random_tree(rng)
        y_hat, weight = rng.gamma(1, 2, (len(parent), 3)), rng.random(len(parent))
        order = rng.permutation(len(parent))
        found = reconcile(y_hat[order], weight[order], shuffled(parent, order))
        np.testing.assert_allclose(found, reconcile(y_hat, weight, parent)[order], rtol=1e-12)


def test_a_parent_without_a_forecast_is_the_sum_of_its_children() -> None:
    found = reconcile(column(NAN, 4, 3), np.ones(3), np.array([-1, 0, 0]))
    np.testing.assert_allclose(found[:, 0], [7, 4, 3])


def test_what_has_not_begun_has_no_part_in_it() -> None:
    """The second product has not; nor has the whole second category, which has a forecast of its own, or has none."""
    parent = np.array([-1, 0, 0, 0, 1, 1, 2, 3])
    found = reconcile(column(10, 8, 2, NAN, 4, NAN, NAN, NAN), np.ones(8), parent)
    np.testing.assert_allclose(found[:, 0], [10, 10, 0, NAN, 10, NAN, NAN, NAN])


def test_where_all_children_say_nothing_they_share_evenly() -> None:
    """Of 6, by a weight of 1/2, there are 3; the third product has not begun."""
    found = reconcile(column(6, 0, 0, NAN), np.full(4, 0.5), np.array([-1, 0, 0, 0]))
    np.testing.assert_allclose(found[:, 0], [3, 1.5, 1.5, NAN])


def test_a_weight_is_what_had_been_best() -> None:
    """The shop says 2 and 4 more than its products; 1 and 4 more came: (2 x 1 + 4 x 4) / (4 + 16) = .9.

    A product whose demand is not known leaves its parent's known.
    """
    y_hat = np.array([[[6.0, 10], [2, 3], [2, 3]]])
    actual = np.array([[[5.0, 10], [1, 9], [NAN, 1]]])
    np.testing.assert_allclose(weights(y_hat, actual, np.array([-1, 0, 0])), [0.9, 0, 0])


@pytest.mark.parametrize(("came", "weight"), [(20.0, 1.0), (0.0, 0.0), (NAN, UNTOLD)])
def test_a_weight_is_a_share(came: float, weight: float) -> None:
    """The shop says 10, its products 6: what came lies beyond one of them, or is not known."""
    assert weights(column(10, 3, 3)[None], column(came, 3, 3)[None], np.array([-1, 0, 0]))[0] == weight


def test_two_that_say_the_same_are_as_good() -> None:
    assert weights(column(6, 3, 3)[None], column(9, 3, 3)[None], np.array([-1, 0, 0]))[0] == UNTOLD


def test_weights_are_those_of_bounded_least_squares(rng: np.random.Generator) -> None:
    """By scipy, from the categories up: what they come to is what the shop is weighed against."""
    parent = np.array([-1, 0, 0, 1, 1, 2, 2])
    y_hat, actual = rng.gamma(2, 3, (3, 7, 5)), rng.gamma(2, 3, (3, 7, 5))
    found, told = weights(y_hat, actual, parent), y_hat.copy()
    for row in (2, 1, 0):
        together = told[:, parent == row].sum(axis=1)
        more, missing = (each[:, row].ravel() - together.ravel() for each in (y_hat, actual))
        best = lsq_linear(more[:, None], missing, (0, 1)).x[0]
        assert found[row] == pytest.approx(best, abs=1e-7)
        told[:, row] = together + best * (y_hat[:, row] - together)


def test_no_window_has_a_say_in_its_own(rng: np.random.Generator) -> None:
    """What came in the last window changes those before it only; each is as by the weights of the others."""
    parent = np.array([-1, 0, 0])
    y_hat, actual = rng.gamma(2, 3, (3, 3, 5)), rng.gamma(2, 3, (3, 3, 5))
    before = reconcile_windows(y_hat, actual, parent)
    np.testing.assert_array_equal(before[2], reconcile(y_hat[2], weights(y_hat[:2], actual[:2], parent), parent))
    actual[2] += rng.gamma(2, 3, (3, 5))
    after = reconcile_windows(y_hat, actual, parent)
    np.testing.assert_array_equal(before[2], after[2])
    assert (before[:2] != after[:2]).any()


def test_products_that_go_wrong_together_are_not_believed(rng: np.random.Generator) -> None:
    """100 products that all miss the same rise by half, each with noise; the shop foresees it."""
    parent = np.r_[ROOT, np.zeros(100, int)]
    actual = rng.poisson(6.0, (4, 101, 28)).astype(np.float64)
    actual[:, 0] = actual[:, 1:].sum(axis=1)
    y_hat = np.full(actual.shape, 4.0)
    y_hat[:, 0] = 600
    found = reconcile_windows(y_hat, actual, parent)
    np.testing.assert_allclose(found[:, 0], 600, rtol=0.02)
    np.testing.assert_allclose(found[:, 1:], 6, rtol=0.02)


@pytest.mark.parametrize(
    ("y_hat", "weight", "parent", "said"),
    [
        ([1, 1, 1], [1, 1, 1], [-1, 2, 1], "circle"),
        ([1, 1, 1], [1, 1, 1], [-1, 3, 0], "from 0 to 2"),
        ([1, 1, 1], [1, 1, 1], [-1, -2, 0], "from 0 to 2"),
        ([1, 1, 1], [-0.1, 1, 1], [-1, 0, 0], "a share"),
        ([1, 1, 1], [NAN, 1, 1], [-1, 0, 0], "a share"),
        ([1, 1, 1], [1.1, 1, 1], [-1, 0, 0], "a share"),
        ([1, -1, 1], [1, 1, 1], [-1, 0, 0], "negative"),
        ([1, np.inf, 1], [1, 1, 1], [-1, 0, 0], "infinite"),
        ([1, 1, 1], [1, 1], [-1, 0, 0], "weight and parent are"),
    ],
)
def test_what_can_not_be_reconciled_is_refused(y_hat: list, weight: list, parent: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        reconcile(np.array(y_hat, float)[:, None], np.array(weight, float), np.array(parent))
