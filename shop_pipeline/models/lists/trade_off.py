"""What rules, diversity and margin cost in relevance: the same candidates arranged with many settings, each judged.

Belongs here: the curves, point by point. Does not belong here: arranging (`arrange`), the cut in time and fitting (the
caller's), metrics (`models/evaluation`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, IntArray, SparseMatrix
from shop_pipeline.models.evaluation.beyond_accuracy import coverage, diversity
from shop_pipeline.models.evaluation.bootstrap import BootstrapConfig, interval_of_mean
from shop_pipeline.models.evaluation.ranking_metrics import METRICS, score_lists
from shop_pipeline.models.evaluation.training import Training
from shop_pipeline.models.lists.arrange import Balance, Shelf, arrange
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.selection import NO_POSITION
from shop_pipeline.models.top_n import TopN

Curve = Literal["rules", "diversity", "margin"]
K = 10
SETTINGS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
WITHOUT_RULES, WITH_RULES = 0.0, 1.0


@dataclass(frozen=True, slots=True)
class TradeOff:
    """Lists of `K` made with one setting; the fields are columns of `marts.list_trade_offs`.

    `ndcg_loss` is that of the curve's setting 0 less `ndcg`, customer by customer, with its interval; `relevance_kept`
    is the sum of scores as a share of the same at setting 0. NaN: no list of two for `diversity`, no known margin for
    `mean_margin`, a single customer for the interval.
    """

    curve: Curve
    setting: float
    is_used: bool
    ndcg: float
    ndcg_loss: float
    loss_ci_low: float
    loss_ci_high: float
    recall: float
    relevance_kept: float
    diversity: float
    coverage: float
    mean_margin: float
    n_customers: int


@dataclass(frozen=True, slots=True)
class _Tried:
    """The first places of every list, and what they are worth: NDCG of each judged customer, the rest of all."""

    curve: Curve
    setting: float
    is_used: bool
    ndcg: DoubleArray
    recall: float
    relevance: float
    diversity: float
    coverage: float
    mean_margin: float


def trade_offs(
    before: Candidates,
    after: Candidates,
    held_out: SparseMatrix,
    training: Training,
    shelf: Shelf,
    used: Balance,
    rng: np.random.Generator,
    config: BootstrapConfig | None = None,
) -> list[TradeOff]:
    """Three curves, each from setting 0 on: the rules by themselves, and diversity and margin, the other one as used.

    A newcomer, which training does not know, is never relevant, covers nothing and is in no pair of `diversity`.

    Args:
        before: of the judged customers, one row per row of `held_out`, before any rule.
        after: the same with the rules; this is what is arranged.
        held_out: customers x products of training; what is stored is relevant. Rows without any are not judged.
        training: of the model that made the candidates.
        shelf: for `arrange`.
        used: the balance of the shop; a setting that is not in `SETTINGS` comes on top.

    Returns:
        Settings in order within each curve; nothing where nobody has anything held out.

    Raises:
        ValueError: when the candidates are not one row per row of `held_out`.
    """
    judge = _Judge(held_out, training, shelf)
    if not len(judge.rows):
        return []
    rules = [
        judge.tried("rules", WITHOUT_RULES, WITH_RULES, before.products, before.scores),
        judge.tried("rules", WITH_RULES, WITH_RULES, after.products, after.scores),
    ]
    curves = [rules]
    for curve, used_setting, balances in _balances(used):
        lists = (arrange(after, K, shelf, balance) for _, balance in balances)
        curves.append(
            [
                judge.tried(curve, setting, used_setting, own.products, own.scores)
                for (setting, _), own in zip(balances, lists, strict=True)
            ]
        )
    return [point for tried in curves for point in _points(tried, rng, config or BootstrapConfig())]


def _balances(used: Balance) -> Iterator[tuple[Curve, float, list[tuple[float, Balance]]]]:
    yield "diversity", used.diversity, [(s, replace(used, diversity=s)) for s in sorted({*SETTINGS, used.diversity})]
    yield "margin", used.margin, [(s, replace(used, margin=s)) for s in sorted({*SETTINGS, used.margin})]


@dataclass(frozen=True, slots=True)
class _Judge:
    held_out: SparseMatrix
    training: Training
    shelf: Shelf

    @property
    def rows(self) -> IntArray:
        """Of the customers with something held out."""
        rows: IntArray = np.flatnonzero(np.diff(self.held_out.indptr)).astype(np.int32)
        return rows

    def tried(self, curve: Curve, setting: float, used: float, products: IntArray, scores: FloatArray) -> _Tried:
        """Judge the first `K` places."""
        listed = TopN(products[:, :K], scores[:, :K]).widened(K)
        n_products = self.held_out.shape[1]
        # Beyond the products of training its matrices have no column.
        known = TopN(np.where(listed.products < n_products, listed.products, NO_POSITION), listed.scores)
        metrics = score_lists(known, self.held_out, K)
        judged = TopN(known.products[self.rows], known.scores[self.rows])
        return _Tried(
            curve,
            setting,
            setting == used,
            metrics[:, METRICS.index("ndcg")],
            float(metrics[:, METRICS.index("recall")].mean()),
            float(np.nansum(listed.scores[self.rows], dtype=np.float64)),
            _mean(diversity(judged, self.training, [K])),
            coverage(judged.products, n_products),
            _mean_margin(listed.products[self.rows], self.shelf.margin),
        )


def _mean_margin(products: IntArray, margins: FloatArray) -> float:
    return _mean(margins[products[products != NO_POSITION]])


def _mean(values: AnyArray) -> float:
    counted = values[~np.isnan(values)]
    return float(counted.mean(dtype=np.float64)) if len(counted) else float("nan")


def _points(tried: list[_Tried], rng: np.random.Generator, config: BootstrapConfig) -> Iterator[TradeOff]:
    """Each against the first, which has setting 0."""
    zero = tried[0]
    losses = np.column_stack([zero.ndcg - own.ndcg for own in tried])
    low, high = interval_of_mean(losses, rng, config)
    for own, loss, ci_low, ci_high in zip(tried, losses.mean(axis=0), low, high, strict=True):
        yield TradeOff(
            own.curve,
            own.setting,
            own.is_used,
            float(own.ndcg.mean()),
            float(loss),
            float(ci_low),
            float(ci_high),
            own.recall,
            # Of nothing, nothing is lost.
            own.relevance / zero.relevance if zero.relevance else 1.0,
            own.diversity,
            own.coverage,
            own.mean_margin,
            len(own.ndcg),
        )
