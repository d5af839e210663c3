"""What the shop knows of products and customers beside their interactions, as the models want it.

Here: catalogue, categories and countries from `clean`, as arrays. Not here: what is made of them
(`models/similarity/content.py`, `models/recommenders/popularity_in_groups.py`).
"""

from typing import Any

import duckdb

from ..models.interactions import Interactions
from ..models.recommenders.catalogue import SideInformation
from ..models.recommenders.groups import CustomerGroups, ProductGroups
from ..models.similarity.content import ProductColumns, ProductFeatures, product_features

CATALOGUE = """
SELECT product_id, title, description, category, brand, unit_price::DOUBLE AS price, attributes
FROM clean.products WHERE NOT (title IS NULL AND description IS NULL AND category IS NULL AND brand IS NULL
    AND unit_price IS NULL AND attributes IS NULL)
ORDER BY product_id
"""
TOP_CATEGORIES = """SELECT product_id, trim(split_part(category, '>', 1)) AS label FROM clean.products
WHERE category IS NOT NULL ORDER BY product_id"""
COUNTRIES = "SELECT customer_id, country AS label FROM clean.customers WHERE country IS NOT NULL ORDER BY customer_id"


def read_side(duck: duckdb.DuckDBPyConnection, interactions: Interactions) -> SideInformation:
    """All of it; what the shop does not tell is None, and models that need it are left out."""
    countries, categories = duck.execute(COUNTRIES).fetchall(), duck.execute(TOP_CATEGORIES).fetchall()
    return SideInformation(
        has_times=interactions.times is not None,
        customer_groups=CustomerGroups(*_columns(countries)) if countries else None,
        product_groups=ProductGroups(*_columns(categories)) if categories else None,
        product_features=read_features(duck),
    )


def read_features(duck: duckdb.DuckDBPyConnection) -> ProductFeatures | None:
    """Features of the products that the catalogue says anything about; None if there are none."""
    rows = duck.execute(CATALOGUE).fetchall()
    return product_features(ProductColumns(*_columns(rows))) if rows else None


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
