"""The lists that customers get: the champion's, within the shop's rules, filled up, each place with its reason.

Here: `marts.recommendations`, its rows and reasons. Not here: the making of the lists (`list_maker.py`).
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...models.arrays import AnyArray, SparseMatrix
from ...models.evaluation.selection import BASELINE
from ...models.lists.candidates import Lists
from ...models.lists.reasons import reasons
from ...models.recommenders.catalogue import CATALOGUE
from ...models.selection import NO_POSITION
from ..gated import Built, Run, empty
from ..matrices import NO_INTERACTIONS, lists_of, read_interactions
from ..readiness import shortfall
from .audience import labels_told
from .list_maker import ListMaker, make_lists, read_list_maker

NAME = "marts.recommendations"
REASON_OF_FAMILY = {
    "popular": "popular",
    "neighbours": "similar_to_yours",
    "content": "similar_to_yours",
    "linear": "similar_to_yours",
    "sequence": "bought_next",
    "factors": "your_taste",
    "deep": "your_taste",
}
BLOCK_BYTES = 256 * 2**20
"""For the lists of a block of customers on their way, whatever their length."""

# Everybody whom the shop knew before the run's clock, with their row of the matrix, or -1, and whether they are held
# out: by a hash that is the same on every machine and in every version.
CUSTOMERS = """
SELECT
    customer_id, coalesce(position, -1) AS position, country,
    ('0x' || md5(getvariable('holdout_name') || ':' || customer_id)[:8])::UBIGINT
        < getvariable('holdout_share') * 4294967296 AS is_holdout
FROM clean.customers LEFT JOIN customer_id_positions ON id = customer_id
WHERE first_event_at < getvariable('as_of')
   OR (is_registered AND coalesce(signed_up_at, first_event_at, TIMESTAMP '0001-01-01') < getvariable('as_of'))
ORDER BY customer_id
"""


def build_recommendations(run: Run) -> Built:
    """A list for every customer, made block by block: with their number grow ids and interactions alone."""
    interactions = read_interactions(run.duck)
    if interactions is None:
        return empty(NAME, NO_INTERACTIONS)
    if note := shortfall(run, "recommendations"):
        return empty(NAME, {"note": note})
    # One result is open at a time: all customers are read before anything else is asked.
    customers = run.duck.execute(CUSTOMERS).to_arrow_table()
    maker = read_list_maker(run, interactions, customers)
    run.duck.execute(f"CREATE OR REPLACE TEMP TABLE listed AS SELECT * EXCLUDE (as_of, run_id) FROM {NAME} LIMIT 0")
    n = max(1, BLOCK_BYTES // maker.bytes_per_list)
    for begin in range(0, len(customers), n):
        run.duck.register("block", _rows(maker, customers.slice(begin, n)))
        run.duck.execute("INSERT INTO listed BY NAME SELECT * FROM block")
        run.duck.unregister("block")
    return Built("SELECT * FROM listed", is_stored=True, metadata=_told(run, maker, customers))


def reason_code(name: str) -> str:
    """Why a product stands in a list of the model, as far as the model alone says it."""
    return "customers_like_you" if name == "user_neighbours" else REASON_OF_FAMILY[CATALOGUE[name].family]


def _rows(maker: ListMaker, customers: pa.Table) -> pa.Table:
    """The rows of the table for one block of customers."""
    at = customers["position"].to_numpy()
    lists = make_lists(maker, at, customers["country"])
    rows, ranks = np.nonzero(lists.products != NO_POSITION)
    filler = lists.is_filler[rows, ranks]
    # 0: the champion's own; 1: popular, behind some of the champion's; 2: nothing but popular.
    level = np.where(filler, np.where(lists.is_filler[rows, 0], 2, 1), 0)
    codes, own_products, shares = _reasons(maker, at, lists, rows, ranks)
    place = lists.relevance_ranks[rows, ranks]
    return pa.table(
        {
            "customer_id": customers["customer_id"].take(pa.array(rows)),
            "rank": pa.array(ranks + 1, pa.int32()),
            "product_id": pa.array(maker.shop.ids[lists.products[rows, ranks]], pa.string()),
            "score": pa.array(lists.scores[rows, ranks].astype(np.float64)),
            "model": pa.array(np.where(filler, BASELINE, maker.champion)),
            "fallback_level": pa.array(level, pa.int32()),
            "reason_code": pa.array(codes),
            "reason_product_ids": own_products,
            "reason_share": shares,
            "relevance_rank": pa.array(place, mask=place == 0),
            "is_holdout": customers["is_holdout"].take(pa.array(rows)),
        }
    )


def _reasons(
    maker: ListMaker, at: AnyArray, lists: Lists, rows: AnyArray, ranks: AnyArray
) -> tuple[AnyArray, pa.Array, pa.Array]:
    """Code, the customer's own products behind each place, and their share of its score; null where there are none."""
    # What was filled in comes from no score, and may be a product that no part knows.
    sources = np.where(lists.is_filler, NO_POSITION, lists.sources)
    found = reasons(maker.hybrid.parts, maker.hybrid.names, at, sources, lists.portions)
    products, shares = found.products[rows, ranks], found.shares[rows, ranks]
    has_none = (products == NO_POSITION).all(axis=1)
    total = pa.array(np.nansum(shares, axis=1, dtype=np.float64), mask=has_none)
    codes = _codes(maker, at, lists, rows, ranks, found.leading[rows, ranks])
    return codes, lists_of(products, maker.interactions.product_ids), total


def _codes(
    maker: ListMaker, at: AnyArray, lists: Lists, rows: AnyArray, ranks: AnyArray, leading: AnyArray
) -> AnyArray:
    """By the part of the hybrid that adds most; what is filled in, new or bought again says so itself."""
    codes = np.array([reason_code(name) for name in maker.hybrid.names], dtype=object)[leading]
    codes[lists.is_filler[rows, ranks]] = reason_code(BASELINE)
    products = lists.products[rows, ranks]
    is_new = (products >= len(maker.interactions.product_ids)) | (products != lists.sources[rows, ranks])
    codes[is_new] = "new"
    codes[_is_due(maker.due, at, rows, products)] = "bought_again"
    return codes


def _is_due(due: SparseMatrix, at: AnyArray, rows: AnyArray, products: AnyArray) -> AnyArray:
    """Whether each product is due for its customer, the one at `at[row]`."""
    own = due[np.maximum(at, 0)]
    keys = np.repeat(np.arange(len(at)), np.diff(own.indptr)) * due.shape[1] + own.indices
    is_known = (at[rows] != NO_POSITION) & (products < due.shape[1])
    found: AnyArray = is_known & np.isin(rows * due.shape[1] + products, keys)
    return found


def _told(run: Run, maker: ListMaker, customers: pa.Table) -> dict[str, Any]:
    told = {
        "champion": maker.champion,
        "parts": ", ".join(f"{name} {maker.hybrid.weights[name]:g}" for name in maker.hybrid.names),
        "customers": len(customers),
        "held_out": pc.sum(customers["is_holdout"]).as_py() or 0,
        "products_hidden": int((~maker.shop.is_shown).sum()),
        "newcomers": 0 if maker.shop.newcomers is None else len(maker.shop.newcomers.product_ids),
    } | labels_told(run)
    popular_only = shortfall(run, "recommendations", "reduced")
    return told | ({"reduced": popular_only} if popular_only else {})
