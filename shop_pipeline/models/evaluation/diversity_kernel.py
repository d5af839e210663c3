"""The compiled part of diversity: cosines of listed pairs, one listed product at a time.

Belongs here: the kernel. Does not belong here: what its sums mean (`beyond_accuracy`).
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, IntArray
from shop_pipeline.models.compiled import compiled


@compiled
def add_pair_cosines(
    shown: IntArray,
    lists: IntArray,
    cut_of_place: IntArray,
    holder_indptr: AnyArray,
    holders: AnyArray,
    places: AnyArray,
    bought_indptr: AnyArray,
    bought: AnyArray,
    bought_weights: AnyArray,
    buyer_indptr: AnyArray,
    buyers: AnyArray,
    buyer_weights: AnyArray,
    sums: DoubleArray,
) -> None:
    """Add to each list holding a product of `shown` its cosines with the products listed before it.

    `holders` and `places` say, for each product, in which lists it stands and where; `bought` is each customer's
    products, `buyers` each product's customers, with weights of columns of length 1.
    """
    n_products = len(buyer_indptr) - 1
    cosines = np.zeros(n_products)
    for product in shown:
        n_added = 0
        for at in range(buyer_indptr[product], buyer_indptr[product + 1]):
            weight = buyer_weights[at]
            begin, end = bought_indptr[buyers[at]], bought_indptr[buyers[at] + 1]
            n_added += end - begin
            for entry in range(begin, end):
                cosines[bought[entry]] += weight * bought_weights[entry]
        for at in range(holder_indptr[product], holder_indptr[product + 1]):
            row, place = holders[at], places[at]
            total = 0.0
            for earlier in range(place):
                total += cosines[lists[row, earlier]]
            sums[row, cut_of_place[place]] += total
        # A rare product touched few others: setting those back is less work than wiping the row.
        if n_added > n_products // 4:
            cosines[:] = 0
        else:
            for at in range(buyer_indptr[product], buyer_indptr[product + 1]):
                for entry in range(bought_indptr[buyers[at]], bought_indptr[buyers[at] + 1]):
                    cosines[bought[entry]] = 0
