"""The forecast from today, by the model that the back-test chose for each series.

Here: that, and nothing else; the interval is made of errors (`intervals`), the sums of a hierarchy in `reconcile`.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.forecasting.backtest import picked
from shop_pipeline.models.forecasting.candidates import BASELINE, NAMES, forecast_many
from shop_pipeline.models.forecasting.panel import Panel


def forecast(panel: Panel, model: AnyArray, seed: int) -> DoubleArray:
    """The next periods of each series, (n, H); NaN where nothing of it was ever seen.

    A model that can say nothing of a series any more, as when the search for its parameters finds none, leaves it to
    the baseline.

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
    y_hat = picked(every, model)
    return np.where(np.isnan(y_hat), every[BASELINE], y_hat)
