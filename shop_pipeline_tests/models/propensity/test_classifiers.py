"""Every learner: what scikit-learn says is what the rows say."""

from typing import get_args

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from shop_pipeline.models.propensity import fitting
from shop_pipeline.models.propensity.calibration import Sigmoid
from shop_pipeline.models.propensity.choose import fit_calibrated
from shop_pipeline.models.propensity.class_rates import class_rates
from shop_pipeline.models.propensity.classifier import Classifier
from shop_pipeline.models.propensity.features import Features, Labelled
from shop_pipeline.models.propensity.linear import LinearScorer
from shop_pipeline.models.propensity.rows import Row
from shop_pipeline.names import ClassifierName

NAMES = get_args(ClassifierName)


def scaled(cut, other):
    """What linear models see, by the formula in the words of its docstring."""
    mine, theirs = (np.sign(x) * np.log1p(np.abs(x)) for x in (cut.features.values, other.features.values))
    return (mine - mine.mean(0)) / mine.std(0), (theirs - mine.mean(0)) / mine.std(0)


@pytest.fixture(scope="module", params=NAMES)
def classifier(request, cut, later_cut):
    return fit_calibrated(request.param, cut, later_cut, np.random.default_rng(0))


def test_logistic_regression_is_scikit_learns(cut, later_cut):
    mine, theirs = scaled(cut, later_cut)
    learner = LogisticRegression(C=1.0, tol=1e-6, max_iter=1000).fit(mine, cut.labels)
    score = fitting.fit_score("logistic_regression", cut.features, cut.labels).score(later_cut.features.values)
    np.testing.assert_allclose(expit(score), learner.predict_proba(theirs)[:, 1], atol=1e-9)


def test_linear_svm_is_scikit_learns(cut, later_cut):
    mine, theirs = scaled(cut, later_cut)
    learner = LinearSVC(C=1.0, dual=False).fit(mine, cut.labels)
    score = fitting.fit_score("linear_svm", cut.features, cut.labels).score(later_cut.features.values)
    np.testing.assert_allclose(score, learner.decision_function(theirs), atol=1e-9)


def test_boosting_is_scikit_learns(cut, later_cut):
    values, later = (each.features.values.astype(np.float32) for each in (cut, later_cut))
    with threadpool_limits(1):
        learner = HistGradientBoostingClassifier(**fitting.BOOSTING, random_state=0).fit(values, cut.labels)
    score = fitting.fit_score("gradient_boosting", cut.features, cut.labels).score(later_cut.features.values)
    np.testing.assert_allclose(expit(score), learner.predict_proba(later)[:, 1], atol=1e-9)


def test_the_decision_tree_has_scikit_learns_leaves(cut, later_cut):
    learner = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=50, random_state=0)
    learner.fit(cut.features.values.astype(np.float32), cut.labels)
    leaves, later = (learner.apply(each.features.values.astype(np.float32)) for each in (cut, later_cut))
    # Laplace: one customer more of either label in each leaf.
    share = {leaf: (cut.labels[leaves == leaf].sum() + 1) / ((leaves == leaf).sum() + 2) for leaf in set(leaves)}
    score = fitting.fit_score("decision_tree", cut.features, cut.labels).score(later_cut.features.values)
    np.testing.assert_allclose(expit(score), [share[leaf] for leaf in later], atol=1e-9)


def test_regressions_are_scikit_learns(cut, later_cut):
    target = np.log1p(cut.features.values[:, 2]) + 0.3 * cut.features.values[:, 3]
    mine, theirs = scaled(cut, later_cut)
    ridge = fitting.fit_regression("log_linear_ridge", cut.features, target)
    expected = Ridge(alpha=1.0).fit(mine, target).predict(theirs)
    np.testing.assert_allclose(ridge.score(later_cut.features.values), expected, atol=1e-9)
    boosted = fitting.fit_regression("gradient_boosting", cut.features, target)
    values, later = (each.features.values.astype(np.float32) for each in (cut, later_cut))
    with threadpool_limits(1):
        expected = HistGradientBoostingRegressor(**fitting.BOOSTING, random_state=0).fit(values, target).predict(later)
    np.testing.assert_allclose(boosted.score(later_cut.features.values), expected, atol=1e-9)


def test_planted_coefficients_are_found(cut_of):
    cut = cut_of(50_000, 7)
    scorer = fitting.fit_score("logistic_regression", cut.features, cut.labels)
    assert isinstance(scorer, LinearScorer)
    # Of one unit of the logarithm: 1.2, -1.5, 0, 0 (conftest). A standard error is about 0.02, of the last 0.04.
    found = scorer.coefficients / scorer.scaling.deviation
    np.testing.assert_allclose(found[:3], [1.2, -1.5, 0], atol=0.06)
    assert abs(found[3]) < 0.2


