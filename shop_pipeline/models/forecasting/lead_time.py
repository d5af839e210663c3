"""How far the demand until the next delivery may be from its forecast: errors summed over the lead time.

Here: the distribution of that sum, from a back-test. Not here: what to keep in stock for it (`models.inventory`).

Errors of neighbouring days go together (a forecast too low today is too low tomorrow), so a sum's spread is not the
root of the days times that of one day. It is measured: sums over each run of so many days within each window, the runs
overlapping, in the way of Silver, Pyke & Thomas (2017, ch. 5: standard deviation of errors over the lead time).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.forecasting.error_shape import ErrorShape

N_DRAWS = 200
# A sum of which more days are masked says nothing; with fewer, the mean of the others stands for them.
FEWEST_SEEN = 0.5


@dataclass(frozen=True, slots=True)
class LeadTimeErrors:
    """Actual minus forecast demand, summed over each series' own number of days.

    Args:
        draws: equally likely outcomes, (n, 200), rising in each row; a row of NaN where nothing is known.
        is_extrapolated: (n,), the days are more than the back-test's horizon H: sums over H, times sqrt(days / H).
        is_pooled: (n,), the series has no errors of its own.
    """

    draws: DoubleArray
    is_extrapolated: BoolArray
    is_pooled: BoolArray

    def quantile(self, level: float | DoubleArray) -> DoubleArray:
        """The sum that is not exceeded with this probability, (n,), linear between draws; level may be (n,)."""
        place = np.broadcast_to(np.clip(np.asarray(level) * N_DRAWS - 0.5, 0, N_DRAWS - 1), len(self.draws))
        below = np.minimum(place.astype(int), N_DRAWS - 2)
        rows = np.arange(len(self.draws))
        low, high = self.draws[rows, below], self.draws[rows, below + 1]
        return np.asarray(low + (place - below) * (high - low))

    def exceedance(self, amount: DoubleArray) -> DoubleArray:
        """Probability of a sum above the amount, (n,); NaN where nothing is known."""
        share = (self.draws > amount[:, None]).mean(axis=1)
        return np.where(np.isnan(self.draws[:, 0]) | np.isnan(amount), np.nan, share)


def lead_time_errors(
    errors: DoubleArray, scale: DoubleArray, days: AnyArray, group: AnyArray | None = None
) -> LeadTimeErrors:
    """Distribution of the sum of (actual - forecast) over the next `days` periods.

    Args:
        errors: actual - forecast of earlier windows, (W, n, H), out of sample; NaN where nothing is known.
        scale: (n,), see `ErrorShape.of`.
        days: (n,), whole numbers from 1 on.
        group: series alike, (n,), as `groups_alike` tells them; without, all are.
    """
    if days.shape != scale.shape or (days < 1).any():
        raise ValueError("days are (n,), and at least 1")
    horizon = errors.shape[2]
    daily = ErrorShape.of(errors, scale, group)
    draws = np.full((len(days), N_DRAWS), np.nan)
    for length in np.unique(np.minimum(days, horizon)):
        mine = np.minimum(days, horizon) == length
        # All series tell the shape, also those with another lead time.
        draws[mine] = _draws(_sums(errors, int(length)), daily, mine)
    stretched = np.sqrt(np.maximum(days / horizon, 1.0))
    return LeadTimeErrors(draws * stretched[:, None], days > horizon, daily.is_pooled)


def _sums(errors: DoubleArray, length: int) -> DoubleArray:
    """Sums over each run of so many steps, (W, n, H - length + 1)."""
    known = ~np.isnan(errors)
    totals, seen = _runs(np.where(known, errors, 0.0), length), _runs(known, length)
    enough = (seen > 0) & (seen >= FEWEST_SEEN * length)
    return np.asarray(np.divide(totals * length, seen, out=np.full(seen.shape, np.nan), where=enough))


def _runs(values: AnyArray, length: int) -> AnyArray:
    sums = np.pad(np.cumsum(values, axis=2), ((0, 0), (0, 0), (1, 0)))
    return np.asarray(sums[..., length:] - sums[..., :-length])


def _draws(sums: DoubleArray, daily: ErrorShape, rows: AnyArray) -> DoubleArray:
    """Of some series. The series' spread of a day is what makes their sums comparable."""
    shape = ErrorShape.of(sums, daily.spread, daily.group)
    probabilities = (np.arange(N_DRAWS) + 0.5) / N_DRAWS
    return np.asarray(shape.spread[rows, None] * shape.quantiles(probabilities, rows))
