"""Which model tells best what comes next in a visit, judged on the visits of the test period.

Here: `models.session_evaluation`, and how the models are made and handed the visits. Not here: questions and metrics
(`models/evaluation/next_product.py`), and what the champion finds (`sessions.py`).
"""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ...contracts.visits import MODELS
from ...models.evaluation.judge import Evaluation
from ...models.evaluation.next_product import Questions, after_each, best_rival, judge_lists, questions
from ...models.evaluation.ranking_metrics import METRICS
from ...models.evaluation.selection import BASELINE
from ...models.evaluation.trials import Settings
from ...models.interactions import Interactions
from ...models.readiness_rules import SIGNS, pairs_for_sign_test
from ...models.recommenders.catalogue import SideInformation, make
from ...models.recommenders.recommender import Recommender
from ...storage import set_variables
from ..gated import Built, Run, empty
from ..matrices import read_interactions
from ..readiness import shortfall
from ..room import memory_limit
from ..sql_files import sql_text
from .audience import labels_told

VISITS, NAME = "features.visits", "models.session_evaluation"
READY_AS = "session_transitions"
K, CHOSEN_BY = 10, "ndcg"
MOST_QUESTIONS = 10_000
"""Visits that are asked: an interval of 10,000 is narrow enough to tell models apart."""
LINKS_PER_PLACE = 2
"""Links for each place of a list: some lead to products that are not shown."""

# A visit is the customer, and when a product came into it is its time.
AS_INTERACTIONS = "SELECT visit_id AS customer_id, product_id, weight, first_event_at AS last_event_at FROM ({visits})"
# Visits that began in the test period, of products that training knows.
LATER = """
SELECT dense_rank() OVER (ORDER BY visit_id) AS visit, position AS product, epoch(first_event_at) / 86400 AS day
FROM features.visits
SEMI JOIN (SELECT visit_id FROM features.visits GROUP BY visit_id HAVING min(first_event_at) >= ?) USING (visit_id)
JOIN product_id_positions ON id = product_id
"""


def build_evaluation(run: Run) -> Built:
    """Each model's metrics at K, with the champion marked."""
    if note := shortfall(run, READY_AS):
        return empty(NAME, {"note": note})
    split_at = run.as_of - timedelta(days=run.session.settings.recommend.holdout_days)
    trained = _visits_before(run, split_at)
    if trained is None:
        return empty(NAME, {"note": f"no visits before {split_at}: nothing to train on"})
    asked, fewest = _questions_since(run, trained, split_at), pairs_for_sign_test()
    if len(asked.sources) < fewest:
        return empty(NAME, {"note": f"{len(asked.sources)} visits to judge by, {fewest} wanted ({SIGNS})"})
    seed = run.session.settings.recommend.seed
    lists = {}
    for name in (BASELINE, *(name for name in MODELS if name != BASELINE)):
        model = untrained(run, name, trained)
        if not isinstance(model, str):
            lists[name] = after_each(model.fit(trained, np.random.default_rng(seed)), K)
    judged = judge_lists(lists, asked, K, seed)
    frame = _frame(judged, best_rival(judged, CHOSEN_BY, K), split_at)
    run.duck.register("found_session_evaluation", frame)
    return Built("SELECT * FROM found_session_evaluation", metadata=_told(frame) | labels_told(run))


def settings_of(run: Run, name: str) -> Settings:
    """What a model of visits starts with: no search has tried others on visits (docs/decisions.md)."""
    wanted = LINKS_PER_PLACE * run.session.settings.recommend.list_length
    own: dict[str, Settings] = {
        "transitions": {"n_links": wanted},
        "item_neighbours": {"n_neighbours": wanted, "measure": "bm25"},
    }
    return own.get(name, {})


def untrained(run: Run, name: str, visits: Interactions) -> Recommender[Any] | str:
    """The model, or why it is too large; popularity has to be there in any case."""
    model = make(name, settings_of(run, name), SideInformation(has_times=True))
    said, limit = model.memory_bytes(visits.size), memory_limit(run)
    if name == BASELINE or said <= limit:
        return model
    note = f"{name} needs {said / 2**30:.2f} GB for visits, {limit / 2**30:.2f} GB are allowed or free"
    run.log.warning(note)
    return note


def _visits_before(run: Run, split_at: datetime) -> Interactions | None:
    """The very SQL that fills features.visits, with an earlier clock; None where it gives no rows."""
    set_variables(run.duck, {"as_of": split_at})
    try:
        return read_interactions(run.duck, AS_INTERACTIONS.format(visits=sql_text(VISITS)))
    finally:
        set_variables(run.duck, {"as_of": run.as_of})


def _questions_since(run: Run, trained: Interactions, split_at: datetime) -> Questions:
    """Questions about products of `trained`, which was read last."""
    found: dict[str, Any] = run.duck.execute(LATER, [split_at]).fetchnumpy()
    rng = np.random.default_rng(run.session.settings.recommend.seed)
    n_products = trained.size.n_products
    return questions(found["visit"], found["product"], found["day"], n_products, MOST_QUESTIONS, rng)


def _frame(judged: dict[str, list[Evaluation]], best: str, split_at: datetime) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model": name,
                "metric": row.metric,
                "k": row.k,
                "value": row.value,
                "ci_low": row.ci_low,
                "ci_high": row.ci_high,
                "baseline": BASELINE,
                "beats_baseline": bool(row.beats_baseline),
                "is_champion": name == best,
                "n_visits": row.n_customers,
                "split_at": split_at,
            }
            for name, rows in judged.items()
            for row in rows
            if row.metric in METRICS
        ]
    )


def _told(frame: pd.DataFrame) -> dict[str, Any]:
    """Champion, values and intervals."""
    shown = frame[frame["metric"] == CHOSEN_BY].set_index("model")
    told = {f"{CHOSEN_BY}_at_{K}_{name}": _interval(row) for name, row in shown.iterrows()}
    return {"champion": shown.index[shown["is_champion"]][0], "visits": int(shown["n_visits"].max())} | told


def _interval(row: Any) -> str:
    return f"{row['value']:.4f} ({row['ci_low']:.4f} to {row['ci_high']:.4f})"
