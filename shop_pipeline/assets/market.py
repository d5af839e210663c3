"""Sales and the market: share, rivals, cohorts, funnel, growth and trends; all of it SQL files that run by hand.

Not here: what will be sold (`demand.py`).
"""

from typing import Any

import dagster as dg

from .gated import Run
from .plots import line
from .sql_files import sql_asset


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return [sql_asset("marts.sales_daily", afterwards=_revenue)]


def _revenue(run: Run) -> dict[str, Any]:
    days = run.duck.execute(
        "SELECT sale_date, sum(net_revenue)::DOUBLE AS net_revenue FROM marts.sales_daily GROUP BY 1 ORDER BY 1"
    ).df()
    if days.empty:
        return {"note": "no sale before the run's clock"}
    return {"net_revenue": float(days["net_revenue"].sum()), "plot": line(days, "sale_date", "net_revenue")}
