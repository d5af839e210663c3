"""What a recommender learned, to its table and back, by the shape of the state.

Here: the crossing between the shapes of `models/recommenders/state.py` and the tables of `contracts/fitted.py`. Not
here: the interaction matrix and the similarities (`matrices.py`), fitting (`models.py`).
"""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from ...contracts.fitted import FITTED
from ...models.arrays import AnyArray, FloatArray, IdArray
from ...models.interactions import Interactions
from ...models.recommenders.state import Factors, GroupScores, Links, Parameters, State
from ...models.selection import NO_POSITION


def state_table(state: State, interactions: Interactions) -> pa.Table:
    """The rows of the table that holds the state."""
    if isinstance(state, Links):
        return _links_table(state, interactions)
    if isinstance(state, Factors):
        return factors_table(interactions, state.customers, state.products)
    if isinstance(state, GroupScores):
        return _group_table(state, interactions)
    return _parameters_table(state)


def read_state(duck: duckdb.DuckDBPyConnection, model: str, interactions: Interactions) -> State:
    """The stored state of a model, for the interactions that `read_interactions` read last.

    Raises ValueError where it is of other customers or products: then it was fitted on other interactions.
    """
    table = FITTED[model]
    if "rank" in table.column_names:
        return _read_links(
            duck, table.qualified, "customer" if table.key[0] == "customer_id" else "product", interactions
        )
    if "factors" in table.column_names:
        both = (interactions.customer_ids, interactions.product_ids)
        found = (
            read_factors(duck, table.qualified, e, ids) for e, ids in zip(("customer", "product"), both, strict=True)
        )
        return Factors(*found)
    if "group_name" in table.column_names:
        return _read_groups(duck, table.qualified, interactions)
    return _read_parameters(duck, table.qualified)


def vectors(matrix: FloatArray) -> pa.Array:
    """The rows of a matrix as lists; they travel through Arrow without a copy per row."""
    offsets = np.arange(len(matrix) + 1, dtype=np.int32) * np.int32(matrix.shape[1])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(matrix.ravel()))


def factors_table(interactions: Interactions, customers: FloatArray, products: FloatArray) -> pa.Table:
    entity = ["customer"] * len(customers) + ["product"] * len(products)
    ids = np.concatenate([interactions.customer_ids, interactions.product_ids])
    factors = vectors(np.concatenate([customers, products]))
    return pa.table({"entity": pa.array(entity), "id": pa.array(ids, pa.string()), "factors": factors})


def read_factors(duck: duckdb.DuckDBPyConnection, table: str, entity: str, ids: IdArray) -> FloatArray:
    """The factor matrix of one entity, float32 (len(ids), n_factors), in the order of `ids`, which are sorted."""
    rows = duck.execute(f"SELECT id, factors FROM {table} WHERE entity = ? ORDER BY id", [entity]).to_arrow_table()
    if rows.column("id").to_pylist() != ids.tolist():
        raise ValueError(f"{table} has other {entity} ids than features.interactions: build it again")
    return np.asarray(rows.column("factors").combine_chunks().flatten()).reshape(len(rows), -1)


def _links_table(state: Links, interactions: Interactions) -> pa.Table:
    ids = interactions.product_ids if state.entity == "product" else interactions.customer_ids
    rows, ranks = np.nonzero(state.targets != NO_POSITION)
    labels = pa.array(ids, pa.string())
    return pa.table(
        {
            f"{state.entity}_id": labels.take(pa.array(rows)),
            "rank": pa.array(ranks + 1, pa.int32()),
            f"linked_{state.entity}_id": labels.take(pa.array(state.targets[rows, ranks])),
            "weight": pa.array(state.weights[rows, ranks]),
        }
    )


