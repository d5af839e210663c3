"""What speaks for a product is what the customer already has: scoring and explaining with weighted links.

Belongs here: the part that all linear item models share (item neighbours, EASE, RP3beta, graph filter, transitions).
Does not belong here: where the links come from (each model's `_fit`).
"""

from __future__ import annotations

from typing import Self

from shop_pipeline.models.arrays import AnyArray, FloatArray, IntArray
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.contributions import Explained
from shop_pipeline.models.recommenders.linked_products_kernel import add_link_contributions, list_products
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.top_n import TopN

_LISTS_PER_TASK = 512


class LinkedProducts(Explained[Links]):
    """score(u, j) = sum over the own products i of u of a_ui * w_ij, with w_ij the link from i to j.

    a_ui is the weight of the entry, or what a model makes of it (`_amounts`). A product is listed only with a score
    above 0. State: links between products.
    """

    def restore(self, interactions: Interactions, state: Links) -> Self:
        """As `Recommender.restore`; raises ValueError for links between customers, too."""
        state.check_between("product")
        return super().restore(interactions, state)

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

    def _add_contributions(
        self, histories: Interactions, rows: AnyArray, listed: IntArray, starts: AnyArray, found: FloatArray
    ) -> None:
        matrix, links, amounts = histories.matrix, self.state, self._amounts(histories)

        def work(begin: int) -> None:
            task = slice(begin, begin + _LISTS_PER_TASK)
            add_link_contributions(
                matrix.indptr, matrix.indices, amounts, links.targets, links.weights,
                rows[task], listed[task], starts[begin : begin + _LISTS_PER_TASK + 1], found,
            )  # fmt: skip

        run_in_threads(work, range(0, len(rows), _LISTS_PER_TASK), thread_count())
