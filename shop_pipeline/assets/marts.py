"""Stage 5, `marts`: what people query. SQL files, the evaluation and the recommendations."""

from datetime import timedelta

import dagster as dg

from ..contracts import TABLES
from ..contracts.fitted import FITTED
from . import examples
from .gated import gated_asset
from .readiness import NAME as READINESS
from .recommenders.choices import SELECTION, WEIGHTS
from .recommenders.evaluation import NAME as EVALUATION
from .recommenders.recommendations import NAME as RECOMMENDATIONS
from .recommenders.recommendations import build_recommendations
from .recommenders.shelf import REPURCHASES, RULES
from .sql_files import sql_asset

QUALITY = "marts.data_quality"
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
    made = [
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
    # Every table is upstream of a mart or, if only for its refusals, of the quarantine; the ratings are read by people.
    others = {name for name, table in TABLES.items() if table.schema == "marts"} - {QUALITY}
    return [*made, sql_asset(QUALITY, extra_deps=("clean.quarantine", "models.rating_factors", *others))]
