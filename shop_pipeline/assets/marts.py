"""Stage 5, `marts`: what people query. SQL files, the evaluation and the recommendations."""

from typing import Any

import dagster as dg

from ..contracts import TABLES
from .evaluation import build_evaluation
from .gated import Run, gated_asset
from .plots import line
from .readiness import NAME as READINESS
from .recommendations import build_recommendations
from .sql_files import sql_asset

RECOMMENDED_FROM = (
    "clean.customers",
    "features.interactions",
    "models.als_factors",
    "models.product_similarity",
    "marts.model_evaluation",
    READINESS,
)


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The quality table comes last: it tells of all others."""
    python = {"python", "numpy"}
    evaluated_from = ("features.interactions", "clean.events", "clean.returns", READINESS)
    made = [
        sql_asset("marts.sales_daily", afterwards=_revenue),
        sql_asset("marts.popular_products"),
        sql_asset("marts.similar_products"),
        gated_asset(TABLES["marts.model_evaluation"], build_evaluation, evaluated_from, kinds=python),
        gated_asset(TABLES["marts.recommendations"], build_recommendations, RECOMMENDED_FROM, kinds=python),
    ]
    # Every table is upstream of a mart or, if only for its refusals, of the quarantine.
    last = ("clean.quarantine", *(".".join(asset.key.path) for asset in made))
    return [*made, sql_asset("marts.data_quality", extra_deps=last)]


def _revenue(run: Run) -> dict[str, Any]:
    days = run.duck.execute(
        "SELECT sale_date, sum(net_revenue)::DOUBLE AS net_revenue FROM marts.sales_daily GROUP BY 1 ORDER BY 1"
    ).df()
    if days.empty:
        return {"note": "no sale before the run's clock"}
    return {"net_revenue": float(days["net_revenue"].sum()), "plot": line(days, "sale_date", "net_revenue")}
