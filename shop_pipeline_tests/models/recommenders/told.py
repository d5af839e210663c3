"""A recommender that lists what a test tells it, and remembers what it was asked."""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.state import Parameters
from shop_pipeline.models.top_n import TopN


class Told(Recommender[Parameters]):
    """Lists products by the scores of a table, customers x products; NaN is not listed.

    `asked` holds, for each call, the customers, n, and whether what they have was left out.
    """

    def __init__(self, scores: object) -> None:
        self.scores = np.array(scores, np.float32)
        self.asked: list[tuple[list[int], int, bool]] = []

    def memory_bytes(self, size: Size) -> int:  # noqa: ARG002
        return 1000

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> Parameters:  # noqa: ARG002
        return Parameters({})

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        self.asked.append((customer_positions.tolist(), n, exclude_seen))
        scores = self.scores[customer_positions]
        if exclude_seen:
            scores = np.where(self.interactions.matrix[customer_positions].toarray() > 0, np.nan, scores)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :n].astype(np.int32)
        best = np.take_along_axis(scores, order, axis=1)
        return TopN(np.where(np.isnan(best), -1, order).astype(np.int32), best)
