"""What was sold, as series: by day and by week, of the shop, its categories and its products; and the calendar.

Here: `features.calendar`, `features.demand_daily` and `features.demand_weekly`. Not here: what is foreseen
(`demand_foreseen.py`).
"""

from .table import Column, ForeignKey, Rule, Table

MONEY = "DECIMAL(18,4)"
LEVELS = ("product", "category", "all")
LAST_DAY = (
    "CAST((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone')"
    " AS DATE)"
)
"""The last day before the run's clock, of which all is known."""

LEVEL = Column("level", "VARCHAR", "what the series is of", values=LEVELS)
UNIQUE_ID = Column(
    "unique_id",
    "VARCHAR",
    "product_id, the first part of a category's path ((none) without one; `category: NAME` where a product or the shop"
    " is called so), or all (`shop: all` where a product is called so); marked twice where a name has the mark already",
)
PARENT = Column("parent_id", "VARCHAR", "series that it is a part of; null for all", required=False)
KNOWN_PRODUCT = ForeignKey(("unique_id",), "clean.products", ("product_id",), where="level = 'product'")
LEVELS_LINK = Rule(
    "levels_link",
    "SELECT DISTINCT unique_id FROM {batch} AS b LEFT JOIN (SELECT DISTINCT unique_id AS parent_id, level AS above"
    " FROM {batch}) AS parents USING (parent_id) WHERE (level = 'all') <> (parent_id IS NULL)"
    " OR level = 'category' AND above IS DISTINCT FROM 'all'"
    " OR level = 'product' AND above IS DISTINCT FROM 'category'"
    " OR level = 'all' AND (SELECT count(DISTINCT unique_id) FROM {batch} WHERE level = 'all') > 1",
    "products are parts of a category, and categories of the one shop",
)


def _children_add_up(name: str) -> Rule:
    return Rule(
        "children_add_up",
        "SELECT parent_id, ds FROM (SELECT parent_id, ds, sum(units) AS units, sum(revenue) AS revenue FROM {batch}"
        " WHERE parent_id IS NOT NULL GROUP BY ALL) AS parts FULL JOIN (SELECT unique_id AS parent_id, ds, units,"
        " revenue FROM {batch} WHERE level <> 'product') AS whole USING (parent_id, ds)"
        " WHERE ds IS NOT NULL"
        " AND (parts.units IS DISTINCT FROM whole.units OR parts.revenue IS DISTINCT FROM whole.revenue)",
        f"units and revenue of a {name} are those of its parts, exactly",
    )


# Counted anew, in another way than the SQL file does it.
_LEFT_OUT = "SELECT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)"
_BOOKED = (
    "SELECT line_date AS ds, quantity - coalesce(units, 0) AS units, gross_amount - coalesce(amount, 0) AS revenue"
    " FROM clean.order_lines LEFT JOIN (SELECT sale_event_id AS event_id, sum(quantity) AS units, sum(amount) AS amount"
    " FROM clean.returns WHERE returned_at < getvariable('as_of') GROUP BY ALL) USING (event_id)"
    " WHERE line_at < getvariable('as_of') AND NOT is_service AND NOT is_return"
    f" AND (customer_id IS NULL OR customer_id NOT IN ({_LEFT_OUT}))"
    f" AND line_date > {LAST_DAY} - getvariable('demand_history_days')::INTEGER"
)
_SOLD = (
    Column("units", "BIGINT", "units sold, less those that came back before the clock", minimum=0),
    Column("revenue", MONEY, "what was paid for them, less what was paid back; below 0 where that was more"),
)

PRICES_ARE_OVER_ZERO = Rule(
    "prices_are_over_zero",
    "SELECT unique_id, ds FROM {batch} WHERE price <= 0 OR NOT isfinite(price)",
    "a price is a finite number over 0",
)
ONLY_PRODUCTS = Rule(
    "only_products_have_a_price",
    "SELECT unique_id, ds FROM {batch} WHERE level <> 'product' AND (price IS NOT NULL OR is_promotion"
    " OR is_out_of_stock)",
    "price, promotion and stock are of products",
)

