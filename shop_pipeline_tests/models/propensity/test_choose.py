"""From cuts in time to what is published."""

from typing import get_args

import numpy as np
import pytest

from shop_pipeline.models.propensity import cuts as cuts_module
from shop_pipeline.models.propensity.choose import FEWEST, choose_classifier, fit_calibrated
from shop_pipeline.models.propensity.class_rates import CLASSES, USUAL_CUSTOMERS, class_rates
from shop_pipeline.models.propensity.classifier import Classifier
from shop_pipeline.models.propensity.cuts import plan
from shop_pipeline.models.propensity.features import Features, Labelled
from shop_pipeline.models.propensity.judge import judge_against
from shop_pipeline.models.propensity.metrics import METRICS
from shop_pipeline.names import ClassifierName

BY = ("days_since_last", "n_purchases")
LINEAR = ("logistic_regression", "linear_svm")


def choose(cuts, candidates=LINEAR, by=BY):
    return choose_classifier(candidates, cuts, by, np.random.default_rng(5))


@pytest.fixture(scope="module")
def three(cut_of):
    return [cut_of(n, seed) for n, seed in ((3000, 11), (2500, 12), (2000, 13))]


@pytest.fixture(scope="module")
def choice(three):
    return choose(three, get_args(ClassifierName))


def test_a_model_that_is_right_beats_the_naive_rule_and_is_published(choice, three):
    # Labels are drawn from a logistic line in two features: one of the linear models has its form.
    assert choice.model.name in LINEAR
    assert choice.beats_naive
    assert [each.model for each in choice.judged] == [*get_args(ClassifierName), "naive_class_rates"]
    assert [each.model for each in choice.judged if each.is_published] == [choice.model.name]
    assert choice.n_customers == 2000
    assert choice.share == three[2].labels.mean()
    assert choice.notes == ()


def test_every_model_has_every_figure_within_its_interval(choice):
    for judged in choice.judged:
        assert [figure.metric for figure in judged.figures] == [*METRICS, "log_loss_vs_naive", "brier_score_vs_naive"]
        assert all(figure.low <= figure.value <= figure.high for figure in judged.figures)


def test_it_is_chosen_on_the_middle_cut_and_learned_again_from_the_two_newest(choice, three):
    oldest, middle, newest = three
    rng = np.random.default_rng(0)
    losses = {}
    for name in get_args(ClassifierName):
        probability = fit_calibrated(name, oldest, middle, rng).probability(middle.features)
        losses[name] = -np.log(np.where(middle.labels, probability, 1 - probability)).mean()
    assert choice.model.name == min(losses, key=losses.get)
    assert choice.model.rows() == fit_calibrated(choice.model.name, middle, newest, rng).rows()


def test_a_model_never_sees_the_cut_it_is_judged_on(choice, three):
    oldest, middle, newest = three
    # With all labels of the last cut turned round, what was learned before is only judged: calibration has the
    # same slope with the other sign.
    turned = choose([oldest, middle, Labelled(newest.features, ~newest.labels)], get_args(ClassifierName))
    for before, after in zip(choice.judged, turned.judged, strict=True):
        assert after.figure("roc_auc").value == pytest.approx(1 - before.figure("roc_auc").value)
        slope = before.figure("calibration_slope").value
        assert after.figure("calibration_slope").value == pytest.approx(-slope, abs=1e-6)


def test_where_nothing_can_be_learned_the_naive_rule_is_published_and_says_so(cut_of):
    rng = np.random.default_rng(3)
    cuts = [Labelled(cut_of(1500, seed).features, rng.random(1500) < 0.3) for seed in (1, 2, 3)]
    choice = choose(cuts)
    assert not choice.beats_naive
    assert choice.model.name == "naive_class_rates"
    assert choice.notes == ("The naive rule is published: no model that beats it for sure was chosen.",)
    assert [each.model for each in choice.judged if each.is_published] == ["naive_class_rates"]
    # Counted on the newest cut.
    assert choice.model.rows() == class_rates(cuts[2], BY).rows()


@pytest.mark.parametrize("label", [False, True])
def test_cuts_with_one_label_publish_the_naive_rule(cut_of, label):
    cuts = [Labelled(cut_of(300, seed).features, np.full(300, label)) for seed in (1, 2, 3)]
    choice = choose(cuts)
    assert choice.model.name == "naive_class_rates"
    assert [each.model for each in choice.judged] == ["naive_class_rates"]
    assert "fewer than 30 customers of one of the two labels" in choice.notes[0]
    assert "same label" in choice.notes[1]
    assert np.isnan(choice.judged[0].figure("roc_auc").value)
    assert np.isfinite(choice.judged[0].figure("log_loss").value)
    probability = choice.model.probability(cuts[0].features)
    assert np.all(np.abs(probability - label) < 0.01)


def test_too_few_cases_in_one_cut_are_enough_not_to_learn(cut_of):
    few = cut_of(500, 2)
    labels = few.labels & (np.cumsum(few.labels) < FEWEST)
    choice = choose([cut_of(500, 1), Labelled(few.features, labels), cut_of(500, 3)])
    assert [each.model for each in choice.judged] == ["naive_class_rates"]


def test_one_customer_per_cut_is_answered(cut_of):
    choice = choose([cut_of(1, seed) for seed in (1, 2)])
    assert choice.model.name == "naive_class_rates"
    assert choice.n_customers == 1
    assert 0 < choice.model.probability(cut_of(5, 9).features)[0] < 1


