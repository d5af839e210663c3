"""What people read of a customer: all facts in one row, and the same in words for a service desk.

Here: `marts.customer_360` and `marts.service_desk`. Both are published, so no name, address, number, city or year of
birth is in them, and no topic that few have. Not here: what is predicted (`value.py`, `segments.py`, `propensity.py`).
"""

from .mart import mart
from .purchases import MONEY
from .table import Column, ForeignKey, Rule

_KNOWN = (
    "SELECT customer_id FROM clean.customers WHERE first_event_at < getvariable('as_of')"
    " OR is_registered AND coalesce(signed_up_at, first_event_at, TIMESTAMP '0001-01-01') < getvariable('as_of')"
)
_LINES = "clean.order_lines WHERE line_at < getvariable('as_of') AND customer_id IS NOT NULL AND NOT is_return"
_SEGMENT = Column("segment", "VARCHAR", "named segment by rfm; null for who has no purchase", required=False)
_PERSONA = Column(
    "persona",
    "VARCHAR",
    "label of the k-means segment, which marts.segment_profiles describes; null where there is none",
    required=False,
)
_PAID_BACK = "what was paid back before the clock, counted by who bought it (by who gave it back if no sale is known)"
_ORDERED = "in the shop's books, wholly returned ones too"

CUSTOMER_360 = mart(
    "customer_360",
    "one customer whom the shop knew before the clock, with all that it knows of them",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("first_order_at", "TIMESTAMP", "first sale (UTC); null without one", required=False),
        Column("last_order_at", "TIMESTAMP", "newest order's first sale (UTC)", required=False),
        Column("n_orders", "BIGINT", f"orders {_ORDERED}", minimum=0),
        Column("gross_revenue", MONEY, "sales, services such as postage among them", minimum=0),
        Column("returned_revenue", MONEY, _PAID_BACK, minimum=0),
        Column("net_revenue", MONEY, "sales less what was paid back: the default"),
        Column(
            "margin",
            MONEY,
            "net revenue of the products whose cost is known, less the cost of the units kept; null without",
            required=False,
        ),
        Column("favourite_category", "VARCHAR", "top category that most of the money went to", required=False),
        Column("favourite_channel", "VARCHAR", "marketing channel of most orders", required=False),
        Column("is_wholesale", "BOOLEAN", "buys to sell on"),
        Column("wholesale_rule", "VARCHAR", "the rule that says so", required=False),
        _SEGMENT,
        _PERSONA,
        Column("p_alive", "DOUBLE", "probability that they still buy", required=False, minimum=0, maximum=1),
        Column("clv", "DOUBLE", "expected margin within value.horizon_days", required=False, minimum=0),
        Column(
            "churn_probability",
            "DOUBLE",
            "probability of no purchase within propensity.churn_days",
            required=False,
            minimum=0,
            maximum=1,
        ),
        Column("n_tickets", "BIGINT", "service cases opened before the clock", minimum=0),
        Column("consents", "VARCHAR[]", "ways in which they may be contacted: email, sms, phone"),
        Column("labels", "VARCHAR[]", "what is not ordinary about them: wholesale, bot, staff, test"),
        Column("is_left_out", "BOOLEAN", "has a label that the models leave out: nothing is predicted"),
        Column("revenue_with_cost", MONEY, "the net revenue behind the margin", required=False),
        Column("value_tier", "VARCHAR", "tier by clv", required=False),
    ),
    ("customer_id",),
    (ForeignKey(("customer_id",), "clean.customers", ("customer_id",)),),
    (
        Rule(
            "every_known_customer_is_here",
            f"{_KNOWN} EXCEPT SELECT customer_id FROM {{batch}}",
            "whoever came or signed up before the clock has a row",
        ),
        Rule(
            "nothing_after_as_of",
            f"SELECT customer_id FROM {{batch}} WHERE last_order_at >= getvariable('as_of')"
            f" OR customer_id NOT IN ({_KNOWN})",
            "nobody and no order from the clock on",
        ),
        Rule(
            "money_adds_up",
            "SELECT customer_id FROM {batch} WHERE net_revenue <> gross_revenue - returned_revenue"
            " OR (margin IS NULL) <> (revenue_with_cost IS NULL) OR margin > revenue_with_cost",
            "net is gross less returned, and no margin is above its revenue",
        ),
        Rule(
            "orders_have_their_times",
            "SELECT customer_id FROM {batch} WHERE (n_orders = 0) <> (first_order_at IS NULL)"
            " OR (n_orders = 0) <> (last_order_at IS NULL) OR first_order_at > last_order_at",
            "who ordered has a first and a last order, in this order",
        ),
        Rule(
            "totals_reconcile_with_lines",
            "SELECT gross, sold, returned, came_back FROM (SELECT coalesce(sum(gross_revenue), 0) AS gross,"
            " coalesce(sum(returned_revenue), 0) AS returned FROM {batch}),"
            f" (SELECT coalesce(sum(gross_amount), 0) AS sold FROM {_LINES}),"
            " (SELECT coalesce(sum(r.amount), 0) AS came_back FROM clean.returns AS r"
            " LEFT JOIN clean.order_lines AS sale ON sale.event_id = sale_event_id WHERE returned_at <"
            " getvariable('as_of') AND CASE WHEN sale_event_id IS NULL THEN r.customer_id ELSE sale.customer_id END"
            " IS NOT NULL) WHERE gross <> sold OR returned <> came_back",
            "gross, returned and so net money are those of all lines of known customers, to the last digit",
        ),
        Rule(
            "wholesale_names_its_rule",
            "SELECT customer_id FROM {batch} WHERE is_wholesale <> (wholesale_rule IS NOT NULL)"
            " OR is_wholesale <> list_contains(labels, 'wholesale')",
            "a wholesale customer says by which rule, and nobody else does",
        ),
        Rule(
            "consents_are_theirs",
            "SELECT customer_id, consents FROM {batch} JOIN clean.customers USING (customer_id)"
            " WHERE list_contains(consents, 'email') <> email_consent OR list_contains(consents, 'sms') <> sms_consent"
            " OR list_contains(consents, 'phone') <> phone_consent",
            "nobody is contacted in a way that they have not agreed to",
        ),
        Rule(
            "favourites_agree_with_features",
            "SELECT customer_id FROM {batch} AS b JOIN features.customer_features AS f USING (customer_id)"
            " WHERE b.favourite_category IS DISTINCT FROM f.favourite_category"
            " OR b.favourite_channel IS DISTINCT FROM f.favourite_channel",
            "people and models are told the same",
        ),
        Rule("values_are_finite", "SELECT customer_id, clv FROM {batch} WHERE NOT isfinite(clv)", "a number"),
    ),
)

