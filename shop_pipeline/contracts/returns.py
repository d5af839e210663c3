"""`clean.returns`: which sale each refund or cancellation belongs to, and what could not be matched.

Beside `clean.py` because of its rules. Not here: how a sale is found (`models/returns.py`).
"""

from .table import Column, ForeignKey, Rule, Table

MONEY = "DECIMAL(18,4)"
METHODS = ("order_id", "customer_product_price", "customer_product", "unmatched")
REASONS = ("no_customer", "never_bought", "outside_window", "sold_for_less", "more_than_bought")

RETURNS = Table(
    "clean",
    "returns",
    "one part of a refund or cancellation, with the sale that it gives back or the reason why none was found",
    (
        Column("return_event_id", "VARCHAR", "the refund or cancellation"),
        Column("match_number", "BIGINT", "1 is its first part; what is left unmatched comes last", minimum=1),
        Column("returned_at", "TIMESTAMP", "when it came back (UTC)"),
        Column("return_date", "DATE", "calendar day in the shop's time zone"),
        Column("order_id", "VARCHAR", "the return's own order"),
        Column("customer_id", "VARCHAR", "customer of the return; null for anonymous visitors", required=False),
        Column("product_id", "VARCHAR", "product, or the code of a service"),
        Column("is_service", "BOOLEAN", "not a product"),
        Column(
            "method",
            "VARCHAR",
            "how the sale was found: by order and product; by customer, product and price within the window; by"
            " customer and product, sold for no less, within the window",
            values=METHODS,
        ),
        Column("reason", "VARCHAR", "why no sale was found; null where one was", required=False, values=REASONS),
        Column("sale_event_id", "VARCHAR", "the sale; null where none was found", required=False),
        Column("sale_order_id", "VARCHAR", "order of the sale", required=False),
        Column("sold_at", "TIMESTAMP", "when it was sold (UTC)", required=False),
        Column("quantity", "BIGINT", "units of this part", minimum=1),
        Column("unit_price", MONEY, "price of one unit that was refunded"),
        Column("amount", MONEY, "quantity x price", minimum=0),
        Column("days_after", "BIGINT", "calendar days from the sale to the return", required=False, minimum=0),
    ),
    ("return_event_id", "match_number"),
    foreign_keys=(
        ForeignKey(("return_event_id",), "clean.events", ("event_id",)),
        ForeignKey(("sale_event_id",), "clean.events", ("event_id",)),
    ),
    rules=(
        Rule(
            "every_return_appears",
            "SELECT event_id FROM clean.events WHERE event_type IN ('refund', 'cancel')"
            " AND event_id NOT IN (SELECT return_event_id FROM {batch} WHERE return_event_id IS NOT NULL)",
            "every refund and cancellation stands here, matched or not",
        ),
        Rule(
            "quantities_add_up",
            "SELECT return_event_id, sum(b.quantity) AS parts, any_value(events.quantity) AS units FROM {batch} AS b"
            " JOIN clean.events AS events ON event_id = return_event_id"
            " GROUP BY return_event_id HAVING parts IS DISTINCT FROM units",
            "the parts of a return have as many units as the return",
        ),
        Rule(
            "no_sale_gives_back_more_than_it_had",
            "SELECT sale_event_id, sum(b.quantity) AS returned, any_value(events.quantity) AS sold FROM {batch} AS b"
            " JOIN clean.events AS events ON event_id = sale_event_id GROUP BY sale_event_id HAVING returned > sold",
            "a sale's returns have no more units than the sale",
        ),
        Rule(
            "sale_is_of_the_product_and_before",
            "SELECT return_event_id, match_number, sale_event_id FROM {batch} AS b"
            " JOIN clean.events AS events ON event_id = sale_event_id"
            " WHERE event_type <> 'purchase' OR events.product_id <> b.product_id"
            " OR event_at IS DISTINCT FROM sold_at OR event_at > returned_at",
            "a sale is a purchase of the product that came back, and not after its return",
        ),
        Rule(
            "unmatched_says_why",
            "SELECT return_event_id, match_number, method, reason, sale_event_id FROM {batch}"
            " WHERE (method = 'unmatched') <> (reason IS NOT NULL)"
            " OR (method = 'unmatched') <> (sale_event_id IS NULL)",
            "either a sale or a reason",
        ),
        Rule(
            "matched_within_the_window",
            "SELECT return_event_id, match_number, days_after FROM {batch}"
            " WHERE method <> 'order_id' AND days_after > getvariable('return_window_days')",
            "but by its order, no return is matched to a sale older than the window",
        ),
        Rule(
            "amount_is_quantity_times_price",
            "SELECT return_event_id, match_number, quantity, unit_price, amount FROM {batch}"
            " WHERE amount <> quantity * unit_price",
            "on every row",
        ),
        Rule(
            "totals_reconcile_with_events",
            "SELECT event_total, return_total FROM (SELECT sum(quantity * unit_price) AS event_total FROM clean.events"
            " WHERE event_type IN ('refund', 'cancel')), (SELECT sum(amount) AS return_total FROM {batch})"
            " WHERE event_total IS DISTINCT FROM return_total",
            "the sum of all rows is the sum of all refunds and cancellations, to the last digit",
        ),
    ),
)
