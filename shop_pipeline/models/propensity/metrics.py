"""How good probabilities are: in rank, in size, and for a campaign.

Belongs here: the figures of one set of customers. Does not belong here: their intervals (`resampling`), comparisons
(`judge`).

Equal probabilities count as drawn in a random order, everywhere. What a set with one label cannot have is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.propensity.calibration import CLOSE_ENOUGH, logistic_line

TOP = 0.1
N_BINS = 10
# Probabilities nearer to 0 and 1 count as these: one customer must not make the loss infinite.
SMALLEST = 1e-12
NEWTON_STEPS = 50


def highest_first(probability: DoubleArray) -> AnyArray:
    """Positions by falling probability; equals keep their order."""
    return np.argsort(-probability, kind="stable")


@dataclass(frozen=True)
class Ranked:
    """Probabilities, highest first, and what happened."""

    probability: DoubleArray
    labels: BoolArray

    @classmethod
    def of(cls, probability: DoubleArray, labels: BoolArray) -> Ranked:
        """Sort."""
        order = highest_first(probability)
        return cls(probability[order], labels[order])

    def drawn(self, positions: AnyArray) -> Ranked:
        """Those at these positions, perhaps several times."""
        ranks = np.sort(positions)
        return Ranked(self.probability[ranks], self.labels[ranks])

    @cached_property
    def curve(self) -> tuple[DoubleArray, DoubleArray]:
        """Customers, and true labels among them, down to the end of each run of equal probabilities; both from 0."""
        ends = np.append(np.flatnonzero(np.diff(self.probability)), len(self.labels) - 1)
        hits = np.cumsum(self.labels)[ends]
        return np.append(0.0, ends + 1.0), np.append(0.0, hits.astype(np.float64))

    @property
    def has_both(self) -> bool:
        """Whether it happened to some and not to others."""
        return bool(self.labels.any()) and not bool(self.labels.all())


def roc_auc(ranked: Ranked) -> float:
    """Probability that a true label ranks above a false one."""
    customers, hits = ranked.curve
    misses = customers - hits
    area = np.sum(np.diff(misses) * (hits[1:] + hits[:-1]) / 2)
    return float(area / (misses[-1] * hits[-1]))


def average_precision(ranked: Ranked) -> float:
    """Precision at each step down the ranking, by how much recall the step adds."""
    customers, hits = ranked.curve
    return float(np.sum(np.diff(hits) * hits[1:] / customers[1:]) / hits[-1])


def lift_top_tenth(ranked: Ranked) -> float:
    """Share of true labels in the tenth with the highest probabilities, over the share of all."""
    customers, hits = ranked.curve
    top = TOP * customers[-1]
    return float((np.interp(top, customers, hits) / top) / (hits[-1] / customers[-1]))


def brier_score(ranked: Ranked) -> float:
    """Mean squared error (Brier 1950)."""
    return float(squared_errors(ranked.probability, ranked.labels).mean())


def log_loss(ranked: Ranked) -> float:
    """Mean negative log-likelihood, natural logarithm."""
    return float(log_losses(ranked.probability, ranked.labels).mean())


def calibration_slope(ranked: Ranked) -> float:
    """Slope of the labels' log-odds over the foretold (Cox 1958): below 1, probabilities are too extreme."""
    log_odds = _log_odds(ranked.probability)
    if np.ptp(log_odds) == 0:
        return float("nan")
    return logistic_line(log_odds, ranked.labels.astype(np.float64), start=(1.0, 0.0))[0]


def calibration_intercept(ranked: Ranked) -> float:
    """What must be added to all log-odds so that as many are foretold as happened: above 0, too few were."""
    log_odds = _log_odds(ranked.probability)
    happened, added = float(ranked.labels.mean()), 0.0
    for _ in range(NEWTON_STEPS):
        moved = expit(log_odds + added)
        step = float((happened - moved.mean()) / (moved * (1 - moved)).mean())
        # A full step overshoots where most probabilities are near 0 or 1.
        added += min(max(step, -1.0), 1.0)
        if abs(step) < CLOSE_ENOUGH:
            break
    return added


def calibration_error(ranked: Ranked) -> float:
    """Mean distance between foretold and real share over tenths of the ranking, by customers."""
    begins = np.unique(np.arange(N_BINS) * len(ranked.labels) // N_BINS)
    distance = np.add.reduceat(ranked.probability - ranked.labels, begins)
    return float(np.abs(distance).sum() / len(ranked.labels))


def squared_errors(probability: DoubleArray, labels: BoolArray) -> DoubleArray:
    """Of each customer (n,)."""
    return np.square(probability - labels)


def log_losses(probability: DoubleArray, labels: BoolArray) -> DoubleArray:
    """Of each customer (n,)."""
    held = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return -np.log(np.where(labels, held, 1 - held))


def _log_odds(probability: DoubleArray) -> DoubleArray:
    log_odds: DoubleArray = logit(np.clip(probability, SMALLEST, 1 - SMALLEST))
    return log_odds


# Name, what it is of, and the range it lies in.
METRICS: dict[str, tuple[Callable[[Ranked], float], float, float]] = {
    "roc_auc": (roc_auc, 0, 1),
    "average_precision": (average_precision, 0, 1),
    "brier_score": (brier_score, 0, 1),
    "log_loss": (log_loss, 0, np.inf),
    "lift_top_tenth": (lift_top_tenth, 0, 1 / TOP),
    "calibration_slope": (calibration_slope, -np.inf, np.inf),
    "calibration_intercept": (calibration_intercept, -np.inf, np.inf),
    "calibration_error": (calibration_error, 0, 1),
}
# What means something where it happened to all or to none.
OF_ONE_LABEL = frozenset({"brier_score", "log_loss", "calibration_error"})


def all_metrics(ranked: Ranked) -> DoubleArray:
    """Each of METRICS, in order (n_metrics,)."""
    has_both = ranked.has_both
    return np.array(
        [measure(ranked) if has_both or name in OF_ONE_LABEL else np.nan for name, (measure, *_) in METRICS.items()]
    )
