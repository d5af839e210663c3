"""Visits step by step, and customers month by month.

Not here: what was sold (`market_sales.py`).
"""

from .market_feed import TODAY
from .market_share import MONEY, differs
from .mart import mart
from .table import Column, Rule

LAST_DAY = (
    "CAST((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone')"
    " AS DATE)"
)
"""SQL: the day of the last moment before the clock."""


def _steps(name: str, doc: str) -> Column:
    return Column(name, "BIGINT", f"of them, those that {doc} or came further", minimum=0)


def _rate(name: str, doc: str) -> Column:
    return Column(name, "DOUBLE", f"{doc}; null of none", required=False, minimum=0, maximum=1)


CONVERSION_FUNNEL = mart(
    "conversion_funnel",
    "one day and channel on which visitors browsed: how many visits came how far; without bots",
    (
        Column("visit_date", "DATE", "first day of the visit, in the shop's time zone"),
        Column("channel", "VARCHAR", "channel of the visit's first event; (none) where none is told"),
        Column("visits", "BIGINT", "visits in which somebody browsed or bought", minimum=1),
        _steps("with_view", "looked at a product"),
        _steps("with_cart", "put one into the cart"),
        _steps("with_checkout", "went to the checkout"),
        Column("with_purchase", "BIGINT", "of them, those that bought, whatever came back later", minimum=0),
        _rate("view_rate", "with_view / visits"),
        _rate("cart_rate", "with_cart / with_view"),
        _rate("checkout_rate", "with_checkout / with_cart"),
        _rate("purchase_rate", "with_purchase / with_checkout"),
        _rate("conversion", "with_purchase / visits"),
    ),
    ("visit_date", "channel"),
    (),
    (
        Rule(
            "nothing_after_as_of",
            f"SELECT visit_date, channel FROM {{batch}} WHERE visit_date > {LAST_DAY}",
            "no visit begins at or after the run's clock",
        ),
        Rule(
            "counts_fall",
            "SELECT visit_date, channel FROM {batch} WHERE with_view > visits OR with_cart > with_view"
            " OR with_checkout > with_cart OR with_purchase > with_checkout",
            "nobody comes further than they began",
        ),
        Rule(
            "rates_follow_counts",
            "SELECT visit_date, channel FROM {batch}"
            " WHERE visits + with_view + with_cart + with_checkout + with_purchase IS NOT NULL AND"
            f" ({differs('view_rate', 'with_view / nullif(visits, 0)')}"
            f" OR {differs('cart_rate', 'with_cart / nullif(with_view, 0)')}"
            f" OR {differs('checkout_rate', 'with_checkout / nullif(with_cart, 0)')}"
            f" OR {differs('purchase_rate', 'with_purchase / nullif(with_checkout, 0)')}"
            f" OR {differs('conversion', 'with_purchase / nullif(visits, 0)')})",
            "each rate is the quotient of its two counts",
        ),
        Rule(
            "visits_are_of_people",
            "SELECT visit_date, visits, n_people"
            " FROM (SELECT visit_date, sum(visits) AS visits FROM {batch} GROUP BY 1)"
            " LEFT JOIN (SELECT session_date, count(*) AS n_people"
            " FROM clean.sessions WHERE NOT is_bot GROUP BY 1) ON session_date = visit_date"
            " WHERE visits > coalesce(n_people, 0)",
            "a day has no more visits than clean.sessions has of it, without bots",
        ),
    ),
)

_KNOWN = (
    "FROM clean.order_lines AS lines LEFT JOIN (SELECT sale_event_id AS event_id, sum(quantity) AS units,"
    " sum(amount) AS amount FROM clean.returns WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')"
    " GROUP BY 1) AS back USING (event_id) WHERE line_at < getvariable('as_of') AND NOT is_service AND NOT is_return"
    " AND customer_id IS NOT NULL AND lines.quantity > coalesce(back.units, 0) AND customer_id NOT IN"
    " (SELECT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label))"
)

COHORT_RETENTION = mart(
    "cohort_retention",
    "the customers who bought first in one month, so many months later",
    (
        Column("cohort_month", "DATE", "first day of the month of their first purchase, in the shop's time zone"),
        Column("months_since", "INTEGER", "0 is that month itself", minimum=0),
        Column("customers", "BIGINT", "customers of the cohort", minimum=1),
        Column("retained", "BIGINT", "of them, those who bought in the month months_since later", minimum=0),
        Column("retention", "DOUBLE", "retained / customers", minimum=0, maximum=1),
        Column(
            "net_revenue",
            MONEY,
            "what they bought in that month, less what was paid back for it before the clock, in whatever month: below"
            " zero where more was paid back than paid",
        ),
        Column("is_complete", "BOOLEAN", "the month is over at the clock; else more may come"),
    ),
    ("cohort_month", "months_since"),
    (),
    (
        Rule(
            "every_month_is_there",
            "SELECT cohort_month FROM {batch} GROUP BY cohort_month HAVING min(months_since) <> 0"
            " OR max(months_since) <> count(*) - 1"
            f" OR max(months_since) <> date_diff('month', cohort_month, {LAST_DAY})",
            "each cohort has all months from its own to that of the clock",
        ),
        Rule(
            "all_are_there_at_first",
            "SELECT cohort_month, months_since FROM {batch} WHERE retained > customers"
            " OR months_since = 0 AND retained <> customers"
            " OR abs(retention - retained / customers) > 1e-9",
            "a cohort is whole in its first month, and never larger; retention is retained / customers",
        ),
        Rule(
            "every_buyer_is_in_one_cohort",
            "SELECT n_customers, n_buyers FROM"
            " (SELECT coalesce(sum(customers), 0) AS n_customers FROM {batch} WHERE months_since = 0),"
            f" (SELECT count(DISTINCT customer_id) AS n_buyers {_KNOWN}) WHERE n_customers <> n_buyers",
            "the first months count every known customer who kept something once",
        ),
        Rule(
            "cohorts_keep_their_size",
            "SELECT cohort_month FROM {batch} GROUP BY cohort_month HAVING min(customers) <> max(customers)",
            "a cohort is the same customers in all its months",
        ),
        Rule(
            "totals_reconcile_with_lines",
            "SELECT cohort_total, line_total FROM"
            " (SELECT coalesce(sum(net_revenue), 0) AS cohort_total FROM {batch}),"
            f" (SELECT coalesce(sum(gross_amount - coalesce(back.amount, 0)), 0) AS line_total {_KNOWN})"
            " WHERE cohort_total <> line_total",
            "the sum of all months is that of the known customers' lines net of returns, to the last digit",
        ),
        Rule(
            "complete_months_are_over",
            "SELECT cohort_month, months_since FROM {batch} WHERE is_complete <>"
            f" (cohort_month + to_months((months_since + 1)::INTEGER) <= {TODAY})",
            "is_complete exactly where the month is over at the run's clock",
        ),
    ),
)
