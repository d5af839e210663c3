"""Is a recommender worth publishing: ranking metrics with intervals, and whether they beat the boring rule.

Belongs here: judging lists against what customers did later.
Does not belong here: cutting the data in time, and taking out of the held-out part what was seen before
(the caller does both); the formulas (`ranking_metrics`); resampling (`bootstrap`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, SparseMatrix
from shop_pipeline.models.evaluation.bootstrap import BootstrapConfig, percentile_interval, resampled_means
from shop_pipeline.models.evaluation.ranking_metrics import METRICS, coverage, score_lists
from shop_pipeline.models.top_n import TopN


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One metric of one model; the fields are columns of `marts.model_evaluation`.

    `baseline` is the rival's value, NaN without a rival. `beats_baseline` is whether the lower end of the
    interval of the paired difference is above 0; None where that is not tested (no rival; coverage, which
    is no mean of customers and has neither interval nor test).
    """

    metric: str
    k: int
    value: float
    n_customers: int
    ci_low: float = np.nan
    ci_high: float = np.nan
    baseline: float = np.nan
    difference_ci_low: float = np.nan
    difference_ci_high: float = np.nan
    beats_baseline: bool | None = field(default=None)


def evaluate(
    lists: TopN,
    held_out: SparseMatrix,
    k: int,
    rng: np.random.Generator,
    *,
    baseline: TopN | None = None,
    config: BootstrapConfig | None = None,
) -> list[Evaluation]:
    """Judge one list per customer on the customers who have something held out.

    Args:
        lists: one row per row of held_out, from `recommend`.
        held_out: customers x products; what is stored is relevant, whatever its value.
        k: length of the list that is judged, at most the width of `lists`.
        baseline: the rival's lists for the same customers; its difference is taken customer by customer.

    Returns:
        One row for each of `METRICS` and one for coverage.

    Raises:
        ValueError: when shapes do not fit.
    """
    config = config or BootstrapConfig()
    values = score_lists(lists, held_out, k)
    rival = np.full_like(values, np.nan) if baseline is None else score_lists(baseline, held_out, k)
    both = np.hstack([values, values - rival])
    if len(both):
        low, high = percentile_interval(resampled_means(both, config.n_resamples, rng), config.confidence)
        means, rival_means = values.mean(axis=0), rival.mean(axis=0)
    else:
        low, high, means, rival_means = (np.full(both.shape[1], np.nan) for _ in range(4))
    rows = _metric_rows(k, len(values), means, rival_means, low, high, is_tested=baseline is not None)
    n_products = held_out.shape[1]
    rows.append(
        Evaluation(
            "coverage",
            k,
            coverage(lists, n_products, k),
            len(values),
            baseline=np.nan if baseline is None else coverage(baseline, n_products, k),
        )
    )
    return rows


def _metric_rows(
    k: int,
    n_customers: int,
    means: DoubleArray,
    rival_means: DoubleArray,
    low: DoubleArray,
    high: DoubleArray,
    *,
    is_tested: bool,
) -> list[Evaluation]:
    """One row per metric; low and high hold the metrics first and then their differences to the rival."""
    width = len(METRICS)
    return [
        Evaluation(
            metric,
            k,
            float(means[column]),
            n_customers,
            float(low[column]),
            float(high[column]),
            float(rival_means[column]),
            float(low[width + column]),
            float(high[width + column]),
            bool(low[width + column] > 0) if is_tested else None,
        )
        for column, metric in enumerate(METRICS)
    ]
