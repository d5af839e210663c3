"""What is known of each buyer as numbers: what segments and propensity models learn from.

Here: `features.customer_features` and `features.customer_categories`. Not here: what they are counted from,
`features.purchases` and `features.rfm` (`purchases.py`).
"""

from .purchases import CUSTOMER, GROUP, GROUPS_FOLLOW_LABELS, NOBODY_LEFT_OUT
from .table import Column, ForeignKey, Rule, Table

_BUYER = ForeignKey(("customer_id",), "features.rfm", ("customer_id",))


def _count(name: str, doc: str, minimum: float = 0) -> Column:
    return Column(name, "DOUBLE", doc, minimum=minimum)


def _share(name: str, doc: str) -> Column:
    return Column(name, "DOUBLE", doc, minimum=0, maximum=1)


CUSTOMER_FEATURES = Table(
    "features",
    "customer_features",
    "one customer of features.rfm, in numbers; the last 30 days are calendar days that end with the clock",
    (
        CUSTOMER,
        GROUP,
        _count("n_purchases", "days with a purchase", 1),
        _count("days_since_last", "days since the last of them"),
        _count("age_days", "days since the first"),
        _count("mean_gap_days", "mean days from one purchase to the next; the age after one purchase"),
        Column("net_revenue", "DOUBLE", "what they paid for what they kept"),
        Column("mean_purchase", "DOUBLE", "mean amount of a purchase; over zero"),
        _count("n_products", "different products", 1),
        _count("n_categories", "different top categories", 1),
        _count("units_per_line", "mean units of a line", 1),
        _share("return_share", "share of the money for products that was paid back; 1 at most"),
        _share("discount_share", "share of the list price that was not asked; 0 where no list price is known"),
        _share("weekend_share", "share of purchases on Saturday or Sunday"),
        _count("purchases_30d", "purchases of the last 30 days"),
        _count("purchases_90d", "purchases of the last 90 days"),
        Column("revenue_90d", "DOUBLE", "what they paid in the last 90 days for what they kept"),
        _count("views_30d", "products looked at in the last 30 days"),
        _count("carts_30d", "products put into the cart in the last 30 days"),
        _count("visits_30d", "visits of the last 30 days, where the source tells of visits"),
        _count("days_since_visit", "days since they last did anything; those since the last purchase at most"),
        _count("n_tickets", "service cases opened before the clock"),
        Column("favourite_category", "VARCHAR", "the top category that most of the money went to; by name if equal"),
        Column("favourite_channel", "VARCHAR", "the channel of most orders; by name if equal", required=False),
    ),
    ("customer_id",),
    foreign_keys=(_BUYER,),
    rules=(
        Rule(
            "every_buyer_is_here",
            "SELECT customer_id FROM features.rfm WHERE customer_id NOT IN (SELECT customer_id FROM {batch})",
            "nobody with a purchase is left out",
        ),
        Rule(
            "agrees_with_rfm",
            "SELECT customer_id FROM {batch} AS b JOIN features.rfm AS rfm USING (customer_id)"
            " WHERE b.n_purchases <> rfm.n_purchases OR b.days_since_last <> rfm.days_since_last"
            " OR b.age_days <> rfm.age_days OR b.net_revenue <> rfm.net_revenue::DOUBLE"
            " OR b.mean_purchase <> rfm.mean_purchase",
            "what both tables say is the same",
        ),
        Rule(
            "counts_add_up",
            "SELECT customer_id FROM {batch} WHERE purchases_30d > purchases_90d OR purchases_90d > n_purchases"
            " OR n_categories > n_products OR days_since_visit > days_since_last OR mean_gap_days > age_days",
            "a part is no more than the whole",
        ),
        Rule(
            "numbers_are_finite",
            "SELECT customer_id FROM {batch} WHERE NOT isfinite(units_per_line) OR NOT isfinite(revenue_90d)",
            "what the other rules do not compare is a number, too",
        ),
        GROUPS_FOLLOW_LABELS,
        NOBODY_LEFT_OUT,
    ),
)

CUSTOMER_CATEGORIES = Table(
    "features",
    "customer_categories",
    "one customer of features.rfm and one top category that they bought of, or looked at in the last 30 days",
    (
        CUSTOMER,
        Column("category", "VARCHAR", "first part of the product's path; (none) without one"),
        Column("n_purchases", "BIGINT", "days on which they bought of it and kept some", minimum=0),
        Column("n_units", "BIGINT", "units kept", minimum=0),
        Column("revenue", "DOUBLE", "what they paid for them"),
        Column("days_since_purchase", "DOUBLE", "days since the last; null without one", required=False, minimum=0),
        Column("views_30d", "BIGINT", "looks at its products in the last 30 days", minimum=0),
        Column("carts_30d", "BIGINT", "times that one went into the cart in the last 30 days", minimum=0),
    ),
    ("customer_id", "category"),
    foreign_keys=(_BUYER,),
    rules=(
        Rule(
            "something_happened",
            "SELECT customer_id, category FROM {batch} WHERE n_purchases + views_30d + carts_30d = 0",
            "a pair that had nothing to do with each other is not here",
        ),
        Rule(
            "purchases_add_up",
            "SELECT customer_id, category FROM {batch} WHERE n_units < n_purchases"
            " OR (n_purchases = 0) <> (days_since_purchase IS NULL)"
            " OR n_purchases = 0 AND (n_units <> 0 OR revenue <> 0) OR NOT isfinite(revenue)",
            "units, money and the last day are of purchases",
        ),
        Rule(
            "totals_reconcile_with_purchases",
            "SELECT told, bought FROM (SELECT coalesce(sum(n_units), 0) AS told FROM {batch}),"
            " (SELECT coalesce(sum(quantity), 0) AS bought FROM features.purchases"
            " SEMI JOIN features.rfm USING (customer_id)) WHERE told <> bought",
            "each unit that was kept is of one category",
        ),
    ),
)
