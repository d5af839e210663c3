"""How far forecasts were off, told apart into how far for a series, how it grows with the step, and the shape.

Here: `ErrorShape`, from a back-test's errors: error = spread of the series * growth of the step * shape of the group.
Not here: bounds (`intervals`) and sums over a lead time (`lead_time`).

A back-test of some windows says well how far a single series is off on the whole, but not where its 2.5 % worst days
begin: the size is its own, shrunk towards that of series alike, and the shape, skewed as demand is, is pooled. Its
ends are further out for a series whose size is known from fewer independent errors than that of series alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import isotonic_regression

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.forecasting.freedom import effective_number, student_quantiles

# The group's spread counts for as much as so many windows of the series' own. Between 0.5 and 4 the coverage on M4's
# weeks and on a gift shop's days changed by two hundredths at most, but that of the shop as a whole fell with it.
PRIOR_WINDOWS = 0.5
# A group with fewer errors than this borrows the shape and growth of all series.
FEWEST_ERRORS = 200
# Student's quantiles nearer to 0 than this have no ratio.
NEAR_MIDDLE = 1e-6
# Student's shape counts for as much as so many (window, series) pairs: between 20 and 40 coverage changed by .01.
PRIOR_PAIRS = 20
# Upper ends of the share of periods without a sale that make a group.
SHARES_WITHOUT = (0.1, 0.3, 0.5, 0.7, 0.85, 0.95)


def groups_alike(y: DoubleArray) -> AnyArray:
    """Series whose errors have one shape, (n,) of int: by the share of periods without a sale, in bands.

    Args:
        y: (n, T), NaN where nothing is known; a row of nothing else is in the last group.
    """
    seen, zero = (~np.isnan(y)).sum(axis=1), (y == 0).sum(axis=1)
    share = np.divide(zero, seen, out=np.ones(len(y)), where=seen > 0)
    return np.asarray(np.searchsorted(SHARES_WITHOUT, share, side="left"))


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """What n series' errors look like.

    Args:
        spread: mean absolute error in units of the series, (n,), NaN where neither scale nor error is known.
        group: row of `growth` and place in `shapes` of each series, (n,).
        growth: of the spread with the step, (groups, H), not falling, 1 on the mean.
        shapes: errors / (spread * growth) of each group, sorted.
        n_independent: number of (window, series) pairs behind each shape: errors of one window go together.
        freedom: independent errors that would tell the spread as well, (n,); of series alike where it has none.
        is_pooled: the series has no errors of its own, all is from series alike, (n,).
    """

    spread: DoubleArray
    group: AnyArray
    growth: DoubleArray
    shapes: tuple[DoubleArray, ...]
    n_independent: tuple[int, ...]
    freedom: DoubleArray
    is_pooled: BoolArray

    @classmethod
    def of(cls, errors: DoubleArray, scale: DoubleArray, group: AnyArray | None = None) -> Self:
        """Learn from errors (W, n, H), actual - forecast, NaN where not judged.

        Args:
            scale: what makes series comparable, (n,), as the mean absolute seasonal difference. NaN or 0: the own mean
                absolute error.
            group: series alike, (n,) of int from 0 on; without, all are.
        """
        if errors.ndim != 3 or not len(errors) or scale.shape != errors.shape[1:2]:
            raise ValueError("errors are (W, n, H) with a window or more, and scale is (n,)")
        if group is not None and group.shape != scale.shape:
            raise ValueError("group is (n,)")
        group = _large_enough(errors, np.zeros(len(scale), int) if group is None else group)
        scale = np.where(scale > 0, scale, _mean(np.abs(errors), axes=(0, 2)))
        alike = _spread_of_alike(errors, scale, group)
        # Each window is held against the spread that the others tell, as the next one will be: the shape has wide ends
        # where a spread is not known well.
        others = [np.delete(errors, window, axis=0) for window in range(len(errors))]
        relative = np.array([_divided(e, _spread(o, alike)[:, None]) for e, o in zip(errors, others, strict=True)])
        mine = [relative[:, group == each] for each in range(group.max(initial=-1) + 1)]
        growth = np.array([_growth(each) for each in mine]).reshape(len(mine), errors.shape[2])
        shapes = tuple(_sorted(_divided(each, own)) for each, own in zip(mine, growth, strict=True))
        independent = tuple(int((~np.isnan(each)).any(axis=2).sum()) for each in mine)
        is_pooled = np.asarray(np.isnan(errors).all(axis=(0, 2)))
        own = effective_number(errors)
        freedom = np.where(is_pooled, _typical(own, group), own)
        return cls(_spread(errors, alike), group, growth, shapes, independent, freedom, is_pooled)

    def quantiles(self, probabilities: DoubleArray, rows: AnyArray | slice = slice(None)) -> DoubleArray:
        """Of some series' errors in units of spread * growth, (rows, probabilities); NaN if the group has no errors.

        Those of the group's shape, shrunk towards Student's where few errors tell it. A series that has fewer
        independent errors than is typical of its group has its ends further from the middle, by the ratio of Student's
        quantiles; one that has more keeps the group's.
        """
        wanted = np.append(probabilities, 0.5)
        group = self.group[rows]
        typical = student_quantiles(_typical(self.freedom, self.group)[rows], wanted)
        seen = np.array([_of_sorted(shape, wanted) for shape in self.shapes]).reshape(-1, len(wanted))[group]
        pairs = np.array(self.n_independent, float)[group, None]
        of_group = (pairs * seen + PRIOR_PAIRS * typical) / (pairs + PRIOR_PAIRS)
        ratio = np.ones(typical.shape)
        np.divide(
            student_quantiles(self.freedom[rows], wanted), typical, out=ratio, where=np.abs(typical) > NEAR_MIDDLE
        )
        middle = of_group[:, -1:]
        return np.asarray(middle + (of_group - middle) * np.maximum(ratio, 1.0))[:, :-1]


def _typical(freedom: DoubleArray, group: AnyArray) -> DoubleArray:
    """The group's geometric mean for each series, (n,); 1 where nobody has errors."""
    known = ~np.isnan(freedom)
    total = np.bincount(group, weights=np.where(known, np.log(np.where(known, freedom, 1.0)), 0.0))
    mean = _divided(total, np.bincount(group, weights=known))
    return np.asarray(np.exp(np.nan_to_num(mean))[group])


