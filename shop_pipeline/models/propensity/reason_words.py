"""What a feature's value means, in words.

Belongs here: the dictionary. Does not belong here: which features count for a customer (`reasons`).
"""

from __future__ import annotations

from collections.abc import Callable


def feature_words(feature: str, value: float) -> str:
    """'no purchase for 120 days'; a feature that nobody has described yet is named as it is."""
    words = WORDS.get(feature)
    return words(value) if words else f"{feature} is {value:,.2f}"


def _count(value: float, one: str, many: str | None = None) -> str:
    """'1 day', '120 days', '2.5 days'."""
    number = f"{value:,.1f}".removesuffix(".0")
    return f"{number} {one if number == '1' else many or one + 's'}"


def _share(value: float) -> str:
    return f"{value:.0%}"


WORDS: dict[str, Callable[[float], str]] = {
    "n_purchases": lambda value: f"{_count(value, 'purchase')} so far",
    "days_since_last": lambda value: f"no purchase for {_count(value, 'day')}",
    "age_days": lambda value: f"customer for {_count(value, 'day')}",
    "mean_gap_days": lambda value: f"buys every {_count(value, 'day')}",
    "net_revenue": lambda value: f"spent {value:,.2f} in all",
    "mean_purchase": lambda value: f"spends {value:,.2f} per purchase",
    "n_products": lambda value: f"bought {_count(value, 'different product')}",
    "n_categories": lambda value: f"bought from {_count(value, 'category', 'categories')}",
    "units_per_line": lambda value: f"takes {_count(value, 'unit')} of a product",
    "return_share": lambda value: f"returned {_share(value)} of what was bought",
    "discount_share": lambda value: f"paid {_share(value)} less than the list price",
    "weekend_share": lambda value: f"{_share(value)} of the purchases at weekends",
    "purchases_30d": lambda value: f"{_count(value, 'purchase')} in 30 days",
    "purchases_90d": lambda value: f"{_count(value, 'purchase')} in 90 days",
    "revenue_90d": lambda value: f"spent {value:,.2f} in 90 days",
    "views_30d": lambda value: f"{_count(value, 'product view')} in 30 days",
    "carts_30d": lambda value: f"put {_count(value, 'product')} into the cart in 30 days",
    "visits_30d": lambda value: f"{_count(value, 'visit')} in 30 days",
    "days_since_visit": lambda value: f"not seen for {_count(value, 'day')}",
    "n_tickets": lambda value: f"wrote to the service {_count(value, 'time')}",
    "category_n_purchases": lambda value: f"{_count(value, 'purchase')} in this category",
    "category_n_units": lambda value: f"{_count(value, 'unit')} in this category",
    "category_revenue": lambda value: f"spent {value:,.2f} in this category",
    "category_days_since_purchase": lambda value: f"nothing from this category for {_count(value, 'day')}",
    "category_views_30d": lambda value: f"{_count(value, 'product view')} in this category in 30 days",
    "category_carts_30d": lambda value: f"put {_count(value, 'product')} of this category into the cart in 30 days",
}
