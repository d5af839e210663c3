"""How far back each entry of a history lies, in steps.

Belongs here: steps of one customer. Does not belong here: what a step costs (the models that use order).

A step is a distinct time: what a customer had to do with at the same time lies equally far back.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, IntArray
from shop_pipeline.models.interactions import Interactions


def ordered_steps(interactions: Interactions) -> tuple[AnyArray, IntArray, IntArray]:
    """The entries oldest first, and for each of them its customer and the number of distinct times until it.

    The number goes on from customer to customer: differences within one are steps.
    """
    order = interactions.oldest_first()
    customers = np.repeat(np.arange(interactions.matrix.shape[0], dtype=np.int32), np.diff(interactions.matrix.indptr))
    assert interactions.times is not None  # else oldest_first has raised
    times = interactions.times[order]
    is_later = np.ones(len(order), bool)
    is_later[1:] = (np.diff(times) != 0) | (np.diff(customers) != 0)
    return order, customers, np.cumsum(is_later, dtype=np.int32)


def steps_back(interactions: Interactions) -> IntArray:
    """For each entry, the steps from it to its customer's newest, which is 0; int32 (n_entries,)."""
    order, _, steps = ordered_steps(interactions)
    ends, sizes = interactions.matrix.indptr[1:], np.diff(interactions.matrix.indptr)
    last = steps[ends[sizes > 0] - 1]
    ages = np.empty(len(order), np.int32)
    ages[order] = np.repeat(last, sizes[sizes > 0]) - steps
    return ages
