"""What the shop knows of products and customers beside their interactions, as the models want it.

Here: catalogue, categories and countries from `clean`, as arrays. Not here: what is made of them
(`models/similarity/content.py`, `models/recommenders/popularity_in_groups.py`).
"""

from collections.abc import Iterable
from typing import Any

import duckdb

from ...models.interactions import Interactions
from ...models.recommenders.catalogue import CATALOGUE, SideInformation, entry_of
from ...models.recommenders.groups import CustomerGroups, ProductGroups
from ...models.similarity.content import ProductColumns, ProductFeatures, product_features

# Where the side information of a model comes from.
KNOWN_FROM = {
    "product_features": "clean.products",
    "product_groups": "clean.products",
    "customer_groups": "clean.customers",
}

# Products that the catalogue announced, or that somebody had to do with, before the run's clock.
DESCRIBED = """
SELECT product_id, title, description, category, brand, unit_price::DOUBLE AS price, attributes
FROM clean.products
SEMI JOIN (
    SELECT product_id FROM raw.products WHERE coalesce(valid_from < getvariable('as_of'), true)
    UNION ALL SELECT product_id FROM clean.events WHERE event_at < getvariable('as_of')
) USING (product_id)
WHERE NOT (title IS NULL AND description IS NULL AND category IS NULL AND brand IS NULL
    AND unit_price IS NULL AND attributes IS NULL)
ORDER BY product_id
"""
TOP_CATEGORIES = """SELECT product_id, trim(split_part(category, '>', 1)) AS label FROM clean.products
WHERE category IS NOT NULL ORDER BY product_id"""
COUNTRIES = "SELECT customer_id, country AS label FROM clean.customers WHERE country IS NOT NULL ORDER BY customer_id"


def read_side(
    duck: duckdb.DuckDBPyConnection, interactions: Interactions, models: Iterable[str] = CATALOGUE
) -> SideInformation:
    """What these models need; what the shop does not tell is None, and models that need it are left out."""
    needs = {need for name in models for need in entry_of(name).needs}
    countries = duck.execute(COUNTRIES).fetchall() if "customer_groups" in needs else []
    categories = duck.execute(TOP_CATEGORIES).fetchall() if "product_groups" in needs else []
    return SideInformation(
        has_times=interactions.times is not None,
        customer_groups=CustomerGroups(*_columns(countries)) if countries else None,
        product_groups=ProductGroups(*_columns(categories)) if categories else None,
        product_features=read_features(duck) if "product_features" in needs else None,
    )


def read_features(duck: duckdb.DuckDBPyConnection) -> ProductFeatures | None:
    """Features of the products that the catalogue says anything about; None if there are none."""
    rows = duck.execute(DESCRIBED).fetchall()
    return product_features(ProductColumns(*_columns(rows))) if rows else None


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