def test_of_two_cuts_the_older_is_split_and_notes_say_so(cut_of):
    older, newest = cut_of(3000, 21), cut_of(1000, 22)
    use = plan([older, newest], np.random.default_rng(1))
    assert (len(use.learn), len(use.tune)) == (2000, 1000)
    together = np.concatenate([use.learn.features.values, use.tune.features.values])
    assert sorted(map(tuple, together)) == sorted(map(tuple, older.features.values))
    choice = choose([older, newest])
    assert choice.beats_naive
    assert choice.notes[0].startswith("Only two cuts in time")
    rng = np.random.default_rng(0)
    assert choice.model.rows() == fit_calibrated(choice.model.name, older, newest, rng).rows()


def test_pairs_of_one_customer_are_not_split(cut_of):
    older, newest = cut_of(300, 21), cut_of(300, 22)
    customers = np.arange(300, dtype=np.int32) // 5
    use = plan([Labelled(cut.features, cut.labels, customers) for cut in (older, newest)], np.random.default_rng(1))
    assert (len(use.learn), len(use.tune)) == (200, 100)
    assert not set(use.learn.groups) & set(use.tune.groups)


def test_intervals_of_pairs_are_of_customers(cut_of):
    """Every customer is there ten times: figures stay, and intervals are as wide as of the customers themselves."""
    few = cut_of(400, 1)
    ten = np.repeat(np.arange(400, dtype=np.int32), 10)
    together = Labelled(few.features.part(ten), few.labels[ten], ten)
    model = class_rates(few, BY)
    widths = []
    for cut in (few, together, Labelled(together.features, together.labels)):
        probability = model.probability(cut.features)
        found = judge_against("x", probability, np.full(len(cut), 0.5), cut, np.random.default_rng(5))
        named = (found.figure(metric) for metric in ("roc_auc", "brier_score", "log_loss_vs_naive"))
        widths.append([figure.high - figure.low for figure in named])
    of_customers, of_pairs, of_rows = np.array(widths)
    np.testing.assert_allclose(of_pairs, of_customers, rtol=0.35)
    assert (of_rows < 0.5 * of_customers).all()


@pytest.mark.parametrize("n", [0, 1, 4])
def test_another_number_of_cuts_is_refused(cut, n):
    with pytest.raises(ValueError, match=f"{n} cuts in time"):
        choose([cut] * n)


def test_cuts_with_different_features_are_refused(cut):
    other = Labelled(Features(("a", "b", "c", "d"), cut.features.values), cut.labels)
    with pytest.raises(ValueError, match="different features"):
        choose([cut, cut, other])


def test_many_customers_are_learned_from_by_a_sample(monkeypatch, cut_of):
    monkeypatch.setattr(cuts_module, "MOST_ROWS", 1000)
    cuts = [cut_of(2000, seed) for seed in (1, 2, 3)]
    choice = choose(cuts, ["logistic_regression"])
    assert "Learned from 1,000 customers drawn at random." in choice.notes
    grouped = Labelled(cuts[0].features, cuts[0].labels, np.arange(2000, dtype=np.int32) // 2)
    assert cuts_module.sample_notes(grouped) == ("Learned from 1,000 pairs of customer and category drawn at random.",)
    again = choose(cuts, ["logistic_regression"])
    assert again.model.rows() == choice.model.rows()


def test_class_rates_by_hand():
    # Two classes of purchases (1; more), as a third and two thirds of all customers have but one.
    # Of 6 with one purchase 3 have the label, of 3 with more none. All: 3.5 / 10.
    features = Features(("n_purchases",), np.array([[1.0]] * 6 + [[2.0], [3.0], [9.0]]))
    labels = np.array([True] * 3 + [False] * 6)
    model = class_rates(Labelled(features, labels), ["n_purchases"])
    usual = USUAL_CUSTOMERS * 0.35
    one = (3 + usual) / (6 + USUAL_CUSTOMERS)
    # Fifths of nine customers end at 1, 1, 1 and 3: classes 1, 2 to 3, and more.
    assert model.probability(features) == pytest.approx(
        [*[one] * 6, *[usual / (2 + USUAL_CUSTOMERS)] * 2, usual / (1 + USUAL_CUSTOMERS)]
    )


def test_classes_of_two_features_are_all_combinations(cut):
    model = class_rates(cut, BY)
    probability = model.probability(cut.features)
    assert len(np.unique(probability)) == CLASSES[0] * CLASSES[1]
    # Each of about 270 customers, so the 20 usual ones move little: the share foretold is the share found.
    for rate in np.unique(probability):
        assert cut.labels[probability == rate].mean() == pytest.approx(rate, abs=0.05)


def test_classes_that_nobody_is_in_have_the_usual_share():
    # The second feature is the first: of 5 x 3 classes most are empty.
    column = np.arange(30.0)
    cut = Labelled(Features(BY, np.column_stack([column, column])), column < 15)
    model = class_rates(cut, BY)
    nobody_like_this = Features(BY, np.array([[0.0, 29.0]]))
    # The smoothed share of all: (15 + 0.5) / (30 + 1).
    assert model.probability(nobody_like_this) == pytest.approx(0.5)
    assert np.isfinite(model.base)


def test_who_lies_beyond_all_others_is_in_the_highest_class():
    cut = Labelled(Features(BY[:1], np.array([[1.0]] * 10 + [[2.0]] * 90)), np.arange(100) < 10)
    at, beyond = class_rates(cut, BY[:1]).probability(Features(BY[:1], np.array([[2.0], [3.0]])))
    assert at == beyond


def test_the_naive_rule_survives_its_rows(cut):
    model = class_rates(cut, BY)
    again = Classifier.from_rows(model.name, model.rows())
    np.testing.assert_array_equal(again.probability(cut.features), model.probability(cut.features))


def test_a_naive_rule_by_more_or_unknown_features_is_refused(cut):
    with pytest.raises(ValueError, match="classes by 3"):
        class_rates(cut, cut.features.names[:3])
    with pytest.raises(ValueError, match="not there: colour"):
        class_rates(cut, ["colour"])
