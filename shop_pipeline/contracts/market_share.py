"""Our part of the market, and our prices beside a rival's, per period and category of the market feed.

Not here: the feed itself (`market_feed.py`), and sales without a market (`market_sales.py`).
"""

from .market_feed import CATEGORY_PATH, HOLDS, TODAY
from .mart import mart
from .table import Column, ForeignKey, Rule

MONEY = "DECIMAL(18,4)"
PERIOD_DATE = Column("period_date", "DATE", "first day of the period")
PERIOD_UNTIL = Column("period_until", "DATE", "first day after it")
CATEGORY = "path of the market feed; it holds ours of the same path and all below it"
ONLY_OVER = Rule(
    "nothing_after_as_of",
    f"SELECT period_date, category, period_until FROM {{batch}} WHERE period_until > {TODAY}",
    "every period is over at the run's clock",
)

# '(all)' holds what any category of the feed holds.
_HELD = (
    "SELECT DISTINCT name, product_id FROM (SELECT category, unnest([category, '(all)']) AS name"
    f" FROM (SELECT DISTINCT category FROM clean.market WHERE period_date < {TODAY})) AS market"
    f" JOIN (SELECT product_id, {CATEGORY_PATH} AS path FROM clean.products) ON {HOLDS}"
)
_SOLD = (
    "SELECT name, line_date, sum(gross_amount) AS gross, sum(booked_amount) AS booked FROM clean.order_lines"
    f" JOIN ({_HELD}) USING (product_id) ANTI JOIN (SELECT customer_id FROM clean.customer_labels"
    " WHERE label = 'test' AND list_contains(getvariable('leave_out'), label)) USING (customer_id)"
    " WHERE line_at < getvariable('as_of') AND NOT is_service GROUP BY ALL"
)
_BEFORE = (
    "SELECT *, lag(CASE WHEN is_complete THEN revenue END) OVER by_time AS old_revenue,"
    " lag(CASE WHEN is_complete THEN market_revenue END) OVER by_time AS old_market,"
    " lag(share) OVER by_time AS old_share, lag(period_until) OVER by_time AS old_until FROM {batch}"
    " WINDOW by_time AS (PARTITION BY category ORDER BY period_date)"
)
_EXPECTED = (
    "SELECT *, CASE WHEN old_until = period_date THEN revenue / nullif(old_revenue, 0) - 1 END AS new_growth,"
    " CASE WHEN old_until = period_date THEN market_revenue / nullif(old_market, 0) - 1 END AS new_market,"
    f" CASE WHEN old_until = period_date THEN share - old_share END AS new_change FROM ({_BEFORE})"
)


def differs(told: str, expected: str) -> str:
    """SQL: two numbers are not the same but for rounding; nor are a number and null."""
    return f"(({told} IS NULL) <> ({expected} IS NULL) OR abs({told} - ({expected})) > 1e-9 * (1 + abs({expected})))"


MARKET_SHARE = mart(
    "market_share",
    "one category of the market feed in one period: what we sold of what the whole market sold",
    (
        PERIOD_DATE,
        Column("category", "VARCHAR", f"{CATEGORY}; (all) is their sum, where none holds another and all are told"),
        PERIOD_UNTIL,
        Column("is_complete", "BOOLEAN", "it does not begin before our first sale; else no share is told"),
        Column(
            "n_products",
            "BIGINT",
            "products of ours that it holds and that were sold; 0: none, or named otherwise",
            minimum=0,
        ),
        Column(
            "revenue",
            MONEY,
            "our sales before returns, without postage, fees and test accounts: what compares",
            minimum=0,
        ),
        Column("net_revenue", MONEY, "the same less the returns booked in the period"),
        Column("market_revenue", "DECIMAL(38,2)", "revenue of the whole market", minimum=0),
        Column("share", "DOUBLE", "revenue / market_revenue", required=False, minimum=0),
        Column("growth", "DOUBLE", "of our revenue, against the period just before", required=False, minimum=-1),
        Column("market_growth", "DOUBLE", "of the market's revenue, likewise", required=False, minimum=-1),
        Column("share_change", "DOUBLE", "share less that of the period just before", required=False),
    ),
    ("period_date", "category"),
    (),
    (
        ONLY_OVER,
        Rule(
            "share_is_revenue_over_market",
            "SELECT period_date, category, share FROM {batch} WHERE"
            f" {differs('share', 'CASE WHEN is_complete THEN revenue / nullif(market_revenue, 0) END')}",
            "and null where the period is not complete, or there is no market",
        ),
        Rule(
            "growth_is_against_the_period_just_before",
            f"SELECT period_date, category FROM ({_EXPECTED}) WHERE {differs('growth', 'new_growth')}"
            f" OR {differs('market_growth', 'new_market')} OR {differs('share_change', 'new_change')}",
            "and null where that is missing or not complete",
        ),
        Rule(
            "revenue_reconciles_with_lines",
            f"SELECT period_date, category FROM {{batch}} LEFT JOIN ({_SOLD}) ON name = category"
            " AND line_date >= period_date AND line_date < period_until"
            " GROUP BY period_date, category, revenue, net_revenue"
            " HAVING revenue <> coalesce(sum(gross), 0) OR net_revenue <> coalesce(sum(booked), 0)",
            "revenue is the sum of the order lines of the period in the category, to the last digit",
        ),
        Rule(
            "shares_are_below_one",
            "SELECT period_date, category, share FROM {batch} WHERE share > 1",
            "nobody sells more than the whole market: else its currency, unit or categories are others than ours",
            "WARN",
        ),
    ),
)

COMPETITOR_PRICES = mart(
    "competitor_prices",
    "one category of the market feed in one period for which a competitor's price is told, and ours beside it",
    (
        PERIOD_DATE,
        Column("category", "VARCHAR", CATEGORY),
        PERIOD_UNTIL,
        Column("n_products", "BIGINT", "products of ours with a price in the period", minimum=0),
        Column(
            "our_price",
            "DOUBLE",
            "plain mean over these products of their list price, or where none is told, of what was paid for a unit",
            required=False,
        ),
        Column("paid_price", "DOUBLE", "mean paid for a unit, over all units sold in the period", required=False),
        Column("competitor_price", MONEY, "what the competitor asks", minimum=0),
        Column("gap", "DOUBLE", "our_price less competitor_price: above zero we are dearer", required=False),
        Column("gap_share", "DOUBLE", "gap / competitor_price", required=False, minimum=-1),
    ),
    ("period_date", "category"),
    (ForeignKey(("category", "period_date"), "clean.market", ("category", "period_date")),),
    (
        ONLY_OVER,
        Rule(
            "prices_are_over_zero",
            "SELECT period_date, category FROM {batch} WHERE competitor_price <= 0 OR our_price <= 0 OR paid_price <= 0"
            " OR NOT isfinite(our_price) OR NOT isfinite(paid_price) OR (n_products = 0) <> (our_price IS NULL)",
            "prices are numbers over zero, and we have one where we have products",
        ),
        Rule(
            "gap_is_ours_less_theirs",
            f"SELECT period_date, category FROM {{batch}} WHERE {differs('gap', 'our_price - competitor_price')}"
            f" OR {differs('gap_share', 'our_price / competitor_price - 1')}",
            "gap and gap_share follow from the two prices",
        ),
    ),
)
