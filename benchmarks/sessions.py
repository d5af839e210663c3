"""The next click of each session, after every click: which model finds it, and how high.

    python benchmarks/sessions.py --train train.csv --test test.csv --json

Files with the columns SessionId, ItemId and Time (seconds, or ISO), commas or tabs, in any order. The protocol is that
of Ludewig and Jannach 2018: items that training does not know are taken out of the test sessions, sessions of one click
are dropped, and after each click of the others the very next item is to be found among all items of the training file.
The session's own items may come again; whether lists leave them out is a setting like others. Of an item that was
clicked more than once, a session keeps the newest click; of long sessions the newest 30 clicks count.

Model and settings are chosen by MRR@20 on the last sessions of the training file, learned from those before them. Then
the best is fitted on the whole training file and judged once on the test file. Equal scores are in the order of the
item ids, which know nothing of what came next.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sequences_files import read_clicks

from shop_pipeline.models.evaluation.settings_search import Limits, search_settings
from shop_pipeline.models.evaluation.trials import Candidate, Outcome, Setting, Settings
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders import session_neighbours, transitions
from shop_pipeline.models.recommenders.recommender import HistoryRecommender
from shop_pipeline.models.selection import NO_POSITION

CUTS = (5, 10, 20)
NEWEST_CLICKS = 30
VALIDATION_SHARE = 0.1
PREDICTIONS_SEARCHED = 10_000
PREDICTIONS_AT_ONCE = 20_000
MEMORY_BYTES = 6 * 2**30
SECONDS_PER_DAY = 86_400
# Apart from the clock, so that clicks within one second keep their order.
CLICK_SECONDS = 1e-3


def sequential_rules() -> Settings:
    """The next clicks after the last one, counted, and nothing else (SR of Ludewig and Jannach 2018)."""
    return asdict(
        transitions.TransitionsConfig(
            window=10, decay=0.5, reversed_weight=0.0, source_power=0.0, target_power=0.0, shrinkage=0.0,
            history_decay=0.0,
        )
    )  # fmt: skip


def rivals() -> dict[str, Candidate]:
    """The models that are searched, by name; each may leave out what the session has had.

    Clicks follow one another more closely than purchases: transitions start nearer to the last one.
    """
    neighbours = asdict(session_neighbours.SessionNeighboursConfig())
    space = transitions.SPACE | {
        "history_decay": (0.0, 0.15, *transitions.SPACE["history_decay"]),
        "source_power": (0.0, 0.2, *transitions.SPACE["source_power"]),
    }
    counted = asdict(
        transitions.TransitionsConfig(
            decay=0.7, reversed_weight=0.1, history_decay=0.3, source_power=0.4, target_power=0.0, shrinkage=0.0
        )
    )
    return {
        "session_neighbours": _candidate(make_neighbours, session_neighbours.SPACE, neighbours),
        "transitions": _candidate(make_transitions, space, counted),
        "sequential_rules": _candidate(make_transitions, {}, sequential_rules()),
    }


def _candidate(make: Any, space: Mapping[str, tuple[Setting, ...]], defaults: Settings) -> Candidate:
    return Candidate(make, {"exclude_seen": (False, True), **space}, {"exclude_seen": False, **defaults})


def make_neighbours(settings: Settings) -> HistoryRecommender[Any]:
    """Session neighbours from settings, without the one that is not the model's."""
    own: dict[str, Any] = {name: value for name, value in settings.items() if name != "exclude_seen"}
    return session_neighbours.SessionNeighbours(session_neighbours.SessionNeighboursConfig(**own))


def make_transitions(settings: Settings) -> HistoryRecommender[Any]:
    """Transitions, likewise."""
    own: dict[str, Any] = {name: value for name, value in settings.items() if name != "exclude_seen"}
    return transitions.Transitions(transitions.TransitionsConfig(**own))


