"""The `clean` schema: what the rest may trust, and the quarantine of what it may not."""

from .feeds import EVENT_TYPES
from .prices import PRICES, RATES
from .returns import RETURNS
from .stock import STOCK
from .table import Column, ForeignKey, Repair, RowRule, Rule, Table

# A rule of one row may refuse this share of a load before the whole load is refused: more than that is a changed
# source, not dirt.
LIMIT = 0.05

CUSTOMER = Column("customer_id", "VARCHAR", "customer; null for anonymous visitors", required=False)
PRODUCT = Column("product_id", "VARCHAR", "product, or the code of a service", required=False)
MONEY = "DECIMAL(18,4)"

EVENTS = Table(
    "clean",
    "events",
    "one thing that a visitor did, typed, known and counted once",
    (
        Column("event_id", "VARCHAR", "the source's id, else a hash of the row's content"),
        Column("event_at", "TIMESTAMP", "when (UTC)"),
        Column("event_date", "DATE", "calendar day in the shop's time zone"),
        Column("event_type", "VARCHAR", "what happened", values=EVENT_TYPES),
        PRODUCT,
        CUSTOMER,
        Column("session_id", "VARCHAR", "visit, the source's or one cut at gaps of 30 minutes", required=False),
        Column("order_id", "VARCHAR", "order", required=False),
        Column("quantity", "BIGINT", "units, positive also for returns", required=False, minimum=0),
        Column("unit_price", MONEY, "price of one unit in the shop's currency", required=False, minimum=0),
        Column("rating", "DOUBLE", "stars", required=False),
        Column("review_text", "VARCHAR", "text of a review", required=False, personal=True),
        Column("country", "VARCHAR", "country as the source writes it", required=False),
        Column("ip_address", "VARCHAR", "address", required=False, personal=True),
        Column("device_id", "VARCHAR", "device", required=False, personal=True),
        Column("channel", "VARCHAR", "marketing channel", required=False),
        Column("is_service", "BOOLEAN", "postage, fees and the like: money, but not a product"),
    ),
    ("event_id",),
    foreign_keys=(ForeignKey(("product_id",), "clean.products", ("product_id",), where="NOT is_service"),),
    rules=(
        Rule(
            "money_events_are_whole",
            "SELECT event_id, event_type FROM {batch} WHERE event_type IN ('purchase', 'refund', 'cancel')"
            " AND (order_id IS NULL OR product_id IS NULL OR quantity IS NULL OR unit_price IS NULL)",
            "every purchase, refund and cancellation has order, product, quantity and price",
        ),
    ),
    row_rules=(
        RowRule("exact_duplicate", "all columns equal to another row's; one of them stays", 1, dropped=True),
        RowRule("duplicate_event_id", "an event id that another row with other content has", LIMIT),
        RowRule("no_shop_event", "known words that mean nothing to a shop, such as page_view", 1, dropped=True),
        RowRule("unknown_event_type", "not one of the contract's words", LIMIT),
        RowRule("missing_product", "an event that needs a product names none", LIMIT),
        RowRule("unknown_product", "a product that the products feed does not have", LIMIT),
        RowRule("quantity_not_positive", "a purchase or return of no or fewer than no units", LIMIT),
        RowRule("missing_price", "a purchase or return without a price", LIMIT),
        RowRule("negative_price", "a price under zero", LIMIT),
        RowRule("amount_too_large", "quantity x price of 1,000,000,000,000 or more: sums would not fit", LIMIT),
        RowRule("unknown_currency", "not in the shop's currency, and no rate for it by that day", LIMIT),
    ),
    repairs=(
        Repair("event_id_assigned", "the source gives no id: a hash of the row's content"),
        Repair("session_assigned", "the source gives no visit: events of a visitor with gaps under 30 minutes"),
        Repair("order_assigned", "money without an order: that of its visit"),
        Repair("currency_converted", "a price in another currency, by the rate of its day"),
        Repair("price_left_out", "the price of a view or the like in a currency without a rate"),
    ),
    partition="event_date",
)

