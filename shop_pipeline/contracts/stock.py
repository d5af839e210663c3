"""The `clean.stock` table: how many units of a product there were on a day.

Not here: what follows for lists (`shown.py`).
"""

from .table import Column, ForeignKey, Repair, RowRule, Rule, Table

LIMIT = 0.05

STOCK = Table(
    "clean",
    "stock",
    "units of one product on one day, as they were counted last",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("stock_date", "DATE", "calendar day in the shop's time zone"),
        Column("on_hand", "BIGINT", "units on hand; 0 is out of stock", minimum=0),
        Column("on_order", "BIGINT", "units on order", required=False, minimum=0),
        Column("lead_time_days", "DOUBLE", "days from order to delivery", required=False, minimum=0),
    ),
    ("product_id", "stock_date"),
    foreign_keys=(ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    rules=(
        Rule(
            "most_counts_are_of_products",
            "SELECT n_counted, n_known FROM (SELECT count(DISTINCT product_id) AS n_known FROM {batch}),"
            " (SELECT count(DISTINCT product_id) AS n_counted FROM raw.stock) WHERE n_known < n_counted / 2",
            "at least half of the products that the feed counts are known: else its ids may be written in another way",
            "WARN",
        ),
    ),
    row_rules=(
        RowRule("exact_duplicate", "all columns equal to another row's; one of them stays", 1, dropped=True),
        RowRule("older_count", "another count of the product and day that landed later holds", 1, dropped=True),
        RowRule("no_such_product", "a product that clean.products does not have: no list can show it", 1, dropped=True),
        RowRule("in_the_future", "later than the run's own day", LIMIT),
        RowRule("impossible_figure", "units on order under zero; a lead time under zero or no number", LIMIT),
    ),
    repairs=(
        Repair("oversold_is_none", "units on hand under zero: more was promised than is there, so there are none"),
    ),
)
