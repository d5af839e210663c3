"""What will be sold: series of the past, their back-test, and the forecasts of units and revenue.

Here: the assets. Not here: how they are built (`demand_series.py`, `demand_backtest.py`, `demand_forecasts.py`), nor
the mathematics (`models/forecasting`).
"""

import dagster as dg

from ..contracts import TABLES
from .demand_backtest import NAME as CANDIDATES
from .demand_backtest import build_candidates
from .demand_forecasts import BACKTEST, FORECASTS, builder_of
from .demand_page import EVALUATION, FORECAST, forecast_page
from .demand_series import CALENDAR, DAILY, WEEKLY, build_calendar
from .gated import gated_asset
from .readiness import NAME as READINESS
from .sql_files import sql_asset


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Series, back-test, forecasts."""
    python, series = {"python", "numpy"}, {DAILY, WEEKLY, CALENDAR}
    return [
        sql_asset(DAILY),
        sql_asset(WEEKLY),
        gated_asset(TABLES[CALENDAR], build_calendar, {DAILY}, kinds={"python"}),
        gated_asset(TABLES[CANDIDATES], build_candidates, series | {READINESS}, kinds=python),
        sql_asset(BACKTEST),
        sql_asset(EVALUATION),
        *(
            gated_asset(
                TABLES[name],
                builder_of(name),
                series | {BACKTEST, EVALUATION},
                kinds=python,
                afterwards=forecast_page if name == FORECAST else None,
            )
            for name in FORECASTS
        ),
    ]