PRODUCTS = Table(
    "clean",
    "products",
    "one product, in the version that holds at the run's clock",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("title", "VARCHAR", "title", required=False),
        Column("description", "VARCHAR", "description", required=False),
        Column("category", "VARCHAR", "path, `a > b > c`", required=False),
        Column("brand", "VARCHAR", "brand", required=False),
        Column("unit_price", MONEY, "list price", required=False, minimum=0),
        Column("unit_cost", MONEY, "cost of one unit", required=False, minimum=0),
        Column("attributes", "VARCHAR", "JSON object", required=False),
        Column("is_listed", "BOOLEAN", "stands in the products feed; else known from events only"),
    ),
    ("product_id",),
    row_rules=(
        RowRule("older_version", "another version of the product holds at the run's clock", 1, dropped=True),
        RowRule("negative_price", "a price or cost under zero", LIMIT),
        RowRule("broken_attributes", "attributes that are not JSON", LIMIT),
    ),
)

CUSTOMERS = Table(
    "clean",
    "customers",
    "one customer, from the customers feed or from an event",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("name", "VARCHAR", "name", required=False, personal=True),
        Column("email", "VARCHAR", "address", required=False, personal=True),
        Column("phone", "VARCHAR", "number", required=False, personal=True),
        Column("birth_year", "INTEGER", "year of birth", required=False, minimum=1900, maximum=2100),
        Column("gender", "VARCHAR", "gender", required=False),
        Column("country", "VARCHAR", "country of the feed, else of the first event", required=False),
        Column("city", "VARCHAR", "city", required=False),
        Column("signed_up_at", "TIMESTAMP", "sign-up (UTC)", required=False),
        Column("email_consent", "BOOLEAN", "may be written to"),
        Column("sms_consent", "BOOLEAN", "may be texted"),
        Column("phone_consent", "BOOLEAN", "may be called"),
        Column("is_registered", "BOOLEAN", "stands in the customers feed"),
        Column("first_event_at", "TIMESTAMP", "first event (UTC)", required=False),
    ),
    ("customer_id",),
    row_rules=(
        RowRule("exact_duplicate", "all columns equal to another row's; one of them stays", 1, dropped=True),
        RowRule("duplicate_customer", "a customer id that a row with other content has", LIMIT),
        RowRule("impossible_birth_year", "born before 1900 or in the future", LIMIT),
    ),
)

ORDER_LINES = Table(
    "clean",
    "order_lines",
    "one product on one order, sold or given back",
    (
        Column("order_id", "VARCHAR", "order"),
        Column("line_number", "BIGINT", "1 is the first line of the order", minimum=1),
        Column("event_id", "VARCHAR", "the event behind the line"),
        Column("product_id", "VARCHAR", "product, or the code of a service"),
        CUSTOMER,
        Column(
            "product_version",
            "INTEGER",
            "the product's version in clean.prices at that moment; null for a service, as what follows from it",
            required=False,
            minimum=1,
        ),
        Column("title", "VARCHAR", "title of that version", required=False),
        Column("line_at", "TIMESTAMP", "when (UTC)"),
        Column("line_date", "DATE", "calendar day in the shop's time zone"),
        Column("is_service", "BOOLEAN", "not a product"),
        Column("is_return", "BOOLEAN", "a refund or cancellation"),
        Column("quantity", "BIGINT", "units, positive also for returns", minimum=1),
        Column("unit_price", MONEY, "price of one unit, as it was paid", minimum=0),
        Column("list_price", MONEY, "list price of that version", required=False, minimum=0),
        Column("unit_cost", MONEY, "cost of one unit of that version", required=False, minimum=0),
        Column(
            "matched_quantity",
            "BIGINT",
            "of a return: units whose sale is known, which are taken off that sale's line; 0 for a sale",
            minimum=0,
        ),
        Column(
            "returned_quantity",
            "BIGINT",
            "of a sale: units that came back, whenever they did; of a return: units whose sale is not known",
            minimum=0,
        ),
        Column("net_quantity", "BIGINT", "units sold less units returned: the default"),
        Column("gross_amount", MONEY, "quantity x price of a sale, 0 for a return", minimum=0),
        Column("returned_amount", MONEY, "what was refunded for the returned quantity", minimum=0),
        Column(
            "net_amount",
            MONEY,
            "gross less returned, on the line of the sale: the default. It knows returns of any later day; what may"
            " know those before its clock only takes clean.returns",
        ),
        Column(
            "booked_amount",
            MONEY,
            "the line's own money on its own day: quantity x price, negative for a return; for books by day",
        ),
    ),
    ("order_id", "line_number"),
    foreign_keys=(
        ForeignKey(("product_id",), "clean.products", ("product_id",), where="NOT is_service"),
        ForeignKey(("event_id",), "clean.events", ("event_id",)),
        ForeignKey(("product_id", "product_version"), "clean.prices", ("product_id", "version")),
    ),
    rules=(
        Rule(
            "products_have_a_version",
            "SELECT order_id, line_number FROM {batch} WHERE is_service <> (product_version IS NULL)",
            "every product has its version of the line's moment, and no service has one",
        ),
        Rule(
            "net_is_gross_less_returned",
            "SELECT order_id, line_number FROM {batch} WHERE net_amount <> gross_amount - returned_amount",
            "amounts add up on every line",
        ),
        Rule(
            "quantities_add_up",
            "SELECT order_id, line_number FROM {batch} WHERE is_return AND (net_quantity <> -returned_quantity"
            " OR matched_quantity + returned_quantity <> quantity) OR NOT is_return AND (matched_quantity <> 0"
            " OR net_quantity <> quantity - returned_quantity OR returned_quantity > quantity)",
            "net units are units less returned ones, and no line gives back more than it had",
        ),
        Rule(
            "booked_is_the_signed_line",
            "SELECT order_id, line_number FROM {batch}"
            " WHERE booked_amount <> CASE WHEN is_return THEN -quantity ELSE quantity END * unit_price",
            "quantity x price, negative for a return",
        ),
        Rule(
            "totals_reconcile_with_events",
            "SELECT event_total, net_total, booked_total FROM (SELECT sum(quantity * unit_price * CASE event_type"
            " WHEN 'purchase' THEN 1 ELSE -1 END) AS event_total FROM clean.events"
            " WHERE event_type IN ('purchase', 'refund', 'cancel')),"
            " (SELECT sum(net_amount) AS net_total, sum(booked_amount) AS booked_total FROM {batch})"
            " WHERE event_total IS DISTINCT FROM net_total OR event_total IS DISTINCT FROM booked_total",
            "the net and the booked sum of all lines are the sum of all money events, to the last digit",
        ),
    ),
)