def _read_links(duck: duckdb.DuckDBPyConnection, table: str, entity: Any, interactions: Interactions) -> Links:
    found: dict[str, Any] = duck.execute(
        f"""SELECT own.position AS own, rank, other.position AS other, weight
        FROM {table}
        LEFT JOIN {entity}_id_positions AS own ON own.id = {entity}_id
        LEFT JOIN {entity}_id_positions AS other ON other.id = linked_{entity}_id"""
    ).fetchnumpy()
    own, other = _positions(found["own"], table), _positions(found["other"], table)
    n_rows = interactions.matrix.shape[1 if entity == "product" else 0]
    shape = (n_rows, int(found["rank"].max(initial=1)))
    links = Links(np.full(shape, NO_POSITION, np.int32), np.full(shape, np.nan, np.float32), entity)
    at = (own, found["rank"] - 1)
    links.targets[at], links.weights[at] = other, found["weight"]
    return links


def _positions(found: Any, table: str) -> AnyArray:
    """Positions as they are; a masked one is an id that the matrix does not have."""
    if np.ma.is_masked(found):
        raise ValueError(f"{table} has other ids than features.interactions: build it again")
    return np.asarray(found)


def _group_table(state: GroupScores, interactions: Interactions) -> pa.Table:
    scores, names = state.scores.tocoo(), pa.array(state.groups, pa.string())
    members = np.flatnonzero(state.group_of != NO_POSITION)
    groups = pa.concat_arrays([names.take(pa.array(scores.row)), names.take(pa.array(state.group_of[members]))])
    ids = np.concatenate([interactions.product_ids[scores.col], interactions.customer_ids[members]])
    return pa.table(
        {
            "group_name": groups,
            "entity": pa.array(["product"] * scores.nnz + ["customer"] * len(members)),
            "id": pa.array(ids, pa.string()),
            "score": pa.concat_arrays([pa.array(scores.data), pa.nulls(len(members), pa.float32())]),
        }
    )


def _read_groups(duck: duckdb.DuckDBPyConnection, table: str, interactions: Interactions) -> GroupScores:
    # The group of everybody comes first, the others by name, as the models have them.
    ordered = f"SELECT group_name FROM {table} GROUP BY 1 ORDER BY group_name <> 'all', group_name"
    names = tuple(name for (name,) in duck.execute(ordered).fetchall())
    duck.execute("CREATE OR REPLACE TEMP TABLE group_positions (name VARCHAR, position INTEGER)")
    if names:
        duck.executemany("INSERT INTO group_positions VALUES (?, ?)", [(name, n) for n, name in enumerate(names)])
    asked = f"""SELECT g.position AS own, p.position AS other, score FROM {table} AS scored
        JOIN group_positions AS g ON g.name = group_name
        LEFT JOIN {{entity}}_id_positions AS p USING (id) WHERE entity = '{{entity}}'"""
    products: dict[str, Any] = duck.execute(asked.format(entity="product")).fetchnumpy()
    customers: dict[str, Any] = duck.execute(asked.format(entity="customer")).fetchnumpy()
    triples: Any = (products["score"], (products["own"], _positions(products["other"], table)))
    scores = sp.csr_matrix(triples, shape=(len(names), interactions.matrix.shape[1]), dtype=np.float32)
    group_of = np.full(interactions.matrix.shape[0], NO_POSITION, np.int32)
    group_of[_positions(customers["other"], table)] = customers["own"]
    return GroupScores(names, scores, group_of)


def _parameters_table(state: Parameters) -> pa.Table:
    parts = []
    for name, array in state.arrays.items():
        matrix = array[None, :] if array.ndim == 1 else array
        positions = np.arange(len(matrix), dtype=np.int32) - (array.ndim == 1)
        parts.append(pa.table({"name": [name] * len(matrix), "position": positions, "values": vectors(matrix)}))
    return pa.concat_tables(parts)


def _read_parameters(duck: duckdb.DuckDBPyConnection, table: str) -> Parameters:
    arrays: dict[str, FloatArray] = {}
    for (name,) in duck.execute(f"SELECT DISTINCT name FROM {table} ORDER BY 1").fetchall():
        sql = f'SELECT position, "values" FROM {table} WHERE name = ? ORDER BY position'
        rows = duck.execute(sql, [name]).to_arrow_table()
        flat = np.asarray(rows.column("values").combine_chunks().flatten())
        arrays[name] = flat if rows.column("position")[0].as_py() == -1 else flat.reshape(len(rows), -1)
    return Parameters(arrays)
