"""What customers bought and kept, and how recently, how often and for how much: what value and segments are told from.

Here: `features.purchases` and `features.rfm`, both net of what came back before the clock. Not here: what else is known
of a customer (`customer_features.py`), and scores 1 to 5 (`segments.py`).
"""

from .table import Column, ForeignKey, Rule, Table

MONEY = "DECIMAL(18,4)"
GROUPS = ("ordinary", "wholesale")
_CLOCK_DAY = (
    "CAST((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone')"
    " AS DATE)"
)

CUSTOMER = Column("customer_id", "VARCHAR", "customer")
GROUP = Column("customer_group", "VARCHAR", "who buys to sell on is told apart", values=GROUPS)
KNOWN_CUSTOMER = ForeignKey(("customer_id",), "clean.customers", ("customer_id",))
GROUPS_FOLLOW_LABELS = Rule(
    "groups_follow_labels",
    "SELECT DISTINCT customer_id, customer_group FROM {batch} LEFT JOIN"
    " (SELECT customer_id, label FROM clean.customer_labels WHERE label = 'wholesale') USING (customer_id)"
    " WHERE customer_id IS NOT NULL AND (customer_group = 'wholesale') <> (label IS NOT NULL)",
    "wholesale is who has that label, and nobody else",
)
NOBODY_LEFT_OUT = Rule(
    "nobody_left_out_is_here",
    "SELECT DISTINCT customer_id FROM {batch} JOIN clean.customer_labels USING (customer_id)"
    " WHERE list_contains(getvariable('leave_out'), label)",
    "nobody has a label that the models leave out",
)

PURCHASES = Table(
    "features",
    "purchases",
    "one sold line of a known customer, as much of it as they had kept at the run's clock: no services, and no line of"
    " which nothing is left",
    (
        Column("event_id", "VARCHAR", "the event behind the line"),
        Column("order_id", "VARCHAR", "order"),
        CUSTOMER,
        GROUP,
        Column("product_id", "VARCHAR", "product"),
        Column("category", "VARCHAR", "first part of the product's path; (none) without one"),
        Column("channel", "VARCHAR", "marketing channel of the order's first line", required=False),
        Column("purchased_at", "TIMESTAMP", "when (UTC)"),
        Column("purchase_date", "DATE", "calendar day in the shop's time zone"),
        Column("quantity", "BIGINT", "units kept", minimum=1),
        Column("amount", MONEY, "what was paid less what was paid back; below 0 where that was more"),
        Column("cost", MONEY, "cost of the units kept; null where it is not known", required=False, minimum=0),
        Column("list_amount", MONEY, "list price of the units kept; null where unknown", required=False, minimum=0),
        Column("gross_amount", MONEY, "what was paid", minimum=0),
        Column("returned_amount", MONEY, "what was paid back before the clock", minimum=0),
    ),
    ("event_id",),
    foreign_keys=(
        KNOWN_CUSTOMER,
        ForeignKey(("product_id",), "clean.products", ("product_id",)),
        ForeignKey(("event_id",), "clean.order_lines", ("event_id",)),
    ),
    rules=(
        Rule(
            "nothing_after_as_of",
            "SELECT event_id, purchased_at FROM {batch} WHERE purchased_at >= getvariable('as_of')",
            "no purchase at or after the run's clock is used",
        ),
        Rule(
            "amount_is_gross_less_returned",
            "SELECT event_id FROM {batch} WHERE amount <> gross_amount - returned_amount",
            "amounts add up on every line",
        ),
        Rule(
            "follows_its_line",
            "SELECT event_id FROM {batch} AS b JOIN clean.order_lines AS lines USING (event_id)"
            " WHERE b.gross_amount <> lines.gross_amount OR b.quantity > lines.quantity"
            " OR b.customer_id <> lines.customer_id OR lines.is_return OR lines.is_service",
            "a sale of a product to the customer, for the same money, and of as many units at least as were kept",
        ),
        GROUPS_FOLLOW_LABELS,
        NOBODY_LEFT_OUT,
    ),
)

