"""Figures by hand, and against scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from shop_pipeline.models.propensity import metrics
from shop_pipeline.models.propensity.metrics import METRICS, OF_ONE_LABEL, Ranked, all_metrics


def found(probability, labels):
    ranked = Ranked.of(np.array(probability, float), np.array(labels, bool))
    return dict(zip(METRICS, all_metrics(ranked), strict=True))


def test_by_hand():
    # Ranked: 0.8 yes, 0.6 no, 0.4 yes, 0.2 no. Of the 4 pairs of yes and no, 3 are in order.
    # Precision is 1 at the first yes and 2/3 at the second: (1 + 2/3) / 2. Squares: 0.04 + 0.36 + 0.36 + 0.04.
    # The top tenth is 0.4 customers, all yes: 1 over a share of 0.5.
    figures = found([0.2, 0.8, 0.4, 0.6], [0, 1, 1, 0])
    assert figures["roc_auc"] == 0.75
    assert figures["average_precision"] == pytest.approx(5 / 6)
    assert figures["brier_score"] == pytest.approx(0.2)
    assert figures["log_loss"] == pytest.approx(-(2 * np.log(0.8) + 2 * np.log(0.4)) / 4)
    assert figures["lift_top_tenth"] == 2.0


def test_lift_shares_the_hits_of_customers_with_equal_probabilities():
    # Of 20 customers, the top two are one of 0.9 (yes) and one of the four of 0.5, of whom two are yes:
    # (1 + 0.5) / 2 over 3 / 20.
    probability = [0.9, *[0.5] * 4, *[0.1] * 15]
    labels = [1, 1, 1, 0, 0, *[0] * 15]
    assert found(probability, labels)["lift_top_tenth"] == pytest.approx(0.75 / 0.15)


@pytest.mark.parametrize("decimals", [1, 8], ids=["many ties", "no ties"])
def test_against_scikit_learn(decimals):
    rng = np.random.default_rng(decimals)
    probability = np.round(rng.uniform(0.05, 0.95, 800), decimals)
    labels = rng.random(800) < probability**2
    figures = found(probability, labels)
    assert figures["roc_auc"] == pytest.approx(sk.roc_auc_score(labels, probability), abs=1e-12)
    assert figures["average_precision"] == pytest.approx(sk.average_precision_score(labels, probability), abs=1e-12)
    assert figures["brier_score"] == pytest.approx(sk.brier_score_loss(labels, probability), abs=1e-12)
    assert figures["log_loss"] == pytest.approx(sk.log_loss(labels, probability), abs=1e-12)
    line = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(probability)[:, None], labels)
    assert figures["calibration_slope"] == pytest.approx(line.coef_[0, 0], abs=1e-4)


def test_calibration_finds_what_was_done_to_true_probabilities():
    rng = np.random.default_rng(5)
    log_odds = rng.normal(0, 1.5, 200_000)
    labels = rng.random(200_000) < expit(log_odds)
    # Twice too extreme: half the slope is right. Standard error of the slope here: about 0.004.
    assert found(expit(2 * log_odds), labels)["calibration_slope"] == pytest.approx(0.5, abs=0.015)
    # Foretold too high or too low on the log-odds, also by so much that a full step of Newton would be lost.
    for added in (0.7, 6, -6):
        assert found(expit(log_odds + added), labels)["calibration_intercept"] == pytest.approx(-added, abs=0.03)
    true = found(expit(log_odds), labels)
    assert true["calibration_slope"] == pytest.approx(1, abs=0.03)
    assert true["calibration_intercept"] == pytest.approx(0, abs=0.03)
    assert true["calibration_error"] < 0.01


def test_calibration_error_by_hand():
    # Twenty customers, two per tenth: all foretold 0.5, none in the lower half of the order and all in the upper.
    labels = [1] * 10 + [0] * 10
    assert found([0.5] * 20, labels)["calibration_error"] == pytest.approx(0.5)


@pytest.mark.parametrize("label", [0, 1])
def test_with_one_label_what_ranks_is_not_defined(label):
    figures = found([0.3, 0.6, 0.6], [label] * 3)
    assert {name for name, value in figures.items() if np.isfinite(value)} == OF_ONE_LABEL


def test_a_certainty_that_was_wrong_costs_much_but_not_all():
    assert found([1.0, 0.5], [0, 1])["log_loss"] == pytest.approx((-np.log(metrics.SMALLEST) + np.log(2)) / 2, rel=1e-4)


def test_one_probability_for_all_has_no_slope():
    assert np.isnan(found([0.4] * 10, [0, 1] * 5)["calibration_slope"])
