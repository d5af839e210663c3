"""Which model finds what users take next, and how long that takes: recall@20 and NDCG@20 over all items.

    python benchmarks/top_n.py --train train.txt --test test.txt
    python benchmarks/top_n.py --train train.csv --test test.csv --models als,item_neighbours --budget-minutes 5 --json

Files of two columns, user and item, or lines `user item item ...`. Settings are chosen on a validation part, 15 % of
each user's training items drawn at random, by NDCG@20. Then each model is fitted on the whole training file with its
best settings and judged on the test file, once. What a user has in training is left out of the lists; recall divides
by all test items of the user; users without a test item are skipped.

All of it ends within the budget. On a large file each model is first rehearsed on two random parts of the items, to
foretell how long it takes; among several, one whose trial and fit would take more than a third of the budget is
skipped, and time for fitting the others is kept. Each fit runs in a process of its own, whose peak of memory is told.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from children import Answer, call_in_child
from pairs import Pair, hold_out, read_pair, with_fewer_products

from shop_pipeline.models.evaluation.ranking_metrics import METRICS, score_lists
from shop_pipeline.models.evaluation.settings_search import Limits, search_settings
from shop_pipeline.models.evaluation.trials import Candidate, Outcome, Search, Settings, Trial
from shop_pipeline.models.evaluation.tuning import TuningConfig, Validation
from shop_pipeline.models.recommenders.catalogue import CATALOGUE, SideInformation, candidates, entry_of

K = 20
SHARE_HELD_OUT = 0.15
SIDE = SideInformation()
# Rehearsing pays where trials take seconds.
FEWEST_TO_REHEARSE = 200_000
PARTS = (1 / 16, 1 / 4)
# A fit on the whole file against one on 85 % of it, and what a shared machine adds.
REFIT = 1.4
OVERHEAD_SECONDS = 1.0
# Of several models, each may take so much of the budget; one alone all of it.
LARGEST_PART_OF_BUDGET = 1 / 3


class Contest:
    """All that is known of each model while the budget runs down."""

    def __init__(self, options: argparse.Namespace, began: float) -> None:
        self.began, self.deadline = began, began + 60 * options.budget_minutes
        self.limit = int(options.memory_gb * 2**30)
        self.pair: Pair = read_pair(options.train, options.test)
        rng = np.random.default_rng(options.seed)
        self.seed = options.seed
        self.training, held_out = hold_out(self.pair.train, SHARE_HELD_OUT, rng)
        self.validation = Validation(self.training, held_out, TuningConfig(k=K), rng)
        self.users = np.flatnonzero(np.diff(self.pair.test.indptr))
        if not len(self.users):
            raise SystemExit(f"{options.test.name}: nobody whom training knows has an item that it knows")
        self.peaks: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()
        self.expected: dict[str, float] = {}
        self.seconds: dict[str, float] = defaultdict(float)

    def left(self) -> float:
        return self.deadline - time.perf_counter()

    def call(self, name: str, work: Any, seconds: float) -> Answer:
        """Run in a child and keep its account."""
        answer = call_in_child(work, seconds)
        self.peaks[name] = max(self.peaks[name], answer.peak_gb)
        self.seconds[name] += answer.seconds
        if answer.status == "failed":
            self.failed.add(name)
            print(f"{name} failed", file=sys.stderr)
        return answer

    def rehearse(self, name: str, candidate: Candidate) -> float:
        """Seconds that the first trial will take, from parts of the items."""
        patience = self.left() * LARGEST_PART_OF_BUDGET / 4
        answer = self.call(name, partial(self._time_parts, candidate), patience)
        if answer.value is None:
            return math.inf
        small, large = answer.value
        growth = math.log(large / small) / math.log(PARTS[1] / PARTS[0])
        return float(large * (1 / PARTS[1]) ** min(max(growth, 0.5), 3.0))

    def _time_parts(self, candidate: Candidate) -> list[float]:
        """Seconds on each part; the smaller one is run twice, because the first run compiles."""
        times = []
        for share in (PARTS[0], *PARTS):
            part, _ = with_fewer_products(self.training, share, np.random.default_rng(self.seed))
            began = time.perf_counter()
            model = candidate.make(candidate.defaults).fit(part, np.random.default_rng(self.seed))
            model.recommend(self.validation.customers, K)
            times.append(time.perf_counter() - began)
        return times[1:]

    def attempt(self, rivals: dict[str, Candidate], name: str, settings: Settings, left: float) -> Outcome | None:
        """One trial, ended if it takes much more than foretold."""
        patience = min(left, max(left * LARGEST_PART_OF_BUDGET, 2 * self.expected.get(name, 0)))
        outcome: Outcome | None = self.call(
            name, lambda: self.validation.attempt(rivals[name].make(settings)), patience
        ).value
        return outcome

    def refit_seconds(self, trial: Trial) -> float:
        """What fitting on the whole file and listing for all users of the test file will take."""
        users = len(self.users) / len(self.validation.customers)
        return REFIT * (trial.fit_seconds + users * trial.recommend_seconds) + OVERHEAD_SECONDS

    def reserve(self, trials: Sequence[Trial]) -> float:
        """Time to keep for the last fit of every model that has a figure."""
        best: dict[str, Trial] = {}
        for trial in trials:
            if trial.status == "done" and (trial.model not in best or trial.value > best[trial.model].value):
                best[trial.model] = trial
        return sum(self.refit_seconds(trial) for trial in best.values())

    def search(self, rivals: dict[str, Candidate]) -> Search:
        """Choose every model's settings on the validation part."""
        if self.training.size.n_entries >= FEWEST_TO_REHEARSE:
            for name, candidate in rivals.items():
                if candidate.make(candidate.defaults).memory_bytes(self.training.size) <= self.limit:
                    first = self.rehearse(name, candidate)
                    whole = first * (1 + REFIT)
                    too_slow = whole > self.left() * max(LARGEST_PART_OF_BUDGET, 1 / len(rivals))
                    self.expected[name] = math.inf if too_slow else whole
        return search_settings(
            rivals, partial(self.attempt, rivals), self.training.size, Limits(self.left(), self.limit),
            time.perf_counter, expected_seconds=self.expected, reserve=self.reserve,
        )  # fmt: skip

    def judge(self, candidate: Candidate, settings: Settings) -> dict[str, float]:
        """The one look at the test file."""
        began = time.perf_counter()
        model = candidate.make(settings).fit(self.pair.train, np.random.default_rng(self.seed))
        fitted = time.perf_counter()
        lists = model.recommend(self.users, K)
        listed = time.perf_counter()
        values = score_lists(lists, self.pair.test[self.users], K).mean(axis=0)
        return {
            **{f"{metric}@{K}": float(values[METRICS.index(metric)]) for metric in ("recall", "ndcg")},
            "fit_seconds": fitted - began,
            "recommend_seconds": listed - fitted,
        }


