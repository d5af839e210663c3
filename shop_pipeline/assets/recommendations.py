"""The lists that customers get: the champion's, filled up with popular products, each place with its reason.

Here: `marts.recommendations`. Not here: who is champion (`evaluation.py`), and the models (`shop_pipeline/models`).
"""

from typing import Any

import numpy as np
import pyarrow as pa

from ..contracts.fitted import FITTED
from ..models.arrays import AnyArray
from ..models.evaluation.selection import BASELINE
from ..models.recommenders.catalogue import CATALOGUE
from ..models.recommenders.fallback import fill_up
from ..models.recommenders.linked_products import LinkedProducts
from ..models.recommenders.popularity import Popularity
from ..models.recommenders.recommender import Recommender
from ..models.selection import NO_POSITION
from ..models.top_n import TopN
from .audience import labels_told
from .gated import Built, Run, empty
from .matrices import NO_INTERACTIONS, lists_of, read_interactions
from .models import restored
from .readiness import shortfall

NAME = "marts.recommendations"
REASON_OF_FAMILY = {
    "popular": "popular",
    "neighbours": "similar_to_yours",
    "content": "similar_to_yours",
    "linear": "similar_to_yours",
    "sequence": "bought_next",
    "factors": "your_taste",
    "deep": "your_taste",
}
CUSTOMERS_PER_BLOCK = 50_000

# Everybody whom the shop knew before the run's clock, with their row of the matrix, or -1.
CUSTOMERS = """
SELECT customer_id, coalesce(position, -1) AS position
FROM clean.customers LEFT JOIN customer_id_positions ON id = customer_id
WHERE first_event_at < getvariable('as_of')
   OR (is_registered AND (signed_up_at IS NULL OR signed_up_at < getvariable('as_of')))
ORDER BY customer_id
"""


def build_recommendations(run: Run) -> Built:
    """A list for every customer, made block by block so that memory does not grow with their number."""
    interactions = read_interactions(run.duck)
    if interactions is None:
        return empty(NAME, NO_INTERACTIONS)
    if note := shortfall(run, "recommendations"):
        return empty(NAME, {"note": note})
    name = champion_name(run)
    popular = Popularity().fit(interactions, np.random.default_rng(0))
    model = popular if name == BASELINE else restored(run, name, interactions)
    customers: dict[str, Any] = run.duck.execute(CUSTOMERS).fetchnumpy()
    run.duck.execute(f"CREATE OR REPLACE TEMP TABLE listed AS SELECT * EXCLUDE (as_of, run_id) FROM {NAME} LIMIT 0")
    for begin in range(0, len(customers["position"]), CUSTOMERS_PER_BLOCK):
        block = slice(begin, begin + CUSTOMERS_PER_BLOCK)
        rows = _lists(run, name, model, popular, customers["customer_id"][block], customers["position"][block])
        run.duck.register("block", rows)
        run.duck.execute("INSERT INTO listed BY NAME SELECT * FROM block")
        run.duck.unregister("block")
    told = {"champion": name, "customers": len(customers["position"])} | labels_told(run)
    popular_only = shortfall(run, "recommendations", "reduced")
    return Built("SELECT * FROM listed", metadata=told | ({"reduced": popular_only} if popular_only else {}))


def champion_name(run: Run) -> str:
    """The champion of models.evaluation; popularity where nothing could be judged, or the champion not fitted."""
    row = run.duck.execute("SELECT min(model) FROM models.evaluation WHERE is_champion").fetchone()
    if not row or not row[0]:
        return BASELINE
    is_fitted = run.duck.execute(f"SELECT count(*) > 0 FROM {FITTED[row[0]].qualified}").fetchone()
    return str(row[0]) if is_fitted and is_fitted[0] else BASELINE


def reason_code(name: str) -> str:
    """Why a product stands in a list of the model, as far as the model alone says it."""
    return "customers_like_you" if name == "user_neighbours" else REASON_OF_FAMILY[CATALOGUE[name].family]


def _lists(run: Run, name: str, model: Recommender[Any], popular: Popularity, ids: AnyArray, at: AnyArray) -> pa.Table:
    n = run.session.settings.recommend.list_length
    own = model.recommend(at, n)
    lists, is_filler = fill_up(own, _popular_for_all(popular, at, 2 * n))
    rows, ranks = np.nonzero(lists.products != NO_POSITION)
    filler = is_filler[rows, ranks]
    # 0: the champion's own; 1: popular, behind some of the champion's; 2: nothing but popular.
    nothing_own = (own.products[:, 0] == NO_POSITION)[rows]
    level = np.where(filler, np.where(nothing_own, 2, 1), 0)
    reasons, shares = _reasons(model, at, own, rows, ranks)
    return pa.table(
        {
            "customer_id": pa.array(ids[rows], pa.string()),
            "rank": pa.array(ranks + 1, pa.int32()),
            "product_id": pa.array(model.interactions.product_ids[lists.products[rows, ranks]], pa.string()),
            "score": pa.array(lists.scores[rows, ranks].astype(np.float64)),
            "model": pa.array(np.where(filler, BASELINE, name)),
            "fallback_level": pa.array(level, pa.int32()),
            "reason_code": pa.array(np.where(filler, reason_code(BASELINE), reason_code(name))),
            "reason_product_ids": reasons,
            "reason_share": shares,
        }
    )


def _popular_for_all(popular: Popularity, at: AnyArray, n: int) -> TopN:
    """Popularity for known customers without what they have seen, and for those whom the matrix does not have."""
    lists = popular.recommend(at, n)
    products, scores = popular.ranking()
    unknown = at == NO_POSITION
    width = min(n, len(products))
    lists.products[unknown, :width], lists.scores[unknown, :width] = products[:width], scores[:width]
    return lists


def _reasons(
    model: Recommender[Any], at: AnyArray, own: TopN, rows: AnyArray, ranks: AnyArray
) -> tuple[pa.Array, pa.Array]:
    """The customer's own products behind each place and their share of its score; null where the model has none."""
    if not isinstance(model, LinkedProducts):
        return pa.nulls(len(rows), pa.list_(pa.string())), pa.nulls(len(rows), pa.float64())
    found = model.explain(at, own)
    products, shares = found.products[rows, ranks], found.shares[rows, ranks]
    total = np.nansum(shares, axis=1, dtype=np.float64)
    has_none = (products == NO_POSITION).all(axis=1)
    return lists_of(products, model.interactions.product_ids), pa.array(total, mask=has_none)
