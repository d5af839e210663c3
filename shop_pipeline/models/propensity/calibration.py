"""From scores to probabilities that mean what they say.

Belongs here: the sigmoid and how it is fitted. Does not belong here: how well it fits (`metrics`).

Platt's sigmoid and not isotonic regression: its two numbers are found from a few hundred customers, it keeps every
difference in rank, and reasons stay sums on the log-odds. Isotonic regression needs a thousand cases and more before it
is better (Niculescu-Mizil and Caruana 2005), and puts whole groups of customers on one probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from shop_pipeline.models.arrays import BoolArray, DoubleArray
from shop_pipeline.models.propensity.rows import Parts, Row

MOST_STEPS = 100
# Newton's error falls with its square: the step after this one would be below 1e-14.
CLOSE_ENOUGH = 1e-7
SAFE_STEP = 0.5


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """probability = 1 / (1 + exp(-(slope x score + intercept))); the slope is never below 0."""

    slope: float
    intercept: float

    def log_odds(self, score: DoubleArray) -> DoubleArray:
        """(n,) from (n,)."""
        return self.slope * score + self.intercept

    def probability(self, score: DoubleArray) -> DoubleArray:
        """(n,) in 0..1, in the order of the scores."""
        probability: DoubleArray = expit(self.log_odds(score))
        return probability

    def rows(self) -> list[Row]:
        """The two numbers."""
        return [
            Row("calibration_slope", 0, None, self.slope),
            Row("calibration_intercept", 0, None, self.intercept),
        ]

    @classmethod
    def from_parts(cls, parts: Parts) -> Sigmoid:
        """As it was before `rows`."""
        return cls(parts.number("calibration_slope"), parts.number("calibration_intercept"))


def fit_sigmoid(score: DoubleArray, labels: BoolArray) -> Sigmoid:
    """Platt scaling (Platt 1999): maximum likelihood, with targets that stand off 0 and 1 by one case more.

    A score that says nothing, or the opposite, gets a slope of 0: everybody has the share of all. Turning the order
    round because of one bad cut would be worse.
    """
    positive = int(labels.sum())
    targets = np.where(labels, (positive + 1) / (positive + 2), 1 / (len(labels) - positive + 2))
    centre, spread = float(score.mean()), float(score.std())
    if np.ptp(score) > 0:
        slope, intercept = logistic_line((score - centre) / spread, targets)
        if slope > 0:
            return Sigmoid(slope / spread, intercept - slope * centre / spread)
    return Sigmoid(0.0, float(logit(targets.mean())))


def logistic_line(x: DoubleArray, targets: DoubleArray, start: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of targets in 0..1 on x, by Newton's method.

    Where x separates the targets fully there is no maximum: the slope is then the large one of the last step.
    """
    line = np.array(start)
    for _ in range(MOST_STEPS):
        step = _newton_step(line, x, targets)
        length = float(np.abs(step).max())
        if length > SAFE_STEP:
            # A long step may jump over the minimum where probabilities are near 0 or 1.
            loss = _loss(line, x, targets)
            while _loss(line + step, x, targets) > loss and np.abs(step).max() > SAFE_STEP:
                step = step / 2
        line = line + step
        if length < CLOSE_ENOUGH:
            break
    return float(line[0]), float(line[1])


def _newton_step(line: DoubleArray, x: DoubleArray, targets: DoubleArray) -> DoubleArray:
    probability = expit(line[0] * x + line[1])
    rest, weight = targets - probability, probability * (1 - probability)
    weighted = weight * x
    of_slope, of_both, of_intercept = float(weighted @ x), float(weighted.sum()), float(weight.sum())
    slope, intercept = float(rest @ x), float(rest.sum())
    curvature = of_slope * of_intercept - of_both * of_both
    if curvature <= 0:
        return np.zeros(2)
    step = np.array([of_intercept * slope - of_both * intercept, of_slope * intercept - of_both * slope])
    return step / curvature


def _loss(line: DoubleArray, x: DoubleArray, targets: DoubleArray) -> float:
    """Mean negative log-likelihood."""
    log_odds = line[0] * x + line[1]
    return float((np.logaddexp(0, log_odds) - targets * log_odds).mean())
