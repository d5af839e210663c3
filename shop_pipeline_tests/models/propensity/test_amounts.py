"""How much the next purchase will be."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from shop_pipeline.models.propensity.amount_choice import FEWEST, choose_amount_model
from shop_pipeline.models.propensity.amount_metrics import METRICS, all_metrics
from shop_pipeline.models.propensity.amounts import AmountModel
from shop_pipeline.models.propensity.features import Amounts, Features
from shop_pipeline.models.propensity.shrunk_mean import ShrunkMean, fit_shrunk_mean

NAMES = ("mean_purchase", "n_purchases", "units_per_line")
SPREAD = 0.6


def cut_of(n, seed):
    """Amounts with log-normal errors around a power of `units_per_line`."""
    rng = np.random.default_rng(seed)
    units = np.expm1(np.abs(rng.normal(1, 1, n)))
    features = np.column_stack([rng.gamma(2, 20, n) + 1, rng.integers(1, 9, n), units])
    return Amounts(Features(NAMES, features), np.exp(3 + 1.5 * np.log1p(units) + rng.normal(0, SPREAD, n)))


def as_the_naive_rule_says(cut, seed):
    """The same customers, with amounts about their past mean drawn towards 40 by two purchases."""
    mean, n, _ = cut.features.values.T
    noise = np.random.default_rng(seed).normal(0, SPREAD, len(cut))
    return Amounts(cut.features, (n * mean + 2 * 40) / (n + 2) * np.exp(noise))


@pytest.fixture(scope="module")
def three():
    return [cut_of(n, seed) for n, seed in ((3000, 1), (2500, 2), (2000, 3))]


@pytest.fixture(scope="module")
def choice(three):
    return choose_amount_model(three, np.random.default_rng(1))


def test_the_model_of_the_right_form_is_published(choice):
    assert choice.model.name == "log_linear_ridge"
    assert choice.beats_naive
    assert choice.notes == ()
    assert choice.n_customers == 2000
    assert [each.model for each in choice.judged] == ["log_linear_ridge", "gradient_boosting", "naive_shrunk_mean"]
    assert [each.is_published for each in choice.judged] == [True, False, False]
    assert [figure.metric for figure in choice.judged[0].figures] == [*METRICS, "mae_vs_naive"]


def test_the_mean_is_foretold_and_not_the_median(choice):
    # The mean of a log-normal is exp(s^2 / 2) above its median: 1.197; of 2,000 residuals, give or take 0.02.
    assert choice.model.factor == pytest.approx(np.exp(SPREAD**2 / 2), abs=0.06)
    fresh = cut_of(50_000, 9)
    prediction = choice.model.predict(fresh.features)
    assert prediction.expected.sum() == pytest.approx(fresh.amounts.sum(), rel=0.05)


@pytest.mark.parametrize(
    ("name", "coverage"),
    [
        ("log_linear_ridge", 0.5),
        ("log_linear_ridge", 0.8),
        ("log_linear_ridge", 0.95),
        ("gradient_boosting", 0.8),
        ("naive_shrunk_mean", 0.8),
    ],
)
def test_the_interval_holds_its_share(three, name, coverage):
    candidates = [] if name == "naive_shrunk_mean" else [name]
    model = choose_amount_model(three, np.random.default_rng(1), coverage, candidates=candidates).model
    assert model.name == name
    fresh = cut_of(20_000, 10)
    prediction = model.predict(fresh.features)
    held = (prediction.low <= fresh.amounts) & (fresh.amounts <= prediction.high)
    # Given 2,000 residuals, the share is Beta with a standard deviation of sqrt(p (1 - p) / 2000), at most 0.011.
    assert held.mean() == pytest.approx(coverage, abs=0.035)


def test_ends_of_the_interval_by_hand():
    # Residuals 1..19 of a score of 0: of (19 + 1) places, a tenth at either end are the 2nd and the 18th.
    one = Features(NAMES[:2], np.column_stack([np.ones(19), np.ones(19)]))
    tune = Amounts(one, np.exp(np.arange(1.0, 20)))
    model = AmountModel.calibrated("x", ShrunkMean(NAMES[:2], 1.0, 1.0), tune, coverage=0.8)
    assert (model.low, model.high) == (2, 18)
    assert model.factor == pytest.approx(tune.amounts.mean())


def test_a_naive_rule_that_is_the_truth_is_published(three):
    cuts = [as_the_naive_rule_says(cut, seed) for seed, cut in enumerate(three)]
    choice = choose_amount_model(cuts, np.random.default_rng(1))
    assert choice.model.name == "naive_shrunk_mean"
    assert not choice.beats_naive
    assert choice.notes == ("The naive rule is published: no model that beats it for sure was chosen.",)
    assert [each.is_published for each in choice.judged] == [False, False, True]
    # The mean of 40 that it should draw to is that of the gamma plus 1, times the mean of the noise.
    assert 1 <= {row.part: row.value for row in choice.model.rows()}["shrinkage"] <= 4


def test_too_few_purchases_are_not_learned_from(three):
    few = three[1].part(slice(0, FEWEST - 1))
    choice = choose_amount_model([three[0], few, three[2]], np.random.default_rng(1))
    assert [each.model for each in choice.judged] == ["naive_shrunk_mean"]
    assert choice.notes == ("The naive rule is published: a cut has fewer than 100 purchases.",)


def test_one_purchase_per_cut_is_answered():
    choice = choose_amount_model([cut_of(1, seed) for seed in (1, 2)], np.random.default_rng(1))
    prediction = choice.model.predict(cut_of(3, 5).features)
    assert np.isfinite([prediction.expected, prediction.low, prediction.high]).all()
    assert "it is from 1 purchases" in choice.notes[-1]


def test_shrinkage_follows_what_past_purchases_tell():
    rng = np.random.default_rng(4)
    own = rng.gamma(4, 10, 5000)
    n = rng.integers(1, 6, 5000)
    steady = own * np.exp(rng.normal(0, 0.01, 5000))
    features = Features(NAMES[:2], np.column_stack([steady, n]))
    assert fit_shrunk_mean(Amounts(features, own), NAMES[:2]).shrinkage == 0.25
    assert fit_shrunk_mean(Amounts(features, rng.permutation(own)), NAMES[:2]).shrinkage == 64


def test_shrunk_mean_by_hand():
    # (3 x 10 + 2 x 20) / (3 + 2) = 14.
    assert np.exp(ShrunkMean(NAMES[:2], 20.0, 2.0).score(np.array([[10.0, 3.0]]))) == pytest.approx(14)
    with pytest.raises(ValueError, match="mean_purchase is not above 0"):
        ShrunkMean(NAMES[:2], 20.0, 2.0).score(np.array([[0.0, 3.0]]))


@pytest.mark.parametrize("name", ["log_linear_ridge", "gradient_boosting", "naive_shrunk_mean"])
def test_rows_and_back_predict_bit_for_bit_the_same(three, name):
    candidates = [] if name == "naive_shrunk_mean" else [name]
    model = choose_amount_model(three, np.random.default_rng(1), candidates=candidates).model
    again = AmountModel.from_rows(name, model.rows()[::-1])
    assert again.name == model.name == name
    before, after = model.predict(three[0].features), again.predict(three[0].features)
    np.testing.assert_array_equal([after.expected, after.low, after.high], [before.expected, before.low, before.high])


def test_metrics_against_scikit_learn(three):
    amounts = three[0].amounts
    expected = amounts * np.exp(np.random.default_rng(1).normal(0, 0.5, len(amounts)))
    found = dict(zip(METRICS, all_metrics(expected, amounts - 1, amounts + (amounts > 50), amounts), strict=True))
    assert found["mae"] == pytest.approx(mean_absolute_error(amounts, expected))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(amounts, expected))
    assert found["r2"] == pytest.approx(r2_score(amounts, expected))
    assert found["bias"] == pytest.approx(expected.sum() / amounts.sum() - 1)
    assert found["coverage"] == 1


def test_equal_amounts_have_no_r2():
    same = np.full(5, 3.0)
    assert np.isnan(all_metrics(same + 1, same, same, same)[METRICS.index("r2")])


@pytest.mark.parametrize("coverage", [0.0, 1.0, 80.0])
def test_a_coverage_that_is_no_share_is_refused(three, coverage):
    with pytest.raises(ValueError, match="coverage"):
        choose_amount_model(three, np.random.default_rng(1), coverage)