ORDERS = Table(
    "clean",
    "orders",
    "one order, net of what came back of it under whatever number",
    (
        Column("order_id", "VARCHAR", "order"),
        CUSTOMER,
        Column("ordered_at", "TIMESTAMP", "first line (UTC)"),
        Column("order_date", "DATE", "calendar day in the shop's time zone"),
        Column("country", "VARCHAR", "country, as it was told at the moment of its first sale", required=False),
        Column("channel", "VARCHAR", "channel, as it was told at the moment of its first sale", required=False),
        Column("n_lines", "BIGINT", "lines", minimum=1),
        Column("units", "BIGINT", "units sold", minimum=0),
        Column("gross_revenue", MONEY, "sales", minimum=0),
        Column(
            "returned_revenue",
            MONEY,
            "what came back of its sales, whenever it did, and returns under its number whose sale is not known",
            minimum=0,
        ),
        Column("net_revenue", MONEY, "sales less returns: the default"),
        Column("is_return", "BOOLEAN", "nothing was sold under this number, only given back"),
    ),
    ("order_id",),
    foreign_keys=(ForeignKey(("customer_id",), "clean.customers", ("customer_id",)),),
    rules=(
        Rule(
            "totals_reconcile_with_lines",
            "SELECT order_total, line_total FROM (SELECT sum(net_revenue) AS order_total FROM {batch}),"
            " (SELECT sum(net_amount) AS line_total FROM clean.order_lines)"
            " WHERE order_total IS DISTINCT FROM line_total",
            "the sum of all orders is the sum of all lines, to the last digit",
        ),
    ),
)

QUARANTINE = Table(
    "clean",
    "quarantine",
    "one row that was refused, as it landed",
    (
        Column("table_name", "VARCHAR", "the table that refused it"),
        Column("rule", "VARCHAR", "the rule that it broke"),
        Column("reason", "VARCHAR", "column and value, where one column is to blame", required=False, personal=True),
        Column("file", "VARCHAR", "landing file"),
        Column("line", "BIGINT", "line in the file", minimum=1),
        Column("part", "INTEGER", "which of the rows that the line holds, from 1", minimum=1),
        Column("partition", "DATE", "day of the refused event, where it has one", required=False),
        Column("row_json", "VARCHAR", "the row", personal=True),
    ),
    # A row may break a rule of raw when its file is read and never reaches clean, so it stands here once.
    ("table_name", "file", "line", "part"),
)

CLEAN = (EVENTS, PRODUCTS, RATES, PRICES, STOCK, CUSTOMERS, RETURNS, ORDER_LINES, ORDERS, QUARANTINE)
