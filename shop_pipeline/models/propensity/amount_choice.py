"""Which model of amounts is published: the best of an earlier cut, if it beats the naive rule on a later one.

Belongs here: the order of learning, choosing, judging and learning again. Does not belong here: each of these.

Chosen by mean absolute error, in money: one purchase is foretold, and not a mean of many. Squared errors and the Gamma
deviance would leave the choice to one order: that of 168,470 among the 1,921 purchases of a gift shop made up most of
either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.propensity.amount_metrics import METRICS, all_metrics
from shop_pipeline.models.propensity.amounts import AmountModel, Prediction
from shop_pipeline.models.propensity.cuts import Plan, plan, sample, sample_notes
from shop_pipeline.models.propensity.features import Amounts
from shop_pipeline.models.propensity.fitting import fit_regression
from shop_pipeline.models.propensity.judge import Judged
from shop_pipeline.models.propensity.resampling import Figure, intervals, mean_differences
from shop_pipeline.models.propensity.shrunk_mean import NAIVE_SHRUNK_MEAN, fit_shrunk_mean

AmountModelName = Literal["log_linear_ridge", "gradient_boosting"]
NAIVE_BY = ("mean_purchase", "n_purchases")
# Of fewer purchases a model would learn chance by heart.
FEWEST = 100


@dataclass(frozen=True, slots=True)
class AmountChoice:
    """What is published, and how all compare on the last cut."""

    model: AmountModel
    beats_naive: bool
    judged: tuple[Judged, ...]
    """The candidates in their order, and the naive rule last."""
    notes: tuple[str, ...]
    n_customers: int
    """In the last cut, on which all were judged."""


def choose_amount_model(
    cuts: Sequence[Amounts],
    rng: np.random.Generator,
    coverage: float = 0.8,
    naive_by: Sequence[str] = NAIVE_BY,
    candidates: Sequence[AmountModelName] = get_args(AmountModelName),
) -> AmountChoice:
    """Learn, calibrate, choose, judge, and learn what is published once more, as `choose` does.

    Args:
        cuts: two or three, oldest first: purchases in the window after each.
        coverage: share of the amounts that the interval is to hold.
        naive_by: the features that hold the mean amount of a customer's purchases, and their number.
    """
    if not 0 < coverage < 1:
        raise ValueError(f"a coverage of {coverage}, where a share between 0 and 1 is wanted")
    use = plan(cuts, rng)
    able = list(candidates) if _fewest(use) >= FEWEST else []
    fitted = [_fit(name, use.learn, use.tune, coverage, rng) for name in able]
    naive = _fit_naive(use.learn, use.tune, coverage, naive_by)
    judged = _judge_all([*fitted, naive], use.judge, rng)
    best = _best(fitted, use.tune)
    beats = best is not None and judged[best].beats_naive
    if best is not None and beats:
        model = _fit(able[best], use.learn_again, use.tune_again, coverage, rng)
    else:
        model = _fit_naive(use.learn_again, use.tune_again, coverage, naive_by)
    return AmountChoice(
        model,
        beats,
        tuple(replace(each, is_published=each.model == model.name) for each in judged),
        (*use.notes, *sample_notes(use.learn), *_notes(use, coverage, bool(able), beats)),
        len(use.judge),
    )


def _fewest(use: Plan[Amounts]) -> int:
    return min(len(part) for part in (use.learn, use.tune, use.learn_again, use.tune_again))


def _notes(use: Plan[Amounts], coverage: float, able: bool, beats: bool) -> list[str]:
    notes = []
    if not able:
        notes.append(f"The naive rule is published: a cut has fewer than {FEWEST} purchases.")
    elif not beats:
        notes.append("The naive rule is published: no model that beats it for sure was chosen.")
    if len(use.tune_again) < 2 / (1 - coverage) - 1:
        notes.append(f"The interval holds less than {coverage:.0%}: it is from {len(use.tune_again)} purchases.")
    return notes


def _fit(
    name: AmountModelName, learn: Amounts, tune: Amounts, coverage: float, rng: np.random.Generator
) -> AmountModel:
    drawn = sample(learn, rng)
    return AmountModel.calibrated(name, fit_regression(name, drawn.features, np.log(drawn.amounts)), tune, coverage)


def _fit_naive(learn: Amounts, tune: Amounts, coverage: float, by: Sequence[str]) -> AmountModel:
    return AmountModel.calibrated(NAIVE_SHRUNK_MEAN, fit_shrunk_mean(learn, by), tune, coverage)


def _judge_all(models: Sequence[AmountModel], cut: Amounts, rng: np.random.Generator) -> list[Judged]:
    """All models beside the last, which is the naive rule."""
    predictions = [model.predict(cut.features) for model in models]
    rival = predictions[-1].expected
    return [
        _judge(model.name, prediction, rival, cut.amounts, rng)
        for model, prediction in zip(models, predictions, strict=True)
    ]


def _judge(
    model: str, prediction: Prediction, rival: DoubleArray, amounts: DoubleArray, rng: np.random.Generator
) -> Judged:
    columns = (prediction.expected, prediction.low, prediction.high, amounts)
    found = intervals(lambda drawn: all_metrics(*(column[drawn] for column in columns)), len(amounts), rng)
    errors = (np.abs(prediction.expected - amounts), np.abs(rival - amounts))
    (against_naive,) = mean_differences({"mae_vs_naive": errors}, rng)
    figures = (
        Figure(metric, float(value), float(low), float(high))
        for metric, value, low, high in zip(METRICS, *found, strict=True)
    )
    return Judged(model, (*figures, against_naive), beats_naive=against_naive.high < 0)


def _best(fitted: Sequence[AmountModel], tune: Amounts) -> int | None:
    """The position of the model with the lowest mean absolute error; the first of equals."""
    if not fitted:
        return None
    return int(np.argmin([np.abs(model.predict(tune.features).expected - tune.amounts).mean() for model in fitted]))
