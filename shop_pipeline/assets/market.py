"""Sales and the market: share, rivals, cohorts, funnel, growth and trends; all of it SQL files that run by hand.

Not here: the pages that the UI shows of them (`market_page.py`), and what will be sold (`demand.py`).
"""

import dagster as dg

from . import market_page as pages
from .sql_files import sql_asset


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return [
        sql_asset("marts.sales_daily", afterwards=pages.revenue),
        sql_asset("marts.sales_growth", afterwards=pages.growth),
        sql_asset("marts.conversion_funnel", afterwards=pages.funnel),
        sql_asset("marts.cohort_retention", afterwards=pages.cohorts),
        sql_asset("marts.trending_products", afterwards=pages.trending),
        sql_asset("marts.market_share", afterwards=pages.share),
        sql_asset("marts.competitor_prices", afterwards=pages.rivals),
    ]
