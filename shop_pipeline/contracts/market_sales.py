"""Sales by day, their growth by week and month, and the products that are asked for more and more.

Not here: sales against a market (`market_share.py`), and visits and customers behind them (`market_visits.py`).
"""

from .market_feed import TODAY
from .market_share import MONEY, differs
from .mart import mart
from .table import Column, ForeignKey, Rule

SALES_DAILY = mart(
    "sales_daily",
    "one day and one top category",
    (
        Column("sale_date", "DATE", "calendar day in the shop's time zone; also one on which nothing was sold"),
        Column("category", "VARCHAR", "first part of the path; (none) without one, (service) for postage and fees"),
        Column("orders", "BIGINT", "orders with a sale", minimum=0),
        Column("units", "BIGINT", "units sold", minimum=0),
        Column("gross_revenue", MONEY, "sales", minimum=0),
        Column("returned_revenue", MONEY, "returns booked on the day", minimum=0),
        Column("net_revenue", MONEY, "sales of the day less returns booked on it: the default"),
        Column("customers", "BIGINT", "known customers who bought", minimum=0),
        Column("new_customers", "BIGINT", "of them, those whose first order ever is of this day", minimum=0),
        Column(
            "conversion",
            "DOUBLE",
            "share of the day's visits to the category with a purchase in it; null where nobody"
            " browsed it: such a source tells purchases only",
            required=False,
            minimum=0,
            maximum=1,
        ),
    ),
    ("sale_date", "category"),
    (),
    (
        Rule(
            "totals_reconcile_with_lines",
            "SELECT day_total, line_total FROM (SELECT coalesce(sum(net_revenue), 0) AS day_total FROM {batch}),"
            " (SELECT coalesce(sum(booked_amount), 0) AS line_total FROM clean.order_lines"
            " WHERE line_at < getvariable('as_of')) WHERE day_total <> line_total",
            "the sum of all days is the booked sum of all order lines, to the last digit",
        ),
        Rule(
            "net_is_gross_less_returned",
            "SELECT sale_date, category FROM {batch} WHERE net_revenue <> gross_revenue - returned_revenue",
            "the three amounts of a day add up",
        ),
        Rule(
            "no_day_is_missing",
            "SELECT category FROM {batch} GROUP BY category"
            " HAVING count(DISTINCT sale_date) <> (SELECT max(sale_date) FROM {batch}) - min(sale_date) + 1",
            "from its first one on a category has every day up to the table's last, also without a sale",
        ),
    ),
)

_STEP = "CASE period WHEN 'week' THEN INTERVAL 7 DAY ELSE INTERVAL 1 MONTH END"
_DAYS = (
    "SELECT sale_date, net_revenue AS booked,"
    " unnest([CASE WHEN category = '(all)' THEN 'category: (all)' ELSE category END, '(all)']) AS name"
    " FROM marts.sales_daily"
)
_BACK = (
    "SELECT told.*, before.net_revenue AS old, earlier.net_revenue AS older FROM {batch} AS told"
    " LEFT JOIN {batch} AS before ON before.period = told.period AND before.category = told.category AND"
    " before.period_date ="
    " told.period_date - CASE told.period WHEN 'week' THEN INTERVAL 7 DAY ELSE INTERVAL 1 MONTH END"
    " LEFT JOIN {batch} AS earlier ON earlier.period = told.period AND earlier.category = told.category AND"
    " earlier.period_date ="
    " told.period_date - CASE told.period WHEN 'week' THEN INTERVAL 364 DAY ELSE INTERVAL 1 YEAR END"
)

