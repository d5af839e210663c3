"""What a feature's value means, in words.

Belongs here: the dictionary, and the values that need other words. Does not belong here: which features count for a
customer (`reasons`).
"""

from __future__ import annotations

from collections.abc import Callable

Words = Callable[[float], str]


def feature_words(feature: str, value: float, means_else: bool = False) -> str:
    """'no purchase for 120 days'; a feature that nobody has described yet is named as it is.

    Args:
        means_else: the customer has the value that `ELSE` names for this feature.
    """
    words = ELSE[feature][2] if means_else else WORDS.get(feature)
    return words(value) if words else f"{feature} is {value:,.2f}"


def _count(value: float, one: str, many: str | None = None) -> str:
    """'no days', '1 day', '120 days', '2.5 days'."""
    number = f"{value:,.1f}".removesuffix(".0")
    return f"{'no' if value == 0 else number} {one if number == '1' else many or one + 's'}"


def _share(value: float) -> str:
    """'25%'; neither a small share nor one that is nearly all is rounded away."""
    if 0 < value < 0.005:
        return "less than 1%"
    return "over 99%" if 0.995 <= value < 1 else f"{value:.0%}"


def _unless_zero(of_zero: str, words: Words) -> Words:
    return lambda value: of_zero if value == 0 else words(value)


def _spent(where: str) -> Words:
    """More may have come back than was paid, as where a return is worth more than its sale."""

    def words(value: float) -> str:
        if value < 0:
            return f"got back {-value:,.2f} more than was spent {where}"
        return f"spent {value:,.2f} {where}" if value else f"spent nothing {where}"

    return words


# 'The last day' is the day before the clock.
WORDS: dict[str, Words] = {
    "n_purchases": lambda value: f"{_count(value, 'purchase')} so far",
    "days_since_last": _unless_zero("bought on the last day", lambda value: f"no purchase for {_count(value, 'day')}"),
    "age_days": _unless_zero("customer since the last day", lambda value: f"customer for {_count(value, 'day')}"),
    "mean_gap_days": lambda value: f"buys every {_count(value, 'day')}",
    "net_revenue": _spent("in all"),
    "mean_purchase": lambda value: f"spends {value:,.2f} per purchase",
    "n_products": lambda value: f"bought {_count(value, 'different product')}",
    "n_categories": lambda value: f"bought from {_count(value, 'category', 'categories')}",
    "units_per_line": lambda value: f"takes {_count(value, 'unit')} of a product",
    "return_share": _unless_zero("returned nothing", lambda value: f"returned {_share(value)} of what was bought"),
    # 0 is also where no list price is known.
    "discount_share": _unless_zero("no discount known", lambda value: f"paid {_share(value)} less than the list price"),
    "weekend_share": _unless_zero(
        "no purchase at a weekend", lambda value: f"{_share(value)} of purchases at weekends"
    ),
    "purchases_30d": lambda value: f"{_count(value, 'purchase')} in 30 days",
    "purchases_90d": lambda value: f"{_count(value, 'purchase')} in 90 days",
    "revenue_90d": _spent("in 90 days"),
    "views_30d": lambda value: f"{_count(value, 'product view')} in 30 days",
    "carts_30d": lambda value: f"put {_count(value, 'product')} into the cart in 30 days",
    "visits_30d": lambda value: f"{_count(value, 'visit')} in 30 days",
    "days_since_visit": _unless_zero("seen on the last day", lambda value: f"not seen for {_count(value, 'day')}"),
    "n_tickets": lambda value: f"{_count(value, 'case')} with the service",
    "category_n_purchases": lambda value: f"{_count(value, 'purchase')} in this category",
    "category_days_since_purchase": _unless_zero(
        "bought from this category on the last day",
        lambda value: f"nothing from this category for {_count(value, 'day')}",
    ),
    "category_revenue": _spent("in this category"),
    "category_views_30d": lambda value: f"{_count(value, 'product view')} in this category in 30 days",
    "category_carts_30d": lambda value: f"put {_count(value, 'product')} of this category into the cart in 30 days",
    "category_share": _unless_zero(
        "no purchase in this category", lambda value: f"{_share(value)} of purchases were in this category"
    ),
    "category_popularity": _unless_zero(
        "nobody has bought from this category", lambda value: f"{_share(value)} of customers bought from this category"
    ),
}
# Where another feature has this value, there is no gap between purchases, and no last purchase of the category.
ELSE: dict[str, tuple[str, float, Words]] = {
    "mean_gap_days": (
        *("n_purchases", 1.0),
        _unless_zero("has not bought again yet", lambda value: f"has not bought again for {_count(value, 'day')}"),
    ),
    "category_days_since_purchase": ("category_n_purchases", 0.0, lambda _: "never bought from this category"),
}
