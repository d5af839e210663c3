"""The compiled inner part of `reasons`: shares of entries, and the largest of them.

Belongs here: loops over the entries of lists. Does not belong here: blocks, threads and checks.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.selection import offer, sort_best_first


@compiled
def add_shares(starts: AnyArray, contributions: FloatArray, portions: DoubleArray, shares: FloatArray) -> None:
    """Divide a part's portion of each score among the entries, as they contribute to the part.

    Args:
        starts: where each list's entries begin, and the end of all.
        contributions: (n_entries, n_places).
        portions: what to divide, (n_lists, n_places).
        shares: added to, of the shape of `contributions`.
    """
    totals = np.empty(portions.shape[1])
    for row in range(len(portions)):
        totals[:] = 0
        for entry in range(starts[row], starts[row + 1]):
            for place in range(len(totals)):
                totals[place] += contributions[entry, place]
        for place in range(len(totals)):
            totals[place] = portions[row, place] / totals[place] if totals[place] > 0 else 0.0
        for entry in range(starts[row], starts[row + 1]):
            for place in range(len(totals)):
                shares[entry, place] += contributions[entry, place] * totals[place]


@compiled
def choose_reasons(starts: AnyArray, own: AnyArray, shares: FloatArray, products: IntArray, best: FloatArray) -> None:
    """Keep the own products of the largest shares above 0 for each place, (n_lists, n_places, n_reasons)."""
    sizes = np.empty(products.shape[1], np.int64)
    for row in range(len(products)):
        sizes[:] = 0
        for entry in range(starts[row], starts[row + 1]):
            for place in range(products.shape[1]):
                share = shares[entry, place]
                if share > 0:
                    sizes[place] = offer(best[row, place], products[row, place], sizes[place], share, own[entry])
        for place in range(products.shape[1]):
            sort_best_first(best[row, place], products[row, place], sizes[place])
