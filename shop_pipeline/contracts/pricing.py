"""Prices: their history, how demand answers to them, where they go, and what they might be.

Not here: the mathematics (`models/pricing`).
"""

from .mart import mart
from .pricing_answers import PRICE_ELASTICITY, PRICE_SUGGESTIONS, PRICED
from .table import Column, ForeignKey, Rule, Table

MONEY = "DECIMAL(18,4)"
SOURCES = ("list", "paid")
LAST_DAY = (
    "CAST((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC'"
    " AT TIME ZONE getvariable('timezone') AS DATE)"
)

PRICE_HISTORY = mart(
    "price_history",
    "one price of a product that was sold in the last `demand.history_days` days, from when to when, and what was sold",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("valid_from", "DATE", "first day (shop's time zone)"),
        Column("valid_until", "DATE", "first day of the next price; null for today's", required=False),
        Column("price", MONEY, "price of a unit", minimum=0),
        Column("previous_price", MONEY, "the price before it", required=False, minimum=0),
        Column("change", "DOUBLE", "change against it, as a share of it", required=False),
        Column(
            "source",
            "VARCHAR",
            "list: the catalogue's; paid: the week's commonest on order lines",
            values=SOURCES,
        ),
        Column(
            "known_from",
            "DATE",
            "day at whose end it was known: of a paid price the end of its week, of the first one often long after it"
            " began",
        ),
        Column("n_days", "BIGINT", "days that it held so far", minimum=1),
        Column("n_days_in_stock", "BIGINT", "of them, those on which the product was not out of stock", minimum=0),
        Column("units", "BIGINT", "units sold, less those that came back before the clock", minimum=0),
        Column("revenue", MONEY, "what was paid for them, less what was paid back"),
    ),
    ("product_id", "valid_from"),
    (ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    (
        Rule(
            "prices_are_over_zero",
            "SELECT product_id, valid_from FROM {batch} WHERE price <= 0",
            "no price is nothing",
        ),
        Rule(
            "prices_follow_one_another",
            "SELECT product_id, valid_from FROM (SELECT *, lead(valid_from) OVER by_day AS next,"
            " lag(price) OVER by_day AS earlier FROM {batch} WINDOW by_day AS (PARTITION BY product_id"
            " ORDER BY valid_from)) WHERE next IS DISTINCT FROM valid_until OR earlier IS DISTINCT FROM previous_price"
            " OR (change IS NULL) <> (earlier IS NULL) OR abs(change - (price / earlier - 1)) > 1e-9",
            "each price holds until the next one begins: no day has none or two",
        ),
        Rule(
            "days_add_up",
            "SELECT product_id, valid_from FROM {batch} WHERE n_days_in_stock > n_days"
            " OR valid_until IS NOT NULL AND n_days <> valid_until - valid_from",
            "the days of a price are those from its first to the next one's",
        ),
        Rule(
            "known_between_its_first_day_and_the_clock",
            f"SELECT product_id, valid_from FROM {{batch}} WHERE known_from < valid_from OR known_from > {LAST_DAY}",
            "a price is known on its first day or later, and by the clock",
        ),
        Rule(
            "totals_reconcile_with_demand",
            "SELECT product_id FROM (SELECT product_id, sum(units) AS units, sum(revenue) AS revenue, sum(n_days) AS"
            " days FROM {batch} GROUP BY 1) AS here FULL JOIN (SELECT unique_id AS product_id, sum(units) AS units,"
            " sum(revenue) AS revenue, count(*) AS days FROM features.demand_daily WHERE level = 'product' GROUP BY 1)"
            " AS demand USING (product_id) WHERE CASE WHEN here.days IS NULL THEN demand.revenue > 0"
            " ELSE here.units IS DISTINCT FROM demand.units OR here.revenue IS DISTINCT FROM demand.revenue"
            " OR here.days IS DISTINCT FROM demand.days END",
            "units, revenue and days of a product are those of features.demand_daily; only what was given away is not"
            " here",
        ),
    ),
)

PRICE_FORECAST = mart(
    "price_forecast",
    "the price of one product on one of the next `demand.horizon_days` days",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("ds", "DATE", "day after the run's clock (shop's time zone)"),
        Column("step", "INTEGER", "days after the last day before the clock", minimum=1),
        Column("y_hat", "DOUBLE", "price to expect", minimum=0),
        Column("lo_80", "DOUBLE", "lower end of the interval that is to hold 80 % of prices", minimum=0),
        Column("hi_80", "DOUBLE", "upper end", minimum=0),
        Column(
            "model",
            "VARCHAR",
            "what the back-test chose: last_price where nothing was better",
            values=("last_price", "usual_price", "reversion", "trend"),
        ),
        Column("baseline_y_hat", "DOUBLE", "the last price: what the model has to beat", minimum=0),
    ),
    ("product_id", "ds"),
    (PRICED,),
    (
        Rule(
            "prices_are_finite_and_over_zero",
            "SELECT product_id, ds FROM {batch} WHERE NOT isfinite(y_hat) OR NOT isfinite(hi_80)"
            " OR y_hat <= 0 OR baseline_y_hat <= 0 OR NOT isfinite(baseline_y_hat)",
            "no price is nothing, or beyond all bounds",
        ),
        Rule(
            "bounds_are_ordered",
            "SELECT product_id, ds FROM {batch} WHERE NOT (lo_80 <= y_hat AND y_hat <= hi_80)",
            "lo_80 <= y_hat <= hi_80",
        ),
        Rule(
            "baseline_is_todays_price",
            "SELECT product_id, ds FROM {batch} JOIN (SELECT product_id, price FROM marts.price_history WHERE"
            " valid_until IS NULL) USING (product_id) WHERE baseline_y_hat <> price::DOUBLE"
            " OR (model = 'last_price' AND y_hat <> baseline_y_hat)",
            "the naive forecast is the last price of marts.price_history",
        ),
        Rule(
            "days_have_no_gap",
            "SELECT product_id FROM {batch} GROUP BY 1 HAVING max(step) <> count(*)"
            f" OR max(ds - step) <> min(ds - step) OR max(ds - step) <> {LAST_DAY}",
            "the days of a product follow the clock, one after another",
        ),
    ),
)

PRICING: tuple[Table, ...] = (PRICE_HISTORY, PRICE_ELASTICITY, PRICE_FORECAST, PRICE_SUGGESTIONS)
