"""How many independent errors a back-test holds: those of one window go together, and say less than their number.

Here: the effective number of errors of each series, and what a size that is known from so few makes of bounds. Not
here: the size and the shape of errors (`error_shape`).

A level that is off is off on all days of a window: five windows of 28 days then say of the size of errors what five
errors say, and not 140. The sum of squares of correlated normal errors is as uncertain as that of
N^2 / sum of rho_ij^2 independent ones (Satterthwaite 1946: twice the squared mean over the variance), with rho_ij the
correlation of the i-th with the j-th. It is taken from the errors themselves, by distance within the window.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import t as student

from shop_pipeline.models.arrays import AnyArray, DoubleArray

# Squares of errors vary so many times as much as those of normal errors: that is a kurtosis of 5. With 1, bounds of
# single simulated series with wandering errors held .75 and .90 of what came for .80 and .95, with 2 .78 and .92.
SQUARES_VARY = 2.0
# Below, Student's tails say more of the formula than of the series: at 1.5 his 97.5 % is at 6, at 1 at 13.
FEWEST = 1.5
# Numbers within 5 % have one quantile: that is some hundred of them for any number of series.
PER_LOG = 20
# A normal variable's mean absolute value, in standard deviations.
MEAN_ABSOLUTE = np.sqrt(2 / np.pi)


def effective_number(errors: DoubleArray) -> DoubleArray:
    """Independent errors that would tell the size of each series' errors as well, (n,), from 1 on; NaN without any.

    Args:
        errors: (W, n, H), NaN where unknown.
    """
    seen = ~np.isnan(errors)
    products, pairs = _by_distance(np.where(seen, errors, 0.0)), np.rint(_by_distance(seen.astype(float)))
    count, squares = pairs[:, :1], products[:, :1]
    together = (pairs > 0) & (squares > 0)
    above, below = products * count, np.broadcast_to(squares, pairs.shape) * pairs
    correlation = np.clip(np.divide(above, below, out=np.zeros(pairs.shape), where=together), -1.0, 1.0)
    total = count[:, 0] + 2 * (pairs * correlation**2)[:, 1:].sum(axis=1)
    return np.asarray(np.divide(count[:, 0] ** 2, total, out=np.full(len(total), np.nan), where=total > 0))


def _by_distance(values: DoubleArray) -> DoubleArray:
    """Sums of products of what is so many steps apart within one window, (n, H), from 0 steps on."""
    horizon = values.shape[2]
    length = next_fast_len(2 * horizon, real=True)
    power = (np.abs(rfft(values, length, axis=2)) ** 2).sum(axis=0)
    return np.asarray(irfft(power, length, axis=1)[:, :horizon])


def student_quantiles(number: DoubleArray, probabilities: DoubleArray) -> DoubleArray:
    """Of an error relative to a mean absolute error that so many independent errors told, (n, probabilities)."""
    freedom = np.maximum(number / SQUARES_VARY, FEWEST)
    steps, place = np.unique(np.rint(PER_LOG * np.log(freedom)), return_inverse=True)
    found: AnyArray = student.ppf(probabilities, np.exp(steps / PER_LOG)[:, None]) / MEAN_ABSOLUTE
    return np.asarray(found[place])
