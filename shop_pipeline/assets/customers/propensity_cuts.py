"""What customers were like at earlier clocks, and what they did in the window after each.

Here: the features of now and of up to three cuts, as the propensity models take them. Not here: the features' SQL
(`sql/features/customer_features.sql`, run with an earlier clock by `held_out.py`), and learning (`propensity.py`).

Both sides of a cut know what was known then: features what came back before the cut, labels what came back before the
end of its window. Products keep no history of their category: a cut sees that of today.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ...contracts import TABLES
from ...models.propensity.features import Amounts, Features, Labelled
from ..gated import Run
from ..held_out import days_before, make_at

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
LABELS = "clean.customer_labels"
CUTS = 3
"""To learn from, to choose and calibrate on, and to judge on."""
PAIR_CUSTOMERS = 20_000
"""Customers whose pairs with categories are learned from, drawn by the hash of their id."""
BLOCK = 20_000
"""Customers whose pairs are scored together: 197,710 with 12 categories took .7 GB, in blocks of 50,000 1.0 GB."""

WINDOW = """
CREATE OR REPLACE TEMP TABLE window_purchases AS
SELECT customer_id, category, purchase_date, amount
FROM {purchases}
WHERE purchased_at >= $since AND purchased_at < $until
"""
# The first day of the window on which the customer paid for something and kept it.
NEXT = """
SELECT customer_id, arg_min(amount, purchase_date) AS amount
FROM (
    SELECT customer_id, purchase_date, sum(amount)::DOUBLE AS amount
    FROM window_purchases
    GROUP BY customer_id, purchase_date
    HAVING sum(amount) > 0
)
GROUP BY customer_id
"""
LABELLED = """
SELECT {columns}, amount
FROM {features} AS features
LEFT JOIN ({next}) USING (customer_id)
ORDER BY customer_id
"""
LARGEST = """
SELECT category, count(*) AS n_buyers
FROM {categories}
WHERE category <> '(none)' AND n_purchases > 0
GROUP BY category
ORDER BY n_buyers DESC, category
LIMIT getvariable('n_categories')
"""
# Who never bought of a category has not done so for longer than anybody is known.
PICKED = """
CREATE OR REPLACE TEMP TABLE picked_categories AS
WITH buyers AS (
    SELECT category, count(*) AS n_buyers FROM {categories} WHERE n_purchases > 0 GROUP BY category
)
SELECT picked.category, coalesce(n_buyers, 0) / n_customers AS category_popularity, oldest + 365 AS days_of_none
FROM (SELECT unnest($categories) AS category) AS picked
LEFT JOIN buyers ON buyers.category = picked.category
CROSS JOIN (SELECT count(*) AS n_customers, max(age_days) AS oldest FROM {features})
"""
PAIRS = """
SELECT
    features.*, picked.category,
    coalesce(own.n_purchases, 0)::DOUBLE AS category_n_purchases,
    coalesce(own.days_since_purchase, days_of_none) AS category_days_since_purchase,
    coalesce(own.revenue, 0) AS category_revenue,
    coalesce(own.views_30d, 0)::DOUBLE AS category_views_30d,
    coalesce(own.carts_30d, 0)::DOUBLE AS category_carts_30d,
    coalesce(own.n_purchases, 0) / features.n_purchases AS category_share,
    category_popularity
FROM ({chosen}) AS features
CROSS JOIN picked_categories AS picked
LEFT JOIN {categories} AS own ON own.customer_id = features.customer_id AND own.category = picked.category
"""
BOUGHT_OF = """
SELECT pairs.*, bought.customer_id IS NOT NULL AS is_bought
FROM ({pairs}) AS pairs
LEFT JOIN (SELECT DISTINCT customer_id, category FROM window_purchases) AS bought
    ON bought.customer_id = pairs.customer_id AND bought.category = pairs.category
