"""A score is a dot product of factors: listing for known customers, and folding in histories from outside.

Belongs here: the part that all factor models share (ALS, PureSVD, NMF). Does not belong here: learning factors.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from shop_pipeline.models.arrays import AnyArray, FloatArray, SparseMatrix
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.recommender import HistoryRecommender
from shop_pipeline.models.recommenders.state import Factors
from shop_pipeline.models.top_n import TopN, top_n_from_factors


class FactorModel(HistoryRecommender[Factors]):
    """score(u, j) = x_u . y_j, where x_u is had from the history of u and all y without training.

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
        seen = self.interactions.matrix if exclude_seen else None
        return top_n_from_factors(self.state.customers, self.state.products, customer_positions, n, seen=seen)

    def _recommend_from(self, histories: Interactions, rows: AnyArray, n: int, exclude_seen: bool) -> TopN:
        asked = histories.matrix[rows]
        customers, seen = self._fold_in(asked, self.state.products), asked if exclude_seen else None
        return top_n_from_factors(customers, self.state.products, np.arange(len(rows)), n, seen=seen)
