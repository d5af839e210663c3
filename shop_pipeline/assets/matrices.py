"""Tables to arrays and back: the interaction matrix, similarities and factors as the models want them.

Here: the crossing between DuckDB and NumPy, for the assets of models and marts. Not here: any mathematics (`models/`).
"""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ..models.arrays import FloatArray, IdArray, IntArray
from ..models.interactions import Interactions
from ..models.selection import NO_POSITION
from ..models.similarity.top_k import Neighbours

INTERACTIONS = "SELECT customer_id, product_id, weight FROM features.interactions"


def read_interactions(duck: duckdb.DuckDBPyConnection, source: str = INTERACTIONS) -> Interactions | None:
    """The interaction matrix of `source` (customer_id, product_id, weight), or None where it has no rows.

    DuckDB turns the ids into positions, so that no Python string is made per entry.
    """
    duck.execute(f"CREATE OR REPLACE TEMP TABLE entries AS {source}")
    customers, products = (_ids(duck, column) for column in ("customer_id", "product_id"))
    if not len(customers):
        return None
    codes: dict[str, Any] = duck.execute(
        """SELECT c.position AS customer, p.position AS product, weight FROM entries
        JOIN customer_id_positions AS c ON c.id = customer_id JOIN product_id_positions AS p ON p.id = product_id"""
    ).fetchnumpy()
    return Interactions.from_codes(codes["customer"], codes["product"], codes["weight"], customers, products)


def _ids(duck: duckdb.DuckDBPyConnection, column: str) -> IdArray:
    duck.execute(
        f"""CREATE OR REPLACE TEMP TABLE {column}_positions AS
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS position FROM (SELECT DISTINCT {column} AS id FROM entries)"""
    )
    found = duck.execute(f"SELECT id FROM {column}_positions ORDER BY position").fetchall()
    return np.array([row[0] for row in found], dtype=object)


def neighbours_table(ids: IdArray, found: Neighbours, measure: str) -> pa.Table:
    """The rows of models.product_similarity."""
    products, ranks = np.nonzero(found.products != NO_POSITION)
    labels = pa.array(ids, pa.string())
    return pa.table(
        {
            "product_id": labels.take(pa.array(products)),
            "measure": pa.array([measure] * len(products), pa.string()),
            "rank": pa.array(ranks + 1, pa.int32()),
            "similar_product_id": labels.take(pa.array(found.products[products, ranks])),
            "score": pa.array(found.scores[products, ranks]),
            "n_common_customers": pa.array(found.n_common[products, ranks]),
        }
    )


def read_neighbours(duck: duckdb.DuckDBPyConnection, interactions: Interactions) -> Neighbours:
    """models.product_similarity as arrays, in the order of the product ids of `interactions`."""
    rows: dict[str, Any] = duck.execute(
        """SELECT i.position AS product, rank, j.position AS neighbour, score, n_common_customers AS n_common
        FROM models.product_similarity
        JOIN product_id_positions AS i ON i.id = product_id
        JOIN product_id_positions AS j ON j.id = similar_product_id"""
    ).fetchnumpy()
    k = int(rows["rank"].max(initial=1))
    shape = (len(interactions.product_ids), k)
    found = Neighbours(
        np.full(shape, NO_POSITION, np.int32), np.full(shape, np.nan, np.float32), np.zeros(shape, np.int32)
    )
    at = (rows["product"], rows["rank"] - 1)
    found.products[at], found.scores[at], found.n_common[at] = rows["neighbour"], rows["score"], rows["n_common"]
    return found


def factors_table(interactions: Interactions, customers: FloatArray, products: FloatArray) -> pa.Table:
    """The rows of models.als_factors; the vectors travel through Arrow without a copy per row."""
    both = np.concatenate([customers, products])
    width = both.shape[1]
    offsets = pa.array(np.arange(0, both.size + 1, width, dtype=np.int32))
    entity = ["customer"] * len(customers) + ["product"] * len(products)
    ids = np.concatenate([interactions.customer_ids, interactions.product_ids])
    factors = pa.ListArray.from_arrays(offsets, pa.array(both.ravel()))
    return pa.table({"entity": pa.array(entity), "id": pa.array(ids, pa.string()), "factors": factors})


def read_factors(duck: duckdb.DuckDBPyConnection, entity: str, ids: IdArray) -> FloatArray:
    """The factor matrix of one entity, float32 (len(ids), n_factors), in the order of `ids`, which are sorted.

    Raises ValueError where the stored factors are of other ids: then they were fitted on other interactions.
    """
    query = "SELECT id, factors FROM models.als_factors WHERE entity = ? ORDER BY id"
    rows = duck.execute(query, [entity]).to_arrow_table()
    if rows.column("id").to_pylist() != ids.tolist():
        raise ValueError(f"models.als_factors has other {entity} ids than features.interactions: build it again")
    vectors = rows.column("factors").combine_chunks()
    return np.asarray(vectors.flatten()).reshape(len(rows), -1)


def lists_of(values: IntArray, ids: IdArray) -> pa.Array:
    """Rows of positions (-1 is padding) as lists of ids; null where a row has none."""
    present = values != NO_POSITION
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    labels = pa.array(ids, pa.string()).take(pa.array(values[present]))
    return pa.ListArray.from_arrays(pa.array(offsets), labels, mask=pa.array(~present.any(axis=1)))
