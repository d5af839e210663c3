"""What the plan of stock is made from: products and their counts, their forecasts, and the errors of these.

Here: reading it into arrays with one row per product, in the order of the ids. Not here: what follows (`inventory.py`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..models.arrays import AnyArray, BoolArray, DoubleArray
from .gated import Run

DAILY, WEEKLY = "features.demand_daily", "features.demand_weekly"
FORECAST, BACKTEST = "marts.demand_forecast", "models.forecast_backtest"
PRODUCTS, RULES, STOCK, LINES = "clean.products", "features.product_rules", "clean.stock", "clean.order_lines"
READ_FROM = frozenset({DAILY, WEEKLY, FORECAST, BACKTEST, PRODUCTS, RULES, STOCK, LINES})
CLASS_WEEKS = 52
LONGEST_LEAD_DAYS = 3660
"""A longer lead time is a mistake of the feed, and none."""

# A count holds from the end of its day, and the clock is the end of a day. Days out of stock are no silence.
SHELF = f"""
CREATE OR REPLACE TEMP TABLE found_shelf AS
WITH sales AS (
    SELECT unique_id AS product_id, min(ds) AS first_sale, max(ds) AS last_sale, count(*) AS sale_days
    FROM {DAILY} WHERE level = 'product' AND units > 0 GROUP BY ALL
),
silences AS (
    SELECT
        unique_id AS product_id, any_value(sale_days) AS sale_days, count(*) AS seen_days,
        count(*) FILTER (ds > first_sale AND ds <= last_sale) AS span_days,
        count(*) FILTER (ds > last_sale) AS silent_days
    FROM {DAILY} JOIN sales ON product_id = unique_id
    WHERE level = 'product' AND NOT is_out_of_stock
    GROUP BY ALL
),
counted AS (
    SELECT
        product_id, max(stock_date) AS stock_date, arg_max(on_hand, stock_date) AS on_hand,
        arg_max_null(on_order, stock_date) AS on_order,
        arg_max(lead_time_days, stock_date) FILTER (lead_time_days <= {LONGEST_LEAD_DAYS}) AS lead_time_days
    FROM {STOCK}
    WHERE stock_date < CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE)
    GROUP BY product_id
),
services AS (
    SELECT DISTINCT product_id FROM {LINES} WHERE is_service AND line_at < getvariable('as_of')
),
weeks AS (
    SELECT DISTINCT ds FROM {WEEKLY} ORDER BY ds DESC LIMIT {CLASS_WEEKS}
),
earned AS (
    SELECT unique_id AS product_id, sum(revenue)::DECIMAL(18, 4) AS revenue
    FROM {WEEKLY} JOIN weeks USING (ds) WHERE level = 'product' GROUP BY ALL
)
SELECT
    row_number() OVER (ORDER BY product_id) - 1 AS position, product_id,
    stock_date, on_hand, on_order, lead_time_days, unit_cost::DOUBLE AS unit_cost,
    coalesce(revenue, 0)::DECIMAL(18, 4) AS revenue,
    coalesce(sale_days, 0) AS sale_days, coalesce(seen_days, 0) AS seen_days, coalesce(span_days, 0) AS span_days,
    coalesce(silent_days, 0) AS silent_days,
    coalesce(rule = 'not_listed', false) AS is_dropped
FROM {RULES}
JOIN {PRODUCTS} USING (product_id)
LEFT JOIN silences USING (product_id)
LEFT JOIN counted USING (product_id)
LEFT JOIN earned USING (product_id)
ANTI JOIN services USING (product_id)
WHERE sale_days IS NOT NULL OR is_listed
"""
ROWS = """
SELECT
    product_id, on_hand::DOUBLE AS on_hand, on_order::DOUBLE AS on_order, lead_time_days, unit_cost,
    revenue::DOUBLE AS revenue, sale_days, seen_days, span_days, silent_days, is_dropped
FROM found_shelf ORDER BY position
"""
FORESEEN = f"""
SELECT position, step - 1 AS step, y_hat, model
FROM {FORECAST} JOIN found_shelf ON product_id = unique_id WHERE level = 'product'
"""
JUDGED = f"""
SELECT
    position, dense_rank() OVER (ORDER BY cutoff) - 1 AS "window", step - 1 AS step, naive_scale,
    y - CASE WHEN is_published THEN y_hat ELSE baseline_y_hat END AS error
FROM {BACKTEST} JOIN found_shelf ON product_id = unique_id WHERE level = 'product' AND series = 'daily_units'
"""
# Counted back from the newest week. A week that was mostly out of stock says nothing of how evenly a product sells.
SOLD_BY_WEEK = f"""
SELECT position, dense_rank() OVER (ORDER BY ds DESC) - 1 AS week, CASE WHEN NOT is_out_of_stock THEN units END AS units
FROM {WEEKLY} JOIN found_shelf ON product_id = unique_id
WHERE level = 'product' AND ds IN (SELECT DISTINCT ds FROM {WEEKLY} ORDER BY ds DESC LIMIT {CLASS_WEEKS})
"""


@dataclass(frozen=True)
class Foreseen:
    """Forecasts of the products, and how far earlier ones were off; of who has none, y_hat is 0 and the rest NaN."""

    y_hat: DoubleArray
    """Units per day, float64 (n, H)."""
    model: AnyArray
    """str (n,), None without a forecast."""
    is_there: BoolArray
    """Whether there is a forecast, (n,)."""
    errors: DoubleArray
    """What came less what was foreseen, float64 (W, n, H)."""
    scale: DoubleArray
    """float64 (n,)."""


def read_shelf(run: Run) -> pa.Table:
    """One row per product that is listed or was sold; `found_shelf` keeps them for the other reads, with positions."""
    run.duck.execute(SHELF)
    return run.duck.execute(ROWS).to_arrow_table()


def read_foreseen(run: Run, n: int) -> Foreseen:
    """Forecasts and errors of the products of `found_shelf`."""
    found = _columns(run, FORESEEN)
    y_hat, model = np.zeros((n, _length(found["step"]))), np.full(n, None, dtype=object)
    y_hat[found["position"], found["step"]] = found["y_hat"]
    model[found["position"]] = found["model"]
    judged = _columns(run, JUDGED)
    errors = np.full((_length(judged["window"]), n, _length(judged["step"])), np.nan)
    errors[judged["window"], judged["position"], judged["step"]] = judged["error"]
    scale = np.full(n, np.nan)
    scale[judged["position"]] = judged["naive_scale"]
    return Foreseen(y_hat, model, np.isin(np.arange(n), found["position"]), errors, scale)


def read_weekly(run: Run, n: int) -> DoubleArray:
    """Units of the last weeks, float64 (n, weeks), newest first; NaN before a product's first and out of stock."""
    found = _columns(run, SOLD_BY_WEEK)
    weekly = np.full((n, _length(found["week"])), np.nan)
    weekly[found["position"], found["week"]] = found["units"]
    return weekly


def _columns(run: Run, sql: str) -> dict[str, AnyArray]:
    """The columns of a query; numbers that are null are NaN."""
    table = run.duck.execute(sql).to_arrow_table()
    return {name: table[name].to_numpy() for name in table.column_names}


def _length(places: AnyArray) -> int:
    # An axis of one where there is nothing: sums over it are 0, and quantiles NaN.
    return int(places.max()) + 1 if len(places) else 1