def test_rows_and_back_score_bit_for_bit_the_same(classifier, later_cut):
    rows = classifier.rows()
    assert {type(row) for row in rows} == {Row}
    assert all(np.isfinite(row.value) for row in rows)
    shuffled = [rows[position] for position in np.random.default_rng(3).permutation(len(rows))]
    again = Classifier.from_rows(classifier.name, shuffled)
    np.testing.assert_array_equal(again.probability(later_cut.features), classifier.probability(later_cut.features))
    np.testing.assert_array_equal(again.contributions(later_cut.features), classifier.contributions(later_cut.features))


def test_contributions_and_base_sum_to_the_log_odds(classifier, later_cut):
    summed = classifier.base + classifier.contributions(later_cut.features).sum(axis=1)
    np.testing.assert_allclose(summed, logit(classifier.probability(later_cut.features)), atol=1e-9)


def test_the_base_is_the_mean_over_those_it_learned_from(classifier, cut):
    mean = (classifier.base + classifier.contributions(cut.features).sum(axis=1)).mean()
    assert classifier.base == pytest.approx(mean, abs=1e-9)


def test_features_may_come_in_another_order_and_with_others(classifier, later_cut):
    features = later_cut.features
    turned = Features(
        (*features.names[::-1], "new"), np.column_stack([features.values[:, ::-1], np.ones(len(features))])
    )
    np.testing.assert_array_equal(classifier.probability(turned), classifier.probability(features))


def test_nobody_and_one_customer_are_scored(classifier, later_cut):
    assert classifier.probability(later_cut.features.part(slice(0, 0))).shape == (0,)
    one = classifier.probability(later_cut.features.part(slice(0, 1)))
    np.testing.assert_array_equal(one, classifier.probability(later_cut.features)[:1])


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_feature_is_no_reason(name, cut, later_cut):
    def with_constant(of):
        values = np.column_stack([of.features.values, np.full(len(of), 7.0)])
        return Labelled(Features((*of.features.names, "constant"), values), of.labels)

    later = with_constant(later_cut)
    model = fit_calibrated(name, with_constant(cut), later, np.random.default_rng(0))
    assert (model.contributions(later.features)[:, -1] == 0).all()


def test_equal_input_gives_equal_rows(cut, later_cut):
    first, second = (fit_calibrated("gradient_boosting", cut, later_cut, np.random.default_rng(0)) for _ in range(2))
    assert first.rows() == second.rows()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda rows: [row for row in rows if row.part != "base"], "'base' of the model is missing"),
        (lambda rows: [row for row in rows if row.part != "calibration_slope"], "calibration_slope"),
        (lambda rows: [*rows, rows[-3]], "twice"),
        (lambda rows: [row._replace(value=np.nan) if row.part == "base" else row for row in rows], "'base'"),
    ],
)
def test_rows_that_lack_something_are_refused(classifier, spoil, message):
    with pytest.raises(ValueError, match=message):
        Classifier.from_rows(classifier.name, spoil(classifier.rows()))


@pytest.mark.parametrize("part", ["left", "right", "root"])
@pytest.mark.parametrize("value", [-1.0, 10_000.0])
def test_a_tree_that_leads_out_of_itself_is_refused(cut, part, value):
    rows = class_rates(cut, ("days_since_last",)).rows()
    spoiled = [row._replace(value=value) if row.part == part else row for row in rows]
    with pytest.raises(ValueError, match=r"not there|leads to no node"):
        Classifier.from_rows("naive_class_rates", spoiled)


def test_a_tree_that_leads_back_is_refused(cut):
    rows = class_rates(cut, ("days_since_last",)).rows()
    with pytest.raises(ValueError, match="or back"):
        Classifier.from_rows("x", [row._replace(value=0.0) if row.part == "left" else row for row in rows])


def test_scaled_features_of_a_linear_model_must_be_the_same(cut):
    scorer = fitting.fit_score("logistic_regression", cut.features, cut.labels)
    rows = Classifier("logistic_regression", scorer, Sigmoid(1.0, 0.0)).rows()
    spoiled = [row._replace(feature="other") if row.part == "mean" and row.position == 1 else row for row in rows]
    with pytest.raises(ValueError, match="different features"):
        Classifier.from_rows("logistic_regression", spoiled)
