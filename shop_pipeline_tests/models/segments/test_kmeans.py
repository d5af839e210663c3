"""K-means: planted clusters, scoring, labels, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from shop_pipeline.models.segments.kmeans import KMeansModel, fit_kmeans
from shop_pipeline_tests.models.segments.planted import blobs, feature_names

FEATURES = feature_names(6)


def test_two_clusters_by_hand() -> None:
    """0, 2 and 10, 12: the centres are 1 and 11, everybody is 1 away."""
    rows = np.array([[12.0], [0], [10], [2]])
    model = fit_kmeans(["x"], rows, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(model.centres, [[1], [11]])
    scored = model.score(rows)
    np.testing.assert_array_equal(scored.segment, [1, 0, 1, 0])
    np.testing.assert_array_equal(scored.distance, [1, 1, 1, 1])


@pytest.mark.parametrize("k", [2, 5])
def test_planted_clusters_are_found(k: int) -> None:
    """At 8 spreads from one another, hardly anybody is nearer to another centre: the index is 1."""
    rng = np.random.default_rng(k)
    rows, clusters = blobs(k, rng)
    model = fit_kmeans(FEATURES, rows, k, rng)
    assert adjusted_rand_score(clusters, model.score(rows).segment) > 0.99
    assert (np.diff(model.centres[:, 0]) > 0).all()


def test_customers_who_come_later_go_to_the_nearest_centre() -> None:
    rng = np.random.default_rng(0)
    rows, _ = blobs(4, rng)
    later = rng.normal(0, 8, (50, 6))
    scored = fit_kmeans(FEATURES, rows, 4, rng)
    distances = cdist(later, scored.centres)
    np.testing.assert_array_equal(scored.score(later).segment, distances.argmin(axis=1))
    np.testing.assert_allclose(scored.score(later).distance, distances.min(axis=1), rtol=1e-12)


def test_the_order_of_customers_says_nothing_and_two_calls_give_the_same_bits() -> None:
    rows, _ = blobs(4, np.random.default_rng(0), apart=2.0)
    order = np.random.default_rng(1).permutation(len(rows))
    one, again, shuffled = (
        fit_kmeans(FEATURES, each, 4, np.random.default_rng(2)) for each in (rows, rows, rows[order])
    )
    assert one.numbers() == again.numbers() == shuffled.numbers()


def test_the_model_comes_back_from_the_table_with_all_bits() -> None:
    rng = np.random.default_rng(0)
    rows, _ = blobs(3, rng)
    model = fit_kmeans(FEATURES, rows, 3, rng).relabelled({0: 12, 1: 7, 2: 9})
    again = KMeansModel.from_numbers(reversed(model.numbers()), FEATURES)
    np.testing.assert_array_equal(again.labels, [7, 9, 12])
    np.testing.assert_array_equal(again.score(rows).segment, model.score(rows).segment)
    np.testing.assert_array_equal(again.score(rows).distance, model.score(rows).distance)


def test_a_single_cluster_and_a_single_customer() -> None:
    model = fit_kmeans(["x"], np.array([[3.0]]), 1, np.random.default_rng(0))
    np.testing.assert_array_equal(model.centres, [[3]])
    np.testing.assert_array_equal(model.score(np.array([[5.0]])).distance, [2])


def test_more_clusters_than_customers_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="3 clusters need as many customers that differ, not 2"):
        fit_kmeans(["x"], np.array([[1.0], [1], [2]]), 3, np.random.default_rng(0))


def test_what_is_not_a_number_is_refused_by_name() -> None:
    rows = np.array([[1.0, 2], [3, np.nan]])
    with pytest.raises(ValueError, match="n_products is not a finite number for 1 of 2 customers"):
        fit_kmeans(["spend", "n_products"], rows, 1, np.random.default_rng(0))
    model = fit_kmeans(["spend", "n_products"], rows[:1], 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="n_products is not a finite number"):
        model.score(rows)
