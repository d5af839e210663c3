"""A score is a dot product of factors: listing for known customers, and folding in histories from outside.

Belongs here: the part that all factor models share (ALS, PureSVD, NMF), and what of scores is only rounding.
Does not belong here: learning factors.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, FloatArray, SparseMatrix
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.recommender import HistoryRecommender
from shop_pipeline.models.recommenders.state import Factors
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN, top_n_from_factors

# Of what factors can give. In seven small shops of two departments without a common customer, PureSVD gives products of
# the other department up to 5e-6 of it; in two connected ones of 400 and 2,000 products, the best of each customer's
# list has 8e-3 or more with PureSVD, ALS and NMF of 16 and 64 factors.
NOISE = 1e-4


class FactorModel(HistoryRecommender[Factors]):
    """score(u, j) = x_u . y_j, where x_u is had from the history of u and all y without training.

    A score that is only rounding is no reason to list anything, and who divides by the best score makes it as large as
    any other. So a customer is one about whom the model knows nothing, and gets an empty list, if the best score is not
    above NOISE of what these factors could give, sum_k |x_uk| max_j |y_jk|; or if of all their products the factors are
    rounding, as where all vectors of a singular value decomposition belong to the rest of the shop. (As many of those
    as there are products give back the history as it is: such a model lists nothing that a customer lacks.)

    State: factors, one row per id of `interactions`.
    """

    def fold_in(self, histories: Interactions) -> FloatArray:
        """Factors of people whom the model was not fitted on, float32 (n_histories, n_factors).

        The history of a fitted customer gives the factors in `state`. An empty one gives zeros.

        Raises:
            RuntimeError: before `fit`.
            ValueError: for other products than those of the fitted interactions.
        """
        self._check_products(histories)
        return self._fold_in(histories.matrix, self.state.products)

    @abstractmethod
    def _fold_in(self, matrix: SparseMatrix, products: FloatArray) -> FloatArray:
        """Factors of the rows of `matrix` against finished product factors."""

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        return self._listed(self.state.customers, self.interactions.matrix, customer_positions, n, exclude_seen)

    def _recommend_from(self, histories: Interactions, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        asked = histories.matrix[rows]
        return self._listed(self._fold_in(asked, self.state.products), asked, np.arange(len(rows)), n, exclude_seen)

    def _listed(self, customers: FloatArray, own: SparseMatrix, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        products = self.state.products
        found = top_n_from_factors(customers, products, rows, n, seen=own if exclude_seen else None)
        largest = largest_factors(products)
        is_noise = np.abs(found.scores[:, 0]) <= NOISE * largest_scores(customers, rows, largest)
        is_faint = faint_rows(products, largest)
        if is_faint.any():
            is_noise |= own[rows] @ ~is_faint == 0
        found.products[is_noise], found.scores[is_noise] = NO_POSITION, np.nan
        return found


@compiled
def largest_factors(products: FloatArray) -> FloatArray:
    """The largest magnitude of each factor, float32 (n_factors,)."""
    largest = np.zeros(products.shape[1], np.float32)
    for product in range(len(products)):
        for factor in range(len(largest)):
            largest[factor] = max(largest[factor], abs(products[product, factor]))
    return largest


@compiled
def largest_scores(customers: FloatArray, rows: AnyArray, largest: FloatArray) -> FloatArray:
    """What these customers' scores could be at most, if one product had all that is largest, float32 (n_rows,)."""
    possible = np.zeros(len(rows), np.float32)
    for at in range(len(rows)):
        for factor in range(len(largest)):
            possible[at] += abs(customers[rows[at], factor]) * largest[factor]
    return possible


@compiled
def faint_rows(products: FloatArray, largest: FloatArray) -> BoolArray:
    """Of each product, whether it is nothing but rounding: no factor of it is above NOISE of the largest of all."""
    is_faint = np.ones(len(products), np.bool_)
    for product in range(len(products)):
        for factor in range(len(largest)):
            if abs(products[product, factor]) > NOISE * largest[factor]:
                is_faint[product] = False
                break
    return is_faint