def compete(contest: Contest, names: Sequence[str]) -> dict[str, Any]:
    """Search, fit, judge, and tell."""
    rows: dict[str, Any] = {}
    ready = []
    for name in names:
        missing = [need for need in entry_of(name).needs if not SIDE.meets(need)]
        rows[name] = {f"recall@{K}": None, f"ndcg@{K}": None, "status": f"needs {', '.join(missing)}"}
        if not missing:
            ready.append(name)
    rivals = candidates(ready, SIDE)
    search = contest.search(rivals)
    search_ended = time.perf_counter()
    for name in ready:
        tried = [trial for trial in search.trials if trial.model == name]
        status = "failed" if name in contest.failed else tried[0].status
        rows[name] |= {"status": status, "n_trials": len(tried)}
    ranking = search.ranking()
    # The chosen one is sure of its time, the others follow from the quickest on.
    for trial in [*ranking[:1], *sorted(ranking[1:], key=contest.refit_seconds)]:
        rows[trial.model] |= finish(contest, trial, rivals[trial.model])
    for name in ready:
        rows[name] |= {"seconds": contest.seconds[name], "peak_gb": contest.peaks[name]}
    chosen = {"chosen": {"model": ranking[0].model, **rows[ranking[0].model]}} if ranking else {}
    return rows | chosen | totals(contest, search_ended)


def finish(contest: Contest, trial: Trial, candidate: Candidate) -> dict[str, Any]:
    """The chosen settings of one model, and how good they are on the test file."""
    told = {"settings": trial.settings, f"validation_ndcg@{K}": trial.value}
    tuning = contest.seconds[trial.model]
    answer = contest.call(trial.model, partial(contest.judge, candidate, trial.settings), contest.left())
    return told | {"status": answer.status, "tuning_seconds": tuning} | (answer.value or {})


def totals(contest: Contest, search_ended: float) -> dict[str, Any]:
    """The whole script in figures."""
    train = contest.pair.train.size
    return {
        "n_users": train.n_customers,
        "n_items": train.n_products,
        "n_train": train.n_entries,
        "n_test": int(contest.pair.test.nnz),
        "n_test_users": len(contest.users),
        "search_seconds": search_ended - contest.began,
        "seconds": time.perf_counter() - contest.began,
        "peak_gb": max(contest.peaks.values(), default=0.0),
    }


def print_table(told: dict[str, Any]) -> None:
    """Best first; those without a figure say why."""
    models = {name: row for name, row in told.items() if isinstance(row, dict) and name != "chosen"}
    for name, row in sorted(models.items(), key=lambda item: -(item[1][f"recall@{K}"] or 0)):
        if row[f"recall@{K}"] is None:
            print(f"{name:24} {row['status']}")
            continue
        print(
            f"{name:24} recall {row[f'recall@{K}']:.4f}  ndcg {row[f'ndcg@{K}']:.4f}  {row['n_trials']:3} trials"
            f"  fit {row['fit_seconds']:6.1f} s  all {row['seconds']:6.1f} s  {row['peak_gb']:5.2f} GB"
            f"  {row['settings']}"
        )
    print(f"chosen: {told['chosen']['model'] if 'chosen' in told else 'none'}")
    print(", ".join(f"{name} {value:.6g}" for name, value in told.items() if not isinstance(value, dict)))


def main() -> None:
    """Read the options, and print one JSON object or a table."""
    began = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--models", default=",".join(CATALOGUE), help="names with commas; all without it")
    parser.add_argument("--budget-minutes", type=float, default=9.0, help="for the whole script")
    parser.add_argument("--memory-gb", type=float, default=12.0, help="models that need more are left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    told = compete(Contest(options, began), options.models.split(","))
    if options.json:
        print(json.dumps(told, indent=2, allow_nan=False))
    else:
        print_table(told)


if __name__ == "__main__":
    main()
