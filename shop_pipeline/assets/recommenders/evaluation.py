"""The honest comparison: models are fitted before a cut in time and judged on what customers bought after it.

Here: `models.evaluation`, of which two marts are cut, and the champion. In the job `tune` all models are judged, each
with its best settings; every day the hybrid and its parts, against the boring rule. Not here: metrics and intervals
(`models/evaluation`), the cut (`held_out.py`), the search for settings (`tuning.py`), and what the champion fills
(`recommendations.py`).
"""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from ...models.evaluation.judge import Evaluation, evaluate
from ...models.evaluation.selection import BASELINE, published
from ...models.evaluation.training import Training
from ...models.recommenders.catalogue import make
from ...models.recommenders.recommender import Recommender
from ..gated import Built, Run, empty
from ..held_out import Cut, cut_for_test
from ..plots import intervals
from ..readiness import shortfall
from .audience import labels_told
from .choices import HYBRID, candidate, hybrid_weights, to_judge, untrained
from .hybrid import blended

NAME = "models.evaluation"
KS = (5, 10, 20)
K, CHOSEN_BY = 10, "ndcg"


def build_evaluation(run: Run) -> Built:
    """One row per model, metric, length of list and class of customers, with the champion marked."""
    if note := shortfall(run, "model_evaluation"):
        return empty(NAME, {"note": note})
    cut = cut_for_test(run)
    if isinstance(cut, str):
        return empty(NAME, {"note": cut})
    judged = _judge(run, cut)
    frame = _frame(judged, champion(judged, candidate(run)), cut.split_at)
    run.duck.register("found_evaluation", frame)
    return Built("SELECT * FROM found_evaluation", metadata=_told(frame) | labels_told(run))


def _judge(run: Run, cut: Cut) -> dict[str, list[Evaluation]]:
    """Lists are made for the customers with something to find; coverage and Gini are of those lists."""
    seed, weights = run.session.settings.recommend.seed, hybrid_weights(run)
    customers = np.flatnonzero(np.diff(cut.held_out.indptr))
    training, held_out, found = Training.of(cut.trained, customers), cut.held_out[customers], {}
    popular = make(BASELINE, {}).fit(cut.trained, np.random.default_rng(seed))
    baseline, parts = popular.recommend(customers, max(KS)), {BASELINE: popular}
    found[BASELINE] = evaluate(baseline, held_out, KS, np.random.default_rng(seed), training=training)

    def judge(name: str, model: Recommender[Any]) -> None:
        run.log.info(f"judging {name}")
        lists, rng = model.recommend(customers, max(KS)), np.random.default_rng(seed)
        found[name] = evaluate(lists, held_out, KS, rng, training=training, baseline=baseline)

    for name, model in untrained(run, (name for name in to_judge(run) if name != BASELINE), cut.trained):
        judge(name, model.fit(cut.trained, np.random.default_rng(seed)))
        parts |= {name: model} if name in weights else {}
    if len(weights) > 1 and set(weights) & set(parts):
        judge(HYBRID, blended(parts, weights))
    return found


def champion(judged: dict[str, list[Evaluation]], chosen: str | None) -> str:
    """The chosen model if it beats popularity with the whole interval, else popularity.

    Before any choice, the best by NDCG of those that beat it.
    """
    if chosen:
        return published(chosen, judged[chosen], CHOSEN_BY, K) if chosen in judged else BASELINE
    values = {
        name: next(r.value for r in rows if (r.metric, r.k, r.customers) == (CHOSEN_BY, K, "all"))
        for name, rows in judged.items()
    }
    winners = [name for name in judged if published(name, judged[name], CHOSEN_BY, K) == name != BASELINE]
    return max(winners, key=lambda name: (values[name], name), default=BASELINE)


def _told(frame: pd.DataFrame) -> dict[str, Any]:
    shown = frame[(frame["metric"] == CHOSEN_BY) & (frame["k"] == K) & (frame["customers"] == "all")]
    return {
        "champion": frame.loc[frame["is_champion"], "model"].iloc[0],
        f"plot_{CHOSEN_BY}": intervals(shown, "model", "value", "ci_low", "ci_high"),
    }


def _frame(judged: dict[str, list[Evaluation]], best: str, split_at: datetime) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model": name,
                "metric": row.metric,
                "k": row.k,
                "customers": row.customers,
                "value": row.value,
                "ci_low": row.ci_low,
                "ci_high": row.ci_high,
                "baseline": BASELINE,
                "beats_baseline": bool(row.beats_baseline),
                "is_champion": name == best,
                "n_customers": row.n_customers,
                "split_at": split_at,
            }
            for name, rows in judged.items()
            for row in rows
        ]
    )
