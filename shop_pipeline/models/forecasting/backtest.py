"""What each model would have forecast at earlier clocks, which is chosen, and whether it beats the seasonal naive one.

Here: the rolling origin (Tashman 2000): windows of one horizon each, side by side, up to the clock. The last window is
the test; the model is chosen on those before it. Each series is forecast, chosen for and judged
alone. Not here: the forecast from today (`forecast`), its interval, and a hierarchy that adds up (`reconcile`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, IntArray
from shop_pipeline.models.forecasting import metrics
from shop_pipeline.models.forecasting.candidates import BASELINE, forecast_many, is_slow, tried
from shop_pipeline.models.forecasting.choice import choose
from shop_pipeline.models.forecasting.panel import Panel

# With so many windows, at least three say what the model is worth where one of them chose it.
SURE_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class Backtest:
    """W windows of n series and H periods.

    Args:
        cutoffs: periods that were known at each window's beginning, int32 (W,), rising; the last window is the test.
        actual: (W, n, H), NaN where unknown.
        y_hat: of the chosen model, (W, n, H).
        baseline: of the seasonal naive one, (W, n, H).
        model: name of the chosen one, (n,) of object.
        is_published: whether it beats the baseline over all windows, the test among them, (n,); of few windows, in the
            test as well.
        is_slow: slow sellers, (n,): chosen and judged by squared errors, all others by absolute ones.
        scale: `metrics.naive_scale` of the history before the test, (n,).
        scores: MASE over the earlier windows by name, (n,); NaN where a model was not tried, nothing was seen, or there
            is no scale.
        squared_scores: RMSSE likewise.
    """

    cutoffs: IntArray
    actual: DoubleArray
    y_hat: DoubleArray
    baseline: DoubleArray
    model: AnyArray
    is_published: BoolArray
    is_slow: BoolArray
    scale: DoubleArray
    scores: Mapping[str, DoubleArray]
    squared_scores: Mapping[str, DoubleArray]


def backtest(panel: Panel, windows: int, dear: BoolArray, seed: int) -> Backtest:
    """Forecast each window from what was known before it, choose per series, and judge.

    A slow seller's absolute error is smallest with a forecast of 0, of which no stock can be planned; its squared error
    is smallest with the mean. Whether a model beats the baseline is asked over all windows, the test among them. Of
    fewer than `SURE_WINDOWS`, where most of them chose it, it has to win the test as well; of more it need not, for one
    window of one series is chance: with three windows that rule left MASE .522 of what is published on M4 Weekly, and
    .579 if a model had to win the test too.

    Raises ValueError without a series, and if the history is too short: a choice needs an earlier window and a test,
    and before them two seasons (two periods, without a season).

    Args:
        windows: W, from 2 on.
        dear: the series that are worth dear models, (n,).
        seed: of gradient boosting's draws.
    """
    first = panel.n_periods - windows * panel.horizon
    if windows < 2 or first < 2 * panel.season:
        raise ValueError(
            f"{windows} windows of {panel.horizon} in {panel.n_periods} periods: a back-test takes two windows or more "
            f"after two seasons of {panel.season}"
        )
    if not panel.n_series:
        raise ValueError("there are no series")
    cutoffs = first + panel.horizon * np.arange(windows, dtype=np.int32)
    before_test = panel.cut(int(cutoffs[-1]))
    rows = tried(before_test, dear)
    y_hats = [forecast_many(panel.cut(int(cutoff)), rows, seed) for cutoff in cutoffs]
    actual = np.stack([panel.y[:, cutoff : cutoff + panel.horizon] for cutoff in cutoffs])
    return _judge(before_test, cutoffs, actual, y_hats, rows)


def _judge(
    before_test: Panel,
    cutoffs: IntArray,
    actual: DoubleArray,
    y_hats: list[dict[str, DoubleArray]],
    rows: Mapping[str, BoolArray],
) -> Backtest:
    # Taken out as it is stacked: all candidates' forecasts are held once. 17 of 20,000 series, 5 windows and 28 steps
    # are 380 MB.
    every = {name: np.stack([of_window.pop(name) for of_window in y_hats]) for name in tuple(y_hats[0])}
    judge = _Judge(actual, every[BASELINE], is_slow(before_test))
    absolute, squared = judge.errors(every, slice(0, len(cutoffs) - 1))
    errors = {name: np.where(judge.is_slow, squared[name], absolute[name]) for name in every}
    model = choose(errors, rows, judge.is_slow + 2 * rows["ets"])
    chosen = picked(every, model)
    scale = metrics.naive_scale(before_test.y, before_test.season)
    squared_scale = metrics.squared_naive_scale(before_test.y, before_test.season)
    return Backtest(
        cutoffs, actual, chosen, every[BASELINE], model, judge.beats_baseline(chosen), judge.is_slow, scale,
        {name: error / _positive(scale) for name, error in absolute.items()},
        {name: error / np.sqrt(_positive(squared_scale)) for name, error in squared.items()},
    )  # fmt: skip


def _positive(scale: DoubleArray) -> DoubleArray:
    """NaN where the history never changed: then no ratio to it says anything."""
    return np.where(scale > 0, scale, np.nan)


@dataclass(frozen=True, slots=True)
class _Judge:
    """What is needed to say how far a forecast was off.

    Errors are in the series' own unit, for they are compared within a series only: a product that is younger than a
    season has no scale, and is judged all the same.
    """

    actual: DoubleArray
    baseline: DoubleArray
    is_slow: BoolArray

    def errors(
        self, every: Mapping[str, DoubleArray], windows: slice
    ) -> tuple[dict[str, DoubleArray], dict[str, DoubleArray]]:
        """Mean absolute error, and root of the mean squared one, over some windows, by name, (n,) each.

        NaN for a model that could not forecast all that the baseline could, for it would be held against less.
        """
        absolute, squared, unit = {}, {}, np.ones(len(self.is_slow))
        for name, y_hat in every.items():
            actual, found = self.actual[windows], y_hat[windows]
            missing = np.isnan(found) & ~np.isnan(actual) & ~np.isnan(self.baseline[windows])
            whole = np.where(missing.any(axis=(0, 2)), np.nan, 1.0)
            absolute[name] = whole * metrics.mase(actual, found, unit)
            squared[name] = whole * metrics.rmsse(actual, found, unit)
        return absolute, squared

    def beats_baseline(self, chosen: DoubleArray) -> BoolArray:
        """Whether it was less off over all windows, the test included, in the measure of the series' kind, (n,)."""
        over_all = self._less_off(chosen, slice(None))
        return over_all if len(self.actual) >= SURE_WINDOWS else over_all & self._less_off(chosen, slice(-1, None))

    def _less_off(self, chosen: DoubleArray, windows: slice) -> BoolArray:
        absolute, squared = self.errors({"chosen": chosen, BASELINE: self.baseline}, windows)
        less = absolute["chosen"] < absolute[BASELINE], squared["chosen"] < squared[BASELINE]
        return np.where(self.is_slow, less[1], less[0])


def picked(every: Mapping[str, DoubleArray], model: AnyArray) -> DoubleArray:
    """The rows of each series' own model, from arrays (..., n, H) by name."""
    found = np.full(every[BASELINE].shape, np.nan)
    for name in every:
        mine = model == name
        found[..., mine, :] = every[name][..., mine, :]
    return found
