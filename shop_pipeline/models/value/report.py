"""An honest report on lifetime value: what was expected of customers against what they did in a time held out.

Here: who is judged, how sure the figures are, deciles, and whether a model beats the naive rule. Not here: the figures
themselves (`accuracy`, `ranking`), the models, or which of them is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.top_n import single_threaded_blas
from shop_pipeline.models.value.accuracy import TOTALS, Forecast, Key, Outcome, accuracy
from shop_pipeline.models.value.past_rate import PastRate
from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline.models.value.resampling import Resampling, intervals

DECILES = 10
PAST_RATE = PastRate()
NAIVE = PAST_RATE.name
# Too large or too small by this factor, a sum over all customers may still be published.
MOST_TIMES_OFF = 2.0


class ValueRule(Protocol):
    """Whatever expects purchases and revenue of customers: a fitted model or the naive rule."""

    @property
    def name(self) -> str:
        """As it stands in tables."""

    def expected_purchases(self, purchases: Purchases, t: float) -> DoubleArray:
        """Purchases (n,) in the next `t`."""

    def value(self, purchases: Purchases, horizon: float) -> DoubleArray:
        """Revenue (n,) in the time `horizon`, without discount, at a margin of 1."""

    def interval(self, purchases: Purchases, horizon: float, *, confidence: float) -> tuple[DoubleArray, DoubleArray]:
        """Ends (n,) between which the revenue lies for `confidence` of the customers."""


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of one model over one group of customers."""

    model: str
    customers: str
    """'all', 'one_time' or 'repeat', by their purchases before the split."""
    metric: str
    value: float
    low: float | None
    """None where fewer than two customers count."""
    high: float | None
    n_customers: int


@dataclass(frozen=True, slots=True)
class Decile:
    """Totals over a tenth of the customers, by expected revenue; ties go by position."""

    model: str
    decile: int
    """10 has the highest expected revenue."""
    n_customers: int
    expected_purchases: float
    actual_purchases: float
    expected_revenue: float
    actual_revenue: float


@dataclass(frozen=True, slots=True)
class ValueReport:
    """Everything that was found; the naive rule is a model among the others."""

    scores: tuple[Score, ...]
    deciles: tuple[Decile, ...]

    def score(self, model: str, metric: str, customers: str = "all") -> Score | None:
        """One figure; None where it has no value, as a rank correlation with a constant has none."""
        asked = (model, customers, metric)
        return next((s for s in self.scores if (s.model, s.customers, s.metric) == asked), None)

    def beats(self, model: str) -> bool:
        """Whether the model is to be published: surely nearer to what came than the naive rule, and its sum no worse.

        Its mean squared error in revenue is below that of the naive rule with the whole interval: a lifetime value is
        a mean, and that is the error which a mean makes least (Gneiting 2011, "Making and evaluating point
        forecasts"). Mean absolute error is least for the median, which is 0 where most customers never come back:
        on CDNOW a forecast of 0 for everybody beats the naive rule by 13.2, with its whole interval. And the
        sum of what is expected is between a half and twice what came, or nearer to it than that of the naive rule,
        for a value that is far too small may have a smaller squared error than one that is far too large.
        """
        difference = self.score(model, "revenue_mse_difference")
        surely_nearer = difference is not None and difference.high is not None and difference.high < 0
        times_off = self._times_off(model)
        return surely_nearer and (times_off <= MOST_TIMES_OFF or times_off < self._times_off(NAIVE))

    def _times_off(self, model: str) -> float:
        """How many times too large or too small the sum of the expected revenue is; infinite if either sum is 0."""
        ratio = self.score(model, "revenue_ratio")
        return max(ratio.value, 1 / ratio.value) if ratio is not None and ratio.value > 0 else np.inf


