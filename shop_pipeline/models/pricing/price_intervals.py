"""Intervals of price forecasts: how far prices were from what was foreseen, among products that change as often.

Here: empirical quantiles of past errors by step, in units of a product's own spread. Not here: forecasts
(`forecast.py`).
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import DoubleArray
from .sales import Numbers

LEVEL = 0.8
CHANGES = np.array([1, 3, 6, 12])
"""Classes by changes of the weekly price in the last year: none, 1-2, 3-5, 6-11, 12 and more."""
ENOUGH = 50
"""Errors of a class; with fewer, the tenth and the ninetieth percentile are of the whole shop."""


@dataclass(frozen=True)
class Errors:
    """K errors of H steps, in spreads of their products."""

    scaled: DoubleArray
    """(K, H)"""
    kind: Numbers
    """(K,) class by number of changes."""

    @classmethod
    def of(cls, pasts: list[DoubleArray], errors: list[DoubleArray]) -> "Errors":
        """From the weekly past of each origin and the errors (P, H) of its forecasts."""
        scaled = [error / spread(past)[:, None] for past, error in zip(pasts, errors, strict=True)]
        return cls(np.concatenate(scaled), np.concatenate([kind(past) for past in pasts]))


def kind(past: DoubleArray) -> Numbers:
    """(P,) class of each product by the changes of its weekly price (P, WEEKS)."""
    changes = np.abs(np.diff(past, axis=1)) > 0
    found: Numbers = np.searchsorted(CHANGES, changes.sum(axis=1), side="right").astype(np.int64)
    return found


def spread(past: DoubleArray) -> DoubleArray:
    """(P,) standard deviation of each weekly log price; where there was no change, the middle one of the others."""
    found = np.nanstd(past, axis=1)
    moved = found > 1e-12
    usual = float(np.median(found[moved])) if moved.any() else 1.0
    return np.where(moved, found, usual)


def interval(y_hat: DoubleArray, past: DoubleArray, errors: Errors) -> tuple[DoubleArray, DoubleArray]:
    """Bounds (P, H) that LEVEL of the prices are to lie between; they hold the forecast."""
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    whole = np.quantile(errors.scaled, tails, axis=0)
    low, high, wide, own = y_hat.copy(), y_hat.copy(), spread(past)[:, None], kind(past)
    for each in np.unique(own):
        alike = errors.kind == each
        bounds = np.quantile(errors.scaled[alike], tails, axis=0) if alike.sum() >= ENOUGH else whole
        rows = own == each
        low[rows] += wide[rows] * np.minimum(bounds[0], 0)
        high[rows] += wide[rows] * np.maximum(bounds[1], 0)
    return low, high
