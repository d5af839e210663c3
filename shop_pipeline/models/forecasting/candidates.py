"""The models that compete, by name, and which of them are tried on which series.

Here: the table of candidates, who is a slow seller, and forecasts of many models over one panel. Not here: the models
(`smoothing`, `trend`, `statistical`, `boosting`), nor the choice among them (`choice`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray
from shop_pipeline.models.forecasting import smoothing, statistical
from shop_pipeline.models.forecasting.boosting import forecast_boosted
from shop_pipeline.models.forecasting.closed import closed_ahead, open_only
from shop_pipeline.models.forecasting.holiday_effect import HolidayEffect
from shop_pipeline.models.forecasting.panel import NOTHING_KNOWN, Panel
from shop_pipeline.models.forecasting.seasonal import Adjusted
from shop_pipeline.models.forecasting.trend import fit_trend

BASELINE = "seasonal_naive"
# One model for all series together, where every other is fitted to one series alone.
BOOSTING = "gradient_boosting"
# Medians of models that err differently, after Petropoulos & Svetunkov (2020), A simple combination of univariate
# models. On the slow sellers of Online Retail (two windows of 28 days) the first has RMSSE .581, the best single model
# .585; on M4 Weekly the second has MASE .509, its members .505 (ARIMA) to .551.
COMBINATIONS: Mapping[str, tuple[str, ...]] = {
    "combination": ("recent_mean", "theta", BOOSTING),
    "combination_dear": ("theta", "ets", "dynamic_theta", "ces", "arima"),
}
# Syntetos, Boylan & Croston (2005): at 1.32 periods from one sale to the next, Croston's kind of model gets better.
SLOW = 1.32
# The mean of so many seasons is a candidate: what was usual lately.
RECENT_SEASONS = 8

Kind: TypeAlias = Literal["every", "slow", "dear"]
Forecast: TypeAlias = Callable[[Panel, Adjusted], DoubleArray]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be chosen.

    Args:
        forecast: from a panel, and the panel without season, to (n, H).
        kind: whether it is tried on every series, on slow sellers, or, because a fit takes milliseconds, on dear ones.
    """

    forecast: Forecast
    kind: Kind = "every"


def _on_adjusted(model: Callable[[DoubleArray, int], DoubleArray]) -> Forecast:
    """Forecast the series without its season, and put the season back."""
    return lambda panel, adjusted: adjusted.with_season(model(adjusted.y, panel.horizon))


def _recent(panel: Panel, adjusted: Adjusted) -> DoubleArray:
    return adjusted.with_season(smoothing.recent_mean(adjusted.y, RECENT_SEASONS * panel.season, panel.horizon))


CANDIDATES: Mapping[str, Candidate] = {
    BASELINE: Candidate(lambda panel, _: smoothing.seasonal_naive(panel.y, panel.season, panel.horizon)),
    "trend": Candidate(lambda panel, _: fit_trend(panel.y).forecast(panel.horizon)),
    "mean": Candidate(_on_adjusted(smoothing.mean_forecast)),
    "recent_mean": Candidate(_recent),
    "ses": Candidate(_on_adjusted(smoothing.ses_forecast)),
    "theta": Candidate(_on_adjusted(smoothing.theta_forecast)),
    "croston_sba": Candidate(_on_adjusted(smoothing.croston_sba), "slow"),
    "tsb": Candidate(_on_adjusted(smoothing.tsb), "slow"),
    "ets": Candidate(_on_adjusted(statistical.ets_forecast), "dear"),
    "dynamic_theta": Candidate(_on_adjusted(statistical.dynamic_theta_forecast), "dear"),
    "ces": Candidate(_on_adjusted(statistical.ces_forecast), "dear"),
    "arima": Candidate(_on_adjusted(statistical.arima_forecast), "dear"),
}

NAMES = (*CANDIDATES, BOOSTING, *COMBINATIONS)


def is_slow(panel: Panel) -> BoolArray:
    """Series with `SLOW` or more open periods from one sale to the next, (n,); those that never sold among them."""
    open_periods = Adjusted.of(open_only(panel)).y
    seen, sold = (~np.isnan(open_periods)).sum(axis=1), (open_periods > 0).sum(axis=1)
    slow: BoolArray = seen >= SLOW * sold
    return slow


