"""The ten feeds that a shop can land, and the `raw` tables that hold them typed.

A feed's columns are the outside contract: names and meaning never change. Only `events` is needed. Raw keeps whatever
could be read; what is impossible but readable is refused one stage later, in `clean`, with its file and line.
"""

from .table import Column, RowRule, Table

EVENT_TYPES = (
    "view",
    "click",
    "search",
    "favourite",
    "add_to_cart",
    "remove_from_cart",
    "checkout",
    "purchase",
    "refund",
    "cancel",
    "review",
)

# Where a row came from. `_row` counts the records of the file from 1 and includes the header, so that it is the line
# in an editor as long as no quoted value spans lines.
ORIGIN = (
    Column("_file", "VARCHAR", "landing file, relative to the data folder"),
    Column("_row", "BIGINT", "line in the file (header is line 1)", minimum=1),
    Column("_part", "INTEGER", "which of the rows that the line holds, from 1", minimum=1),
    Column("_loaded_at", "TIMESTAMP", "when the file was last changed (UTC), so that equal input gives equal tables"),
)

UNREADABLE = (
    RowRule("broken_line", "the line does not have the file's number of fields, or is not UTF-8", 0.05),
    RowRule("wrong_type", "a value can't be read as its column's type", 0.05),
    RowRule("missing_value", "a needed column is empty", 0.05),
)


def text(name: str, doc: str, *, required: bool = False, personal: bool = False) -> Column:
    return Column(name, "VARCHAR", doc, required=required, personal=personal)


def optional(name: str, type_: str, doc: str) -> Column:
    return Column(name, type_, doc, required=False)


CALENDAR = (
    RowRule("before_first_day", "earlier than `shop.first_day` of shop.yaml", 0.05),
    RowRule("in_the_future", "later than the run's own clock", 0.05),
)


def _raw(name: str, grain: str, *columns: Column, partition: str | None = None) -> Table:
    rules = UNREADABLE + CALENDAR if partition else UNREADABLE
    return Table("raw", name, grain, columns + ORIGIN, ("_file", "_row", "_part"), row_rules=rules, partition=partition)


EVENTS = _raw(
    "events",
    "one thing that a visitor did, as it landed",
    Column("event_at", "TIMESTAMP", "when (UTC)"),
    text("event_type", "one of the contract's words; others are refused in clean", required=True),
    text("product_id", "product; empty for events without one"),
    text("event_id", "the source's id of the event"),
    text("customer_id", "customer; empty for anonymous visitors"),
    text("session_id", "visit"),
    text("order_id", "order"),
    optional("quantity", "BIGINT", "units"),
    optional("unit_price", "DECIMAL(18,4)", "price of one unit, in `currency`"),
    text("currency", "ISO 4217; empty means the shop's"),
    optional("rating", "DOUBLE", "stars"),
    text("review_text", "text of a review", personal=True),
    text("country", "country as the source writes it"),
    text("ip_address", "address", personal=True),
    text("device_id", "device", personal=True),
    text("channel", "marketing channel"),
    text("title", "the product's title as the event carries it"),
    Column("is_service", "BOOLEAN", "postage, fees and the like: money, but not a product"),
    Column("event_date", "DATE", "calendar day in the shop's time zone"),
    partition="event_date",
)

PRODUCTS = _raw(
    "products",
    "one product, or one version of it",
    text("product_id", "product", required=True),
    text("title", "title"),
    text("description", "description"),
    text("category", "path, `a > b > c`"),
    text("brand", "brand"),
    optional("unit_price", "DECIMAL(18,4)", "list price"),
    optional("unit_cost", "DECIMAL(18,4)", "cost of one unit"),
    text("attributes", "JSON object"),
    optional("valid_from", "TIMESTAMP", "from when this version holds (UTC)"),
)

CUSTOMERS = _raw(
    "customers",
    "one customer",
    text("customer_id", "customer", required=True),
    text("name", "name", personal=True),
    text("email", "address", personal=True),
    text("phone", "number", personal=True),
    optional("birth_year", "INTEGER", "year of birth"),
    text("gender", "gender"),
    text("country", "country"),
    text("city", "city"),
    optional("signed_up_at", "TIMESTAMP", "sign-up (UTC)"),
    optional("email_consent", "BOOLEAN", "may be written to"),
    optional("sms_consent", "BOOLEAN", "may be texted"),
    optional("phone_consent", "BOOLEAN", "may be called"),
)

STOCK = _raw(
    "stock",
    "product and day",
    text("product_id", "product", required=True),
    Column("stock_date", "DATE", "day"),
    Column("on_hand", "BIGINT", "units on hand"),
    optional("on_order", "BIGINT", "units on order"),
    optional("lead_time_days", "DOUBLE", "days from order to delivery"),
)

MESSAGES = _raw(
    "messages",
    "one marketing contact",
    text("message_id", "contact", required=True),
    text("campaign_id", "campaign", required=True),
    text("channel", "email, sms, phone ...", required=True),
    text("customer_id", "customer", required=True),
    Column("sent_at", "TIMESTAMP", "when (UTC); for the control group, when it would have been sent"),
    optional("opened_at", "TIMESTAMP", "first opening (UTC)"),
    optional("clicked_at", "TIMESTAMP", "first click (UTC)"),
    optional("cost", "DECIMAL(18,4)", "cost of the contact"),
    optional("is_control", "BOOLEAN", "held out: nothing was sent"),
)

ASSIGNMENTS = _raw(
    "assignments",
    "customer in an experiment",
    text("experiment_id", "experiment", required=True),
    text("variant", "variant", required=True),
    text("customer_id", "customer", required=True),
    Column("assigned_at", "TIMESTAMP", "when (UTC)"),
)

TICKETS = _raw(
    "tickets",
    "one service case",
    text("ticket_id", "case", required=True),
    text("customer_id", "customer", required=True),
    Column("opened_at", "TIMESTAMP", "when (UTC)"),
    optional("closed_at", "TIMESTAMP", "when (UTC)"),
    text("topic", "topic"),
    optional("satisfaction", "DOUBLE", "the customer's mark"),
)

ORDER_LABELS = _raw(
    "order_labels",
    "order known good or bad",
    text("order_id", "order", required=True),
    Column("is_fraud", "BOOLEAN", "known fraud"),
    Column("labelled_at", "TIMESTAMP", "when it became known (UTC)"),
)

MARKET = _raw(
    "market",
    "period and category, from outside",
    Column("period_date", "DATE", "first day of the period"),
    text("category", "category", required=True),
    Column("market_revenue", "DECIMAL(18,2)", "revenue of the whole market"),
    optional("competitor_price", "DECIMAL(18,4)", "a competitor's price"),
)

RATES = _raw(
    "rates",
    "currency and day",
    Column("rate_date", "DATE", "first day on which it holds"),
    text("currency", "ISO 4217", required=True),
    Column("rate", "DECIMAL(18,8)", "what one unit is worth in the shop's currency"),
)

FEEDS: dict[str, Table] = {
    table.name: table
    for table in (EVENTS, PRODUCTS, CUSTOMERS, STOCK, MESSAGES, ASSIGNMENTS, TICKETS, ORDER_LABELS, MARKET, RATES)
}