RFM = Table(
    "features",
    "rfm",
    "one customer who bought for more than nothing on at least one day and kept it; several orders of a day are one"
    " purchase",
    (
        CUSTOMER,
        GROUP,
        Column("first_purchase_date", "DATE", "first day with a purchase, in the shop's time zone"),
        Column("last_purchase_date", "DATE", "last day with a purchase"),
        Column("n_purchases", "BIGINT", "days with a purchase of more than nothing", minimum=1),
        Column("frequency", "BIGINT", "of them, those after the first", minimum=0),
        Column("recency_days", "BIGINT", "days from the first to the last", minimum=0),
        Column("age_days", "BIGINT", "days from the first to the last day before the clock", minimum=0),
        Column("days_since_last", "BIGINT", "days from the last to the last day before the clock", minimum=0),
        Column(
            "monetary_value",
            "DOUBLE",
            "mean amount of the days after the first; null for one purchase",
            required=False,
        ),
        Column("mean_purchase", "DOUBLE", "mean amount of all days"),
        Column("n_orders", "BIGINT", "orders of which something was kept", minimum=1),
        Column("gross_revenue", MONEY, "products bought, whether they came back or not", minimum=0),
        Column("returned_revenue", MONEY, "what was paid back for them before the clock", minimum=0),
        Column("net_revenue", MONEY, "amounts of all lines in features.purchases"),
        Column("known_cost", MONEY, "cost of the lines whose cost is known; null without", required=False, minimum=0),
        Column("revenue_with_cost", MONEY, "net revenue of those lines"),
    ),
    ("customer_id",),
    foreign_keys=(ForeignKey(("customer_id",), "features.purchases", ("customer_id",)),),
    rules=(
        Rule(
            "counts_add_up",
            "SELECT customer_id FROM {batch} WHERE frequency <> n_purchases - 1 OR recency_days < frequency"
            " OR (frequency = 0) <> (recency_days = 0) OR (frequency = 0) <> (monetary_value IS NULL)",
            "the first purchase is no repeat, and each repeat is a day later at least",
        ),
        Rule(
            "days_add_up",
            "SELECT customer_id FROM {batch} WHERE recency_days <> last_purchase_date - first_purchase_date"
            " OR age_days <> recency_days + days_since_last",
            "recency and the days since make up the age",
        ),
        Rule(
            "ages_end_at_the_clock",
            f"SELECT customer_id FROM {{batch}} WHERE age_days <> {_CLOCK_DAY} - first_purchase_date",
            "age ends with the last day before the run's clock, of which all is known",
        ),
        Rule(
            "means_are_over_zero",
            "SELECT customer_id FROM {batch} WHERE NOT isfinite(mean_purchase) OR mean_purchase <= 0"
            " OR NOT isfinite(monetary_value) OR monetary_value <= 0",
            "a day of no amount is no purchase",
        ),
        Rule(
            "totals_reconcile_with_purchases",
            "SELECT customer_id FROM {batch} AS b JOIN (SELECT customer_id, sum(amount) AS amount, sum(cost) AS cost,"
            " coalesce(sum(amount) FILTER (cost IS NOT NULL), 0) AS with_cost"
            " FROM features.purchases GROUP BY 1) AS paid USING (customer_id) WHERE b.net_revenue <> paid.amount"
            " OR b.known_cost IS DISTINCT FROM paid.cost OR b.revenue_with_cost <> with_cost",
            "a customer's net revenue and cost are those of their lines, to the last digit",
        ),
        Rule(
            "every_buyer_is_here",
            "SELECT DISTINCT customer_id FROM (SELECT customer_id FROM features.purchases GROUP BY customer_id,"
            " purchase_date HAVING sum(amount) > 0) WHERE customer_id NOT IN (SELECT customer_id FROM {batch})",
            "nobody with a purchase is left out",
        ),
        GROUPS_FOLLOW_LABELS,
        NOBODY_LEFT_OUT,
    ),
)