def as_interactions(clicks: pd.DataFrame) -> Interactions:
    """Sessions x items; an item clicked twice has its newest time."""
    place = clicks.groupby("session", sort=False).cumcount().to_numpy()
    sessions, session_ids = pd.factorize(clicks["session"], sort=True)
    items, item_ids = pd.factorize(clicks["item"], sort=True)
    days = (clicks["time"].to_numpy() + place * CLICK_SECONDS) / SECONDS_PER_DAY
    ids = np.asarray(session_ids, dtype=object), np.asarray(item_ids, dtype=object)
    found = Interactions.from_codes(sessions, items, np.ones(len(clicks)), *ids, days)
    found.matrix.data[:] = 1
    return found


@dataclass(frozen=True)
class Predictions:
    """Test sessions laid end to end: `items` are positions, `place` counts within the session, `asked` are the clicks
    after which the next one is to be found.
    """

    items: np.ndarray
    place: np.ndarray
    asked: np.ndarray
    n_sessions: int

    @classmethod
    def of(cls, clicks: pd.DataFrame, item_ids: np.ndarray) -> Predictions:
        """Those of these clicks whose items are known, in sessions of two and more."""
        codes = pd.Index(item_ids).get_indexer(clicks["item"])
        known = clicks.assign(code=codes)[codes >= 0]
        known = known[known.groupby("session")["code"].transform("size") > 1]
        place = known.groupby("session").cumcount().to_numpy()
        asked = np.flatnonzero(np.append(place[1:] > 0, False)) if len(place) else np.zeros(0, np.int64)
        return cls(known["code"].to_numpy(), place, asked, int((place == 0).sum()))

    def histories(self, asked: np.ndarray, item_ids: np.ndarray) -> Interactions:
        """One row per asked click: the session until then."""
        lengths = np.minimum(self.place[asked] + 1, NEWEST_CLICKS)
        rows = np.repeat(np.arange(len(asked)), lengths)
        ends = np.cumsum(lengths)
        back = np.repeat(ends, lengths) - 1 - np.arange(int(lengths.sum()))
        events = asked[rows] - back
        names = np.array([f"{row:09}" for row in range(len(asked))], dtype=object)
        found = Interactions.from_codes(rows, self.items[events], np.ones(len(rows)), names, item_ids, events)
        found.matrix.data[:] = 1
        return found

    def ranks(self, recommend: Callable[[Interactions], np.ndarray], asked: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """The place of the next item in each list from 1, infinite where it is missing."""
        found = np.full(len(asked), np.inf)
        for begin in range(0, len(asked), PREDICTIONS_AT_ONCE):
            part = asked[begin : begin + PREDICTIONS_AT_ONCE]
            hits = recommend(self.histories(part, ids)) == self.items[part + 1][:, None]
            found[begin : begin + len(part)] = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, np.inf)
        return found


def metrics(ranks: np.ndarray) -> dict[str, float]:
    """Means over predictions: the share found, and 1 / rank of those that are."""
    told = {}
    for k in CUTS:
        told[f"hr@{k}"] = float((ranks <= k).mean())
        told[f"mrr@{k}"] = float(np.where(ranks <= k, 1 / ranks, 0).mean())
    return told


