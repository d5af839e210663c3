"""What everybody buys: the boring rule that others have to beat, and the fallback for strangers.

Belongs here: how much each entry counts, one score per product, and the lists that follow from it.
Does not belong here: countries and categories (`popularity_in_groups`), and the tables of best sellers that people
read (`marts.popular_products`, in SQL).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray
from shop_pipeline.models.interactions import Interactions, Size
from shop_pipeline.models.recommenders.popularity_kernel import list_ranked, rankings
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.state import GroupScores
from shop_pipeline.models.top_n import TopN

Measure: TypeAlias = Literal["weight", "customers", "trending"]
BYTES_PER_COUNTED_ENTRY = {"customers": 8, "weight": 8 + 8, "trending": 8 + 8}
"""As NumPy counts: the position as int64, and the weight as float64."""


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """How popularity is counted."""

    measure: Measure = "customers"
    """Distinct customers, which one heavy buyer can't sway; the sum of weights; or customers who count less the longer
    ago they were last there, which needs times."""
    half_life_days: float = 14.0
    """Trending: days after which a customer counts half. Raising it is steadier and slower to see what is new. On the
    products new to 1,135 customers of Online Retail in the 35 days from 7 October, NDCG@10 is .084 with 3, .078 with 7,
    .066 with 14, .055 with 30, and .036 for distinct customers of all times."""

    def __post_init__(self) -> None:
        if not self.half_life_days > 0:
            raise ValueError(f"half_life_days is {self.half_life_days}, and must be above 0")


SPACE: dict[str, tuple[str | float, ...]] = {
    "measure": ("weight", "customers", "trending"),
    "half_life_days": (3.0, 7.0, 14.0, 30.0, 60.0, 120.0),
}


def counted(interactions: Interactions, measure: Measure, half_life_days: float) -> DoubleArray | None:
    """How much each entry counts, float64 (n_entries,), above 0; None for 1 each.

    Trending: 0.5^((newest - t) / half_life), with `newest` the newest time of all entries.

    Raises:
        ValueError: for trending without times.
    """
    if measure == "customers":
        return None
    if measure == "weight":
        return interactions.matrix.data.astype(np.float64)
    if interactions.times is None:
        raise ValueError("trending needs to know when things happened: interactions without times")
    decayed = interactions.times - interactions.times.max()
    decayed /= half_life_days
    np.exp2(decayed, out=decayed)
    # However long ago: a product with customers stays in the ranking.
    weights: DoubleArray = np.maximum(decayed, np.finfo(np.float32).tiny, out=decayed)
    return weights


class Popularity(Recommender[GroupScores]):
    """Lists the most popular products, the same for everyone but for what each has seen.

    A known customer without history gets the full list. State: one group of all customers.
    """

    def __init__(self, config: PopularityConfig | None = None) -> None:
        self.config = config or PopularityConfig()

    def memory_bytes(self, size: Size) -> int:
        """The entries as counted, counts (8 per product), scores (4 + 4), and each customer's group (4)."""
        per_entry = BYTES_PER_COUNTED_ENTRY[self.config.measure]
        return size.n_entries * per_entry + size.n_products * 16 + size.n_customers * 4

    def ranking(self) -> tuple[IntArray, FloatArray]:
        """All products with a score above 0, best first: positions and scores."""
        ranked = rankings(self.state.scores)
        return ranked.products, ranked.scores

    def _fit(self, interactions: Interactions, rng: np.random.Generator) -> GroupScores:  # noqa: ARG002
        matrix = interactions.matrix
        weights = counted(interactions, self.config.measure, self.config.half_life_days)
        counts = np.bincount(matrix.indices, weights=weights, minlength=matrix.shape[1])
        scores: Any = sp.csr_matrix(counts[None, :].astype(np.float32))
        return GroupScores(("all",), scores, np.zeros(matrix.shape[0], np.int32))

    def _recommend(self, customer_positions: AnyArray, n: int, exclude_seen: bool) -> TopN:
        group_of = self.state.group_of[customer_positions]
        ranked = rankings(self.state.scores)
        return list_ranked(ranked, group_of, self.interactions.matrix, customer_positions, n, exclude_seen)
