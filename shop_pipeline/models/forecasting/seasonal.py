"""The part of a series that repeats every season, taken off before a model without seasons sees it, and put back after.

Here: classical decomposition with factors that are shrunk by how sure they are. Not here: the models.

Factors are ratios of sums, so that zeros do no harm: what fell on Mondays over what the trend would have had fall on
Mondays. Series with values below 0 get differences instead. Either is pulled towards "no season" by (1 - 1/F), with F
the ratio of the mean squares between and within the phases: pure noise has F near 1 and loses nearly all of its
"season", which replaces a test with a threshold (the idea of Miller & Williams 2003, Shrinkage estimators of time
series seasonal factors and their effect on forecasting accuracy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.forecasting.panel import Panel

# A phase with less than a twentieth of the usual is as good as closed: its few values, divided by so little, would
# shake the level.
CLOSED = 0.05


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A panel without its season.

    Args:
        y: the history without season, (n, T); NaN also where the phase is closed.
        factor: multiplies the forecast, (n, H).
        offset: is added to it, (n, H).
    """

    y: DoubleArray
    factor: DoubleArray
    offset: DoubleArray

    @classmethod
    def of(cls, panel: Panel) -> Self:
        """Take the season off each series; one of which fewer than two seasons were seen keeps what it has."""
        y, season, ahead = panel.y, panel.season, panel.n_periods + np.arange(panel.horizon)
        if season == 1 or panel.n_periods < 2 * season:
            return cls(y, np.ones((len(y), panel.horizon)), np.zeros((len(y), panel.horizon)))
        trend = moving_mean(y, season)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio, difference = _profiles(y, trend, season)
            seasonal = np.isfinite(y).sum(axis=1, keepdims=True) >= 2 * season
            positive = np.greater_equal(np.nan_to_num(y), 0).all(axis=1, keepdims=True)
            factors = np.where(seasonal & positive, ratio, 1.0)
            offsets = np.where(seasonal & ~positive, difference, 0.0)
            phase = np.arange(panel.n_periods) % season
            divisor = np.where(factors < CLOSED, np.nan, factors)
            adjusted = (y - offsets[:, phase]) / divisor[:, phase]
        return cls(adjusted, factors[:, ahead % season], offsets[:, ahead % season])

    def with_season(self, y_hat: DoubleArray) -> DoubleArray:
        """Put the season back into forecasts (n, H) of the adjusted series."""
        return y_hat * self.factor + self.offset

    def rows(self, index: AnyArray) -> Self:
        """Those of some series."""
        return type(self)(self.y[index], self.factor[index], self.offset[index])


def moving_mean(y: DoubleArray, season: int) -> DoubleArray:
    """The centred mean over one season, ends at half weight if the season is even; NaN near the ends, (n, T).

    Of what was seen in it: a masked day takes no part, and a window of which less than half was seen has no mean.
    """
    half = season // 2
    weights = np.full(2 * half + 1, 1.0)
    if season % 2 == 0:
        weights[[0, -1]] = 0.5
    seen = ~np.isnan(y)
    total = _moving_sum(np.where(seen, y, 0.0), half, season % 2 == 0)
    count = _moving_sum(seen.astype(np.float64), half, season % 2 == 0)
    found = np.full(y.shape, np.nan)
    found[:, half : y.shape[1] - half] = np.where(count >= season / 2, total / np.where(count == 0, 1, count), np.nan)
    return found


def _moving_sum(values: DoubleArray, half: int, ends_half: bool) -> DoubleArray:
    """Sums of 2 half + 1 neighbours by cumulation, (n, T - 2 half)."""
    zero = np.zeros((len(values), 1))
    upto = np.concatenate([zero, np.cumsum(values, axis=1)], axis=1)
    width = 2 * half + 1
    total: DoubleArray = upto[:, width:] - upto[:, :-width]
    if ends_half:
        total = total - (values[:, : values.shape[1] - 2 * half] + values[:, 2 * half :]) / 2
    return total


def _profiles(y: DoubleArray, trend: DoubleArray, season: int) -> tuple[DoubleArray, DoubleArray]:
    """Factors and offsets by phase, shrunk, each (n, season); factors average 1, offsets 0."""
    both = ~np.isnan(y) & ~np.isnan(trend)
    count, value, level, above, square = (
        _by_phase(np.where(both, each, 0.0), season)
        for each in (both.astype(np.float64), y, trend, y - trend, (y - trend) ** 2)
    )
    kept = _shrinkage(count, above, square)[:, None]
    seen = count > 0
    ratio = np.where(seen & (level > 0), value / level, 1.0)
    ratio = ratio / ratio.mean(axis=1, keepdims=True)
    difference = np.where(seen, above / count, 0.0)
    difference = difference - difference.mean(axis=1, keepdims=True)
    return 1 + kept * (np.where(np.isfinite(ratio), ratio, 1.0) - 1), kept * difference


def _shrinkage(count: DoubleArray, above: DoubleArray, square: DoubleArray) -> DoubleArray:
    """1 - 1/F of a one-way analysis of variance, at least 0, (n,); 0 unless a phase was seen twice."""
    n_phases = (count > 0).sum(axis=1)
    n, freedom = count.sum(axis=1), count.sum(axis=1) - n_phases
    explained = np.where(count > 0, above**2 / count, 0.0).sum(axis=1)
    between = (explained - above.sum(axis=1) ** 2 / n) / (n_phases - 1)
    within = (square.sum(axis=1) - explained) / freedom
    return np.where((freedom > 0) & (n_phases > 1) & (between > 0), np.maximum(0.0, 1 - within / between), 0.0)


def _by_phase(values: DoubleArray, season: int) -> DoubleArray:
    """Sums over the columns t, t + season, ... of each phase, (n, season)."""
    whole = -(-values.shape[1] // season) * season
    padded = np.zeros((len(values), whole))
    padded[:, : values.shape[1]] = values
    sums: DoubleArray = padded.reshape(len(values), whole // season, season).sum(axis=1)
    return sums
