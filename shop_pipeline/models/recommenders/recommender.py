"""The port behind which every recommender stands: what may be asked, and what every answer looks like.

Belongs here: the conditions before and after `fit` and `recommend`, checked once for all models.
Does not belong here: any model (the modules beside this one); each fills in `_fit` and `_recommend` with the maths
alone. Every model passes the suite in `shop_pipeline_tests/models/recommenders/recommender_conformance.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, Self, TypeVar

import numpy as np

from shop_pipeline.models.arrays import AnyArray
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.state import State
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

StateT = TypeVar("StateT", bound=State)


class Recommender(ABC, Generic[StateT]):
    """Learns from interactions and lists products for customers.

    A fitted recommender keeps the interactions it was fitted on, by reference: they say what a customer has seen. All
    else that it learned is its `state`.
    """

    _interactions: Interactions | None = None
    _state: StateT | None = None

    @property
    def interactions(self) -> Interactions:
        """What the model was fitted on or restored with. Raises RuntimeError before that."""
        if self._interactions is None:
            raise RuntimeError(f"{type(self).__name__} is not fitted: call fit, or restore it from its stored state")
        return self._interactions

    @property
    def state(self) -> StateT:
        """What `fit` learned; `restore` takes it back. Raises RuntimeError before that."""
        if self._state is None:
            raise RuntimeError(f"{type(self).__name__} is not fitted: call fit, or restore it from its stored state")
        return self._state

    def fit(self, interactions: Interactions, rng: np.random.Generator) -> Self:
        """Learn from scratch; the input is not changed, and the same rng state gives the same model.

        Raises:
            ValueError: when a weight is not above 0, there is no entry at all, or the model needs times and there are
                none.
        """
        self._forget()
        self._adopt(interactions)
        self._state = self._fit(interactions, rng)
        return self

    def restore(self, interactions: Interactions, state: StateT) -> Self:
        """Take over what an earlier `fit` on these interactions learned, without training.

        Raises:
            ValueError: when the state does not fit the interactions.
        """
        self._forget()
        state.check(interactions.size)
        self._adopt(interactions)
        self._state = state
        return self

    @abstractmethod
    def memory_bytes(self, size: Size) -> int:
        """Bytes that `fit` allocates at its peak for interactions of this size, the state included, said in advance."""

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
        positions = check_positions(customer_positions, len(self.interactions.customer_ids))
        known = positions != NO_POSITION
        width = min(_at_least_one(n), len(self.interactions.product_ids))
        found = self._recommend(positions[known], width, exclude_seen)
        _check_lists(found)
        answer = TopN.empty(len(positions), n)
        answer.products[known, : found.products.shape[1]] = found.products
        answer.scores[known, : found.scores.shape[1]] = found.scores
        return answer

    def _forget(self) -> None:
        """An error on the way must not leave the state of one matrix beside another: kernels don't check positions."""
        self._interactions, self._state = None, None

    def _adopt(self, interactions: Interactions) -> None:
        """Take the interactions over, once they are known to be usable."""
        if interactions.matrix.nnz == 0 or interactions.matrix.data.min() <= 0:
            raise ValueError("a recommender needs at least one interaction, and weights above 0")
        self._interactions = interactions

    @abstractmethod
    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> StateT:
        """Learn the state."""

    @abstractmethod
    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        """List n products for known customers, n being at most the number of products."""


class HistoryRecommender(Recommender[StateT]):
    """A recommender that needs no more of a customer than their entries: it serves people it was not fitted on."""

    def recommend_for(self, histories: Interactions, n: int, exclude_seen: bool = True) -> TopN:
        """As `recommend`, for every row of `histories`, whose products are those of the fitted interactions.

        Raises:
            RuntimeError: before `fit`.
            ValueError: for other products, or n below 1.
        """
        self._check_products(histories)
        rows = np.arange(len(histories.customer_ids))
        found = self._recommend_from(histories, rows, min(_at_least_one(n), len(histories.product_ids)), exclude_seen)
        _check_lists(found)
        return found.widened(n)

    def _check_products(self, histories: Interactions) -> None:
        """Raise ValueError for histories with other products than those of the fitted interactions."""
        if not np.array_equal(histories.product_ids, self.interactions.product_ids):
            raise ValueError("the histories have other products than those that the model was fitted on")

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        return self._recommend_from(self.interactions, customer_positions, n, exclude_seen)

    @abstractmethod
    def _recommend_from(self, histories: Interactions, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        """List n products for these rows of `histories`."""


def check_positions(customer_positions: AnyArray, n_customers: int) -> AnyArray:
    """The positions as int64. Raises ValueError unless they are one row of integers in -1 .. n_customers - 1."""
    positions = np.asarray(customer_positions)
    if positions.ndim != 1 or (positions.size and not np.issubdtype(positions.dtype, np.integer)):
        raise ValueError(f"expected one row of integer positions, got {positions.dtype} {positions.shape}")
    if positions.size and not NO_POSITION <= positions.min() <= positions.max() < n_customers:
        raise ValueError(f"a customer position is outside -1 .. {n_customers - 1}")
    return positions.astype(np.int64)


def _at_least_one(n: int) -> int:
    if n < 1:
        raise ValueError(f"n is {n}, and must be 1 or more")
    return n


def _check_lists(found: TopN) -> None:
    """Raise RuntimeError for a list with a gap, out of order, or with a score where there is no product."""
    filled = found.products != NO_POSITION
    earlier, later = found.scores[:, :-1], found.scores[:, 1:]
    in_order = (earlier > later) | ((earlier == later) & (found.products[:, :-1] < found.products[:, 1:]))
    if (filled[:, 1:] & ~(filled[:, :-1] & in_order)).any() or (filled == np.isnan(found.scores)).any():
        raise RuntimeError("the model returned a list with a gap, out of order, or with a score that is not a number")
