"""XYZ: how evenly a product sells, week by week.

Here: the coefficient of variation and the classes by it. Not here: how much it brings (`abc.py`).
"""

from __future__ import annotations

import warnings

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray


def coefficient_of_variation(weekly: DoubleArray) -> DoubleArray:
    """Standard deviation over mean of a product's weeks.

    Args:
        weekly: units, float64 (n, weeks), NaN where a week says nothing.

    Returns:
        float64 (n,); NaN with fewer than two weeks or without a sale.
    """
    n_weeks = (~np.isnan(weekly)).sum(axis=1)
    with warnings.catch_warnings():
        # A product without a week has no mean, and is left out below.
        warnings.simplefilter("ignore", RuntimeWarning)
        mean, deviation = np.nanmean(weekly, axis=1), np.nanstd(weekly, axis=1)
    known = (n_weeks > 1) & (mean > 0)
    return np.asarray(np.divide(deviation, mean, out=np.full(len(weekly), np.nan), where=known))


def xyz_classes(variation: DoubleArray, until_x: float, until_y: float) -> AnyArray:
    """X for a coefficient of variation up to `until_x`, Y up to `until_y`, else Z; unknown is Z.

    Args:
        variation: float64 (n,), NaN where unknown.
        until_x: above 0.
        until_y: not below `until_x`.

    Returns:
        str (n,).

    Raises:
        ValueError: the borders do not rise.
    """
    if not 0 < until_x <= until_y:
        raise ValueError(f"classes need 0 < X <= Y, not {until_x} and {until_y}")
    return np.select([variation <= until_x, variation <= until_y], ["X", "Y"], "Z")
