"""The number of clusters: found where planted, denied where there are none."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.segments.cluster_count import STABLE, choose_k
from shop_pipeline.models.segments.kmeans import fit_kmeans
from shop_pipeline_tests.models.segments.planted import blobs, feature_names


@pytest.mark.parametrize("k", [2, 3, 5])
def test_planted_clusters_are_counted(k: int) -> None:
    rng = np.random.default_rng(k)
    rows, _ = blobs(k, rng, n=400)
    choice = choose_k(rows, 7, rng)
    assert choice.k == k
    assert choice.has_structure
    assert choice.reason.startswith(f"{k} clusters: silhouette ")
    assert [trial.k for trial in choice.trials] == [2, 3, 4, 5, 6, 7]
    assert choice.trials[k - 2].stability > STABLE


def test_of_two_stable_numbers_the_clusters_that_are_told_apart_better_are_taken() -> None:
    """Two pairs of clusters, the pairs 40 apart and the two of a pair 6: four are as stable as two, but nearer."""
    rng = np.random.default_rng(0)
    centres = np.array([[-20.0, -3], [-20, 3], [20, -3], [20, 3]])
    rows = np.repeat(centres, 75, axis=0) + rng.normal(size=(300, 2))
    choice = choose_k(rows, 4, rng)
    two, _, four = choice.trials
    assert min(two.stability, four.stability) > STABLE
    assert two.silhouette > four.silhouette
    assert choice.k == 2


def test_figures_are_those_of_the_clusters() -> None:
    """With clusters so far apart, each fit finds the same ones: the silhouette is that of the planted clusters."""
    rng = np.random.default_rng(0)
    rows, clusters = blobs(3, rng)
    trial = choose_k(rows, 3, rng).trials[1]
    assert trial.silhouette == pytest.approx(silhouette_score(rows, clusters), rel=1e-9)
    assert trial.stability == pytest.approx(1)
    assert trial.smallest_share == pytest.approx(np.bincount(clusters).min() / len(rows))


def one_cloud(shape: str, rng: np.random.Generator, n: int = 600) -> DoubleArray:
    """Customers without clusters: a ball, a long ellipsoid, a box, a line."""
    ball = rng.normal(size=(n, 6))
    return {
        "ball": ball,
        "ellipsoid": ball * [6, 1, 1, 1, 1, 1],
        "box": rng.random((n, 2)),
        "line": rng.random((n, 1)),
    }[shape]


@pytest.mark.parametrize("shape", ["ball", "ellipsoid", "box", "line"])
def test_one_cloud_is_said_to_be_one(shape: str) -> None:
    """The ellipsoid and the line are cut in halves again and again at the same place, with a high silhouette."""
    choice = choose_k(one_cloud(shape, np.random.default_rng(1)), 5, np.random.default_rng(1))
    assert not choice.has_structure
    assert choice.k >= 2
    assert f"{choice.k} segments divide one cloud" in choice.reason


def test_where_no_division_is_stable_the_most_stable_is_taken() -> None:
    choice = choose_k(one_cloud("ball", np.random.default_rng(2)), 5, np.random.default_rng(2))
    assert max(trial.stability for trial in choice.trials) < STABLE
    assert choice.k == max(choice.trials, key=lambda trial: trial.stability).k
    assert "give other clusters" in choice.reason


def test_a_cloud_is_divided_as_finely_as_is_stable() -> None:
    choice = choose_k(one_cloud("line", np.random.default_rng(1)), 5, np.random.default_rng(1))
    stable = [trial.k for trial in choice.trials if trial.stability >= STABLE]
    assert len(stable) > 1
    assert choice.k == max(stable)


def test_the_order_of_customers_says_nothing_and_two_calls_give_the_same_bits() -> None:
    rows, _ = blobs(3, np.random.default_rng(0), n=150, apart=3.0)
    order = np.random.default_rng(1).permutation(len(rows))
    one, again, shuffled = (choose_k(each, 3, np.random.default_rng(2)) for each in (rows, rows, rows[order]))
    assert one == again == shuffled


@pytest.mark.parametrize(
    ("rows", "k"),
    [
        (np.zeros((0, 2)), 1),
        (np.ones((1, 2)), 1),
        (np.ones((500, 2)), 1),
        (np.arange(2.0)[:, None], 1),
        (np.repeat([[0.0], [1]], 20, axis=0), 2),
    ],
)
def test_few_customers_and_equal_ones(rows: DoubleArray, k: int) -> None:
    """Two groups of equal customers are two clusters; one customer, or many equal ones, are none that could be told."""
    choice = choose_k(rows, 8, np.random.default_rng(0))
    assert choice.k == k
    if k == 1:
        assert "can't be put into two clusters" in choice.reason
        assert not choice.has_structure
    if len(rows):
        fit_kmeans(feature_names(rows.shape[1]), rows, choice.k, np.random.default_rng(0))


def test_clusters_that_half_of_the_customers_do_not_hold_are_not_stable() -> None:
    """Sixty equal customers and two others: three clusters, but most halves lack one of the two."""
    rows = np.append(np.zeros(60), [1, 2])[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trials = choose_k(rows, 3, np.random.default_rng(0)).trials
    assert trials[1].stability < STABLE
