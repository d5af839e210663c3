"""Who came, and who is no ordinary customer: visits, and the labels of customers. Part of the `clean` schema.

Here: the declarations. Not here: the rules that find a bot or a wholesale buyer (`sql/clean/sessions.sql`,
`sql/clean/customer_labels.sql`) and their thresholds (`settings.Customers`).
"""

from .table import Column, ForeignKey, Rule, Table

BOT_RULES = ("rate", "endless_views")

# Label -> the rules that may give it, in the order in which they are asked.
LABEL_RULES = {
    "wholesale": ("units_per_line", "order_value", "products_per_order", "bulk_units"),
    "bot": ("bot_sessions", "pages_per_day"),
    "staff": ("listed_id", "mail_domain"),
    "test": ("listed_id", "mail_domain", "test_pattern"),
}

_PAIRS = ", ".join(f"'{label} {rule}'" for label, rules in LABEL_RULES.items() for rule in rules)

SESSIONS = Table(
    "clean",
    "sessions",
    "one visit: the events that share a session id",
    (
        Column("session_id", "VARCHAR", "visit"),
        Column("customer_id", "VARCHAR", "the first customer that its events name", required=False),
        Column("device_id", "VARCHAR", "the first device that its events name", required=False, personal=True),
        Column("started_at", "TIMESTAMP", "first event (UTC)"),
        Column("ended_at", "TIMESTAMP", "last event (UTC)"),
        Column("session_date", "DATE", "calendar day of the first event in the shop's time zone"),
        Column("n_events", "BIGINT", "events", minimum=1),
        Column("n_views", "BIGINT", "views", minimum=0),
        Column("n_products", "BIGINT", "different products, without services", minimum=0),
        Column("n_carts", "BIGINT", "products put into the cart", minimum=0),
        Column("n_purchases", "BIGINT", "lines bought", minimum=0),
        Column("channel", "VARCHAR", "channel of the first event", required=False),
        Column("country", "VARCHAR", "country of the first event", required=False),
        Column("has_purchase", "BOOLEAN", "something was bought"),
        Column("is_bot", "BOOLEAN", "what was seen before the run's clock is no person's doing"),
        Column("bot_rule", "VARCHAR", "the rule that says so; null for people", required=False, values=BOT_RULES),
    ),
    ("session_id",),
    foreign_keys=(ForeignKey(("customer_id",), "clean.customers", ("customer_id",)),),
    rules=(
        Rule(
            "every_event_is_counted",
            "SELECT counted, stored FROM (SELECT coalesce(sum(n_events), 0) AS counted FROM {batch}),"
            " (SELECT count(*) AS stored FROM clean.events WHERE session_id IS NOT NULL) WHERE counted <> stored",
            "the events of all visits are the events that have a visit",
        ),
        Rule(
            "ends_at_or_after_its_start",
            "SELECT session_id, started_at, ended_at FROM {batch} WHERE ended_at < started_at",
            "no visit ends before it starts",
        ),
        Rule(
            "counts_add_up",
            "SELECT session_id FROM {batch} WHERE n_views + n_carts + n_purchases > n_events"
            " OR has_purchase <> (n_purchases > 0)",
            "views, carts and purchases are events, and a visit with purchases says so",
        ),
        Rule(
            "bots_name_their_rule",
            "SELECT session_id, is_bot, bot_rule FROM {batch} WHERE is_bot <> (bot_rule IS NOT NULL)",
            "a bot's visit says by which rule, and no other does",
        ),
    ),
)

CUSTOMER_LABELS = Table(
    "clean",
    "customer_labels",
    "one label of one customer who is no ordinary one, by what was known at the run's clock",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("label", "VARCHAR", "what they are", values=tuple(LABEL_RULES)),
        Column("rule", "VARCHAR", "the first rule that says so"),
        Column("value", "DOUBLE", "what the rule measured; 1 where a list or a pattern names the customer"),
        Column("threshold", "DOUBLE", "what it had to reach"),
    ),
    ("customer_id", "label"),
    foreign_keys=(ForeignKey(("customer_id",), "clean.customers", ("customer_id",)),),
    rules=(
        Rule(
            "rule_belongs_to_label",
            f"SELECT customer_id, label, rule FROM {{batch}} WHERE label || ' ' || rule NOT IN ({_PAIRS})",
            "each label has its own rules",
        ),
        Rule(
            "value_reaches_threshold",
            "SELECT customer_id, label, value, threshold FROM {batch} WHERE value < threshold OR NOT isfinite(value)"
            " OR NOT isfinite(threshold)",
            "nobody is labelled for less than the threshold",
        ),
    ),
)

VISITORS = (SESSIONS, CUSTOMER_LABELS)
