"""The search for settings on a validation cut: fit on what came before it, judge on what was held out.

Belongs here: fitting and judging one trial. Does not belong here: what is tried next (`settings_search`), the cut
itself, which has to lie before the test cut (`judge` on leakage), and what the winner has to prove (`selection`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shop_pipeline.models.arrays import AnyArray, SparseMatrix
from shop_pipeline.models.evaluation.bootstrap import BootstrapConfig, interval_of_mean
from shop_pipeline.models.evaluation.ranking_metrics import METRICS, score_lists
from shop_pipeline.models.evaluation.settings_search import Limits, search_settings
from shop_pipeline.models.evaluation.trials import Candidate, Outcome, Search, Settings
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.recommender import Recommender


@dataclass(frozen=True, slots=True)
class TuningConfig:
    """What is searched for, and on whom."""

    metric: str = "ndcg"
    """One of `METRICS`; the order of a list counts in `ndcg`, `map` and `mrr` only."""
    k: int = 10
    """Length of the lists that are judged."""
    n_customers: int = 10_000
    """Customers judged at most, a sample if there are more: 10,000 tell apart what differs by some percent."""


class Validation:
    """The same customers, the same random numbers for every trial: what differs is the model's doing.

    Args:
        held_out: one row per customer of `training`; those with an empty one are not judged.

    Raises:
        ValueError: for another shape, or when nobody has anything held out.
    """

    def __init__(
        self, training: Interactions, held_out: SparseMatrix, config: TuningConfig, rng: np.random.Generator
    ) -> None:
        if held_out.shape != training.matrix.shape:
            raise ValueError(f"{held_out.shape} held out for training of {training.matrix.shape}")
        self.training, self.config = training, config
        self.customers = _sample(np.flatnonzero(np.diff(held_out.indptr)), config.n_customers, rng)
        self._held_out = held_out[self.customers]
        self._seed = int(rng.integers(2**63))

    def attempt(self, model: Recommender[Any], clock: Callable[[], float] = time.perf_counter) -> Outcome:
        """Fit the model and judge its lists."""
        began = clock()
        model.fit(self.training, np.random.default_rng(self._seed))
        fitted = clock()
        lists = model.recommend(self.customers, self.config.k)
        listed = clock()
        values = score_lists(lists, self._held_out, self.config.k)[:, [METRICS.index(self.config.metric)]]
        low, high = interval_of_mean(values, np.random.default_rng(self._seed), BootstrapConfig())
        return Outcome(float(values.mean()), float(low[0]), float(high[0]), fitted - began, listed - fitted)


def _sample(customers: AnyArray, n_most: int, rng: np.random.Generator) -> AnyArray:
    if not len(customers):
        raise ValueError("nobody has anything held out: there is nothing to choose settings by")
    if len(customers) <= n_most:
        return customers
    return np.sort(rng.choice(customers, n_most, replace=False))


def tune(
    training: Interactions,
    held_out: SparseMatrix,
    candidates: Mapping[str, Candidate],
    limits: Limits,
    rng: np.random.Generator,
    *,
    config: TuningConfig | None = None,
    clock: Callable[[], float] = time.perf_counter,
    expected_seconds: Mapping[str, float] | None = None,
) -> Search:
    """Search every candidate's settings within the limits, in this process.

    Only models whose needs are met may be handed in: what a model raises is not caught. A trial can't be broken off, so
    name in `expected_seconds` what may be slow.
    """
    validation = Validation(training, held_out, config or TuningConfig(), rng)

    def attempt(name: str, settings: Settings, seconds: float) -> Outcome:  # noqa: ARG001
        return validation.attempt(candidates[name].make(settings), clock)

    return search_settings(candidates, attempt, training.size, limits, clock, expected_seconds=expected_seconds)
