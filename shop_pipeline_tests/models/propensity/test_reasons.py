"""Which features are named, how strong, and in which words."""

import numpy as np
import pytest

from shop_pipeline.assets.customers.propensity_cuts import FEATURES, OF_CATEGORY
from shop_pipeline.models.propensity.calibration import Sigmoid
from shop_pipeline.models.propensity.classifier import Classifier
from shop_pipeline.models.propensity.features import Features
from shop_pipeline.models.propensity.linear import LinearScorer, Scaling
from shop_pipeline.models.propensity.reason_words import ELSE, WORDS, feature_words
from shop_pipeline.models.propensity.reasons import top_reasons
from shop_pipeline.models.propensity.trees import Tree, TreeScorer

NAMES = ("days_since_last", "n_purchases", "return_share")


@pytest.fixture
def linear():
    """Two coefficients of the logarithm, and one of 0; the mean customer has been away e^3 - 1 days."""
    scaling = Scaling(np.array([3.0, 1.0, 0.0]), np.array([2.0, 1.0, 1.0]))
    return Classifier("x", LinearScorer(NAMES, scaling, np.array([1.0, -0.4, 0.0]), -0.3), Sigmoid(0.5, 0.1))


def test_contributions_of_a_linear_model_by_hand(linear):
    # log(1 + x) is 5 and 2: 0.5 x 1.0 x (5 - 3) / 2 and 0.5 x -0.4 x (2 - 1). The base: 0.5 x -0.3 + 0.1.
    features = Features(NAMES, np.array([[np.expm1(5), np.expm1(2), 0.7]]))
    np.testing.assert_allclose(linear.contributions(features), [[0.5, -0.2, 0.0]], atol=1e-12)
    assert linear.base == pytest.approx(-0.05)
    found = top_reasons(linear, features)
    assert found.texts() == [["days_since_last=147.413 (+0.50)", "n_purchases=6.38906 (-0.20)"]]
    assert found.words() == [["no purchase for 147.4 days (raises)", "6.4 purchases so far (lowers)"]]


def test_strength_counts_whatever_its_sign_and_equals_keep_the_models_order(linear):
    # (3 - 3) / 2 and (11 - 1): the second is stronger, and lowers. Second customer: 0.5 against 0.5.
    features = Features(NAMES, np.array([[np.expm1(4), np.expm1(11), 0], [np.expm1(5), np.expm1(3.5), 0]]))
    found = top_reasons(linear, features, most=1)
    assert found.feature.tolist() == [[1], [0]]
    np.testing.assert_allclose(found.contribution, [[-2.0], [0.5]], atol=1e-12)


def test_contributions_of_a_tree_by_hand():
    # 40 customers bought within 30 days (score -1); of the 60 others 20 once (2) and 40 more often (0.5).
    # Expected: 1.0 of those 60, and 0.2 of all.
    tree = Tree(
        np.array([0, -1, 1, -1, -1]), np.array([30.0, 0, 1, 0, 0]),
        np.array([1, -1, 3, -1, -1]), np.array([2, -1, 4, -1, -1]),
        np.array([0, -1.0, 0, 2.0, 0.5]), np.array([100, 40, 60, 20, 40]),
    )  # fmt: skip
    model = Classifier("x", TreeScorer.of([tree, tree], NAMES, 0.1), Sigmoid(1.0, 0.0))
    features = Features(NAMES, np.array([[30.0, 5, 0], [31, 1, 0], [31, 2, 0]]))
    assert model.base == pytest.approx(0.1 + 2 * 0.2)
    np.testing.assert_allclose(model.contributions(features), [[-2.4, 0, 0], [1.6, 2.0, 0], [1.6, -1.0, 0]], atol=1e-12)
    assert top_reasons(model, features).texts()[2] == ["days_since_last=31 (+1.60)", "n_purchases=2 (-1.00)"]


def test_nobody_has_no_reasons(linear):
    assert top_reasons(linear, Features(NAMES, np.zeros((0, 3)))).texts() == []


def test_a_model_that_says_the_same_of_all_has_no_reasons(linear):
    flat = Classifier("x", linear.scorer, Sigmoid(0.0, 0.2))
    assert top_reasons(flat, Features(NAMES, np.ones((1, 3)))).texts() == [[]]


def test_who_has_one_purchase_has_no_gap_between_purchases():
    """The gap of who bought once is how long they are known; this model does not see how often anybody bought."""
    scaling = Scaling(np.zeros(1), np.ones(1))
    model = Classifier("x", LinearScorer(("mean_gap_days",), scaling, np.ones(1), 0.0), Sigmoid(1.0, 0.0))
    features = Features(("n_purchases", "mean_gap_days"), np.array([[1.0, 40.0], [3.0, 40.0], [1.0, 0.5]]))
    assert top_reasons(model, features).words()[:2] == [
        ["has not bought again for 40 days (raises)"],
        ["buys every 40 days (raises)"],
    ]
    alone = Features(("mean_gap_days",), np.array([[40.0]]))
    assert top_reasons(model, alone).words() == [["buys every 40 days (raises)"]]


def test_who_never_bought_of_a_category_has_no_days_since():
    assert feature_words("category_days_since_purchase", 900.0) == "nothing from this category for 900 days"
    assert feature_words("category_days_since_purchase", 900.0, means_else=True) == "never bought from this category"


def test_there_are_words_for_every_feature_and_for_nothing_else():
    assert set(WORDS) == set(FEATURES + OF_CATEGORY)
    assert set(ELSE) | {other for other, *_ in ELSE.values()} <= set(WORDS)


@pytest.mark.parametrize("feature", WORDS)
@pytest.mark.parametrize("value", [0.0, 1.0, 2.5, 1234.0])
def test_words_are_a_phrase_without_the_names_of_columns(feature, value):
    words = feature_words(feature, value)
    assert "_" not in words
    assert " 1 days" not in f" {words}"
    assert not {"0", "0%", "0.00"} & set(words.split()) or feature == "mean_purchase"


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("days_since_last", 120.0, "no purchase for 120 days"),
        ("days_since_visit", 1.0, "not seen for 1 day"),
        ("days_since_last", 0.0, "bought on the last day"),
        ("days_since_visit", 0.0, "seen on the last day"),
        ("age_days", 0.0, "customer since the last day"),
        ("purchases_30d", 0.0, "no purchases in 30 days"),
        ("return_share", 0.254, "returned 25% of what was bought"),
        ("return_share", 0.0, "returned nothing"),
        ("return_share", 0.003, "returned less than 1% of what was bought"),
        ("return_share", 0.998, "returned over 99% of what was bought"),
        ("discount_share", 0.0, "no discount known"),
        ("weekend_share", 0.0, "no purchase at a weekend"),
        ("weekend_share", 1.0, "100% of purchases at weekends"),
        ("revenue_90d", 0.0, "spent nothing in 90 days"),
        ("revenue_90d", -3.0, "got back 3.00 more than was spent in 90 days"),
        ("n_tickets", 0.0, "no cases with the service"),
        ("category_share", 0.5, "50% of purchases were in this category"),
        ("category_popularity", 0.5, "50% of customers bought from this category"),
        ("net_revenue", 1234.5, "spent 1,234.50 in all"),
        ("n_categories", 3.0, "bought from 3 categories"),
        ("colour", 2.0, "colour is 2.00"),
    ],
)
def test_words(feature, value, words):
    assert feature_words(feature, value) == words