ORDER BY pairs.customer_id, pairs.category
"""
COLUMNS = ", ".join(("customer_id", *FEATURES))


@dataclass(frozen=True)
class CutAt:
    """Names of the temporary tables of one earlier clock; `window_purchases` is what was bought in the window after."""

    split_at: datetime
    until: datetime
    features: str
    categories: str


def cuts(run: Run, window_days: int) -> Iterator[CutAt]:
    """Up to three cuts whose windows follow one another up to the clock, newest first; each is gone with the next."""
    for back in range(1, CUTS + 1):
        split_at, until = (days_before(run, n * window_days) for n in (back, back - 1))
        # Who is left out is decided at the cut, on both of its sides: who turns out to be a bot later has still bought.
        make_at(run, LABELS, split_at)
        made: tuple[str, ...] = (LABELS,)
        at_until = make_at(run, "features.purchases", until, over=made)
        run.duck.execute(WINDOW.format(purchases=at_until), {"since": split_at, "until": until})
        for name in ("purchases", "rfm", "customer_features", "customer_categories"):
            at_cut = make_at(run, f"features.{name}", split_at, over=made)
            made = (*made, f"features.{name}")
            if name == "customer_features":
                features = at_cut
        yield CutAt(split_at, until, features, at_cut)


def labelled_customers(run: Run, cut: CutAt) -> tuple[Labelled | None, Amounts | None]:
    """Everybody known at the cut: who bought nothing in the window after it, and for how much the others did."""
    found = _fetch(run, LABELLED.format(columns=COLUMNS, features=cut.features, next=NEXT))
    features, amount = _features(found, FEATURES), _numbers(found, "amount")
    has_bought = np.isfinite(amount)
    left = Labelled(features, ~has_bought) if len(features) else None
    return left, Amounts(features.part(has_bought), amount[has_bought]) if has_bought.any() else None


def largest_categories(run: Run, cut: CutAt) -> dict[str, int]:
    """The top categories that most customers had bought from at the cut, as many as shop.yaml says, and how many."""
    return dict(run.duck.execute(LARGEST.format(categories=cut.categories)).fetchall())


def labelled_pairs(run: Run, cut: CutAt, categories: list[str]) -> Labelled | None:
    """Customers with each of the categories, and whether they bought of it in the window after the cut."""
    _pick(run, categories, cut.features, cut.categories)
    chosen = f"SELECT {COLUMNS} FROM {cut.features} ORDER BY md5(customer_id), customer_id LIMIT {PAIR_CUSTOMERS}"
    pairs = PAIRS.format(categories=cut.categories, chosen=chosen)
    found = _fetch(run, BOUGHT_OF.format(pairs=pairs))
    features = _features(found, FEATURES + OF_CATEGORY)
    customers = np.arange(len(features), dtype=np.int32) // len(categories)
    return Labelled(features, np.asarray(found["is_bought"], bool), customers) if len(features) else None


def customers_now(run: Run) -> tuple[Any, Features]:
    """Ids and features of all buyers, in the order of the ids."""
    found = _fetch(run, f"SELECT {COLUMNS} FROM features.customer_features ORDER BY customer_id")
    return found["customer_id"], _features(found, FEATURES)


def pairs_now(run: Run, categories: list[str]) -> Iterator[tuple[Any, Any, Features]]:
    """Customer ids, categories and features of all pairs, a block of customers at a time."""
    _pick(run, categories, "features.customer_features", "features.customer_categories")
    numbered = (
        f"SELECT {COLUMNS}, row_number() OVER (ORDER BY customer_id) - 1 AS place FROM features.customer_features"
    )
    run.duck.execute(f"CREATE OR REPLACE TEMP TABLE numbered_customers AS {numbered}")
    row = run.duck.execute("SELECT count(*) FROM numbered_customers").fetchone() or (0,)
    for start in range(0, int(row[0]), BLOCK):
        chosen = f"FROM numbered_customers WHERE place BETWEEN {start} AND {start + BLOCK - 1}"
        of_customers = _features(_fetch(run, f"{chosen} ORDER BY place"), FEATURES)
        # What is the same in all pairs of a customer is repeated here, and not sorted with them.
        narrow = f"SELECT place, customer_id, n_purchases {chosen}"
        pairs = PAIRS.format(categories="features.customer_categories", chosen=narrow)
        found = _fetch(run, f"FROM ({pairs}) ORDER BY place, category")
        repeated = np.repeat(of_customers.values, len(categories), axis=0)
        values = np.hstack([repeated, _features(found, OF_CATEGORY).values])
        yield found["customer_id"], found["category"], Features(FEATURES + OF_CATEGORY, values)


def _pick(run: Run, categories: list[str], features: str, of_customers: str) -> None:
    """What pairs with a category have in common, once for all of them."""
    sql = PICKED.format(features=features, categories=of_customers)
    run.duck.execute(sql, {"categories": categories})


def _fetch(run: Run, sql: str) -> pa.Table:
    """As Arrow: ids stay out of Python."""
    return run.duck.execute(sql).to_arrow_table()


def _features(found: pa.Table, names: tuple[str, ...]) -> Features:
    return Features(names, np.column_stack([_numbers(found, name) for name in names]))


def _numbers(found: pa.Table, name: str) -> Any:
    """A column as float64, null as NaN."""
    return found[name].to_numpy()
