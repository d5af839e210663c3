"""Working out once what many customers share.

Here: which rows are alike. Not here: what is worked out of them. In days, a million customers of two years have some
330,000 distinct histories, and some 12,000 distinct pairs of frequency and age.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray


def alike(*columns: DoubleArray) -> tuple[AnyArray, AnyArray]:
    """Positions (m,) of one row for each distinct combination of values, and which of them each row (n,) is like."""
    order = np.lexsort(columns[::-1])
    changes = np.zeros(len(order), bool)
    changes[:1] = True
    for values in columns:
        changes[1:] |= values[order[1:]] != values[order[:-1]]
    which = np.empty(len(order), np.intp)
    which[order] = np.cumsum(changes) - 1
    return order[changes], which
