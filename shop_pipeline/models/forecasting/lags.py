"""What is known of a series at an origin, and of a period ahead of it, as a table of numbers for one model of all.

Here: `Lags`, which makes the features of any (series, origin, step) from running sums. Not here: the model, and which
rows it learns from (`boosting`).

An origin is the number of periods seen before it: of y and of what is held no later column is read, of the covariates
that are known ahead the one of the step. Amounts are relative to the series' own level, so that one model serves a
product of one sale a month and the whole shop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray
from shop_pipeline.models.forecasting.panel import Panel

# Means reach back so many seasons: 7, 28 and 91 days where the season is a week.
SEASONS_BACK = (1, 4, 13)
# The level, and what a covariate is compared with, is a mean of so many seasons, and of so many periods at least.
LEVEL_SEASONS, LEVEL_PERIODS = 4, 8
# Means of so many periods at the same place in the season, back from the last one before the origin.
SAME_PLACE = (1, 4, 8)
# A price is compared with the recent one. Anything else stands as it is, beside its recent mean.
PRICE = "price"


@dataclass(frozen=True, slots=True)
class Lags:
    """Running sums of a panel: seven numbers per value of y, two per value of a covariate."""

    panel: Panel
    totals: AnyArray
    """Of y, what is not seen as 0, (n, T + 1): sums of the columns before."""
    periods: AnyArray
    """Number of values seen."""
    sales: AnyArray
    """Number of values above 0."""
    place_totals: AnyArray
    """Sums of the columns before at the same place in the season, (n, T + season)."""
    place_periods: AnyArray
    last_sale: AnyArray
    """The last column before with a value above 0, -1 for none, (n, T + 1)."""
    last_seen: AnyArray
    known: dict[str, tuple[AnyArray, AnyArray]]
    """Sums and numbers of each covariate's values, (n, T + 1); one row of one that is the same for all series."""

    @classmethod
    def of(cls, panel: Panel) -> Self:
        """Add everything up once."""
        filled, sold = np.where(panel.seen, panel.y, 0.0), panel.seen & (panel.y > 0)
        known = {
            name: (_running(np.nan_to_num(values)), _running(~np.isnan(values)))
            for name, values in ((name, _past(panel, name)) for name in sorted(panel.known))
        }
        return cls(
            panel, _running(filled), _running(panel.seen), _running(sold), _running(filled, panel.season),
            _running(panel.seen, panel.season), _last(sold), _last(panel.seen), known,
        )  # fmt: skip

    @property
    def window(self) -> int:
        """Periods that make up the level."""
        return max(LEVEL_SEASONS * self.panel.season, LEVEL_PERIODS)

    def level(self, series: AnyArray, origin: AnyArray) -> DoubleArray:
        """The mean of the recent periods and of one season of the whole history's mean; NaN where nothing was seen.

        The latter keeps the level of a product that was sold, but not lately, away from 0.
        """
        recent, periods = (_between(sums, series, origin - self.window, origin) for sums in (self.totals, self.periods))
        always = _ratio(self.totals[series, origin], self.periods[series, origin])
        return np.asarray((recent + self.panel.season * always) / (periods + self.panel.season))

    def features(self, series: AnyArray, origin: AnyArray, step: AnyArray) -> FloatArray:
        """One row per question, float32 (rows, features), NaN where unknown.

        Args:
            series, origin, step: equally long; step 1 is the first period after the origin.
        """
        level = self.level(series, origin)
        columns = [step, np.log(np.where(level > 0, level, np.nan)), (origin + step - 1) % self.panel.season]
        columns += self._recent(series, origin, level)
        columns += self._same_place(series, origin, step, level)
        columns += self._covariates(series, origin, step)
        return np.column_stack(columns).astype(np.float32)

    def _recent(self, series: AnyArray, origin: AnyArray, level: DoubleArray) -> list[AnyArray]:
        season, last = self.panel.season, self.last_seen[series, origin]
        columns = [
            np.where(last >= 0, self.panel.y[series, last] / level, np.nan),
            origin - self.last_sale[series, origin],
        ]
        for seasons in SEASONS_BACK:
            begin = origin - seasons * season
            total, periods, sales = (
                _between(sums, series, begin, origin) for sums in (self.totals, self.periods, self.sales)
            )
            columns += [_ratio(total, periods) / level, 1 - _ratio(sales, periods)]
        return columns

    def _same_place(self, series: AnyArray, origin: AnyArray, step: AnyArray, level: DoubleArray) -> list[AnyArray]:
        season = self.panel.season
        # The sums are shifted by a season: column c holds what came before c at the place of c.
        end = origin + step - 1 - (step - 1) // season * season
        columns = []
        for times in SAME_PLACE:
            total, periods = (
                _between(sums, series, end - times * season, end) for sums in (self.place_totals, self.place_periods)
            )
            columns.append(_ratio(total, periods) / level)
        return columns

    def _covariates(self, series: AnyArray, origin: AnyArray, step: AnyArray) -> list[AnyArray]:
        columns = []
        for name, (sums, numbers) in self.known.items():
            # What nobody tells ahead is read as it was at the origin, in training as well: the price last paid changes
            # on the day of a sale, and whoever learns from that day's price learns that there was one.
            column = origin - 1 if name in self.panel.held else origin + step - 1
            then = self.panel.known[name][series, column]
            total, periods = (_between(each, series, origin - self.window, origin) for each in (sums, numbers))
            recent = _ratio(total, periods)
            columns += [_ratio(then, recent)] if name == PRICE else [then, recent]
        return columns


def looks_back(season: int) -> int:
    """Periods before an origin that its features are made of, but for the mean of the whole history."""
    return max(season * max(*SEASONS_BACK, *SAME_PLACE, LEVEL_SEASONS), LEVEL_PERIODS)


def _past(panel: Panel, name: str) -> DoubleArray:
    """A covariate up to the clock, (n, T), or (1, T) where it is the same for all series, as the calendar is."""
    values = panel.known[name][:, : panel.n_periods]
    first = values[:1]
    return first if ((values == first) | (np.isnan(values) & np.isnan(first))).all() else values


def _running(values: AnyArray, every: int = 1) -> AnyArray:
    """Sums of the columns before that are a multiple of `every` away, with `every` columns of 0 in front."""
    sums = np.zeros((values.shape[0], values.shape[1] + every), np.int32 if values.dtype == bool else np.float64)
    for place in range(every):
        np.cumsum(values[:, place::every], axis=1, out=sums[:, every + place :: every])
    return sums


def _last(happened: AnyArray) -> AnyArray:
    """The last column before, at which it happened; -1 for none."""
    columns = np.where(happened, np.arange(happened.shape[1], dtype=np.int32), np.int32(-1))
    return np.maximum.accumulate(np.pad(columns, ((0, 0), (1, 0)), constant_values=-1), axis=1)


def _between(sums: AnyArray, series: AnyArray, begin: AnyArray, end: AnyArray) -> AnyArray:
    """The sum from one column to before another; nothing is added before the first column.

    One row of sums is that of every series.
    """
    series = series if len(sums) > 1 else np.zeros_like(series)
    return np.asarray(sums[series, end] - np.where(begin < 0, 0, sums[series, np.maximum(begin, 0)]))


def _ratio(above: AnyArray, below: AnyArray) -> DoubleArray:
    """NaN where it would be divided by nothing."""
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0))