def judge_value(
    models: Sequence[ValueRule],
    calibration: Purchases,
    actual_purchases: DoubleArray,
    actual_revenue: DoubleArray,
    horizon: float,
    rng: np.random.Generator,
    *,
    interval: float = 0.8,
    resampling: Resampling | None = None,
    naive: PastRate = PAST_RATE,
) -> ValueReport:
    """Judge models, and the naive rule beside them, on a time after what they have seen.

    Each figure is over all customers, and has an interval from resampled ones, the same for all models (`resampling`).

    Args:
        models: fitted on `calibration` or before it; their names differ from one another and from the naive rule's.
        calibration: the histories up to the split, n customers, at least one.
        actual_purchases: days with a purchase (n,) of the same customers in the `horizon` after the split.
        actual_revenue: their revenue (n,) on those days.
        naive: the rule that all are held against.
        interval: the share of customers whose revenue each model's interval is to hold; its coverage is judged.

    Raises:
        ValueError: no customer, another number of outcomes, an outcome below 0, or one name twice.
    """
    outcome = Outcome(actual_purchases, actual_revenue)
    rules = {rule.name: rule for rule in (*models, naive)}
    if len(rules) != len(models) + 1:
        raise ValueError(f"one name twice among {[rule.name for rule in models]} and {NAIVE}")
    if not len(calibration) == len(outcome.purchases) > 0:
        raise ValueError(f"{len(calibration)} histories and {len(outcome.purchases)} outcomes; at least 1, and as many")
    forecasts = _forecasts(rules, calibration, horizon, interval)
    once = calibration.frequency == 0
    scores: list[Score] = []
    with single_threaded_blas():
        for customers, mask in (("all", once | True), ("one_time", once), ("repeat", ~once)):
            part = {name: forecast.part(mask) for name, forecast in forecasts.items()}
            scores += _scores(customers, part, outcome.part(mask), rng, resampling or Resampling())
    deciles = [decile for name, forecast in forecasts.items() for decile in _deciles(name, forecast, outcome)]
    return ValueReport(tuple(scores), tuple(deciles))


def _forecasts(
    rules: Mapping[str, ValueRule], calibration: Purchases, horizon: float, confidence: float
) -> dict[str, Forecast]:
    """What each expects: nearly all of the time that a report on many customers takes, so some at once."""
    found: dict[str, Forecast] = {}

    def work(rule: ValueRule) -> None:
        ends = rule.interval(calibration, horizon, confidence=confidence)
        expected = rule.expected_purchases(calibration, horizon)
        found[rule.name] = Forecast(expected, rule.value(calibration, horizon), *ends)

    run_in_threads(work, rules.values(), thread_count())
    return {name: found[name] for name in rules}


def _scores(
    customers: str, forecasts: Mapping[str, Forecast], outcome: Outcome, rng: np.random.Generator, config: Resampling
) -> list[Score]:
    """Each figure of each model over one group of customers, and its interval; none of nobody."""
    n_customers = len(outcome.purchases)
    if n_customers == 0:
        return []

    def figures(rows: AnyArray, weights: DoubleArray) -> dict[Key, DoubleArray]:
        part = {model: forecast.part(rows) for model, forecast in forecasts.items()}
        return accuracy(part, NAIVE, outcome.part(rows), weights)

    distances = intervals(figures, n_customers, rng, config)
    scores = []
    for key, (value,) in figures(np.arange(n_customers), np.ones((1, n_customers))).items():
        scale = n_customers if key[1] in TOTALS else 1
        low, high = (scale * (value + distance) for distance in distances.get(key, (np.nan, np.nan)))
        if not np.isnan(value):
            scores.append(
                Score(key[0], customers, key[1], float(scale * value), _known(low), _known(high), n_customers)
            )
    return scores


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _deciles(model: str, forecast: Forecast, outcome: Outcome) -> list[Decile]:
    """Totals over tenths of the customers, whose sizes differ by one at most; none of fewer than ten customers."""
    if len(forecast.revenue) < DECILES:
        return []
    tenths = np.array_split(np.argsort(forecast.revenue, kind="stable"), DECILES)
    sides = (forecast.purchases, outcome.purchases, forecast.revenue, outcome.revenue)
    return [
        Decile(model, place, len(rows), *(float(side[rows].sum()) for side in sides))
        for place, rows in enumerate(tenths, start=1)
    ]
