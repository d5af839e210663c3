"""Stage 5, `marts`: what people query. SQL files, the evaluation and the recommendations."""

from datetime import timedelta
from typing import Any

import dagster as dg

from ..contracts import TABLES
from ..contracts.fitted import FITTED
from . import examples
from .choices import SELECTION, WEIGHTS
from .evaluation import NAME as EVALUATION
from .gated import Run, gated_asset
from .plots import line
from .readiness import NAME as READINESS
from .recommendations import NAME as RECOMMENDATIONS
from .recommendations import build_recommendations
from .shelf import REPURCHASES, RULES
from .sql_files import sql_asset
from .trade_offs import NAME as TRADE_OFFS

# Of the stages before, what nothing else is made from.
ABOUT_CUSTOMERS = (
    "marts.segment_migration",
    "marts.clv_calibration",
    "marts.revenue_reconciliation",
    "marts.purchase_propensity",
    "marts.purchase_amounts",
)

STALE_AFTER = timedelta(days=2)
"""Two mornings without new lists."""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The quality table comes last: it tells of all others."""
    python = {"python", "numpy"}
    fitted = (table.qualified for table in FITTED.values())
    recommended_from = {
        "clean.customers",
        "clean.events",
        "clean.products",
        "features.interactions",
        EVALUATION,
        READINESS,
    }
    recommended_from |= {SELECTION, WEIGHTS, RULES, REPURCHASES, *fitted}
    # Nothing reads them; the publication comes after all that was learned.
    learned_beside = ("models.rating_factors", TRADE_OFFS, *ABOUT_CUSTOMERS)
    made = [
        sql_asset("marts.sales_daily", afterwards=_revenue),
        sql_asset("marts.popular_products", afterwards=examples.popular_products_page),
        sql_asset("marts.similar_products", afterwards=examples.similar_products_page),
        sql_asset("marts.similar_customers", afterwards=examples.similar_customers_page),
        sql_asset("marts.session_recommendations", afterwards=examples.session_recommendations_page),
        sql_asset("marts.model_evaluation"),
        sql_asset("marts.model_evaluation_by_activity"),
        gated_asset(
            TABLES[RECOMMENDATIONS],
            build_recommendations,
            recommended_from,
            kinds=python,
            afterwards=examples.recommendations_page,
            fresh_for=STALE_AFTER,
        ),
        sql_asset("marts.email_recommendations", afterwards=examples.email_recommendations_page),
        sql_asset("marts.product_page_recommendations", afterwards=examples.product_page_recommendations_page),
        sql_asset("marts.home_page_recommendations", afterwards=examples.home_page_recommendations_page),
        sql_asset("marts.customer_360"),
        sql_asset("marts.service_desk"),
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
