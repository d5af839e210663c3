"""What a forecast says of the days until a delivery, and how long stock lasts.

Here: sums over a product's own number of days, also beyond the horizon. Not here: how wrong they may be
(`models/forecasting/lead_time.py`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray


def expected_demand(y_hat: DoubleArray, days: AnyArray) -> DoubleArray:
    """Units expected over the next `days`. Behind the horizon the mean of its days goes on.

    Args:
        y_hat: units per day, float64 (n, H), at least 0.
        days: whole days, int (n,), at least 0.

    Returns:
        float64 (n,).
    """
    horizon = y_hat.shape[1]
    until = _running(y_hat)
    within = until[np.arange(len(y_hat)), np.minimum(days, horizon)]
    return np.asarray(within + np.maximum(days - horizon, 0) * until[:, -1] / horizon)


def days_of_cover(y_hat: DoubleArray, units: DoubleArray) -> DoubleArray:
    """Days until the expected demand has used up `units`; within a day it is spread evenly.

    Args:
        y_hat: units per day, float64 (n, H), at least 0.
        units: at least 0, float64 (n,); NaN where unknown.

    Returns:
        float64 (n,); infinite where nothing is expected, 0 where there are none, NaN where `units` is.
    """
    horizon = y_hat.shape[1]
    until = _running(y_hat)
    whole = (until[:, 1:] <= units[:, None]).sum(axis=1)
    next_day = np.where(
        whole < horizon, y_hat[np.arange(len(y_hat)), np.minimum(whole, horizon - 1)], y_hat.mean(axis=1)
    )
    left = units - until[np.arange(len(y_hat)), whole]
    part = np.divide(left, next_day, out=np.full(len(y_hat), np.inf), where=next_day > 0)
    # Where nothing is left nothing is covered, not even days on which nothing is expected.
    return np.where(np.isnan(units), np.nan, np.where(units <= 0, 0.0, whole + part))


def _running(y_hat: DoubleArray) -> DoubleArray:
    return np.concatenate([np.zeros((len(y_hat), 1)), np.cumsum(y_hat, axis=1)], axis=1)