class Contest:
    """Training clicks, and predictions to be made from them."""

    def __init__(self, training: pd.DataFrame, later: pd.DataFrame, seed: int) -> None:
        self.training, self.seed = as_interactions(training), seed
        self.predictions = Predictions.of(later, self.training.product_ids)

    def judge(self, model: HistoryRecommender[Any], settings: Settings, most: int | None = None) -> Any:
        """Ranks of all predictions, or of a sample, and the seconds of fitting and listing."""
        asked, exclude = self.predictions.asked, bool(settings["exclude_seen"])
        if most is not None and most < len(asked):
            asked = np.sort(np.random.default_rng(self.seed).choice(asked, most, replace=False))
        began = time.perf_counter()
        model.fit(self.training, np.random.default_rng(self.seed))
        fitted = time.perf_counter()
        ranks = self.predictions.ranks(
            lambda histories: model.recommend_for(histories, max(CUTS), exclude).products,
            asked, self.training.product_ids,
        )  # fmt: skip
        return ranks, fitted - began, time.perf_counter() - fitted

    def popular(self) -> np.ndarray:
        """Ranks in one list for everybody: the items of most sessions."""
        counts = np.bincount(self.training.matrix.indices, minlength=len(self.training.product_ids))
        best = np.lexsort((np.arange(len(counts)), -counts))[: max(CUTS)]
        best = np.pad(best, (0, max(CUTS) - len(best)), constant_values=NO_POSITION)
        hits = self.predictions.items[self.predictions.asked + 1][:, None] == best
        return np.where(hits.any(axis=1), hits.argmax(axis=1) + 1.0, np.inf)


def last_sessions(clicks: pd.DataFrame) -> np.ndarray:
    """Which clicks belong to the sessions that end last, about `VALIDATION_SHARE` of those with two clicks."""
    ends = clicks.groupby("session")["time"].agg(["max", "size"])
    long = ends[ends["size"] > 1]["max"].sort_values(kind="stable")
    if len(long) < 2:
        raise SystemExit("training needs two sessions with two clicks")
    chosen = long.index[-max(1, int(len(long) * VALIDATION_SHARE)) :]
    return clicks["session"].isin(chosen).to_numpy()


def compete(train: Path, test: Path, budget_seconds: float, seed: int) -> dict[str, Any]:
    """Search on the last training sessions, judge on the test file."""
    began = time.perf_counter()
    clicks, later = read_clicks(train), read_clicks(test)
    is_last = last_sessions(clicks)
    validation, models = Contest(clicks[~is_last], clicks[is_last], seed), rivals()
    if not len(validation.predictions.asked):
        raise SystemExit("the last training sessions have no two items that earlier ones know")

    def attempt(name: str, settings: Settings, seconds: float) -> Outcome:  # noqa: ARG001
        ranks, *took = validation.judge(models[name].make(settings), settings, PREDICTIONS_SEARCHED)
        gains = np.where(ranks <= max(CUTS), 1 / ranks, 0)
        spread = 1.96 * gains.std() / np.sqrt(len(gains))
        return Outcome(float(gains.mean()), gains.mean() - spread, gains.mean() + spread, *took)

    limits = Limits(budget_seconds, MEMORY_BYTES)
    search = search_settings(models, attempt, validation.training.size, limits, time.perf_counter)
    ranking, searched = search.ranking(), time.perf_counter() - began
    if not ranking:
        raise SystemExit(f"{budget_seconds} seconds are too few for a single trial: raise --budget-seconds")
    final = Contest(clicks, later, seed)
    if not len(final.predictions.asked):
        raise SystemExit(f"{test.name}: no session has two items that training knows")
    told = {
        trial.model: metrics(final.judge(models[trial.model].make(trial.settings), trial.settings)[0])
        for trial in ranking
    }
    return {
        **told[ranking[0].model],
        "n_sessions": final.predictions.n_sessions,
        "n_events": len(final.predictions.asked),
        "n_items": len(final.training.product_ids),
        "n_training_clicks": len(clicks),
        "seconds": time.perf_counter() - began,
        "search_seconds": searched,
        "chosen": {"model": ranking[0].model, "settings": ranking[0].settings},
        "validation_mrr@20": {trial.model: trial.value for trial in ranking},
        "n_trials": len(search.trials),
        "rivals": {name: row for name, row in told.items() if name != ranking[0].model}
        | {"popularity": metrics(final.popular())},
    }


def main() -> None:
    """Read the options, and print one JSON object or lines of names and values."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--budget-seconds", type=float, default=90.0, help="for the search; the last fits follow")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    told = compete(options.train, options.test, options.budget_seconds, options.seed)
    if options.json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")


if __name__ == "__main__":
    main()
