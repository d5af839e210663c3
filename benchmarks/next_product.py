"""The next product of each user, leave-last-out over all items: which model finds it, and how high.

    python benchmarks/next_product.py --sequences Beauty.txt --json

Lines `user item item ...` in order of time. A user's last item is the test, the one before it the validation; a user
with fewer than 3 items is only learned from. Model and settings are chosen by NDCG@10 on the validation item, learned
without it and the test item; then the best is fitted with the validation items, and judged once on the test items.

All items are ranked except those that the user has had, so that a test item which the user has had before can't be
found and counts as a miss. A repeated item stands in a history once, at its newest place. Ties count against us: the
rank is the number of items with a score at least as high, the item itself among them. That is exact from lists longer
than the cut: where all of a list's scores reach the item's, its rank is beyond the cut. `mrr` is 1 / rank up to 100,
and 0 beyond.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sequences_files import Sequences, read_sequences

from shop_pipeline.models.evaluation.settings_search import Limits, search_settings
from shop_pipeline.models.evaluation.trials import Candidate, Outcome, Settings
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.catalogue import SideInformation, candidates
from shop_pipeline.models.recommenders.recommender import Recommender
from shop_pipeline.models.selection import NO_POSITION

CUTS = (5, 10, 20)
MRR_CUT = 100
USERS_SEARCHED = 10_000
MEMORY_BYTES = 6 * 2**30
MODELS = ("transitions", "popularity", "item_neighbours", "als", "rp3beta")
# Trials run in this process and can't be broken off: up to so many items, one of EASE takes seconds.
MOST_ITEMS_FOR_EASE = 5_000
MISSED = np.iinfo(np.int64).max


def rivals(n_items: int) -> dict[str, Candidate]:
    """The models that are searched, by name."""
    names = (*MODELS, "ease") if n_items <= MOST_ITEMS_FOR_EASE else MODELS
    return candidates(names, SideInformation(has_times=True))


def ranks(model: Recommender[Any], users: np.ndarray, targets: np.ndarray, cut: int) -> np.ndarray:
    """The rank of each user's target from 1, ties against it; MISSED beyond the cut."""
    found = model.recommend(users, cut + 1)
    is_target = (found.products == targets[:, None]) & (found.products != NO_POSITION)
    scores = np.where(is_target, found.scores, -np.inf).max(axis=1)
    rank = (found.scores >= scores[:, None]).sum(axis=1)
    return np.where(is_target.any(axis=1) & (rank <= cut), rank, MISSED)


def ndcg(rank: np.ndarray, k: int) -> np.ndarray:
    """Per user; the ideal list has the one target first, and gains 1."""
    return np.where(rank <= k, 1 / np.log2(rank + 1.0), 0.0)


def metrics(rank: np.ndarray) -> dict[str, float]:
    """Means over users."""
    told = {}
    for k in CUTS:
        told[f"hr@{k}"] = float((rank <= k).mean())
        told[f"ndcg@{k}"] = float(ndcg(rank, k).mean())
    return told | {"mrr": float(np.where(rank == MISSED, 0.0, 1 / rank).mean())}


class Cut:
    """Those who have enough items, what was before the held-out item, and which it is."""

    def __init__(self, sequences: Sequences, n_left: int) -> None:
        """The held-out item is the one that `n_left` others follow."""
        is_judged = sequences.lengths >= 3
        left, judged = sequences.left, is_judged[sequences.users]
        self.history: Interactions = sequences.interactions(~judged | (left > n_left))
        self.users = np.flatnonzero(is_judged)
        self.targets = sequences.items[judged & (left == n_left)]

    def judge(self, model: Recommender[Any], seed: int, cut: int, n_users: int | None = None) -> tuple[Any, Outcome]:
        """Fit, rank for all users or a sample of them, and tell how long that took."""
        chosen = np.arange(len(self.users))
        if n_users is not None and n_users < len(chosen):
            chosen = np.random.default_rng(seed).choice(chosen, n_users, replace=False)
        began = time.perf_counter()
        model.fit(self.history, np.random.default_rng(seed))
        fitted = time.perf_counter()
        rank = ranks(model, self.users[chosen], self.targets[chosen], cut)
        gains = ndcg(rank, 10)
        spread = 1.96 * gains.std() / np.sqrt(len(gains))
        took = fitted - began, time.perf_counter() - fitted
        return rank, Outcome(float(gains.mean()), gains.mean() - spread, gains.mean() + spread, *took)


def compete(path: Path, budget_seconds: float, seed: int) -> dict[str, Any]:
    """Search on the validation items, judge on the test items."""
    began = time.perf_counter()
    sequences = read_sequences(path)
    if not (sequences.lengths >= 3).any():
        raise SystemExit(f"{path.name}: nobody has 3 items")
    validation, test = Cut(sequences, 1), Cut(sequences, 0)
    models = rivals(len(sequences.item_ids))

    def attempt(name: str, settings: Settings, seconds: float) -> Outcome:  # noqa: ARG001
        return validation.judge(models[name].make(settings), seed, 10, USERS_SEARCHED)[1]

    limits = Limits(budget_seconds, MEMORY_BYTES)
    search = search_settings(models, attempt, validation.history.size, limits, time.perf_counter)
    best = search.ranking()
    if not best:
        raise SystemExit(f"{budget_seconds} seconds are too few for a single trial: raise --budget-seconds")
    searched = time.perf_counter() - began
    judge = partial(test.judge, seed=seed, cut=MRR_CUT)
    told = metrics(judge(models[best[0].model].make(best[0].settings))[0])
    return {
        **told,
        "n_users": len(test.users),
        "n_items": len(sequences.item_ids),
        "n_trained_only": len(sequences.user_ids) - len(test.users),
        "seconds": time.perf_counter() - began,
        "search_seconds": searched,
        "chosen": {"model": best[0].model, "settings": best[0].settings},
        "validation_ndcg@10": {trial.model: trial.value for trial in best},
        "n_trials": len(search.trials),
        "popularity": metrics(judge(models["popularity"].make({}))[0]),
    }


def main() -> None:
    """Read the options, and print one JSON object or lines of names and values."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=Path, required=True)
    parser.add_argument("--budget-seconds", type=float, default=90.0, help="for the search; the last fit follows")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    told = compete(options.sequences, options.budget_seconds, options.seed)
    if options.json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")


if __name__ == "__main__":
    main()
