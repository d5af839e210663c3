"""How much was known about a customer: classes by the number of products in their training history.

Belongs here: the classes. Does not belong here: judging within them (`judge`).

The bounds are those at which published comparisons cut their data, so that the figures of a class can be held against
them: the 5-core sets of Amazon and Gowalla start at 5, MovieLens at 20. Whom they leave out is most of a shop: those
with 2 to 4 products, and those with one, of whom no pair of products can be learned.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray

EVERYBODY = "all"
CLASSES = ("0", "1", "2-4", "5-19", "20+")
_FIRST_OF_NEXT = (1, 2, 5, 20)


def activity_classes(n_entries: AnyArray) -> AnyArray:
    """The place in `CLASSES` of customers with so many entries in training; strangers have 0."""
    return np.searchsorted(_FIRST_OF_NEXT, n_entries, side="right")
