"""How near forecasts for each customer came to what the customer then did, for many weightings at once.

Here: the figures of the report on lifetime value and their formulas. Not here: orders and ties (`ranking`), intervals
and who is judged (`report`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.value.ranking import Curve, Ordering, rank_correlation

TOP = 0.1
Key = tuple[str, str]
"""Model and figure."""
TOTALS = ("purchases_expected", "purchases_actual", "revenue_expected", "revenue_actual")
"""The figures that are wanted as sums over customers; `accuracy` gives their means, which is what can be weighted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What n customers did in the time that was held out, both float64 (n,)."""

    purchases: DoubleArray
    """Days with a purchase."""
    revenue: DoubleArray
    """At least 0."""

    def __post_init__(self) -> None:
        """Refuse what can't have happened."""
        for name, values in (("purchases", self.purchases), ("revenue", self.revenue)):
            if values.shape != self.purchases.shape or not (np.isfinite(values) & (values >= 0)).all():
                raise ValueError(f"held-out {name} are one finite number from 0 on for each customer")

    def part(self, rows: AnyArray) -> Outcome:
        """Some of the customers."""
        return Outcome(self.purchases[rows], self.revenue[rows])


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a model expected of the same customers, all float64 (n,)."""

    purchases: DoubleArray
    revenue: DoubleArray
    low: DoubleArray
    """Low end of the interval of the revenue."""
    high: DoubleArray

    def part(self, rows: AnyArray) -> Forecast:
        """Some of the customers."""
        return Forecast(self.purchases[rows], self.revenue[rows], self.low[rows], self.high[rows])


def accuracy(
    forecasts: Mapping[str, Forecast], naive: str, outcome: Outcome, weights: DoubleArray
) -> dict[Key, DoubleArray]:
    """Every figure of every model, (n_weightings,) each; NaN where it has no value.

    Of purchases and of revenue: `_expected` and `_actual` (means per customer), `_ratio` (expected over actual),
    `_mae`, `_rmse`, `_correlation` (Pearson's), and for all but the naive rule `_mae_difference` and `_mse_difference`
    (mean absolute and squared error, minus those of the naive rule: below 0 is better). Of revenue besides:
    `_coverage` (share of customers inside their interval), `_spearman`, `_gini` (of the order by expected revenue,
    over that of the order by actual revenue), `_top_tenth` (share of all revenue that came from the tenth with the
    highest expected revenue) and `_top_tenth_best` (from the tenth with the highest actual revenue, which no forecast
    can beat).

    Args:
        naive: which of the forecasts is that of the naive rule.
        weights: (n_weightings, n), how often each customer counts.
    """
    by_actual = Ordering.of(outcome.revenue)
    best = Curve.of(by_actual, weights, outcome.revenue)
    found: dict[Key, DoubleArray] = {}
    for model, forecast in forecasts.items():
        rival = [None, None] if model == naive else [forecasts[naive].purchases, forecasts[naive].revenue]
        inside = (forecast.low <= outcome.revenue) & (outcome.revenue <= forecast.high)
        figures = {
            **_errors(forecast.purchases, rival[0], outcome.purchases, weights, "purchases"),
            **_errors(forecast.revenue, rival[1], outcome.revenue, weights, "revenue"),
            "revenue_coverage": weights @ inside / weights.sum(axis=1),
            **_ranking(forecast.revenue, outcome.revenue, weights, by_actual, best),
        }
        found |= {(model, name): values for name, values in figures.items()}
    return found


def _errors(
    expected: DoubleArray, naive: DoubleArray | None, actual: DoubleArray, weights: DoubleArray, name: str
) -> dict[str, DoubleArray]:
    """Totals, errors and correlation, from weighted means of columns."""
    error = np.abs(expected - actual)
    columns = {"expected": expected, "actual": actual, "mae": error, "mse": error**2}
    if naive is not None:
        naive_error = np.abs(naive - actual)
        columns |= {"mae_difference": error - naive_error, "mse_difference": error**2 - naive_error**2}
    means = _means(columns, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        means["ratio"] = np.where(means["actual"] > 0, means["expected"] / means["actual"], np.nan)
    means["rmse"] = np.sqrt(means.pop("mse"))
    means["correlation"] = _correlation(expected, actual, weights)
    return {f"{name}_{figure}": values for figure, values in means.items()}


def _correlation(expected: DoubleArray, actual: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """Pearson's; NaN where one side is constant."""
    if not (np.ptp(expected) > 0 and np.ptp(actual) > 0):
        return np.full(len(weights), np.nan)
    # It does not change when each side is moved by its plain mean, and keeps its digits then.
    x, y = expected - expected.mean(), actual - actual.mean()
    m = _means({"x": x, "y": y, "xx": x * x, "yy": y * y, "xy": x * y}, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: DoubleArray = (m["xy"] - m["x"] * m["y"]) / np.sqrt((m["xx"] - m["x"] ** 2) * (m["yy"] - m["y"] ** 2))
    return found


def _means(columns: Mapping[str, DoubleArray], weights: DoubleArray) -> dict[str, DoubleArray]:
    """The weighted mean (n_weightings,) of each column (n,)."""
    means = np.stack(list(columns.values())) @ weights.T / weights.sum(axis=1)
    return dict(zip(columns, means, strict=True))


def _ranking(
    expected: DoubleArray, actual: DoubleArray, weights: DoubleArray, by_actual: Ordering, best: Curve
) -> dict[str, DoubleArray]:
    """How well the order by expected revenue finds the revenue."""
    by_expected = Ordering.of(expected)
    found, best_gini = Curve.of(by_expected, weights, actual), best.gini()
    with np.errstate(invalid="ignore", divide="ignore"):
        gini = np.where(best_gini > 0, found.gini() / best_gini, np.nan)
    return {
        "revenue_spearman": rank_correlation(by_expected, by_actual, weights),
        "revenue_gini": gini,
        "revenue_top_tenth": found.value_of_first(TOP),
        "revenue_top_tenth_best": best.value_of_first(TOP),
    }
