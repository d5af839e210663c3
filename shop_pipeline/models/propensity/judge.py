"""Classifiers on customers that they were not learned from, each beside the naive rule.

Belongs here: the figures of a classifier with their intervals, and whether it beats the naive rule. Does not belong
here: the figures themselves (`metrics`), which classifier is published (`choose`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import DoubleArray
from shop_pipeline.models.propensity.features import Labelled
from shop_pipeline.models.propensity.metrics import (
    METRICS,
    Ranked,
    all_metrics,
    highest_first,
    log_losses,
    squared_errors,
)
from shop_pipeline.models.propensity.resampling import Figure, intervals, mean_differences


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model reached."""

    model: str
    figures: tuple[Figure, ...]
    beats_naive: bool
    """Whether its loss is below the naive rule's, paired by customer, with the whole interval."""
    is_published: bool = False

    def figure(self, metric: str) -> Figure:
        """The figure of this name."""
        (found,) = (figure for figure in self.figures if figure.metric == metric)
        return found


def judge(probability: DoubleArray, cut: Labelled, rng: np.random.Generator) -> tuple[Figure, ...]:
    """All metrics with their intervals; resamples are of customers, with all of a customer's rows."""
    order = highest_first(probability)
    ranked = Ranked(probability[order], cut.labels[order])
    groups = None if cut.groups is None else cut.groups[order]
    found = intervals(lambda ranks: all_metrics(ranked.drawn(ranks)), len(cut), rng, groups=groups)
    return tuple(
        Figure(metric, float(value), float(np.clip(low, least, most)), float(np.clip(high, least, most)))
        for (metric, (_, least, most)), value, low, high in zip(METRICS.items(), *found, strict=True)
    )


def judge_against(
    model: str, probability: DoubleArray, naive: DoubleArray, cut: Labelled, rng: np.random.Generator
) -> Judged:
    """All metrics, and the differences of log loss and Brier score to the naive rule's probabilities."""
    labels, figures = cut.labels, judge(probability, cut, rng)
    log_loss, brier_score = mean_differences(
        {
            "log_loss_vs_naive": (log_losses(probability, labels), log_losses(naive, labels)),
            "brier_score_vs_naive": (squared_errors(probability, labels), squared_errors(naive, labels)),
        },
        rng,
        cut.groups,
    )
    return Judged(model, (*figures, log_loss, brier_score), beats_naive=log_loss.high < 0)
