"""What a shop may show: the rules of each product, who is due to buy again, and the promise that lists keep them.

Belongs here: the declarations of `features.product_rules` and `features.repurchases`, and `only_shown_products`, which
every table with a list carries. Does not belong here: the numbers behind the rules (`sections.Lists`) and how they are
found (`sql/features`).
"""

from .table import Column, ForeignKey, Rule, Table

WHY_NOT = ("not_listed", "blocked", "service", "out_of_stock")

# Ids of what was there before the clock. A product that no feed lists has one version of no day: it tells nothing.
_KNOWN = (
    "SELECT product_id FROM clean.events"
    " WHERE event_at < getvariable('as_of') AND NOT is_service AND product_id IS NOT NULL"
    " UNION SELECT product_id FROM clean.prices WHERE coalesce(valid_from < getvariable('as_of'), true)"
    " AND product_id IN (SELECT product_id FROM clean.products WHERE is_listed)"
)
_PATH = r"lower(regexp_replace({}, '[\s\pZ]', '', 'g')) || '>'"

BLOCKED_WITHOUT_MATCH = f"""
SELECT trim(id) AS blocked FROM (SELECT unnest(getvariable('blocked_products')) AS id)
WHERE trim(id) NOT IN (SELECT product_id FROM clean.products)
UNION
SELECT trim(path) FROM (SELECT unnest(getvariable('blocked_categories')) AS path)
WHERE NOT EXISTS (
    SELECT 1 FROM clean.products WHERE starts_with({_PATH.format("category")}, {_PATH.format("path")})
)
"""
"""What the shop blocks (`lists.blocked_products`, `lists.blocked_categories`) and no product is or has."""


def only_shown_products(column: str = "product_id") -> Rule:
    """The rule of a table whose `column` names products that people see."""
    return Rule(
        "only_shown_products",
        f"SELECT {column} FROM {{batch}}"
        f" WHERE {column} NOT IN (SELECT product_id FROM features.product_rules WHERE is_shown)",
        f"every {column} is one that the shop shows: listed, not blocked, no service, and in stock",
    )


PRODUCT_RULES = Table(
    "features",
    "product_rules",
    "one product known before the run's clock, whether the shop shows it, and whether people buy it again and again",
    (
        Column("product_id", "VARCHAR", "product"),
        Column("is_shown", "BOOLEAN", "may stand in a list"),
        Column("rule", "VARCHAR", "the first rule that keeps it out; null if shown", required=False, values=WHY_NOT),
        Column(
            "margin",
            "DOUBLE",
            "share of the list price above cost, as both are now; below 0 where it is sold at a loss; null where price"
            " or cost is unknown, or the price is 0",
            required=False,
            maximum=1,
        ),
        Column("n_buyers", "BIGINT", "known customers who bought it and kept some of it", minimum=0),
        Column(
            "rebuy_share",
            "DOUBLE",
            "share of them who bought it on two calendar days or more; null without buyers",
            required=False,
            minimum=0,
            maximum=1,
        ),
        Column(
            "rebuy_days",
            "DOUBLE",
            "median days between one purchase day of a customer and the next; null where nobody bought it again",
            required=False,
            minimum=1,
        ),
        Column(
            "is_rebought", "BOOLEAN", "bought again and again: `lists.rebuy_share` and `lists.rebuy_buyers` are met"
        ),
    ),
    ("product_id",),
    foreign_keys=(ForeignKey(("product_id",), "clean.products", ("product_id",)),),
    rules=(
        Rule(
            "every_product_is_judged",
            f"SELECT product_id FROM clean.products WHERE product_id IN ({_KNOWN})"
            " AND product_id NOT IN (SELECT product_id FROM {batch})",
            "each product that a version of the feed or an event before the clock knows is here: a list shows no other",
        ),
        Rule(
            "nothing_after_as_of",
            f"SELECT product_id FROM {{batch}} WHERE product_id NOT IN ({_KNOWN})",
            "no product that only events or versions at or after the run's clock know",
        ),
        Rule(
            "hidden_says_why",
            "SELECT product_id, is_shown, rule FROM {batch} WHERE is_shown <> (rule IS NULL)",
            "a product that is not shown names the rule, and no other does",
        ),
        Rule(
            "rebuying_adds_up",
            "SELECT product_id FROM {batch} WHERE (n_buyers = 0) <> (rebuy_share IS NULL)"
            " OR (coalesce(rebuy_share, 0) = 0) <> (rebuy_days IS NULL) OR is_rebought AND rebuy_days IS NULL",
            "a share is one of buyers, and has days where somebody bought again",
        ),
        Rule("margins_are_finite", "SELECT product_id FROM {batch} WHERE NOT isfinite(margin)", "a number"),
        Rule(
            "blocked_is_known",
            f"SELECT blocked FROM ({BLOCKED_WITHOUT_MATCH}) WHERE blocked NOT IN (SELECT product_id FROM {{batch}})",
            "what the shop blocks is there: what is not may be misspelt, and hides nothing",
            severity="WARN",
        ),
    ),
)

REPURCHASES = Table(
    "features",
    "repurchases",
    "one customer and one product that they bought, of those that people buy again and again",
    (
        Column("customer_id", "VARCHAR", "customer"),
        Column("product_id", "VARCHAR", "product"),
        Column("n_purchase_days", "BIGINT", "calendar days on which they bought it and kept some", minimum=1),
        Column("last_purchase_at", "TIMESTAMP", "newest such purchase (UTC)"),
        Column("due_at", "TIMESTAMP", "the usual time after it (UTC)"),
        Column("is_due", "BOOLEAN", "that time is over at the run's clock: it may stand in their list again"),
    ),
    ("customer_id", "product_id"),
    foreign_keys=(
        ForeignKey(("customer_id",), "clean.customers", ("customer_id",)),
        ForeignKey(("product_id",), "clean.products", ("product_id",)),
    ),
    rules=(
        Rule(
            "only_rebought_products",
            "SELECT customer_id, product_id FROM {batch}"
            " WHERE product_id NOT IN (SELECT product_id FROM features.product_rules WHERE is_rebought)",
            "nothing comes back that people buy once",
        ),
        Rule(
            "nothing_after_as_of",
            "SELECT customer_id, product_id FROM {batch} WHERE last_purchase_at >= getvariable('as_of')",
            "no purchase at or after the run's clock is used",
        ),
        Rule(
            "due_is_after_its_time",
            "SELECT customer_id, product_id FROM {batch}"
            " WHERE is_due <> (due_at <= getvariable('as_of')) OR due_at <= last_purchase_at",
            "due is what the clock has passed, and nothing is due when it is bought",
        ),
    ),
)

SHOWN = (PRODUCT_RULES, REPURCHASES)
