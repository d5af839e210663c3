"""What the plan of stock is made from: products and their counts, their forecasts, and the errors of these.

Here: reading it into arrays with one row per product, in the order of the ids. Not here: what follows (`inventory.py`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..contracts.inventory import OLDEST_COUNT_DAYS
from ..models.arrays import AnyArray, BoolArray, DoubleArray
from ..models.inventory.history import History
from .gated import Run

DAILY, WEEKLY = "features.demand_daily", "features.demand_weekly"
FORECAST, BACKTEST = "marts.demand_forecast", "models.forecast_backtest"
PRODUCTS, RULES, STOCK, LINES = "clean.products", "features.product_rules", "clean.stock", "clean.order_lines"
READ_FROM = frozenset({DAILY, WEEKLY, FORECAST, BACKTEST, PRODUCTS, RULES, STOCK, LINES})
CLASS_WEEKS = 52
LONGEST_LEAD_DAYS = 3660
"""A longer lead time is a mistake of the feed, and none."""
DAYS_BEFORE_JUDGED = 14
"""Two weeks: what a product that was there for less is said to sell, and how wrong that was, is chance."""

# A count is of the opening of its day, and the clock is the end of a day: what was sold on that day and later is taken
# off. What was sold beyond the count has been delivered since, and is on order no longer. Days out of stock are no
# silence.
SHELF = f"""
CREATE OR REPLACE TEMP TABLE found_shelf AS
WITH clock AS (
    SELECT CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS clock_day
),
sales AS (
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
        product_id, max(stock_date) AS stock_date, arg_max(on_hand, stock_date) AS counted,
        arg_max_null(on_order, stock_date) AS ordered,
        arg_max(lead_time_days, stock_date) FILTER (lead_time_days <= {LONGEST_LEAD_DAYS}) AS lead_time_days
    FROM {STOCK}
    WHERE stock_date < (SELECT clock_day FROM clock)
    GROUP BY product_id
),
sold_since AS (
    SELECT product_id, sum(units)::BIGINT AS units_since
    FROM {DAILY} JOIN counted ON product_id = unique_id AND ds >= stock_date
    WHERE level = 'product' GROUP BY product_id
),
left_of AS (
    SELECT
        *, clock_day - stock_date AS age_days, coalesce(units_since, 0) AS gone,
        CASE WHEN age_days <= {OLDEST_COUNT_DAYS} THEN greatest(counted - gone, 0) END AS on_hand,
        CASE WHEN ordered IS NOT NULL THEN greatest(ordered - greatest(gone - counted, 0), 0) END AS on_order
    FROM counted LEFT JOIN sold_since USING (product_id) CROSS JOIN clock
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
    stock_date, age_days, counted, on_hand, on_order, lead_time_days, unit_cost::DOUBLE AS unit_cost,
    coalesce(revenue, 0)::DECIMAL(18, 4) AS revenue,
    coalesce(sale_days, 0) AS sale_days, coalesce(seen_days, 0) AS seen_days, coalesce(span_days, 0) AS span_days,
    coalesce(silent_days, 0) AS silent_days,
    coalesce(rule = 'not_listed', false) AS is_dropped
FROM {RULES}
JOIN {PRODUCTS} USING (product_id)
LEFT JOIN silences USING (product_id)
LEFT JOIN left_of USING (product_id)
LEFT JOIN earned USING (product_id)
ANTI JOIN services USING (product_id)
WHERE sale_days IS NOT NULL OR is_listed
"""
ROWS = """
SELECT
    product_id, coalesce(strftime(stock_date, '%-d %B %Y'), '') AS counted_on, age_days::DOUBLE AS age_days,
    counted::DOUBLE AS counted, on_hand::DOUBLE AS on_hand, on_order::DOUBLE AS on_order, lead_time_days, unit_cost,
    revenue::DOUBLE AS revenue, sale_days, seen_days, span_days, silent_days, is_dropped
FROM found_shelf ORDER BY position
"""
FORESEEN = f"""
SELECT position, step - 1 AS step, y_hat, model
FROM {FORECAST} JOIN found_shelf ON product_id = unique_id WHERE level = 'product'
"""
# Days without a sale need not be told. Counted back from the newest day.
SOLD_BY_DAY = f"""
SELECT position, max(ds) OVER () - ds AS age, CASE WHEN NOT is_out_of_stock THEN units END::DOUBLE AS units
FROM {DAILY} JOIN found_shelf ON product_id = unique_id
WHERE level = 'product' AND (units > 0 OR is_out_of_stock OR ds = (SELECT max(ds) FROM {DAILY}))
"""
DAYS_THERE = f"""
SELECT position, (SELECT max(ds) FROM {DAILY}) - min(ds) AS age
FROM {DAILY} JOIN found_shelf ON product_id = unique_id WHERE level = 'product' GROUP BY position
"""
# What began too short before a window is not judged by it.
JUDGED = f"""
WITH begun AS (SELECT unique_id, min(ds) AS begins FROM {DAILY} WHERE level = 'product' GROUP BY unique_id)
SELECT
    position, dense_rank() OVER (ORDER BY cutoff) - 1 AS "window", step - 1 AS step, naive_scale,
    y - y_hat AS error
FROM {BACKTEST} JOIN found_shelf ON product_id = unique_id JOIN begun USING (unique_id)
WHERE level = 'product' AND series = 'daily_units' AND cutoff >= begins + {DAYS_BEFORE_JUDGED} - 1
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
    y_hat[found["position"]] = np.nan
    y_hat[found["position"], found["step"]] = found["y_hat"]
    if np.isnan(y_hat).any():
        # A gap is no day without demand.
        raise ValueError(f"{FORECAST}: {np.isnan(y_hat).any(axis=1).sum()} products lack days of the forecast")
    model[found["position"]] = found["model"]
    judged = _columns(run, JUDGED)
    errors = np.full((_length(judged["window"]), n, _length(judged["step"])), np.nan)
    errors[judged["window"], judged["position"], judged["step"]] = judged["error"]
    scale = np.full(n, np.nan)
    scale[judged["position"]] = judged["naive_scale"]
    return Foreseen(y_hat, model, np.isin(np.arange(n), found["position"]), errors, scale)


def read_history(run: Run, n: int) -> History:
    """Units of each day up to the clock."""
    found, there = _columns(run, SOLD_BY_DAY), _columns(run, DAYS_THERE)
    longest = _length(there["age"])
    begins = np.full(n, longest)
    begins[there["position"]] = longest - 1 - there["age"]
    daily = np.where(np.arange(longest) >= begins[:, None], 0.0, np.nan)
    daily[found["position"], longest - 1 - found["age"]] = found["units"]
    return History(daily)


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
