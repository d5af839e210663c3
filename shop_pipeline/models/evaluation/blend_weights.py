"""How much each model counts in a blend: weights learned on what was held out.

Belongs here: the search for weights. Does not belong here: blending (`recommenders.hybrid`), the cut (the caller's):
it has to lie before the one on which the blend is judged, and after all that the parts were fitted on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.compiled import run_in_threads, thread_count
from shop_pipeline.models.evaluation.blend_weights_kernel import count_rows, judge_rows, merge_rows
from shop_pipeline.models.evaluation.bootstrap import BootstrapConfig, interval_of_mean
from shop_pipeline.models.recommenders.hybrid import HybridConfig, PartLists, lists_of
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.recommenders.setting_ranges import at_least_one

# Shares of the whole that one part is tried with; the others keep their proportions.
SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
# Enough to see who helps; how much is settled afterwards.
SHARES_TO_JOIN = (0.05, 0.15, 0.3, 0.5, 0.7)
# The search ends on the nearest summit: it begins at so many of the best parts.
N_STARTS = 3
_ROWS_PER_TASK = 1024


@dataclass(frozen=True, slots=True)
class BlendConfig:
    """What is searched for, and on whom."""

    k: int = 10
    """Length of the lists that are judged."""
    n_customers: int = 10_000
    """Customers judged at most, a sample if there are more."""
    n_candidates: int = HybridConfig().n_candidates
    """As in `HybridConfig`, and the same as there: the weights are for lists of this length."""
    least_gain: float = 0.01
    """A part joins if it lifts the value by at least this share of it: raising it makes blends of fewer parts, each of
    which has to be fitted every day. On Online Retail, over four searches, NDCG@10 on the four weeks after those that
    were learned from is .103 at 0.01 with 2 to 4 parts, and .102 at 0.005."""

    def __post_init__(self) -> None:
        at_least_one(k=self.k, n_customers=self.n_customers, n_candidates=self.n_candidates)
        if not 0 <= self.least_gain < np.inf:
            raise ValueError(f"least_gain is {self.least_gain}, and must be 0 or more")


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights, and what they are worth on the customers that they were learned on.

    Args:
        weights: by part, none below 0, 1 in all; 0 for a part that is not needed.
        value: NDCG@k of `Hybrid` with these weights, mean over customers.
        ci_low: lower end of the bootstrap interval of `value`, 95 %.
        ci_high: upper end.
        alone: NDCG@k of each part alone.
        n_customers: how many were judged.
    """

    weights: dict[str, float]
    value: float
    ci_low: float
    ci_high: float
    alone: dict[str, float]
    n_customers: int


def learn_weights(
    parts: Mapping[str, Recommender[Any]],
    held_out: SparseMatrix,
    config: BlendConfig | None = None,
    rng: np.random.Generator | None = None,
) -> Blend:
    """Search for the weights of `Hybrid` with the largest mean NDCG@k.

    Coordinate ascent on the metric itself (Metzler and Croft 2007, "Linear feature-based models for information
    retrieval"), from one part alone: each part that the blend lacks is tried with some shares of the whole, the best of
    them joins, and then the shares of those in it are tried again until none gets better. It ends where no part brings
    `least_gain`; and a part that others have made superfluous leaves. Of the searches from the best parts, the best
    counts. As the best part alone is where one of them begins, the blend is on these customers at least as good.

    Args:
        parts: fitted on the same interactions, from before what is held out.
        held_out: customers x products, CSR, a row per customer of the parts; rows with an entry are judged.
        rng: for the sample of customers, and the interval.

    Memory: the parts' lists (8 bytes per place), and of each different product in a customer's lists 5 bytes and 4 per
    part: for 10,000 customers, 100 places and 8 parts that no product shares, 360 MB.

    Raises:
        ValueError: without parts, for a matrix of another shape, or when nobody has anything held out.
    """
    config, rng = config or BlendConfig(), rng or np.random.default_rng(0)
    names = tuple(sorted(parts))
    customers = _sample(parts, held_out, config.n_customers, rng)
    lists = lists_of([parts[name] for name in names], customers, config.n_candidates)
    judged = _Judged(lists, held_out[customers], config.k)
    alone = [judged.value(row) for row in np.eye(len(names), dtype=np.float32)]
    starts = np.argsort(alone)[::-1][:N_STARTS].tolist()
    weights = max((_Ascent(judged, alone, start, config.least_gain).run() for start in starts), key=judged.value)
    values = judged.values(weights)
    low, high = interval_of_mean(values[:, None], rng, BootstrapConfig())
    return Blend(
        dict(zip(names, weights.tolist(), strict=True)),
        float(values.mean()),
        float(low[0]),
        float(high[0]),
        dict(zip(names, alone, strict=True)),
        len(customers),
    )


