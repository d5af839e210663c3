"""Is a recommender worth publishing: metrics with intervals, for all customers and by how active they were.

Belongs here: judging lists against what customers did later, and against a rival's lists.
Does not belong here: cutting the data in time, and taking out of the held-out part what was seen before (the caller
does both); the formulas (`ranking_metrics`, `beyond_accuracy`); resampling (`bootstrap`); what follows (`selection`).

Whatever is held out must have had no part in fitting or in choosing settings: settings are chosen on one cut
(`tuning`), judged on a later one, and only then fitted on everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray, SparseMatrix
from shop_pipeline.models.evaluation.activity import CLASSES, EVERYBODY
from shop_pipeline.models.evaluation.beyond_accuracy import OF_ALL_LISTS, PER_LIST, coverage, diversity, gini, novelty
from shop_pipeline.models.evaluation.bootstrap import BootstrapConfig, interval_of_mean
from shop_pipeline.models.evaluation.ranking_metrics import METRICS, score_lists
from shop_pipeline.models.evaluation.training import Training
from shop_pipeline.models.top_n import TopN


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One metric of one model for one class of customers; the fields are columns of `marts.model_evaluation`.

    Accuracy, diversity, coverage and Gini lie in 0 .. 1, novelty in 0 .. log2(number of training customers) bits.
    `n_customers` is how many the value is of: those with a list of two for diversity, of one for novelty.
    `baseline` is the rival's value, NaN without a rival. `beats_baseline` is whether the lower end of the
    interval of the paired difference is above 0; None where that is not tested (no rival, or a metric that is not
    better for being higher). Coverage and Gini are no means of customers and have no interval.
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
    beats_baseline: bool | None = None
    customers: str = EVERYBODY


def evaluate(
    lists: TopN,
    held_out: SparseMatrix,
    k: int | Sequence[int],
    rng: np.random.Generator,
    *,
    training: Training | None = None,
    baseline: TopN | None = None,
    config: BootstrapConfig | None = None,
) -> list[Evaluation]:
    """Judge one list per customer on the customers who have something held out.

    Args:
        lists: one row per row of held_out, from `recommend`.
        held_out: customers x products; what is stored is relevant, whatever its value.
        k: one or several lengths at which the lists are judged, at most the width of `lists`.
        training: of the same customers; without it there is neither novelty nor diversity nor a class of customers.
        baseline: the rival's lists for the same customers; its difference is taken customer by customer.

    Returns:
        For all customers and then for each class that has any, and for each k: `METRICS`, `PER_LIST`, `OF_ALL_LISTS`.
        What lists are beside accurate has no row where no list can be asked, such as the diversity of empty ones.

    Raises:
        ValueError: when shapes do not fit.
    """
    ks = (k,) if isinstance(k, int) else tuple(k)
    judged = np.diff(held_out.indptr) > 0
    values = _values(lists, held_out, ks, training)
    rival = np.full_like(values, np.nan) if baseline is None else _values(baseline, held_out, ks, training)
    rows: list[Evaluation] = []
    for name, chosen in _groups(judged, training):
        in_values = chosen[judged]
        rows += _metric_rows(name, ks, values[in_values], rival[in_values], rng, config, is_tested=baseline is not None)
        rows += _rows_of_all_lists(name, ks, lists, baseline, chosen, held_out.shape[1])
    rows = [row for row in rows if row.metric in METRICS or not np.isnan(row.value)]
    order = {metric: place for place, metric in enumerate((*METRICS, *PER_LIST, *OF_ALL_LISTS))}
    places = {name: place for place, name in enumerate((EVERYBODY, *CLASSES))}
    return sorted(rows, key=lambda row: (places[row.customers], ks.index(row.k), order[row.metric]))


def _values(lists: TopN, held_out: SparseMatrix, ks: Sequence[int], training: Training | None) -> DoubleArray:
    """(n_judged, n_ks * n_metrics): for each k all metrics of accuracy, and then those of the lists."""
    judged = np.diff(held_out.indptr) > 0
    columns = [score_lists(lists, held_out, k) for k in ks]
    if training is not None:
        if len(training.activity) != len(lists.products):
            raise ValueError(f"{len(lists.products)} lists, training of {len(training.activity)} customers")
        shown = TopN(lists.products[judged], lists.scores[judged])
        found = (novelty(shown, training, ks), diversity(shown, training, ks))
        columns = [np.column_stack([own, *(one[:, at] for one in found)]) for at, own in enumerate(columns)]
    return np.hstack(columns)


def _groups(judged: BoolArray, training: Training | None) -> Iterator[tuple[str, BoolArray]]:
    yield EVERYBODY, judged
    for code, name in enumerate(CLASSES):
        if training is not None and (chosen := judged & (training.activity == code)).any():
            yield name, chosen


def _metric_rows(
    customers: str,
    ks: Sequence[int],
    values: DoubleArray,
    rival: DoubleArray,
    rng: np.random.Generator,
    config: BootstrapConfig | None,
    *,
    is_tested: bool,
) -> Iterator[Evaluation]:
    """One row per k and metric that is a mean over customers."""
    width, per_k = values.shape[1], values.shape[1] // len(ks)
    low, high = interval_of_mean(np.hstack([values, values - rival]), rng, config or BootstrapConfig())
    for column in range(width):
        metric = (*METRICS, *PER_LIST)[column % per_k]
        yield Evaluation(
            metric,
            ks[column // per_k],
            _mean(values[:, column]),
            int(np.count_nonzero(~np.isnan(values[:, column]))),
            float(low[column]),
            float(high[column]),
            _mean(rival[:, column]),
            float(low[width + column]),
            float(high[width + column]),
            bool(low[width + column] > 0) if is_tested and metric in METRICS else None,
            customers,
        )


def _mean(values: DoubleArray) -> float:
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if len(counted) else float("nan")


def _rows_of_all_lists(
    customers: str, ks: Sequence[int], lists: TopN, baseline: TopN | None, chosen: BoolArray, n_products: int
) -> Iterator[Evaluation]:
    """One row per k and metric of the lists together; nobody to judge has none, which is not 0."""
    n_customers = int(np.count_nonzero(chosen))
    for k in ks:
        for metric, find in zip(OF_ALL_LISTS, (coverage, gini), strict=True):
            value, rival = (
                np.nan if one is None or not n_customers else find(one.products[chosen, :k], n_products)
                for one in (lists, baseline)
            )
            yield Evaluation(metric, k, value, n_customers, baseline=rival, customers=customers)