def tried(panel: Panel, dear: BoolArray) -> dict[str, BoolArray]:
    """The rows on which each candidate is tried, by name; `dear` (n,) are those worth the dear models.

    Slow sellers are no matter for them: their forms of trend and error find nothing in mostly zeros.
    """
    if dear.shape != (panel.n_series,):
        raise ValueError("dear says of each series whether the dear models are tried on it")
    slow = is_slow(panel)
    rows: dict[Kind, BoolArray] = {"every": np.ones(len(slow), bool), "slow": slow, "dear": dear & ~slow}
    found = {name: rows[candidate.kind] for name, candidate in CANDIDATES.items()}
    return found | {
        BOOSTING: rows["every"],
        "combination": rows["every"],
        "combination_dear": rows["dear"],
    }


def forecast_many(panel: Panel, rows: Mapping[str, BoolArray], seed: int) -> dict[str, DoubleArray]:
    """Each model's forecast of its rows, (n, H), NaN in all others and where a model can't say.

    No model sees the weekdays on which the shop is closed, and all forecast 0 for them. The models of a single series
    don't see public holidays either, and what these do to all series is put on after; but for the baseline, which
    repeats what was, whatever it was.

    Args:
        rows: by name, the series (n,) that are wanted. Of a combination, the members are forecast along; gradient
            boosting learns from all series, whichever are wanted.
        seed: of gradient boosting's draws.
    """
    wanted = {name: mask for name, mask in rows.items() if mask.any()}
    needed = _with_members(wanted)
    closed, panel = closed_ahead(panel), open_only(panel)
    found = _by_series(panel, needed)
    if BOOSTING in needed:
        found[BOOSTING] = forecast_boosted(panel, seed)
    for name in COMBINATIONS.keys() & wanted.keys():
        found[name] = _median(np.stack([found[member] for member in COMBINATIONS[name]]), wanted[name])
    # NaN times 0 stays NaN: what can't be told is not told on closed days either.
    return {name: np.where(mask[:, None], found[name] * ~closed, np.nan) for name, mask in wanted.items()}


def _by_series(panel: Panel, needed: Mapping[str, BoolArray]) -> dict[str, DoubleArray]:
    """The forecasts of the models that are fitted to one series, by name, (n, H) each."""
    effect = HolidayEffect.of(panel)
    # None of them reads a covariate: of 20,000 series and three years, their rows are copies of 0.7 GB.
    panel = replace(panel, known=NOTHING_KNOWN)
    ordinary = effect.without(panel)
    adjusted = Adjusted.of(ordinary)
    found = {
        name: effect.put_on(_of_rows(candidate, ordinary, adjusted, needed[name]))
        for name, candidate in CANDIDATES.items()
        if name in needed and name != BASELINE
    }
    if BASELINE in needed:
        found[BASELINE] = _of_rows(CANDIDATES[BASELINE], panel, adjusted, needed[BASELINE])
    return found


def _with_members(wanted: Mapping[str, BoolArray]) -> dict[str, BoolArray]:
    """The rows of each model, those of the combinations that it is in included."""
    needed = dict(wanted)
    for name in COMBINATIONS.keys() & wanted.keys():
        for member in COMBINATIONS[name]:
            needed[member] = needed[member] | wanted[name] if member in needed else wanted[name]
    return needed


def _of_rows(candidate: Candidate, panel: Panel, adjusted: Adjusted, mask: BoolArray) -> DoubleArray:
    index = np.flatnonzero(mask)
    found = np.full((panel.n_series, panel.horizon), np.nan)
    y_hat = candidate.forecast(panel.rows(index), adjusted.rows(index))
    found[index] = np.maximum(y_hat, 0) if panel.non_negative else y_hat
    return found


def _median(members: DoubleArray, rows: BoolArray) -> DoubleArray:
    """The median of the members that say something, (n, H); NaN where none does."""
    found = np.full(members.shape[1:], np.nan)
    there = rows & ~np.isnan(members).any(axis=2).all(axis=0)
    found[there] = np.nanmedian(members[:, there], axis=0)
    return found