def _of_sorted(values: DoubleArray, probabilities: DoubleArray) -> DoubleArray:
    """Quantiles, linear between two values; the ends for what lies beyond them, NaN without values."""
    if not len(values):
        return np.full(len(probabilities), np.nan)
    return np.interp(probabilities * (len(values) - 1), np.arange(len(values)), values)


def _large_enough(errors: DoubleArray, group: AnyArray) -> AnyArray:
    """Groups numbered from 0 on; those with too few errors are one with the next that has enough, by number."""
    names, place = np.unique(group, return_inverse=True)
    counts = np.bincount(place, weights=(~np.isnan(errors)).sum(axis=(0, 2)), minlength=len(names))
    large = names[counts >= FEWEST_ERRORS]
    if not len(large):
        return np.zeros(len(group), int)
    nearest = np.abs(names[:, None] - large).argmin(axis=1)
    return np.asarray(np.unique(nearest[place], return_inverse=True)[1])


def _spread_of_alike(errors: DoubleArray, scale: DoubleArray, group: AnyArray) -> DoubleArray:
    """What the spread of each series would be if it were its group's, relative to the scale, (n,)."""
    relative = _divided(_mean(np.abs(errors), axes=(0, 2)), scale)
    known = ~np.isnan(relative)
    total = np.bincount(group, weights=np.where(known, relative, 0.0))
    return np.where(scale == 0, 0.0, _divided(total, np.bincount(group, weights=known))[group] * scale)


def _spread(errors: DoubleArray, alike: DoubleArray) -> DoubleArray:
    windows = (~np.isnan(errors)).any(axis=2).sum(axis=0)
    own = np.nan_to_num(_mean(np.abs(errors), axes=(0, 2)))
    return np.asarray((windows * own + PRIOR_WINDOWS * alike) / (windows + PRIOR_WINDOWS))


def _growth(relative: DoubleArray) -> DoubleArray:
    """How the mean absolute error grows with the step, by isotonic regression: it is noisy, but does not shrink."""
    size, count = _mean(np.abs(relative), axes=(0, 1)), (~np.isnan(relative)).sum(axis=(0, 1))
    if not (size > 0).any():
        return np.ones(len(size))
    rising = isotonic_regression(np.nan_to_num(size), weights=np.maximum(count, 1e-9)).x
    return np.asarray(rising / np.average(rising, weights=count))


def _sorted(values: DoubleArray) -> DoubleArray:
    return np.sort(values[~np.isnan(values)])


def _mean(values: DoubleArray, axes: tuple[int, ...]) -> DoubleArray:
    """NaN where there is nothing."""
    return _divided(np.nansum(values, axis=axes), (~np.isnan(values)).sum(axis=axes))


def _divided(above: AnyArray, below: AnyArray) -> DoubleArray:
    """NaN where it would be divided by 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))
