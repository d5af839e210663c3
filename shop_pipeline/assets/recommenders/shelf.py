"""What the shop says of its products and what customers buy again, as the lists want it: rules, margins, newcomers.

Here: the crossing from `features.product_rules` and `features.repurchases` to arrays. Not here: the rules themselves
(`sql/features`), what is done with them (`models/lists`).
"""

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from ...models.arrays import BoolArray, FloatArray, IdArray, SparseMatrix
from ...models.interactions import Interactions
from ...models.lists.arrange import Shelf
from ...models.lists.newcomers import Newcomers, likeness_with_newcomers, newcomers
from ...models.recommenders.state import Links
from ...models.similarity.measures import Similarity
from ...models.similarity.top_k import top_k_neighbours
from ..gated import Run
from ..held_out import Cut, make_at
from ..room import memory_limit
from .side_information import read_features

RULES, REPURCHASES = "features.product_rules", "features.repurchases"
N_ALIKE = 50
"""Likenesses kept per product: of two products further apart a list may well hold both."""

FEW_CUSTOMERS = 5
"""Of fewer, a model knows next to nothing: one view must not end what a new product's content says of it."""

# What is new: shown, with few known customers, and nobody has had to do with it for longer than some days.
NEW_PRODUCTS = f"""
SELECT product_id FROM {RULES}
WHERE is_shown
  AND product_id NOT IN (SELECT product_id FROM features.interactions GROUP BY 1 HAVING count(*) >= {FEW_CUSTOMERS})
  AND product_id NOT IN (
      SELECT product_id FROM clean.events
      WHERE product_id IS NOT NULL AND event_at < getvariable('as_of') - to_days(getvariable('new_days')::INTEGER)
  )
ORDER BY product_id
"""
OF_PRODUCTS = "SELECT position, is_shown, margin FROM {rules} JOIN shown_positions ON id = product_id"
DUE = f"""
SELECT c.position AS customer, p.position AS product FROM {REPURCHASES}
JOIN customer_id_positions AS c ON c.id = customer_id JOIN product_id_positions AS p ON p.id = product_id
WHERE is_due
"""


@dataclass(frozen=True)
class Shop:
    """What may be shown and how: everything by position among `ids`, the products of the interactions first.

    Args:
        ids: the products of the interactions, and behind them the newcomers that nobody known has had to do with.
        is_shown: bool (len(ids),).
        newcomers: how the newcomers are linked to the others; None without any.
    """

    ids: IdArray
    is_shown: BoolArray
    shelf: Shelf
    newcomers: Newcomers | None


def read_shop(run: Run, interactions: Interactions) -> Shop:
    """The shop as it is, for the interactions that `read_interactions` read last."""
    linked = _newcomers(run, interactions)
    ids = np.concatenate([interactions.product_ids, linked.unknown_ids]) if linked else interactions.product_ids
    is_shown, margin = _of_products(run.duck, ids, RULES)
    alike = _alike(interactions, memory_limit(run))
    return Shop(ids, is_shown, Shelf(margin, likeness_with_newcomers(alike, linked) if linked else alike), linked)


def read_shop_at(run: Run, cut: Cut) -> Shop:
    """The shop as its rules were at the cut, whose interactions were read last; without newcomers."""
    ids = cut.trained.product_ids
    is_shown, margin = _of_products(run.duck, ids, make_at(run, RULES, cut.split_at))
    return Shop(ids, is_shown, Shelf(margin, _alike(cut.trained, memory_limit(run))), None)


def read_due(duck: duckdb.DuckDBPyConnection, interactions: Interactions) -> SparseMatrix:
    """What customers have and may be shown again, CSR of ones, customers x products."""
    found: dict[str, Any] = duck.execute(DUE).fetchnumpy()
    ones = np.ones(len(found["customer"]), np.float32)
    due: SparseMatrix = sp.csr_matrix((ones, (found["customer"], found["product"])), shape=interactions.matrix.shape)
    due.sort_indices()
    return due


def _newcomers(run: Run, interactions: Interactions) -> Newcomers | None:
    """The new products, linked to shown ones that are not new themselves."""
    new = np.array([id_ for (id_,) in run.duck.execute(NEW_PRODUCTS).fetchall()], dtype=object)
    features = read_features(run.duck) if len(new) else None
    if features is None:
        return None
    is_shown, _ = _of_products(run.duck, interactions.product_ids, RULES)
    return newcomers(features, interactions, new, is_shown & ~np.isin(interactions.product_ids, new))


def _of_products(duck: duckdb.DuckDBPyConnection, ids: IdArray, rules: str) -> tuple[BoolArray, FloatArray]:
    """Whether each product may be shown, and its margin as a share of the price, NaN where it is not known."""
    positions = np.arange(len(ids), dtype=np.int32)
    duck.register("shown_positions", pa.table({"id": pa.array(ids, pa.string()), "position": positions}))
    found: dict[str, Any] = duck.execute(OF_PRODUCTS.format(rules=rules)).fetchnumpy()
    is_shown, margin = np.zeros(len(ids), bool), np.full(len(ids), np.nan, np.float32)
    is_shown[found["position"]] = found["is_shown"]
    margin[found["position"]] = np.ma.filled(found["margin"].astype(np.float32), np.nan)
    return is_shown, margin


def _alike(interactions: Interactions, limit: int) -> Links:
    """The nearest of each product by the cosine of its customers, as the metric of diversity has it."""
    found = top_k_neighbours(interactions.matrix, N_ALIKE, Similarity("cosine"), memory_limit_bytes=limit)
    return Links(found.products, found.scores)
