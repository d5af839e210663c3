"""The forecast from today, by the model that the back-test chose for each series.

Here: that, and the baseline beside it. Not here: the interval, which is made of errors (`intervals`), and the sums of a
hierarchy (`reconcile`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.forecasting.backtest import picked
from shop_pipeline.models.forecasting.candidates import BASELINE, NAMES, forecast_many
from shop_pipeline.models.forecasting.panel import Panel


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next periods of n series, and who forecast them.

    Args:
        y_hat: (n, H), NaN where nothing of a series was ever seen.
        baseline: what the baseline says, (n, H).
        model: the name of the model that `y_hat` is of, (n,) of object.
    """

    y_hat: DoubleArray
    baseline: DoubleArray
    model: AnyArray


def forecast(panel: Panel, model: AnyArray, seed: int) -> DoubleArray:
    """The next periods of each series, (n, H), as `forecast_by` tells them."""
    return forecast_by(panel, model, seed).y_hat


def forecast_by(panel: Panel, model: AnyArray, seed: int) -> Forecast:
    """The next periods of each series by the model that was chosen for it.

    A model that can say nothing of a series any more, as when the search for its parameters finds none, leaves it to
    the baseline; then that is the model that is named.

    Raises ValueError for a name that is no candidate.

    Args:
        model: a name per series, (n,) of object.
        seed: of gradient boosting's draws.
    """
    unknown = set(model) - set(NAMES)
    if unknown:
        raise ValueError(f"no such model: {', '.join(sorted(map(str, unknown)))}")
    rows = {name: model == name for name in NAMES}
    rows[BASELINE] = np.ones(panel.n_series, bool)
    every = forecast_many(panel, rows, seed)
    y_hat, baseline = picked(every, model), every[BASELINE]
    silent = np.asarray((np.isnan(y_hat) & ~np.isnan(baseline)).any(axis=1))
    return Forecast(np.where(silent[:, None], baseline, y_hat), baseline, np.where(silent, BASELINE, model))
