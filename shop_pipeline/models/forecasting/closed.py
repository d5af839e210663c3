"""Weekdays on which the shop is shut, found in the sales themselves: nothing is learned from them, nothing is forecast.

Here: which phases of the season are closed, judged by the whole panel, and the panel without them. Not here: a phase
that is weak for one series alone (`seasonal`), and public holidays (`holiday_effect`).

One slow product can't tell a Saturday off from a Saturday without luck; all of them together can.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shop_pipeline.models.arrays import BoolArray
from shop_pipeline.models.forecasting.panel import Panel

# A phase is not closed before it has passed so often without a sale: two months of weeks.
SEASONS_CLOSED = 8
# Nor while mere chance would leave it empty more often than this. With a sale on half of the other days, 8 weekdays
# without one are chance in 1 of 256 cases, 10 in 1 of 1,024.
CHANCE = 0.001


def closed_phases(panel: Panel) -> BoolArray:
    """The phases in which nothing has been sold lately by anybody, (season,); phase 0 is that of the first column.

    A phase is closed if no series sold anything (0 or masked) in its last 8 periods or more, while on so many of the
    other periods something was sold that chance explains it in less than 1 of 1,000 cases. A shop that sold nothing at
    all lately has no closed phase, and neither has a panel without a season.
    """
    sold = (np.nan_to_num(panel.y) != 0).any(axis=0)
    opened = int(panel.seen.any(axis=0).argmax())
    return np.array([_is_closed(sold, opened, phase, panel.season) for phase in range(panel.season)])


def closed_ahead(panel: Panel) -> BoolArray:
    """The periods to come that are in a closed phase, (H,)."""
    ahead: BoolArray = closed_phases(panel)[(panel.n_periods + np.arange(panel.horizon)) % panel.season]
    return ahead


def open_only(panel: Panel) -> Panel:
    """The panel with NaN in closed phases; the very panel where none is."""
    closed = closed_phases(panel)[np.arange(panel.n_periods) % panel.season]
    return replace(panel, y=np.where(closed, np.nan, panel.y)) if closed.any() else panel


def _is_closed(sold: BoolArray, opened: int, phase: int, season: int) -> bool:
    """Whether the phase's periods since its last sale are many, and empty against all odds.

    Args:
        sold: whether anything was sold, (T,).
        opened: the first column that says anything.
    """
    periods = np.arange(phase, len(sold), season)
    periods = periods[periods >= opened]
    last = np.flatnonzero(sold[periods])
    empty = periods[last[-1] + 1 :] if len(last) else periods
    if len(empty) < SEASONS_CLOSED:
        return False
    since = np.arange(empty[0], len(sold))
    others = sold[since[since % season != phase]]
    return len(others) > 0 and float((1 - others.mean()) ** len(empty)) < CHANCE
