"""Which model is chosen for each series, from what each was off in earlier windows.

Here: the choice. Not here: the errors (`backtest`).

Two windows of one series say little, and the model that was best in them is often so by chance. What a model was off in
all series alike is worth as much as what it was off in this one. On the products of Online Retail (3,926, 28 days,
chosen on two windows, judged on the third), that leaves RMSSE .892 of slow sellers and MASE .806 of the others, where
the best of each series for itself leaves .908 and .819; on M4 Weekly, without ARIMA, MASE .528 against .567.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.forecasting.candidates import BASELINE

# The weight of the series alike; the rest is the series' own.
OTHERS = 0.5


def choose(errors: Mapping[str, DoubleArray], tried: Mapping[str, BoolArray], kinds: DoubleArray) -> AnyArray:
    """The name of the model of each series, (n,) of object.

    A model's error e counts as e / (e + b), with b that of the baseline: from 0 (perfect) through 1/2 (no better) to 1,
    so that no single series outweighs the others. A series that the baseline met exactly, as a product that is no
    longer sold, is no measure for others. Ties go to the model that is named first. A series whose errors are unknown
    gets the baseline.

    Args:
        errors: by name, the error of each series in the earlier windows, (n,); NaN where unknown.
        tried: by name, where the model was tried, (n,).
        kinds: whole numbers, (n,): series of one kind are alike.
    """
    names = list(errors)
    relative = np.stack([_against(errors[name], errors[BASELINE]) for name in names])
    relative[np.stack([~tried[name] for name in names])] = np.nan
    score = np.full(relative.shape, np.inf)
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        own = relative[:, members]
        seen = ~np.isnan(own)
        counted = seen & (errors[BASELINE][members] > 0)
        pooled = np.where(counted, own, 0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
        blend = OTHERS * pooled[:, None] + (1 - OTHERS) * own
        score[:, members] = np.where(seen, blend, np.inf)
    best: AnyArray = np.array(names, dtype=object)[score.argmin(axis=0)]
    best[np.isinf(score).all(axis=0)] = BASELINE
    return best


def _against(error: DoubleArray, baseline: DoubleArray) -> DoubleArray:
    """e / (e + b); 1/2 where both are 0."""
    total = error + baseline
    return np.where(total == 0, 0.5, error / np.where(total == 0, 1, total))
