"""The honest comparison: every model is fitted before a cut in time and judged on what customers bought after it.

Here: `marts.model_evaluation`, its cut, and the choice of the champion. Not here: metrics and intervals
(`models/evaluation`), and what the champion fills (`recommendations.py`).
"""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..models.evaluation.judge import Evaluation, evaluate
from ..models.interactions import Interactions
from ..models.recommenders.als import Als
from ..models.recommenders.item_neighbours import ItemNeighbours, ItemNeighboursConfig
from ..models.recommenders.popularity import Popularity
from ..models.recommenders.recommender import Recommender
from ..storage import set_variables
from .audience import labels_told
from .gated import Built, Run
from .matrices import read_interactions
from .models import als_config, empty, similarity_limit
from .plots import intervals
from .readiness import shortfall
from .sql_files import sql_text

K = 10
BASELINE = "popularity"
CHOSEN_BY = "ndcg"
# What has to be allowed for a rival to stand: its lists come from these tables.
NEEDS: dict[str, tuple[str, ...]] = {
    BASELINE: (),
    "item_neighbours": ("item_neighbours", "product_similarity"),
    "als": ("als",),
}

# What was bought after the cut and not before, by customers and of products that training knows. Customers who are new
# after the cut get the same popular list from every model and would only thin the difference.
HELD_OUT = """
SELECT DISTINCT c.position AS customer, p.position AS product
FROM clean.events
JOIN customer_id_positions AS c ON c.id = customer_id
JOIN product_id_positions AS p ON p.id = product_id
ANTI JOIN entries USING (customer_id, product_id)
WHERE event_type = 'purchase' AND event_at >= ? AND event_at < ?
"""


def recommenders(run: Run) -> dict[str, Recommender[Any]]:
    """The rivals by name, untrained; the first is the boring rule. A model that the data don't allow is none."""
    chosen = run.session.settings.recommend
    every: dict[str, Recommender[Any]] = {
        BASELINE: Popularity(),
        "item_neighbours": ItemNeighbours(
            ItemNeighboursConfig(chosen.similar_products, memory_limit_bytes=similarity_limit(run))
        ),
        "als": Als(als_config(run)),
    }
    return {name: model for name, model in every.items() if all(shortfall(run, one) is None for one in NEEDS[name])}


def build_evaluation(run: Run) -> Built:
    """One row per model and metric at K, with the champion marked."""
    if note := shortfall(run, "model_evaluation"):
        return empty("marts.model_evaluation", {"note": note})
    split_at = run.as_of - timedelta(days=run.session.settings.recommend.holdout_days)
    trained = _interactions_before(run, split_at)
    if trained is None:
        return empty("marts.model_evaluation", {"note": f"no interactions before {split_at}: nothing to train on"})
    held_out = _held_out(run, trained, split_at)
    rows = _judge(run, trained, held_out)
    if not rows[BASELINE][0].n_customers:
        return empty("marts.model_evaluation", {"note": f"nobody known before {split_at} bought anything after it"})
    frame = _frame(rows, split_at)
    run.duck.register("found_evaluation", frame)
    picture = intervals(frame[frame["metric"] == CHOSEN_BY], "model", "value", "ci_low", "ci_high")
    told = {"champion": champion(rows), f"plot_{CHOSEN_BY}": picture} | labels_told(run)
    return Built("SELECT * FROM found_evaluation", metadata=told)


def _interactions_before(run: Run, split_at: datetime) -> Interactions | None:
    # The very SQL that fills features.interactions, with an earlier clock. The labels of customers stay those of the
    # run's clock: whom the models leave out is the same on both sides of the comparison.
    set_variables(run.duck, {"as_of": split_at})
    try:
        return read_interactions(run.duck, sql_text("features.interactions"))
    finally:
        set_variables(run.duck, {"as_of": run.as_of})


def _held_out(run: Run, trained: Interactions, split_at: datetime) -> Any:
    found = run.duck.execute(HELD_OUT, [split_at, run.as_of]).fetchnumpy()
    ones = np.ones(len(found["customer"]), np.float32)
    return sp.csr_matrix((ones, (found["customer"], found["product"])), shape=trained.matrix.shape)


def _judge(run: Run, trained: Interactions, held_out: Any) -> dict[str, list[Evaluation]]:
    """Lists are made for the customers with something to find; coverage is of those lists."""
    seed = run.session.settings.recommend.seed
    customers = np.flatnonzero(np.diff(held_out.indptr))
    baseline, found = None, {}
    for name, model in recommenders(run).items():
        lists = model.fit(trained, np.random.default_rng(seed)).recommend(customers, K)
        rng = np.random.default_rng(seed)
        found[name] = evaluate(lists, held_out[customers], K, rng, baseline=baseline)
        baseline = baseline or lists
    return found


def champion(rows: dict[str, list[Evaluation]]) -> str:
    """The best model by NDCG of those that beat popularity with the whole interval, else popularity."""
    scored = {name: next(row for row in found if row.metric == CHOSEN_BY) for name, found in rows.items()}
    winners = {name: row.value for name, row in scored.items() if row.beats_baseline}
    return max(winners, key=lambda name: (winners[name], name)) if winners else BASELINE


def _frame(rows: dict[str, list[Evaluation]], split_at: datetime) -> pd.DataFrame:
    best = champion(rows)
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
                "n_customers": row.n_customers,
                "split_at": split_at,
            }
            for name, found in rows.items()
            for row in found
        ]
    )
