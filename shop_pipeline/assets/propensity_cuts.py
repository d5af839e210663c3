"""What customers were like at earlier clocks, and what they did in the window after each.

Here: the features of now and of up to three cuts, as the propensity models take them. Not here: the features' SQL
(`sql/features/customer_features.sql`, run with an earlier clock by `held_out.py`), and learning (`propensity.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ..contracts import TABLES
from ..models.propensity.features import Amounts, Features, Labelled
from .gated import Run
from .held_out import days_before, make_at

FEATURES = tuple(column.name for column in TABLES["features.customer_features"] if column.type == "DOUBLE")
OF_CATEGORY = (
    "category_n_purchases",
    "category_days_since_purchase",
    "category_revenue",
    "category_views_30d",
    "category_carts_30d",
    "category_share",
    "category_popularity",
)
CUTS = 3
"""To learn from, to choose and calibrate on, and to judge on."""
PAIR_CUSTOMERS = 20_000
"""Customers whose pairs with categories are learned from, drawn by the hash of their id."""
BLOCK = 50_000
"""Customers whose pairs are scored together: with 12 categories and 25 features 120 MB."""

# The first day of the window on which the customer paid for something and kept it.
NEXT = """
SELECT customer_id, arg_min(amount, purchase_date) AS amount
FROM (
    SELECT customer_id, purchase_date, sum(amount)::DOUBLE AS amount
    FROM features.purchases
    WHERE purchased_at >= $since AND purchased_at < $until
    GROUP BY customer_id, purchase_date
    HAVING sum(amount) > 0
)
GROUP BY customer_id
"""
LABELLED = """
SELECT features.*, amount
FROM {features} AS features
LEFT JOIN ({next}) USING (customer_id)
ORDER BY customer_id
"""
CATEGORIES = """
SELECT category
FROM features.purchases
WHERE category <> '(none)'
GROUP BY category
ORDER BY count(DISTINCT customer_id) DESC, category
LIMIT getvariable('n_categories')
"""
# Who never bought of a category has not done so for longer than they are known, and longer than any who has.
PAIRS = """
WITH picked AS (SELECT unnest($categories) AS category),
popularity AS (
    SELECT category, count(*) FILTER (n_purchases > 0) / (SELECT count(*) FROM {features}) AS category_popularity
    FROM {categories}
    GROUP BY category
)
SELECT
    features.*, picked.category,
    coalesce(own.n_purchases, 0)::DOUBLE AS category_n_purchases,
    coalesce(own.days_since_purchase, features.age_days + 365) AS category_days_since_purchase,
    coalesce(own.revenue, 0) AS category_revenue,
    coalesce(own.views_30d, 0)::DOUBLE AS category_views_30d,
    coalesce(own.carts_30d, 0)::DOUBLE AS category_carts_30d,
    coalesce(own.n_purchases, 0) / features.n_purchases AS category_share,
    coalesce(category_popularity, 0) AS category_popularity
FROM ({chosen}) AS features
CROSS JOIN picked
LEFT JOIN {categories} AS own ON own.customer_id = features.customer_id AND own.category = picked.category
LEFT JOIN popularity ON popularity.category = picked.category
"""
BOUGHT_OF = """
SELECT pairs.*, bought.customer_id IS NOT NULL AS is_bought
FROM ({pairs}) AS pairs
LEFT JOIN (
    SELECT DISTINCT customer_id, category
    FROM features.purchases
    WHERE purchased_at >= $since AND purchased_at < $until
) AS bought ON bought.customer_id = pairs.customer_id AND bought.category = pairs.category
ORDER BY pairs.customer_id, pairs.category
"""


@dataclass(frozen=True)
class CutAt:
    """Names of the temporary tables of one earlier clock, and the window after it."""

    split_at: datetime
    until: datetime
    features: str
    categories: str

    @property
    def window(self) -> dict[str, datetime]:
        return {"since": self.split_at, "until": self.until}


def cuts(run: Run, window_days: int) -> Iterator[CutAt]:
    """Up to three cuts whose windows follow one another up to the clock, oldest first; each is gone with the next."""
    for back in range(CUTS, 0, -1):
        split_at, until = (days_before(run, n * window_days) for n in (back, back - 1))
        made: tuple[str, ...] = ()
        for name in ("purchases", "rfm", "customer_features", "customer_categories"):
            at_cut = make_at(run, f"features.{name}", split_at, over=made)
            made = (*made, f"features.{name}")
            if name == "customer_features":
                features = at_cut
        yield CutAt(split_at, until, features, at_cut)


def labelled_customers(run: Run, cut: CutAt) -> tuple[Labelled | None, Amounts | None]:
    """Everybody known at the cut: who bought nothing in the window after it, and for how much the others did."""
    found = _fetch(run, LABELLED.format(features=cut.features, next=NEXT), cut.window)
    features, amount = _features(found, FEATURES), _filled(found["amount"])
    has_bought = np.isfinite(amount)
    left = Labelled(features, ~has_bought) if len(features) else None
    return left, Amounts(features.part(has_bought), amount[has_bought]) if has_bought.any() else None


def labelled_pairs(run: Run, cut: CutAt, categories: list[str]) -> Labelled | None:
    """Customers with each of the categories, and whether they bought of it in the window after the cut."""
    chosen = f"FROM {cut.features} ORDER BY md5(customer_id), customer_id LIMIT {PAIR_CUSTOMERS}"
    pairs = PAIRS.format(features=cut.features, categories=cut.categories, chosen=chosen)
    found = _fetch(run, BOUGHT_OF.format(pairs=pairs), {"categories": categories, **cut.window})
    features = _features(found, FEATURES + OF_CATEGORY)
    return Labelled(features, np.asarray(found["is_bought"], bool)) if len(features) else None


def largest_categories(run: Run) -> list[str]:
    """The top categories with most buyers, as many as shop.yaml says."""
    return [category for (category,) in run.duck.execute(CATEGORIES).fetchall()]


def customers_now(run: Run) -> tuple[Any, Features]:
    """Ids and features of all buyers, in the order of the ids."""
    found = _fetch(run, "FROM features.customer_features ORDER BY customer_id", {})
    return found["customer_id"], _features(found, FEATURES)


def pairs_now(run: Run, categories: list[str]) -> Iterator[tuple[Any, Any, Features]]:
    """Customer ids, categories and features of all pairs, a block of customers at a time."""
    numbered = "SELECT *, row_number() OVER (ORDER BY customer_id) - 1 AS place FROM features.customer_features"
    run.duck.execute(f"CREATE OR REPLACE TEMP TABLE numbered_customers AS {numbered}")
    row = run.duck.execute("SELECT count(*) FROM numbered_customers").fetchone() or (0,)
    for start in range(0, int(row[0]), BLOCK):
        chosen = f"SELECT * FROM numbered_customers WHERE place BETWEEN {start} AND {start + BLOCK - 1}"
        pairs = PAIRS.format(
            features="features.customer_features", categories="features.customer_categories", chosen=chosen
        )
        found = _fetch(run, f"FROM ({pairs}) ORDER BY customer_id, category", {"categories": categories})
        yield found["customer_id"], found["category"], _features(found, FEATURES + OF_CATEGORY)


def _fetch(run: Run, sql: str, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = run.duck.execute(sql, given).fetchnumpy()
    return found


def _features(found: dict[str, Any], names: tuple[str, ...]) -> Features:
    return Features(names, np.column_stack([_filled(found[name]) for name in names]))


def _filled(column: Any) -> Any:
    """A column as float64, null as NaN."""
    return np.ma.filled(np.ma.asarray(column, np.float64), np.nan)