SALES_GROWTH = mart(
    "sales_growth",
    "one whole week or month and one top category, and how it compares with the one before and with the year before",
    (
        Column("period", "VARCHAR", "weeks begin on Monday", values=("week", "month")),
        Column("period_date", "DATE", "its first day, in the shop's time zone"),
        Column("category", "VARCHAR", "as in marts.sales_daily, and (all) for the shop"),
        Column("orders", "BIGINT", "orders with a sale", minimum=0),
        Column("net_revenue", MONEY, "sales less returns booked in the period"),
        Column("previous", MONEY, "net_revenue of the period before; null in a category's first", required=False),
        Column(
            "year_before", MONEY, "that of the same month a year before, or of the week 52 weeks before", required=False
        ),
        Column("growth", "DOUBLE", "net_revenue / previous - 1; null where previous is not over zero", required=False),
        Column("growth_year", "DOUBLE", "the same against year_before", required=False),
    ),
    ("period", "period_date", "category"),
    (),
    (
        Rule(
            "only_whole_periods",
            f"SELECT period, period_date FROM {{batch}} WHERE period_date + {_STEP} > {TODAY}"
            " OR period_date <> CASE period WHEN 'week' THEN date_trunc('week', period_date)"
            " ELSE date_trunc('month', period_date) END",
            "weeks and months that are over at the run's clock",
        ),
        Rule(
            "sums_reconcile_with_days",
            f"SELECT period, period_date, category FROM {{batch}} LEFT JOIN ({_DAYS}) ON name = category AND"
            f" sale_date >= period_date AND sale_date < period_date + {_STEP}"
            " GROUP BY period, period_date, category, net_revenue HAVING net_revenue <> coalesce(sum(booked), 0)",
            "the sum of the days of marts.sales_daily, to the last digit; so the categories add up to the shop",
        ),
        Rule(
            "growth_is_against_the_periods_before",
            f"SELECT period, period_date, category FROM ({_BACK}) WHERE previous IS DISTINCT FROM old"
            " OR year_before IS DISTINCT FROM older"
            f" OR {differs('growth', 'CASE WHEN previous > 0 THEN net_revenue / previous - 1 END')}"
            f" OR {differs('growth_year', 'CASE WHEN year_before > 0 THEN net_revenue / year_before - 1 END')}",
            "previous and year_before are rows of the table, and growth follows from them",
        ),
        Rule(
            "no_period_is_missing",
            "SELECT period, category FROM (SELECT *, lead(period_date) OVER (PARTITION BY period, category"
            f" ORDER BY period_date) AS next FROM {{batch}}) WHERE next <> period_date + {_STEP}",
            "from the first one on a category has every week and month, also without a sale",
        ),
    ),
)

TRENDING_PRODUCTS = mart(
    "trending_products",
    "one product that more of all purchases were of in the last 28 whole days than in the 28 before",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("rank", "INTEGER", "1 is the least likely to be chance", minimum=1),
        Column("buyers", "BIGINT", "customers, or orders of nobody knows whom, in the last 28 whole days", minimum=1),
        Column("buyers_before", "BIGINT", "the same in the 28 days before", minimum=0),
        Column("units", "BIGINT", "units that they kept", minimum=1),
        Column("units_before", "BIGINT", "the same in the 28 days before", minimum=0),
        Column("share", "DOUBLE", "of the buyers of all products, each counted per product", minimum=0, maximum=1),
        Column("share_before", "DOUBLE", "the same in the 28 days before", minimum=0, maximum=1),
        Column("ratio", "DOUBLE", "share / share_before; null where nobody bought it before", required=False),
        Column("p_value", "DOUBLE", "chance of so many buyers if its share had not changed", minimum=0, maximum=1),
        Column("q_value", "DOUBLE", "the same, corrected for the number of products tested", minimum=0, maximum=1),
        Column("is_trending", "BOOLEAN", "q_value is at most .05"),
        Column("is_new", "BOOLEAN", "it was never bought before the last 28 days: what is new can only rise"),
    ),
    ("product_id",),
    (ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    (
        Rule(
            "ranks_have_no_gap",
            "SELECT max(rank) AS top, count(*) AS n FROM {batch} HAVING max(rank) <> count(*)"
            " OR count(DISTINCT rank) <> count(*)",
            "ranks are 1, 2, 3 ...",
        ),
        Rule(
            "share_rises",
            "SELECT product_id FROM {batch} WHERE share <= share_before OR buyers > units"
            " OR buyers_before > units_before OR is_new AND buyers_before > 0"
            f" OR {differs('ratio', 'share / nullif(share_before, 0)')}",
            "a product that is asked for less is not here, and every buyer kept a unit",
        ),
        Rule(
            "trending_is_no_chance",
            "SELECT product_id FROM {batch} WHERE is_trending <> (q_value <= 0.05) OR q_value < p_value",
            "is_trending follows from q_value, which is never below p_value",
        ),
    ),
)
