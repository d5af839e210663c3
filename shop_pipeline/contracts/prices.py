"""What things cost when: exchange rates, and the versions of each product. Tables of the `clean` schema."""

from .table import Column, ForeignKey, RowRule, Rule, Table

LIMIT = 0.05

RATES = Table(
    "clean",
    "rates",
    "the rate of one currency from a day on",
    (
        Column("currency", "VARCHAR", "ISO 4217"),
        Column("valid_from", "DATE", "first day (shop's time zone)"),
        Column("valid_until", "DATE", "first day of the next rate; null for the newest", required=False),
        Column("rate", "DECIMAL(18,8)", "what one unit of it is worth in the shop's currency", minimum=0),
    ),
    ("currency", "valid_from"),
    rules=(
        Rule(
            "rates_are_over_zero", "SELECT currency, valid_from FROM {batch} WHERE rate <= 0", "no money is worthless"
        ),
        Rule(
            "rates_follow_one_another",
            "SELECT currency, valid_from FROM (SELECT *, lead(valid_from) OVER (PARTITION BY currency"
            " ORDER BY valid_from) AS next FROM {batch}) WHERE next IS DISTINCT FROM valid_until",
            "each rate holds until the next one begins",
        ),
    ),
    row_rules=(
        RowRule("exact_duplicate", "currency, day and rate of another row", 1, dropped=True),
        RowRule("duplicate_rate", "another rate of the same currency and day", LIMIT),
        RowRule("rate_not_positive", "a rate of zero or less", LIMIT),
    ),
)

PRICES = Table(
    "clean",
    "prices",
    "one version of a product: its price and title from a moment on",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("version", "INTEGER", "1 is the oldest; it also stands for the time before it", minimum=1),
        Column("valid_from", "TIMESTAMP", "when it began (UTC); null where no feed says so", required=False),
        Column("valid_until", "TIMESTAMP", "when the next one began (UTC); null for the newest", required=False),
        Column("title", "VARCHAR", "title", required=False),
        Column("category", "VARCHAR", "path, `a > b > c`", required=False),
        Column("unit_price", "DECIMAL(18,4)", "list price", required=False, minimum=0),
        Column("unit_cost", "DECIMAL(18,4)", "cost of one unit", required=False, minimum=0),
    ),
    ("product_id", "version"),
    foreign_keys=(ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    rules=(
        Rule(
            "versions_follow_one_another",
            "SELECT product_id, version FROM (SELECT *, lead(valid_from) OVER (PARTITION BY product_id"
            " ORDER BY version) AS next FROM {batch}) WHERE next IS DISTINCT FROM valid_until",
            "each version holds until the next one begins",
        ),
        Rule(
            "every_product_has_a_version",
            "SELECT product_id FROM clean.products WHERE product_id NOT IN (SELECT product_id FROM {batch})",
            "an event of a known product finds the version of its moment",
        ),
    ),
)
