"""Platt's sigmoid."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.svm import LinearSVC

from shop_pipeline.models.propensity.calibration import fit_sigmoid, logistic_line


def test_a_miscalibrated_score_is_repaired():
    rng = np.random.default_rng(1)
    truth = rng.normal(-1, 1, 100_000)
    labels = rng.random(100_000) < expit(truth)
    # Log-odds that are three times too extreme, and 2 too high: true = (score - 2) / 3.
    found = fit_sigmoid(3 * truth + 2, labels)
    assert found.slope == pytest.approx(1 / 3, abs=0.005)
    assert found.intercept == pytest.approx(-2 / 3, abs=0.03)


def test_it_is_what_scikit_learn_calls_sigmoid(cut, later_cut):
    svm = LinearSVC(dual=False).fit(np.log1p(cut.features.values), cut.labels)
    values = np.log1p(later_cut.features.values)
    theirs = CalibratedClassifierCV(FrozenEstimator(svm), method="sigmoid", ensemble=False).fit(
        values, later_cut.labels
    )
    score = svm.decision_function(values)
    # Theirs stops its search at a gradient of about 1e-6 per customer.
    ours = fit_sigmoid(score, later_cut.labels).probability(score)
    np.testing.assert_allclose(ours, theirs.predict_proba(values)[:, 1], atol=1e-4)


def test_probabilities_keep_the_order_of_scores():
    score = np.sort(np.random.default_rng(2).normal(0, 5, 1000))
    probability = fit_sigmoid(score, np.arange(1000) > 600).probability(score)
    assert (np.diff(probability) >= 0).all()
    assert probability.min() >= 0
    assert probability.max() <= 1


def test_a_score_that_says_the_opposite_says_nothing():
    score = np.arange(100.0)
    found = fit_sigmoid(score, score < 30)
    # Platt's targets: 31/32 for 30 customers and 1/72 for 70.
    assert found.slope == 0
    assert found.probability(score) == pytest.approx(0.3 * 31 / 32 + 0.7 / 72)


@pytest.mark.parametrize("labels", [np.zeros(10, bool), np.ones(10, bool), np.arange(10) > 4])
@pytest.mark.parametrize("score", [np.zeros(10), np.arange(10.0), 1e9 * np.arange(10.0)])
def test_one_label_equal_scores_and_full_separation_give_finite_numbers(score, labels):
    found = fit_sigmoid(score, labels)
    assert found.slope >= 0
    assert np.isfinite([found.slope, found.intercept]).all()


def test_newton_comes_back_from_where_the_loss_is_flat():
    # At a slope of 1 all probabilities are 0 or 1, and a full step would be of millions. The minimum: 0.7 and 0.3.
    x, targets = np.array([20.0, -20.0]), np.array([0.7, 0.3])
    slope, intercept = logistic_line(x, targets, start=(1.0, 0.0))
    assert slope == pytest.approx(np.log(0.7 / 0.3) / 20)
    assert intercept == pytest.approx(0, abs=1e-9)
