"""DBSCAN: shapes, noise, stored core points, few customers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

from shop_pipeline.models.arrays import DoubleArray, IntArray
from shop_pipeline.models.segments import density
from shop_pipeline.models.segments.density import NOISE, DensityModel, _knee, fit_density
from shop_pipeline_tests.models.segments.planted import blobs, feature_names

FEATURES = feature_names(6)


def with_noise(seed: int, n_noise: int = 30) -> tuple[DoubleArray, IntArray]:
    """Three planted clusters, and customers spread all over a far larger box."""
    rng = np.random.default_rng(seed)
    rows, clusters = blobs(3, rng)
    return np.vstack([rows, rng.uniform(-40, 40, (n_noise, 6))]), np.append(clusters, np.full(n_noise, NOISE))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_clusters_are_found_and_noise_stays_noise(seed: int) -> None:
    rows, clusters = with_noise(seed)
    model = fit_density(FEATURES, rows, np.random.default_rng(seed))
    found = model.score(rows).segment
    assert len(model.clusters) == 3
    assert (found[clusters == NOISE] == NOISE).all()
    assert np.mean(found[clusters != NOISE] == NOISE) < 0.02
    assert adjusted_rand_score(clusters, found) > 0.97
    assert model.noise_share == pytest.approx(np.mean(found == NOISE))


def test_clusters_need_not_be_round() -> None:
    """Two half moons around one another, which k-means cuts across."""
    rows, moons = make_moons(1000, noise=0.06, random_state=0)
    model = fit_density(feature_names(2), rows, np.random.default_rng(0))
    is_clustered = (found := model.score(rows).segment) != NOISE
    assert len(model.clusters) == 2
    assert is_clustered.mean() > 0.97
    assert adjusted_rand_score(moons[is_clustered], found[is_clustered]) == 1


def test_scores_from_core_points_are_the_clusters_of_dbscan() -> None:
    """The same eps and min_samples in scikit-learn; only a customer near core points of two clusters may differ."""
    rows, _ = with_noise(0)
    model = fit_density(FEATURES, rows, np.random.default_rng(0))
    fitted = DBSCAN(eps=model.eps, min_samples=model.min_samples).fit(rows)
    assert len(model.core) == len(fitted.core_sample_indices_)
    assert adjusted_rand_score(fitted.labels_, model.score(rows).segment) == 1
    np.testing.assert_array_equal(model.score(rows).segment == NOISE, fitted.labels_ == NOISE)


def test_customers_who_come_later_are_in_reach_of_a_core_point_or_noise() -> None:
    model = DensityModel(("x",), np.array([4, 4, 9], np.int32), np.array([[0.0], [1], [10]]), 2.0, 2, 0.0)
    scored = model.score(np.array([[-2.0], [3], [3.1], [8], [12.5]]))
    np.testing.assert_array_equal(scored.segment, [4, 4, NOISE, 9, NOISE])
    np.testing.assert_allclose(scored.distance, [2, 2, 2.1, 2, 2.5])


def test_the_knee_is_where_the_curve_turns_upwards() -> None:
    """0, 0, 0, 1, 5 against the line 0, 0.25, 0.5, 0.75, 1: below it by 0, 0.25, 0.5, 0.55, 0."""
    assert _knee(np.array([0.0, 0, 0, 1, 5])) == 1
    assert _knee(np.array([2.0, 2, 2])) == 2


def test_few_are_drawn_from_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core points that are stored, and what scoring costs, are bounded whatever the number of customers."""
    monkeypatch.setattr(density, "MOST_ROWS", 300)
    rows, clusters = with_noise(1)
    model = fit_density(FEATURES, rows, np.random.default_rng(0))
    assert len(model.core) <= 300
    assert adjusted_rand_score(clusters, model.score(rows).segment) > 0.9


def test_a_cluster_is_at_least_about_a_hundredth_of_the_customers() -> None:
    """Twice the two features are 4, a hundredth of 1,000 customers is 10; of 100 customers, 4 remain."""
    rng = np.random.default_rng(0)
    found = [fit_density(feature_names(2), rng.normal(size=(n, 2)), rng).min_samples for n in (1000, 100)]
    assert found == [10, 4]


def test_the_order_of_customers_says_nothing_and_two_calls_give_the_same_bits() -> None:
    rows, _ = with_noise(0)
    order = np.random.default_rng(1).permutation(len(rows))
    one, again, shuffled = (fit_density(FEATURES, each, np.random.default_rng(2)) for each in (rows, rows, rows[order]))
    assert one.numbers() == again.numbers() == shuffled.numbers()


def test_the_model_comes_back_from_the_table_with_all_bits() -> None:
    rows, _ = with_noise(0)
    model = fit_density(FEATURES, rows, np.random.default_rng(0)).relabelled({0: 5, 1: 3, 2: 11})
    again = DensityModel.from_numbers(reversed(model.numbers()), FEATURES)
    np.testing.assert_array_equal(again.clusters, [3, 5, 11])
    np.testing.assert_array_equal(again.score(rows).segment, model.score(rows).segment)
    np.testing.assert_array_equal(again.score(rows).distance, model.score(rows).distance)
    assert (again.eps, again.min_samples, again.noise_share) == (model.eps, model.min_samples, model.noise_share)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_customers_for_a_core_point_are_all_noise(n: int) -> None:
    rows = np.arange(2.0 * n).reshape(n, 2)
    model = fit_density(feature_names(2), rows, np.random.default_rng(0))
    model = DensityModel.from_numbers(model.numbers(), feature_names(2))
    scored = model.score(np.ones((4, 2)))
    np.testing.assert_array_equal(scored.segment, [NOISE] * 4)
    assert np.isnan(scored.distance).all()
    assert model.noise_share == 1


def test_equal_customers_are_one_cluster_and_anybody_else_noise() -> None:
    model = fit_density(feature_names(2), np.ones((50, 2)), np.random.default_rng(0))
    np.testing.assert_array_equal(model.score(np.array([[1.0, 1], [1, 1.1]])).segment, [0, NOISE])


def test_what_is_not_a_number_is_refused_by_name() -> None:
    rows = np.ones((50, 2))
    model = fit_density(["spend", "n_products"], rows, np.random.default_rng(0))
    rows[3, 0] = np.nan
    with pytest.raises(ValueError, match="spend is not a finite number for 1 of 50 customers, first at position 3"):
        fit_density(["spend", "n_products"], rows, np.random.default_rng(0))
    with pytest.raises(ValueError, match="spend is not a finite number"):
        model.score(rows)