SERVICE_DESK = mart(
    "service_desk",
    "one customer of marts.customer_360 as a service desk reads them, with all of it in one sentence",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("summary_en", "VARCHAR", "the row in one line"),
        Column("summary_zh", "VARCHAR", "the same in Chinese"),
        Column("labels", "VARCHAR[]", "what is not ordinary about them: wholesale, bot, staff, test"),
        Column("first_order_date", "DATE", "day of the first order where the shop is", required=False),
        Column("n_orders", "BIGINT", f"orders {_ORDERED}", minimum=0),
        Column("net_revenue", MONEY, "sales less what was paid back"),
        Column("returned_revenue", MONEY, _PAID_BACK, minimum=0),
        Column("n_returns", "BIGINT", "lines given back or cancelled, counted by who did it", minimum=0),
        Column("last_return_date", "DATE", "day of the last of them", required=False),
        Column("last_order_id", "VARCHAR", "newest order", required=False),
        Column("last_order_date", "DATE", "its day", required=False),
        Column("last_order_amount", MONEY, "its money, before returns", required=False, minimum=0),
        _SEGMENT,
        _PERSONA,
        Column("value_tier", "VARCHAR", "tier by expected value", required=False),
        Column("clv", "DOUBLE", "expected margin within value.horizon_days", required=False, minimum=0),
        Column(
            "churn_probability",
            "DOUBLE",
            "probability of no purchase within propensity.churn_days",
            required=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "next_product_id",
            "VARCHAR",
            "first of their list; null for who is held out: advice of the desk would spoil the comparison",
            required=False,
        ),
        Column("next_product_title", "VARCHAR", "its title", required=False),
        Column("n_tickets", "BIGINT", "service cases opened before the clock", minimum=0),
        Column("n_open_tickets", "BIGINT", "of them, those not closed before it", minimum=0),
        Column("last_ticket_date", "DATE", "day of the newest case", required=False),
        Column(
            "last_ticket_topic",
            "VARCHAR",
            "its topic; null where fewer than 5 customers ever had it, as free text may name somebody",
            required=False,
        ),
        Column(
            "mean_satisfaction",
            "DOUBLE",
            "mean mark of the cases that were closed before the clock, on the source's scale",
            required=False,
            minimum=0,
        ),
        Column("consents", "VARCHAR[]", "ways in which they may be contacted: email, sms, phone"),
    ),
    ("customer_id",),
    (
        ForeignKey(("customer_id",), "marts.customer_360", ("customer_id",)),
        ForeignKey(("next_product_id",), "clean.products", ("product_id",)),
    ),
    (
        Rule(
            "every_customer_has_a_row",
            "SELECT customer_id FROM marts.customer_360 EXCEPT SELECT customer_id FROM {batch}",
            "nobody is left out",
        ),
        Rule(
            "agrees_with_customer_360",
            "SELECT customer_id FROM {batch} AS b JOIN marts.customer_360 AS c USING (customer_id)"
            " WHERE c.n_orders <> b.n_orders OR c.net_revenue <> b.net_revenue OR c.n_tickets <> b.n_tickets"
            " OR c.consents <> b.consents OR (c.n_orders = 0) <> (b.last_order_id IS NULL)",
            "both tables say the same",
        ),
        Rule(
            "topics_are_common",
            "SELECT customer_id FROM {batch} WHERE last_ticket_topic IS NOT NULL"
            " AND last_ticket_topic NOT IN (SELECT topic FROM clean.tickets WHERE topic IS NOT NULL"
            " AND opened_at < getvariable('as_of') GROUP BY topic HAVING count(DISTINCT customer_id) >= 5)",
            "no topic is told that fewer than 5 customers have",
        ),
        Rule(
            "open_cases_are_cases",
            "SELECT customer_id FROM {batch} WHERE n_open_tickets > n_tickets"
            " OR (n_tickets = 0) <> (last_ticket_date IS NULL) OR n_tickets = 0 AND mean_satisfaction IS NOT NULL"
            " OR NOT isfinite(mean_satisfaction)",
            "no more open cases than cases, and a last one where there is one",
        ),
        Rule(
            "next_product_is_the_first_of_the_list",
            "SELECT customer_id, next_product_id FROM {batch} AS b LEFT JOIN (SELECT customer_id, product_id"
            " FROM marts.recommendations WHERE rank = 1 AND NOT is_holdout) USING (customer_id)"
            " WHERE customer_id IS NOT NULL AND b.next_product_id IS DISTINCT FROM product_id",
            "the desk names what the customer's list has first, and nothing to who is held out",
        ),
        Rule(
            "summaries_are_one_line",
            "SELECT customer_id FROM {batch} WHERE trim(summary_en) = '' OR trim(summary_zh) = ''"
            # Control characters and the two separators of lines; the characters themselves, as a rule takes no braces.
            " OR regexp_matches(summary_en || summary_zh, '[[:cntrl:]\x80-\x9f\u2028\u2029]')",
            "a sentence of one line, whatever ids and titles hold",
        ),
    ),
)
