"""How good foretold amounts are.

Belongs here: the figures. Does not belong here: their intervals (`resampling`), comparisons (`amount_choice`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import DoubleArray

METRICS = ("mae", "rmse", "r2", "bias", "coverage")


def all_metrics(expected: DoubleArray, low: DoubleArray, high: DoubleArray, amounts: DoubleArray) -> DoubleArray:
    """Each of METRICS, in order. R2 is NaN where all amounts are equal; the bias is that of the sum, as a share."""
    error = expected - amounts
    spread = float(np.square(amounts - amounts.mean()).sum())
    return np.array(
        [
            np.abs(error).mean(),
            np.sqrt(np.square(error).mean()),
            1 - np.square(error).sum() / spread if spread > 0 else np.nan,
            error.sum() / amounts.sum(),
            ((low <= amounts) & (amounts <= high)).mean(),
        ]
    )
