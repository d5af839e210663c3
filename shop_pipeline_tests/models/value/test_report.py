"""The report on lifetime value: figures by hand and by SciPy, intervals that hold the truth, and who beats whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.report import ValueReport, judge_value
from shop_pipeline.models.value.resampling import Resampling, intervals

NAN = float("nan")


@dataclass(frozen=True)
class Said:
    """A model that says what it is told to say, 10 of revenue a purchase, give or take 10."""

    said: DoubleArray
    name: str = "said"

    def expected_purchases(self, purchases: Purchases, t: float) -> DoubleArray:  # noqa: ARG002
        return self.said

    def value(self, purchases: Purchases, horizon: float) -> DoubleArray:  # noqa: ARG002
        return 10 * self.said

    def interval(self, purchases: Purchases, horizon: float, **_: float) -> tuple[DoubleArray, DoubleArray]:  # noqa: ARG002
        return 10 * self.said - 10, 10 * self.said + 10


def histories(frequency: DoubleArray) -> Purchases:
    """100 days old, repeat purchases of 10: the naive rule expects `frequency` purchases in 100 days."""
    repeat = frequency > 0
    return Purchases(frequency, 50.0 * repeat, np.full(len(frequency), 100.0), np.where(repeat, 10.0, NAN))


def judge(said: DoubleArray, frequency: DoubleArray, purchases: DoubleArray, revenue: DoubleArray) -> ValueReport:
    return judge_value([Said(said)], histories(frequency), purchases, revenue, 100, np.random.default_rng(0))


def figure(report: ValueReport, metric: str, model: str = "said", customers: str = "all") -> float:
    found = report.score(model, metric, customers)
    assert found is not None
    return found.value


@pytest.fixture(scope="module")
def four() -> ValueReport:
    """Two one-time buyers and two repeat buyers."""
    said, frequency = np.array([1.0, 0, 2, 4]), np.array([0.0, 0, 2, 6])
    return judge(said, frequency, np.array([0.0, 0, 3, 3]), np.array([0.0, 0, 45, 20]))


def test_errors_and_totals(four: ValueReport) -> None:
    """Purchases: errors 1, 0, -1, 1. Naive: 0, 0, -1, 3. Revenue: 10, 0, -25, 20, and naive 0, 0, -25, 40."""
    assert figure(four, "purchases_expected") == 7
    assert figure(four, "purchases_actual") == 6
    assert figure(four, "purchases_ratio") == pytest.approx(7 / 6)
    assert figure(four, "purchases_mae") == pytest.approx(3 / 4)
    assert figure(four, "purchases_rmse") == pytest.approx(np.sqrt(3 / 4))
    assert figure(four, "purchases_mae", "past_rate") == pytest.approx(4 / 4)
    assert figure(four, "purchases_mae_difference") == pytest.approx(3 / 4 - 4 / 4)
    assert figure(four, "purchases_mse_difference") == pytest.approx(3 / 4 - 10 / 4)
    assert figure(four, "revenue_mae") == pytest.approx(55 / 4)
    assert figure(four, "revenue_mae_difference") == pytest.approx(55 / 4 - 65 / 4)
    # 0..20, -10..10, 10..30 and 30..50 hold the first two of 0, 0, 45, 20.
    assert figure(four, "revenue_coverage") == pytest.approx(1 / 2)


def test_one_time_and_repeat_buyers_apart(four: ValueReport) -> None:
    assert figure(four, "purchases_mae", customers="one_time") == pytest.approx(1 / 2)
    assert figure(four, "purchases_mae", customers="repeat") == pytest.approx(1)
    assert figure(four, "revenue_actual", customers="one_time") == 0
    assert {score.n_customers for score in four.scores if score.customers == "repeat"} == {2}


def test_a_figure_without_a_value_is_not_told(four: ValueReport) -> None:
    """Of one-time buyers, who brought nothing, no share of the total; the naive rule says 0 of all, without rank."""
    assert four.score("said", "revenue_ratio", "one_time") is None
    assert four.score("said", "revenue_gini", "one_time") is None
    assert four.score("past_rate", "revenue_spearman", "one_time") is None
    assert four.score("past_rate", "revenue_mae_difference") is None
    assert not any(np.isnan(score.value) for score in four.scores)


@pytest.fixture(scope="module")
def many() -> tuple[ValueReport, DoubleArray, DoubleArray]:
    """3,001 customers whose purchases are Poisson of what is said; the past says half as much again, with noise."""
    rng = np.random.default_rng(1)
    said = rng.gamma(0.7, 1, 3001)
    purchases = rng.poisson(said).astype(float)
    revenue = purchases * rng.gamma(4, 2.5, 3001)
    return judge(said, rng.poisson(1.5 * said).astype(float), purchases, revenue), said, revenue


def test_correlations_are_those_of_scipy(many: tuple[ValueReport, DoubleArray, DoubleArray]) -> None:
    report, said, revenue = many
    assert figure(report, "revenue_correlation") == pytest.approx(pearsonr(said, revenue)[0])
    assert figure(report, "revenue_spearman") == pytest.approx(spearmanr(said, revenue)[0])


def test_share_of_the_top_tenth(many: tuple[ValueReport, DoubleArray, DoubleArray]) -> None:
    """The 300 highest, and a tenth of the next one."""
    report, said, revenue = many
    for metric, score in (("revenue_top_tenth", said), ("revenue_top_tenth_best", revenue)):
        ordered = revenue[np.argsort(-score)]
        assert figure(report, metric) == pytest.approx((ordered[:300].sum() + 0.1 * ordered[300]) / revenue.sum())
    assert 0 < figure(report, "revenue_gini", "past_rate") < figure(report, "revenue_gini") < 1


def test_a_forecast_that_comes_true_has_a_gini_of_one() -> None:
    """Though the order by what happened has one below 1 by itself; the naive rule, which says 1 of all, has 0."""
    came = np.array([0.0, 0, 1, 3])
    report = judge(came, np.ones(4), came, 10 * came)
    assert figure(report, "revenue_gini") == pytest.approx(1)
    assert figure(report, "revenue_gini", "past_rate") == pytest.approx(0)


def test_deciles_hold_everybody_once(many: tuple[ValueReport, DoubleArray, DoubleArray]) -> None:
    report, said, revenue = many
    deciles = [decile for decile in report.deciles if decile.model == "said"]
    assert [decile.decile for decile in deciles] == list(range(1, 11))
    assert [decile.n_customers for decile in deciles] == [301] + 9 * [300]
    assert sum(decile.actual_revenue for decile in deciles) == pytest.approx(revenue.sum())
    top = np.argsort(said)[-300:]
    assert deciles[-1].expected_purchases == pytest.approx(said[top].sum())
    assert deciles[-1].actual_revenue == pytest.approx(revenue[top].sum())


def test_the_true_model_beats_the_naive_rule_and_a_wrong_one_does_not(
    many: tuple[ValueReport, DoubleArray, DoubleArray],
) -> None:
    report, _, _ = many
    found = report.score("said", "revenue_mse_difference")
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high < 0
    assert report.beats("said")
    assert not report.beats("past_rate")
    rng = np.random.default_rng(2)
    past = rng.poisson(1.0, 500).astype(float)
    assert not judge(past + 3, past, past, 10 * past).beats("said")


def test_better_by_chance_is_not_enough() -> None:
    """Four customers, squares of 1,125 against 2,225 in all: the interval of the difference reaches over 0."""
    said, past = np.array([1.0, 0, 2, 4]), np.array([0.0, 0, 2, 6])
    report = judge(said, past, np.array([0.0, 0, 3, 3]), np.array([0.0, 0, 45, 20]))
    assert figure(report, "revenue_mse_difference") == pytest.approx(-1100 / 4)
    assert not report.beats("said")


@pytest.mark.parametrize(
    ("said", "past", "came", "beats"),
    [
        # Ratios of what is expected to what came: within a half and twice, or nearer to 1 than the naive rule's.
        (2.0, 3.0, 1.0, True),
        (2.5, 3.0, 1.0, True),
        (0.5, 3.0, 1.0, True),
        (0.4, 3.0, 1.0, True),
        (0.3, 3.0, 1.0, False),
        (0.0, 3.0, 1.0, False),
        # The naive rule's sum is nearer to 1, but neither is far from it; nobody's sum is near to nothing at all.
        (4.0, 7.0, 5.0, True),
        (1.0, 2.0, 0.0, False),
    ],
)
def test_a_sum_that_is_far_off_is_not_published(said: float, past: float, came: float, beats: bool) -> None:
    """All customers are alike, so that every difference is certain; that of the squares is always below 0."""
    same = np.ones(20)
    report = judge(said * same, past * same, came * same, 10 * came * same)
    assert figure(report, "revenue_mse_difference") < 0
    assert report.beats("said") is beats


def test_the_same_draws_give_the_same_bits(many: tuple[ValueReport, DoubleArray, DoubleArray]) -> None:
    _, said, revenue = many
    past = np.round(said)
    assert judge(said, past, past, revenue) == judge(said, past, past, revenue)


def test_no_tenth_and_no_interval_of_one_customer() -> None:
    one = np.ones(1)
    report = judge(one, one, one, 10 * one)
    assert report.deciles == ()
    assert {(score.low, score.high) for score in report.scores} == {(None, None)}
    assert not report.beats("said")


def test_what_is_refused() -> None:
    past, rng = histories(np.ones(2)), np.random.default_rng(0)
    said = Said(np.ones(2))
    with pytest.raises(ValueError, match="one name twice"):
        judge_value([said, said], past, np.ones(2), np.ones(2), 100, rng)
    with pytest.raises(ValueError, match="one name twice"):
        judge_value([Said(np.ones(2), "past_rate")], past, np.ones(2), np.ones(2), 100, rng)
    with pytest.raises(ValueError, match="2 histories and 3 outcomes"):
        judge_value([said], past, np.ones(3), np.ones(3), 100, rng)
    with pytest.raises(ValueError, match="held-out revenue"):
        judge_value([said], past, np.ones(2), np.array([1.0, -1]), 100, rng)
    with pytest.raises(ValueError, match="0 histories"):
        judge_value([], histories(np.zeros(0)), np.zeros(0), np.zeros(0), 100, rng)


@pytest.mark.parametrize(("n_customers", "largest_sample"), [(400, 400), (4000, 400)])
def test_intervals_are_as_wide_as_theory_has_them(n_customers: int, largest_sample: int) -> None:
    """A mean of n normal values lies within 1.96 / sqrt(n), whether all or a part of them are resampled."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=n_customers)

    def mean(rows: DoubleArray, weights: DoubleArray) -> dict[str, DoubleArray]:
        return {"mean": weights @ values[rows] / weights.sum(axis=1), "nothing": np.full(len(weights), NAN)}

    found = intervals(mean, n_customers, rng, Resampling(n_resamples=2000, largest_sample=largest_sample))
    assert set(found) == {"mean"}
    low, high = found["mean"]
    assert (-low, high) == pytest.approx(2 * [1.96 / np.sqrt(n_customers)], rel=0.12)