DAILY = Table(
    "features",
    "demand_daily",
    "one day of a product that was sold in the last `demand.history_days` days, of a category or of the shop, from its"
    " first day on sale to the last day before the run's clock",
    (
        LEVEL,
        UNIQUE_ID,
        PARENT,
        Column("ds", "DATE", "calendar day in the shop's time zone"),
        *_SOLD,
        Column(
            "price",
            "DOUBLE",
            "of a product: its list price at the day's end; before the first dated one what it was last sold for",
            required=False,
        ),
        Column("is_promotion", "BOOLEAN", "`demand.promotion_discount` or more under the median price of 91 days"),
        Column(
            "is_out_of_stock",
            "BOOLEAN",
            "of a product: there was none and none was sold, and there had been some in the last 91 days: its units say"
            " nothing about demand",
        ),
    ),
    ("unique_id", "ds"),
    foreign_keys=(KNOWN_PRODUCT,),
    rules=(
        LEVELS_LINK,
        Rule(
            "calendar_is_complete",
            "SELECT unique_id FROM {batch} GROUP BY unique_id"
            f" HAVING max(ds) <> {LAST_DAY} OR max(ds) - min(ds) + 1 <> count(*)",
            "every series has each day up to the last one before the run's clock",
        ),
        Rule(
            "days_are_of_the_history",
            f"SELECT unique_id, ds FROM {{batch}} WHERE ds <= {LAST_DAY} - getvariable('demand_history_days')::INTEGER",
            "no day is older than `demand.history_days`",
        ),
        _children_add_up("category or shop"),
        Rule(
            "reconciles_with_order_lines",
            f"SELECT ds FROM (SELECT ds, sum(units) AS units, sum(revenue) AS revenue FROM ({_BOOKED})"
            " WHERE units > 0 GROUP BY ds) AS booked FULL JOIN (SELECT ds, units, revenue FROM {batch}"
            " WHERE level = 'all') AS told USING (ds) WHERE coalesce(booked.units, 0) <> coalesce(told.units, 0)"
            " OR coalesce(booked.revenue, 0) <> coalesce(told.revenue, 0)",
            "units and revenue of each day are those of clean.order_lines less clean.returns, to the last digit; a"
            " line of which all units came back is no sale, also where some of the money was kept",
        ),
        PRICES_ARE_OVER_ZERO,
        ONLY_PRODUCTS,
        Rule(
            "what_was_sold_was_there",
            "SELECT unique_id, ds FROM {batch} WHERE is_out_of_stock AND units > 0",
            "no product is out of stock on a day when it is sold",
        ),
    ),
)

WEEKLY = Table(
    "features",
    "demand_weekly",
    "one week from Monday to Sunday of a series of features.demand_daily; weeks that the shop's days do not cover whole"
    " are none",
    (
        LEVEL,
        UNIQUE_ID,
        PARENT,
        Column("ds", "DATE", "the week's Monday"),
        *_SOLD,
        Column("price", "DOUBLE", "of a product: mean of its days", required=False),
        Column("is_promotion", "BOOLEAN", "on more than half of its days"),
        Column("is_out_of_stock", "BOOLEAN", "on two of its days or more: its units say too little about demand"),
        Column("days_out_of_stock", "BIGINT", "days of it without any stock", minimum=0, maximum=7),
    ),
    ("unique_id", "ds"),
    foreign_keys=(ForeignKey(("unique_id",), "features.demand_daily", ("unique_id",)),),
    rules=(
        LEVELS_LINK,
        Rule(
            "calendar_is_complete",
            "SELECT unique_id FROM {batch} GROUP BY unique_id HAVING count(*) FILTER (isodow(ds) <> 1) > 0"
            f" OR max(ds) + 7 <> date_trunc('week', {LAST_DAY} + 1) OR max(ds) - min(ds) + 7 <> 7 * count(*)",
            "every series has each week up to the last whole one before the run's clock",
        ),
        _children_add_up("category or shop"),
        Rule(
            "reconciles_with_demand_daily",
            "SELECT unique_id FROM (SELECT unique_id, sum(units) AS units, sum(revenue) AS revenue FROM {batch}"
            " GROUP BY 1) AS weeks JOIN (SELECT unique_id, sum(units) AS units, sum(revenue) AS revenue"
            " FROM features.demand_daily WHERE ds BETWEEN (SELECT min(ds) FROM {batch})"
            " AND (SELECT max(ds) + 6 FROM {batch}) GROUP BY 1) AS days USING (unique_id)"
            " WHERE weeks.units <> days.units OR weeks.revenue <> days.revenue",
            "a series' weeks have the units and the revenue of its days, to the last digit",
        ),
        PRICES_ARE_OVER_ZERO,
        ONLY_PRODUCTS,
        Rule(
            "out_of_stock_on_two_days",
            "SELECT unique_id, ds FROM {batch} WHERE is_out_of_stock <> (days_out_of_stock > 1)"
            " OR days_out_of_stock > 0 AND level <> 'product'",
            "a week is out of stock where two of its days are or more",
        ),
    ),
)

CALENDAR = Table(
    "features",
    "calendar",
    "one calendar day, from the first of features.demand_daily to the last that is forecast",
    (
        Column("ds", "DATE", "calendar day in the shop's time zone"),
        Column("is_holiday", "BOOLEAN", "public holiday in `demand.holiday_country`; no day is without that setting"),
        Column("holiday", "VARCHAR", "its name in English, where there is one; several with `;`", required=False),
    ),
    ("ds",),
    rules=(
        Rule(
            "calendar_is_complete",
            "SELECT n FROM (SELECT count(*) AS n, max(ds) - min(ds) + 1 AS expected, min(ds) AS first, max(ds) AS last"
            " FROM {batch}), (SELECT min(ds) AS began FROM features.demand_daily)"
            f" WHERE n > 0 AND (n <> expected OR first <> began OR last <= {LAST_DAY})",
            "every day from the first of the series to beyond the run's clock",
        ),
        Rule(
            "holidays_have_names",
            "SELECT ds FROM {batch} WHERE is_holiday <> (holiday IS NOT NULL)",
            "a holiday has a name, and no other day",
        ),
    ),
)
