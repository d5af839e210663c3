"""What speaks for a product is what the customer already has: scoring and explaining with weighted links.

Belongs here: the part that all linear item models share (item neighbours, EASE, RP3beta, graph filter, transitions).
Does not belong here: where the links come from (each model's `_fit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.linked_products_kernel import explain_lists, list_products
from shop_pipeline.models.recommenders.recommender import HistoryRecommender, check_positions
from shop_pipeline.models.recommenders.setting_ranges import at_least_one
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

_LISTS_PER_TASK = 512


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why each product of a `TopN` is there.

    Args:
        products: the customer's own products that contributed most, int32 (n_lists, n, n_reasons), -1 after
            the last.
        shares: their parts of the score, float32 of the same shape, NaN after the last. All parts of a score add up
            to 1; where some are negative, others may be above 1.
    """

    products: IntArray
    shares: FloatArray


class LinkedProducts(HistoryRecommender[Links]):
    """score(u, j) = sum over the own products i of u of a_ui * w_ij, with w_ij the link from i to j.

    a_ui is the weight of the entry, or what a model makes of it (`_amounts`). A product is listed only with a score
    above 0. State: links between products.
    """

    def restore(self, interactions: Interactions, state: Links) -> Self:
        """As `Recommender.restore`; raises ValueError for links between customers, too."""
        state.check_between("product")
        return super().restore(interactions, state)

    def explain(self, customer_positions: AnyArray, listed: TopN, n_reasons: int = 3) -> Reasons:
        """Say which own products contributed most to each listed product, and their exact share of its score.

        Args:
            customer_positions: as handed to `recommend`, one per row of `listed`; padding gets no reasons.
            listed: what `recommend` returned.

        Raises:
            ValueError: for positions out of range, or not one per list; for n_reasons below 1.
        """
        at_least_one(n_reasons=n_reasons)
        positions = check_positions(customer_positions, len(self.interactions.customer_ids))
        if len(positions) != len(listed.products):
            raise ValueError(f"{len(positions)} customers for {len(listed.products)} lists")
        shape = (*listed.products.shape, n_reasons)
        reasons = Reasons(np.full(shape, NO_POSITION, np.int32), np.full(shape, np.nan, np.float32))
        matrix, links, amounts = self.interactions.matrix, self.state, self._amounts(self.interactions)

        def work(begin: int) -> None:
            rows = slice(begin, begin + _LISTS_PER_TASK)
            explain_lists(
                matrix.indptr, matrix.indices, amounts, links.targets, links.weights,
                positions[rows], listed.products[rows], reasons.products[rows], reasons.shares[rows],
            )  # fmt: skip

        run_in_threads(work, range(0, len(positions), _LISTS_PER_TASK), thread_count())
        return reasons

    def _amounts(self, histories: Interactions) -> FloatArray:
        """How much each entry of the histories counts, float32 (n_entries,)."""
        data: FloatArray = histories.matrix.data
        return data

    def _recommend_from(self, histories: Interactions, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        found = TopN.empty(len(rows), n)
        matrix, links, amounts = histories.matrix, self.state, self._amounts(histories)

        def work(begin: int) -> None:
            task = slice(begin, begin + _LISTS_PER_TASK)
            list_products(
                matrix.indptr, matrix.indices, amounts, links.targets, links.weights,
                rows[task], exclude_seen, found.products[task], found.scores[task],
            )  # fmt: skip

        run_in_threads(work, range(0, len(rows), _LISTS_PER_TASK), thread_count())
        return found
