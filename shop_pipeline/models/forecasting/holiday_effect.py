"""What a public holiday does to sales: taken off before models that know no calendar see a series, and put on after.

Here: the factor that all series share, and the panel without its holidays. Not here: which days are holidays, and
gradient boosting, which reads the calendar itself (`lags`).

A year has ten or so: too few for a series alone. All series together have a ratio of sales to what the days around
would have let expect; it is pulled towards 1 by how much such ratios scatter, like the factors of `seasonal`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray
from shop_pipeline.models.forecasting.panel import Panel
from shop_pipeline.models.forecasting.seasonal import Adjusted, moving_mean

IS_HOLIDAY = "is_holiday"
# Where more of the periods have a holiday they are weeks, and what is usual would go with what is special.
MOST = 0.1
# Fewer holidays teach nothing.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class HolidayEffect:
    """Holidays of a panel.

    Args:
        days: whether a period is one, (T + H,); none where they are not known, or are not days.
        factor: sales on one over sales expected; 1 where unknown.
    """

    days: BoolArray
    factor: float

    @classmethod
    def of(cls, panel: Panel) -> Self:
        """Learn it. A holiday is one that is a holiday for every series."""
        none = np.zeros(panel.n_periods + panel.horizon, bool)
        if IS_HOLIDAY not in panel.known or panel.season == 1:
            return cls(none, 1.0)
        days = np.asarray((panel.known[IS_HOLIDAY] > 0).all(axis=0))
        if days.mean() > MOST:
            return cls(none, 1.0)
        return cls(days, _factor(panel, days[: panel.n_periods]))

    def without(self, panel: Panel) -> Panel:
        """The panel with NaN on holidays; the very panel where none was."""
        past = self.days[: panel.n_periods]
        return replace(panel, y=np.where(past, np.nan, panel.y)) if past.any() else panel

    def put_on(self, y_hat: DoubleArray) -> DoubleArray:
        """Forecasts of ordinary days, (n, H), as they are with the holidays among them."""
        ahead = self.days[len(self.days) - y_hat.shape[1] :]
        return y_hat * np.where(ahead, self.factor, 1.0)


def _factor(panel: Panel, holidays: BoolArray) -> float:
    """The mean ratio of the holidays with neighbours that were seen, shrunk by 1 - 1/F; never below 0."""
    ratio = _ratios(panel, holidays)
    special, usual = (ratio[each & np.isfinite(ratio)] for each in (holidays, ~holidays))
    if len(special) < FEWEST or len(usual) < FEWEST:
        return 1.0
    # Holidays differ, too: what scatters more says how sure their mean is.
    noise = max(special.var(ddof=1), usual.var(ddof=1)) / len(special)
    away = special.mean() - 1
    kept = max(0.0, 1 - noise / away**2) if away else 0.0
    return max(0.0, float(1 + kept * away))


def _ratios(panel: Panel, holidays: BoolArray) -> DoubleArray:
    """What all series sold over what the ordinary days of the season around it let expect, (T,); NaN where unknown."""
    seen = panel.seen
    total = np.where(seen.any(axis=0), np.where(seen, panel.y, 0.0).sum(axis=0), np.nan)
    usual = np.where(holidays, np.nan, total)[None]
    # One season ahead holds the factor of every phase.
    adjusted = Adjusted.of(Panel(usual, panel.season, panel.season))
    phase = (np.arange(panel.n_periods) - panel.n_periods) % panel.season
    expected = moving_mean(adjusted.y, panel.season)[0] * adjusted.factor[0, phase] + adjusted.offset[0, phase]
    ratio: DoubleArray = np.divide(total, expected, out=np.full(len(total), np.nan), where=expected > 0)
    return ratio
