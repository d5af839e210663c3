"""Tables to arrays and back: the interaction matrix and similarities as the models want them.

Here: the crossing between DuckDB and NumPy, for the assets of models and marts. Not here: any mathematics (`models/`),
and what recommenders learned (`recommenders/states.py`).
"""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ..models.arrays import IdArray, IntArray
from ..models.interactions import Interactions
from ..models.selection import NO_POSITION
from ..models.similarity.top_k import Neighbours

INTERACTIONS = "FROM features.interactions"
NO_INTERACTIONS = {"note": "no interactions: nothing to learn from"}


def read_interactions(duck: duckdb.DuckDBPyConnection, source: str = INTERACTIONS) -> Interactions | None:
    """The interaction matrix of `source`, which has the columns of features.interactions, or None without rows.

    DuckDB turns the ids into positions, so that no Python string is made per entry.
    """
    duck.execute(f"CREATE OR REPLACE TEMP TABLE entries AS {source}")
    customers, products = (_ids(duck, column) for column in ("customer_id", "product_id"))
    if not len(customers):
        return None
    codes: dict[str, Any] = duck.execute(
        """SELECT c.position AS customer, p.position AS product, weight, epoch(last_event_at) / 86400 AS day
        FROM entries
        JOIN customer_id_positions AS c ON c.id = customer_id JOIN product_id_positions AS p ON p.id = product_id"""
    ).fetchnumpy()
    customer, product, weight, day = (codes[name] for name in ("customer", "product", "weight", "day"))
    return Interactions.from_codes(customer, product, weight, customers, products, day)


def _ids(duck: duckdb.DuckDBPyConnection, column: str) -> IdArray:
    duck.execute(
        f"""CREATE OR REPLACE TEMP TABLE {column}_positions AS
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS position FROM (SELECT DISTINCT {column} AS id FROM entries)"""
    )
    found = duck.execute(f"SELECT id FROM {column}_positions ORDER BY position").fetchall()
    return np.array([row[0] for row in found], dtype=object)


def neighbours_table(entity: str, ids: IdArray, found: Neighbours, measure: str) -> pa.Table:
    """The rows of models.product_similarity, or with `entity` customer of models.customer_similarity."""
    products, ranks = np.nonzero(found.products != NO_POSITION)
    labels = pa.array(ids, pa.string())
    return pa.table(
        {
            f"{entity}_id": labels.take(pa.array(products)),
            "measure": pa.array([measure] * len(products), pa.string()),
            "rank": pa.array(ranks + 1, pa.int32()),
            f"similar_{entity}_id": labels.take(pa.array(found.products[products, ranks])),
            "score": pa.array(found.scores[products, ranks]),
            f"n_common_{'customer' if entity == 'product' else 'product'}s": pa.array(found.n_common[products, ranks]),
        }
    )


def lists_of(values: IntArray, ids: IdArray) -> pa.Array:
    """Rows of positions (-1 is padding) as lists of ids; null where a row has none."""
    present = values != NO_POSITION
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    labels = pa.array(ids, pa.string()).take(pa.array(values[present]))
    return pa.ListArray.from_arrays(pa.array(offsets), labels, mask=pa.array(~present.any(axis=1)))