def _sample(
    parts: Mapping[str, Recommender[Any]], held_out: SparseMatrix, n_most: int, rng: np.random.Generator
) -> AnyArray:
    shapes = {part.interactions.matrix.shape for part in parts.values()}
    if shapes != {held_out.shape}:
        raise ValueError(f"{held_out.shape} held out for parts fitted on {sorted(shapes)}")
    customers = np.flatnonzero(np.diff(held_out.indptr))
    if not len(customers):
        raise ValueError("nobody has anything held out: there is nothing to learn weights from")
    return customers if len(customers) <= n_most else np.sort(rng.choice(customers, n_most, replace=False))


class _Judged:
    """The merged lists of the customers, and which of their products were held out."""

    def __init__(self, lists: PartLists, held_out: SparseMatrix, k: int) -> None:
        n_rows, n_products = held_out.shape
        self.starts = np.zeros(n_rows + 1, np.int64)
        count_rows(lists.products, lists.scores, n_products, self.starts)
        size = int(self.starts[-1])
        self.pooled: IntArray = np.empty(size, np.int32)
        self.values_of_parts: FloatArray = np.empty((len(lists.products), size), np.float32)
        self.is_relevant: BoolArray = np.empty(size, bool)
        merge_rows(
            lists.products, lists.scores, held_out.indptr, held_out.indices, n_products,
            self.starts, self.pooled, self.values_of_parts, self.is_relevant,
        )  # fmt: skip
        self.discounts: DoubleArray = 1 / np.log2(np.arange(2, k + 2))
        self.ideal: DoubleArray = np.cumsum(self.discounts)[np.minimum(k, np.diff(held_out.indptr)) - 1]

    def values(self, weights: FloatArray) -> DoubleArray:
        """NDCG@k of each customer."""
        ndcg = np.empty(len(self.ideal))

        def work(begin: int) -> None:
            judge_rows(
                begin, min(begin + _ROWS_PER_TASK, len(ndcg)), self.starts, self.pooled, self.values_of_parts,
                self.is_relevant, weights, self.discounts, self.ideal, ndcg,
            )  # fmt: skip

        run_in_threads(work, range(0, len(ndcg), _ROWS_PER_TASK), thread_count())
        return ndcg

    def value(self, weights: FloatArray) -> float:
        """Their mean."""
        return float(self.values(weights).mean())


class _Ascent:
    """One search: where it stands, and what that is worth."""

    def __init__(self, judged: _Judged, alone: list[float], start: int, least_gain: float) -> None:
        self._judged, self._least_gain, self._best_alone = judged, least_gain, max(alone)
        self.weights: FloatArray = np.eye(len(alone), dtype=np.float32)[start]
        self.value = alone[start]

    def run(self) -> FloatArray:
        """Climb until nothing helps."""
        while self._one_joins():
            self._settle()
        self._leave()
        return self.weights

    def _one_joins(self) -> bool:
        absent = np.flatnonzero(self.weights == 0).tolist()
        value, weights = self._best([self._with_share(part, share) for part in absent for share in SHARES_TO_JOIN])
        if not self._is_worth(value, self.value):
            return False
        self.value, self.weights = value, weights
        return True

    def _settle(self) -> None:
        """Try all shares of each part in turn, until a whole round changes nothing."""
        before = -1.0
        while self.value > before:
            before = self.value
            for part in np.flatnonzero(self.weights).tolist():
                value, weights = self._best([self._with_share(part, share) for share in SHARES])
                if value > self.value:
                    self.value, self.weights = value, weights

    def _leave(self) -> None:
        """Take out, the least missed first, the parts that are not worth it, as long as no part alone is better."""
        while np.count_nonzero(self.weights) > 1:
            value, weights = self._best([self._with_share(part, 0.0) for part in np.flatnonzero(self.weights).tolist()])
            if value < self._best_alone or self._is_worth(self.value, value):
                return
            self.value, self.weights = value, weights

    def _is_worth(self, more: float, fewer: float) -> bool:
        """Whether the blend with one part more is enough better than the one without."""
        return more > fewer and more >= fewer * (1 + self._least_gain)

    def _best(self, tried: list[FloatArray]) -> tuple[float, FloatArray]:
        """The first of the most valuable; a value below all others where nothing is tried."""
        return max(((self._judged.value(one), one) for one in tried), key=itemgetter(0), default=(-1.0, self.weights))

    def _with_share(self, part: int, share: float) -> FloatArray:
        """The weights with this share for one part, and the rest for the others in proportion; in all 1."""
        others = self.weights.astype(np.float64)
        others[part] = 0
        weights: DoubleArray = others * ((1 - share) / others.sum())
        weights[part] = share
        return weights.astype(np.float32)
