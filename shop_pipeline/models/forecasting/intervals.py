"""Bounds that hold as much of what comes as they say, from a back-test's own errors.

Here: bounds around forecasts. Not here: what errors look like (`error_shape`), forecasts.

Promised: lower ends rise and upper ends fall from the 95 % to the 80 % interval, and nothing is below the floor. Not
promised: the forecast between its bounds. It is a mean, and that of a product that seldom sells may lie above what
comes on eight of ten days. Where the lower tail lies below the floor it can't be missed, so the upper one is all that
is left out: 80 % are then below the upper end, and not 90.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.forecasting.error_shape import ErrorShape

# A lower end within this share of the way from the floor to the forecast is the floor: a bound of 0.04 units tells
# nobody anything, but every day without a sale would be outside.
NEAR_FLOOR = 0.1
# A model was chosen for being little off in the very windows whose errors are known, and will be off more: by as much
# as so many of the independent errors add. Simulated for seven models to choose from, 2 to 5 windows and errors from
# independent to wandering ones, 80 % held .73 to .79 of what came to a thousand series, and hold .78 to .84 with it;
# on M4's weeks .76, and .80.
PRICE_OF_CHOICE = 1.25


def interval_bounds(
    y_hat: DoubleArray,
    errors: DoubleArray,
    scale: DoubleArray,
    levels: Sequence[float] = (0.8, 0.95),
    group: AnyArray | None = None,
    lowest: float | None = 0.0,
) -> dict[float, tuple[DoubleArray, DoubleArray]]:
    """Lower and upper bounds, (n, H) each, by level; NaN where there is no forecast or no error to judge it by.

    Args:
        y_hat: (n, H).
        errors: actual - forecast of earlier windows, (W, n, H), out of sample, of the model that was chosen by them;
            NaN where nothing is known.
        scale: (n,), see `ErrorShape.of`.
        group: series alike, (n,), as `groups_alike` tells them; without, all are.
        lowest: what nothing can be below; None for no floor.
    """
    if y_hat.shape != errors.shape[1:] or not all(0 < level < 1 for level in levels):
        raise ValueError("y_hat is (n, H), errors are (W, n, H), and a level is a share between 0 and 1")
    shape = ErrorShape.of(errors, scale, group)
    chosen = 1 + PRICE_OF_CHOICE / shape.freedom
    unit = (shape.spread * chosen)[:, None] * shape.growth[shape.group]
    return {level: _bounds(y_hat, unit, shape, level, lowest) for level in levels}


def _bounds(
    y_hat: DoubleArray, unit: DoubleArray, shape: ErrorShape, level: float, lowest: float | None
) -> tuple[DoubleArray, DoubleArray]:
    quantiles = shape.quantiles(np.array([(1 - level) / 2, (1 + level) / 2, level]))
    # Who was never off has no shape either, and stays at the forecast.
    low, high, one_sided = (y_hat + np.where(unit == 0, 0.0, unit * quantile[:, None]) for quantile in quantiles.T)
    if lowest is None:
        return low, high
    at_floor = low <= lowest + NEAR_FLOOR * np.maximum(y_hat - lowest, 0.0)
    high = np.where(at_floor, one_sided, high)
    return np.where(at_floor, lowest, low), np.maximum(high, lowest)
