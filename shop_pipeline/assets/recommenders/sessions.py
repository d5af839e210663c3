"""What comes next in a visit: for visitors whom nobody knows, of whom no more is told than the product before them.

Here: `models.session_links`, what the champion finds in all visits, and the assets around it. Not here: who is champion
(`session_judgement.py`), what a visit is (`sql/features/visits.sql`), the lists
(`sql/marts/session_recommendations.sql`), and lists for customers (`recommendations.py`).
"""

import dagster as dg
import numpy as np
import pyarrow as pa

from ...contracts import TABLES
from ...models.evaluation.next_product import after_each
from ...models.evaluation.selection import BASELINE
from ...models.selection import NO_POSITION
from ..gated import Built, Run, empty, gated_asset
from ..matrices import read_interactions
from ..readiness import NAME as READINESS
from ..readiness import shortfall
from .audience import labels_told
from .session_judgement import AS_INTERACTIONS, LINKS_PER_PLACE, READY_AS, VISITS, build_evaluation, untrained
from .session_judgement import NAME as EVALUATION

LINKS = "models.session_links"


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The judgement and the links."""
    kinds, judged_from = {"python", "numpy"}, {VISITS, READINESS}
    # Judging asks features.visits again, as of the start of the test period.
    asked = {"clean.events", "clean.returns", "clean.sessions", "clean.customer_labels"}
    return [
        gated_asset(TABLES[EVALUATION], build_evaluation, judged_from | asked, kinds=kinds),
        gated_asset(TABLES[LINKS], build_links, judged_from | {EVALUATION}, kinds=kinds),
    ]


def build_links(run: Run) -> Built:
    """What the champion shows after each product that any visit had, learned from all visits before the clock."""
    if note := shortfall(run, READY_AS):
        return empty(LINKS, {"note": note})
    visits = read_interactions(run.duck, AS_INTERACTIONS.format(visits=f"FROM {VISITS}"))
    if visits is None:
        return empty(LINKS, {"note": "no visits: nothing to learn from"})
    name, recommend = champion_name(run), run.session.settings.recommend
    model = untrained(run, name, visits)
    if isinstance(model, str):
        return empty(LINKS, {"note": model})
    model.fit(visits, np.random.default_rng(recommend.seed))
    found = after_each(model, LINKS_PER_PLACE * recommend.list_length)
    rows, ranks = np.nonzero(found.products != NO_POSITION)
    ids = pa.array(visits.product_ids, pa.string())
    table = pa.table(
        {
            "product_id": ids.take(pa.array(rows)),
            "rank": pa.array(ranks + 1, pa.int32()),
            "next_product_id": ids.take(pa.array(found.products[rows, ranks])),
            "weight": pa.array(found.scores[rows, ranks]),
            "model": pa.array([name] * len(rows), pa.string()),
        }
    )
    run.duck.register("found_session_links", table)
    told = {"champion": name, "visits": visits.size.n_customers, "products": visits.size.n_products}
    return Built("SELECT * FROM found_session_links", metadata=told | labels_told(run))


def champion_name(run: Run) -> str:
    """The champion of models.session_evaluation; popularity where nothing could be judged."""
    row = run.duck.execute(f"SELECT min(model) FROM {EVALUATION} WHERE is_champion").fetchone()
    return str(row[0]) if row and row[0] else BASELINE
