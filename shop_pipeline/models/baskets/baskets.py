"""Baskets as the miner wants them: positions of items, sorted by how often they occur.

Here: the crossing from pairs of codes to `Baskets`. Not here: the search (`itemsets`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IntArray

LARGEST = 2**31 - 2
"""Places in the flat array of all baskets, so that an occurrence takes four bytes."""

GROWTH = 1.25
"""Sizes within this factor are of one class: what they differ in adds under 1 % to what goes together by size."""


@dataclass(frozen=True)
class Baskets:
    """Different items of each basket: `item` (entries,) positions of items, sorted by basket and position.

    `indptr` (n_baskets + 1,) says where each basket begins. A basket may be empty.
    """

    item: IntArray
    indptr: AnyArray
    n_items: int

    @classmethod
    def from_codes(cls, basket: AnyArray, item: AnyArray, n_baskets: int, n_items: int) -> Baskets:
        """From one (basket, item) per line, both counted from 0; an item that stands twice in a basket counts once.

        Raises `ValueError` for codes out of range and for more than 2^31 - 2 places.
        """
        basket, item = np.asarray(basket, np.int64), np.asarray(item, np.int64)
        for name, codes, n in (("basket", basket, n_baskets), ("item", item, n_items)):
            if len(codes) and not 0 <= codes.min() <= codes.max() < n:
                raise ValueError(f"{name} codes lie between {codes.min()} and {codes.max()}, not between 0 and {n - 1}")
        # Sorting is several times as fast as np.unique, which hashes.
        entry = np.sort(basket * n_items + item)
        entry = entry[np.diff(entry, prepend=-1) > 0]
        if len(entry) + n_baskets > LARGEST:
            raise ValueError(f"{len(entry):,} entries in {n_baskets:,} baskets are more than {LARGEST:,} places")
        indptr = np.searchsorted(entry, n_items * np.arange(n_baskets + 1, dtype=np.int64))
        return cls((entry % max(n_items, 1)).astype(np.int32), indptr, n_items)

    @property
    def n_baskets(self) -> int:
        return len(self.indptr) - 1

    @property
    def item_counts(self) -> AnyArray:
        """(n_items,) baskets with each item."""
        return np.bincount(self.item, minlength=self.n_items)

    @property
    def size_classes(self) -> DoubleArray:
        """The smallest size of each class, from 1 on; empty baskets are before the first."""
        largest = int(np.diff(self.indptr).max(initial=1))
        powers = np.arange(np.log(largest) / np.log(GROWTH) + 1)
        return np.unique(np.floor(GROWTH**powers))
