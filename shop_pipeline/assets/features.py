"""Stage 3, `features`: what models learn from."""

from typing import Any

import dagster as dg

from ..contracts.shown import BLOCKED_WITHOUT_MATCH
from .gated import Run
from .plots import histogram
from .recommenders.audience import labels_told
from .sql_files import sql_asset


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return [
        sql_asset("features.interactions", afterwards=_shape),
        sql_asset("features.visits"),
        sql_asset("features.model_counts"),
        sql_asset("features.product_rules", afterwards=_hidden),
        sql_asset("features.repurchases"),
        sql_asset("features.purchases"),
        sql_asset("features.rfm"),
        sql_asset("features.customer_features"),
        sql_asset("features.customer_categories"),
    ]


def _hidden(run: Run) -> dict[str, Any]:
    """How many products each rule keeps out, how many are bought again and again, and what is blocked in vain."""
    found = run.duck.execute(
        "SELECT coalesce(rule, 'shown'), count(*), count(*) FILTER (is_rebought) FROM features.product_rules GROUP BY 1"
    ).fetchall()
    unmatched = [blocked for (blocked,) in run.duck.execute(f"{BLOCKED_WITHOUT_MATCH} ORDER BY 1").fetchall()]
    return {rule: n for rule, n, _ in found} | {
        "bought_again_and_again": sum(n for *_, n in found),
        "blocked_without_match": unmatched,
    }


def _shape(run: Run) -> dict[str, Any]:
    row = run.duck.execute(
        "SELECT count(DISTINCT customer_id), count(DISTINCT product_id), count(*) FROM features.interactions"
    ).fetchone()
    customers, products, entries = row or (0, 0, 0)
    shape = {"customers": customers, "products": products} | labels_told(run)
    if not entries:
        return shape | {"note": "no known customer has done anything with a known product: the models stay empty"}
    spread = run.duck.execute(
        "SELECT log10(n) AS log10_entries_per_customer FROM"
        " (SELECT count(*) AS n FROM features.interactions GROUP BY customer_id) USING SAMPLE 5000 (reservoir, 7)"
    ).df()
    plot = histogram(spread, "log10_entries_per_customer")
    return shape | {"density": entries / (customers * products), "plot": plot}
