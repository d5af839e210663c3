"""What people are told of the forecasts: which models are published, how good they are, and the shop's own as a plot.

Not here: the figures (`sql/marts/forecast_evaluation.sql`).
"""

from typing import Any

import dagster as dg

from ..contracts.demand_judged import BASELINE
from .demand_series import DAILY
from .gated import Run
from .plots import band

BACKTEST, EVALUATION, FORECAST = "models.forecast_backtest", "marts.forecast_evaluation", "marts.demand_forecast"
DAYS_SHOWN, FEWEST_SHOWN = 91, 56
"""Of fewer days than eight weeks no plot is drawn: it costs as much as all of a young shop's forecasts."""
PUBLISHED = f"""
SELECT model, count(DISTINCT unique_id) AS series, 100 * series / sum(series) OVER () AS percent
FROM {FORECAST}
GROUP BY model
ORDER BY series DESC, model
"""
JUDGED = f"""
PIVOT (
    FROM (SELECT level, metric, value FROM {EVALUATION} WHERE series = 'daily_units'
          UNION ALL SELECT level, metric || ' of {BASELINE}', baseline FROM {EVALUATION}
          WHERE series = 'daily_units' AND metric IN ('wape', 'mase', 'rmsse'))
) ON metric USING first(value) GROUP BY level ORDER BY level
"""
SHOP = f"""
SELECT ds, units AS sold, NULL AS expected, NULL AS low, NULL AS high FROM {DAILY}
WHERE level = 'all' AND ds > (SELECT max(ds) FROM {DAILY}) - {DAYS_SHOWN}
UNION ALL
SELECT ds, NULL, y_hat, lo_80, hi_80 FROM {FORECAST} WHERE level = 'all'
ORDER BY ds
"""


def forecast_page(run: Run) -> dict[str, Any]:
    """Tables and, of a shop that is old enough, a plot; nothing of an empty mart, whose own note says why."""
    published = run.duck.execute(PUBLISHED).df()
    if published.empty:
        return {}
    judged = run.duck.execute(JUDGED).df()
    page: dict[str, Any] = {
        "published": dg.MetadataValue.md(published.to_markdown(index=False, floatfmt=".1f")),
        "on_the_test_window": dg.MetadataValue.md(judged.to_markdown(index=False, floatfmt=".3f")),
    }
    shop = run.duck.execute(SHOP).df()
    if shop["sold"].count() >= FEWEST_SHOWN:
        page["units_of_the_shop"] = band(shop, "ds", ("sold", "expected"), ("low", "high"))
    return page
