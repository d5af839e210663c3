"""Stage 5, `marts`: what people query. SQL files, the evaluation and the recommendations."""

from datetime import timedelta
from typing import Any

import dagster as dg

from ..contracts import TABLES
from ..contracts.fitted import FITTED
from .choices import SELECTION
from .evaluation import NAME as EVALUATION
from .gated import Run, gated_asset
from .plots import line
from .readiness import NAME as READINESS
from .recommendations import build_recommendations
from .sql_files import sql_asset

STALE_AFTER = timedelta(days=2)
"""Two mornings without new lists."""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The quality table comes last: it tells of all others."""
    python = {"python", "numpy"}
    fitted = (table.qualified for table in FITTED.values())
    recommended_from = {"clean.customers", "features.interactions", EVALUATION, READINESS, SELECTION, *fitted}
    # Nothing reads them; the publication comes after all that was learned.
    learned_beside = ("models.customer_similarity", "models.rating_factors")
    made = [
        sql_asset("marts.sales_daily", afterwards=_revenue),
        sql_asset("marts.popular_products"),
        sql_asset("marts.similar_products"),
        sql_asset("marts.model_evaluation"),
        sql_asset("marts.model_evaluation_by_activity"),
        gated_asset(
            TABLES["marts.recommendations"],
            build_recommendations,
            recommended_from,
            kinds=python,
            fresh_for=STALE_AFTER,
        ),
    ]
    # Every table is upstream of a mart or, if only for its refusals, of the quarantine.
    last = ("clean.quarantine", *learned_beside, *(".".join(asset.key.path) for asset in made))
    return [*made, sql_asset("marts.data_quality", extra_deps=last)]


def _revenue(run: Run) -> dict[str, Any]:
    days = run.duck.execute(
        "SELECT sale_date, sum(net_revenue)::DOUBLE AS net_revenue FROM marts.sales_daily GROUP BY 1 ORDER BY 1"
    ).df()
    if days.empty:
        return {"note": "no sale before the run's clock"}
    return {"net_revenue": float(days["net_revenue"].sum()), "plot": line(days, "sale_date", "net_revenue")}
