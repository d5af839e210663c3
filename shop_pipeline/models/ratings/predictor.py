"""The port behind which every model of ratings stands: what it learns, and how a rating follows from that.

Belongs here: `RatingFactors`, the one shape of learned state; the conditions before and after `fit` and `predict`.
Does not belong here: any model (the modules beside this one); each fills in `_fit` alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.interactions import Size
from shop_pipeline.models.ratings.ratings import Ratings


@dataclass(frozen=True, slots=True)
class RatingFactors:
    """rating(u, i) = mean + b_u + b_i + p_u . q_i, within lowest .. highest.

    Args:
        mean: the mean of all ratings.
        lowest: the smallest rating that was seen.
        highest: the largest.
        customer_bias: by how much a customer rates above the mean, float32 (n_customers,); 0 for who has not rated.
        product_bias: likewise, float32 (n_products,).
        customers: float32 (n_customers, n_factors); 0 for who has not rated. A model of biases alone has 0 factors.
        products: float32 (n_products, n_factors); likewise.
    """

    mean: float
    lowest: float
    highest: float
    customer_bias: FloatArray
    product_bias: FloatArray
    customers: FloatArray
    products: FloatArray

    def check(self, size: Size) -> None:
        """Raise ValueError unless all is finite float32 and there is a row per id."""
        rows = tuple(len(each) for each in (self.customer_bias, self.customers, self.product_bias, self.products))
        ids = (size.n_customers,) * 2 + (size.n_products,) * 2
        if rows != ids or self.customers.shape[1] != self.products.shape[1]:
            raise ValueError(f"biases and factors of {rows} rows for {ids} ids, or of different width")
        for array in (self.customer_bias, self.product_bias, self.customers, self.products):
            if array.dtype != np.float32 or not np.isfinite(array).all():
                raise ValueError("biases and factors must be finite float32")
        if not self.lowest <= self.mean <= self.highest:
            raise ValueError(f"the mean {self.mean} is not within {self.lowest} .. {self.highest}")


class RatingPredictor(ABC):
    """Learns from ratings and says how a customer would rate a product. All that it learned is its `state`."""

    _state: RatingFactors | None = None

    @property
    def state(self) -> RatingFactors:
        """What `fit` learned; `restore` takes it back. Raises RuntimeError before that."""
        if self._state is None:
            raise RuntimeError(f"{type(self).__name__} is not fitted: call fit, or restore it from its stored state")
        return self._state

    def fit(self, ratings: Ratings, rng: np.random.Generator) -> Self:
        """Learn from scratch; the input is not changed, and the same rng state gives the same bits.

        Raises:
            ValueError: when there is no rating.
        """
        if not len(ratings):
            raise ValueError("a model of ratings needs at least one")
        self._state = self._fit(ratings, rng)
        return self

    def restore(self, size: Size, state: RatingFactors) -> Self:
        """Take over what an earlier `fit` on ratings of this size learned. Raises ValueError when it does not fit."""
        state.check(size)
        self._state = state
        return self

    def predict(self, customers: AnyArray, products: AnyArray) -> FloatArray:
        """The rating that each customer would give the product at the same place, float32, in the range that was seen.

        Args:
            customers: integer positions, one per pair; -1 is a customer nobody knows, whose bias and taste are 0.
            products: likewise.

        Raises:
            RuntimeError: before `fit`.
            ValueError: for lengths that differ or a position out of range.
        """
        state = self.state
        if len(customers) != len(products):
            raise ValueError(f"{len(customers)} customers for {len(products)} products")
        _check_range(customers, len(state.customers), "customer")
        _check_range(products, len(state.products), "product")
        found = np.empty(len(customers), np.float32)
        _score_pairs(
            customers, products, state.mean, state.customer_bias, state.product_bias,
            state.customers, state.products, found,
        )  # fmt: skip
        return np.clip(found, np.float32(state.lowest), np.float32(state.highest), out=found)

    @abstractmethod
    def memory_bytes(self, size: Size) -> int:
        """Bytes that `fit` allocates at its peak for ratings of this size, the state included, said in advance."""

    @abstractmethod
    def _fit(self, ratings: Ratings, rng: np.random.Generator) -> RatingFactors:
        """Learn the state."""


def _check_range(positions: AnyArray, size: int, name: str) -> None:
    if len(positions) and not np.issubdtype(positions.dtype, np.integer):
        raise ValueError(f"expected integer positions of {name}s, got {positions.dtype}")
    if len(positions) and not -1 <= positions.min() <= positions.max() < size:
        raise ValueError(f"a {name} position is outside -1 .. {size - 1}")


@compiled
def _score_pairs(
    customers: AnyArray,
    products: AnyArray,
    mean: float,
    customer_bias: FloatArray,
    product_bias: FloatArray,
    customer_factors: FloatArray,
    product_factors: FloatArray,
    found: FloatArray,
) -> None:
    """Write the unclipped rating of each pair, summed in float64."""
    for pair in range(len(customers)):
        customer, product = customers[pair], products[pair]
        total = mean
        if customer >= 0:
            total += customer_bias[customer]
        if product >= 0:
            total += product_bias[product]
        if customer >= 0 and product >= 0:
            for f in range(customer_factors.shape[1]):
                total += customer_factors[customer, f] * product_factors[product, f]
        found[pair] = total
