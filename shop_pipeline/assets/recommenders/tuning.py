"""The search: every model the data allow, with many settings, judged on a validation period before the test period.

Here: `marts.model_trials`, the curve, and `marts.model_selection`, the choice that daily runs fit. Both are built by
the job `tune` (or by hand), not every day. Not here: the order of the search and its judging (`models/evaluation`), the
comparison on the test period (`evaluation.py`).
"""

import json
from dataclasses import replace
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from ...contracts import TABLES
from ...models.evaluation.selection import BASELINE
from ...models.evaluation.settings_search import Limits
from ...models.evaluation.trials import Candidate, Search, Settings
from ...models.evaluation.tuning import TuningConfig, tune
from ...models.interactions import Interactions
from ...models.recommenders.catalogue import CATALOGUE, SideInformation, candidates
from ...sections import Recommend
from ..gated import Built, Run, empty, gated_asset
from ..held_out import cut_for_validation
from ..plots import line
from ..readiness import NAME as READINESS
from ..readiness import shortfall
from ..room import memory_limit
from .choices import SELECTION, starting_settings, why_not
from .side_information import read_side
from .similarities import seconds_for_customers

TRIALS = "marts.model_trials"
CHOSEN_BY = TuningConfig(metric="ndcg", k=10)
# Best first; equals by name.
CHOICE = f"""
SELECT model, settings, metric, k, value, n_trials, row_number() OVER (ORDER BY value DESC, model) = 1 AS is_chosen
FROM (SELECT *, count(*) OVER (PARTITION BY model)::INTEGER AS n_trials FROM {TRIALS})
WHERE is_best
"""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    learned_from = (
        READINESS,
        "features.interactions",
        "clean.events",
        "clean.returns",
        "clean.products",
        "clean.customers",
    )
    return [
        gated_asset(TABLES[TRIALS], build_trials, learned_from, kinds={"python", "numpy"}),
        gated_asset(TABLES[SELECTION], build_selection, (TRIALS,), kinds={"sql"}),
    ]


def build_trials(run: Run) -> Built:
    """One row per model and settings tried."""
    if note := shortfall(run, "model_evaluation"):
        return empty(TRIALS, {"note": note})
    cut, recommend = cut_for_validation(run), run.session.settings.recommend
    if isinstance(cut, str):
        return empty(TRIALS, {"note": cut})
    side = read_side(run.duck, cut.trained)
    found = tune(
        cut.trained,
        cut.held_out,
        _candidates(run, side),
        Limits(recommend.tuning_minutes * 60, memory_limit(run)),
        np.random.default_rng(recommend.seed),
        config=CHOSEN_BY,
        expected_seconds=slow_models(cut.trained),
    )
    n_customers = min(CHOSEN_BY.n_customers, int(np.count_nonzero(np.diff(cut.held_out.indptr))))
    frame = _frame(found).assign(n_customers=n_customers, split_at=cut.split_at)
    run.duck.register("found_trials", frame)
    return Built("SELECT * FROM found_trials", metadata=_told(found, frame))


def build_selection(run: Run) -> Built:
    """The best trial of each model; what an earlier search found stays where this one came to nothing."""
    tried = run.duck.execute(
        f"SELECT count(*) FROM {TRIALS} WHERE status = 'done' AND model <> ?", [BASELINE]
    ).fetchone()
    if tried and tried[0]:
        return Built(CHOICE)
    kept = f"SELECT * EXCLUDE (as_of, run_id) FROM {SELECTION}"
    return Built(kept, metadata={"note": "no model but popularity could be tried: the last choice stays"})


def _candidates(run: Run, side: SideInformation) -> dict[str, Candidate]:
    """The models of shop.yaml that the data allow, starting from its settings."""
    recommend = run.session.settings.recommend
    wanted = [name for name in (CATALOGUE if recommend.models is None else recommend.models) if name != BASELINE]
    allowed = [BASELINE, *(name for name in wanted if why_not(run, name, side) is None)]
    found = candidates(allowed, side)
    return {name: _started(one, recommend, name) for name, one in found.items()}


def slow_models(trained: Interactions) -> dict[str, float]:
    """Seconds of a trial of those models whose time grows faster than the matrix; an inverse does 0.3 T steps a
    second.
    """
    return {
        "user_neighbours": seconds_for_customers(trained),
        "ease": min(trained.matrix.shape) ** 3 / 3e11,
    }


def _started(candidate: Candidate, recommend: Recommend, name: str) -> Candidate:
    """Starting with the settings of shop.yaml, also where they are not among the values of the space."""
    start: Settings = starting_settings(recommend, name)
    space = {
        key: values if start[key] in values else tuple(sorted({*values, start[key]}))
        for key, values in candidate.space.items()
    }
    return replace(candidate, space=space, defaults=start)


def _frame(found: Search) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model": trial.model,
                "trial": trial.trial,
                "settings": json.dumps(trial.settings),
                "status": trial.status,
                "metric": CHOSEN_BY.metric,
                "k": CHOSEN_BY.k,
                "value": trial.value,
                "ci_low": trial.ci_low,
                "ci_high": trial.ci_high,
                "memory_bytes": trial.memory_bytes,
                "is_best": trial.is_best,
            }
            for trial in found.trials
        ]
    ).replace({np.nan: None})


def _told(found: Search, frame: pd.DataFrame) -> dict[str, Any]:
    """The best of each model, what each took, and the curve of the best value so far."""
    curve = frame.assign(trial_in_all=range(1, len(frame) + 1), best_so_far=frame["value"].astype(float).cummax())
    seconds: dict[str, float] = {}
    for trial in found.trials:
        seconds[trial.model] = round(seconds.get(trial.model, 0.0) + np.nan_to_num(trial.seconds), 2)
    return {
        "best": dg.MetadataValue.json({one.model: {"value": one.value, **one.settings} for one in found.ranking()}),
        "seconds_by_model": dg.MetadataValue.json(seconds),
        "trials": len(frame),
        "plot": line(curve, "trial_in_all", "best_so_far"),
    }
