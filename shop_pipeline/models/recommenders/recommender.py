"""The port behind which every recommender stands: what may be asked, and what every answer looks like.

Belongs here: the conditions before and after `fit` and `recommend`, checked once for all models.
Does not belong here: any model (`popularity`, `item_neighbours`, `als`); each fills in `_fit` and
`_recommend` with the maths alone. Every model passes the suite in
`shop_pipeline_tests/models/recommenders/recommender_conformance.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN


class Recommender(ABC):
    """Learns from interactions and lists products for customers.

    A fitted recommender keeps the interactions it was fitted on, by reference: they say what a customer has
    seen.
    """

    _interactions: Interactions | None = None

    @property
    def interactions(self) -> Interactions:
        """What the model was fitted on or rebuilt with.

        Raises:
            RuntimeError: before `fit`.
        """
        if self._interactions is None:
            raise RuntimeError(f"{type(self).__name__} is not fitted: call fit, or rebuild it from its stored tables")
        return self._interactions

    def fit(self, interactions: Interactions, rng: np.random.Generator) -> Self:
        """Learn from scratch; the input is not changed, and the same rng state gives the same model.

        Raises:
            ValueError: when a weight is not above 0, or there is no entry at all.
        """
        self._adopt(interactions)
        self._fit(interactions, rng)
        return self

    def recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool = True) -> TopN:
        """List at most n products for each customer, score descending and then position ascending.

        Args:
            customer_positions: integer positions in `interactions.customer_ids`; -1 is a customer nobody
                knows.
            n: length of a full list, at least 1.
            exclude_seen: leave out the products that the customer has an entry for.

        Returns: One row per position. Unknown customers, and those about whom the model knows nothing, get
            an empty row. Products without any interaction are in no list.

        Raises:
            RuntimeError: before `fit`.
            ValueError: for a position outside -1 .. n_customers - 1, or n below 1.
        """
        positions = self._check_positions(customer_positions)
        if n < 1:
            raise ValueError(f"n is {n}, and must be 1 or more")
        answer = TopN.empty(len(positions), n)
        known = positions != NO_POSITION
        found = self._recommend(positions[known], min(n, len(self.interactions.product_ids)), exclude_seen)
        _check_lists(found)
        answer.products[known, : found.products.shape[1]] = found.products
        answer.scores[known, : found.scores.shape[1]] = found.scores
        return answer

    def _adopt(self, interactions: Interactions) -> None:
        """Take the interactions over, once they are known to be usable."""
        if interactions.matrix.nnz == 0 or interactions.matrix.data.min() <= 0:
            raise ValueError("a recommender needs at least one interaction, and weights above 0")
        self._interactions = interactions

    def _check_positions(self, customer_positions: AnyArray) -> AnyArray:
        positions = np.asarray(customer_positions)
        n_customers = len(self.interactions.customer_ids)
        if positions.ndim != 1 or (positions.size and not np.issubdtype(positions.dtype, np.integer)):
            raise ValueError(f"expected one row of integer positions, got {positions.dtype} {positions.shape}")
        if positions.size and not NO_POSITION <= positions.min() <= positions.max() < n_customers:
            raise ValueError(f"a customer position is outside -1 .. {n_customers - 1}")
        return positions.astype(np.int64)

    @abstractmethod
    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> None:
        """Set the learned state."""

    @abstractmethod
    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        """List n products for known customers, n being at most the number of products."""


def _check_lists(found: TopN) -> None:
    """Raise RuntimeError for a list with a gap, out of order, or with a score where there is no product."""
    filled = found.products != NO_POSITION
    earlier, later = found.scores[:, :-1], found.scores[:, 1:]
    in_order = (earlier > later) | ((earlier == later) & (found.products[:, :-1] < found.products[:, 1:]))
    if (filled[:, 1:] & ~(filled[:, :-1] & in_order)).any() or (filled == np.isnan(found.scores)).any():
        raise RuntimeError("the model returned a list with a gap, out of order, or with a score that is not a number")
