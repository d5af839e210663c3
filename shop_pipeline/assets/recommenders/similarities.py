"""Which products, and which customers, are alike: top-k tables for each measure of shop.yaml.

Customers are compared weekly: there are many more of them.

Here: `models.product_similarity` and `models.customer_similarity`. Not here: the measures and the search
(`models/similarity`), products on the same orders (`bought_with.py`), and the recommenders that go by neighbours
(`models.py`).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from ...contracts import TABLES
from ...models.arrays import SparseMatrix
from ...models.interactions import Interactions
from ...models.similarity.content import content_similarity_bytes, similar_by_content
from ...models.similarity.measures import Similarity
from ...models.similarity.top_k import similarity_memory, top_k_neighbours
from ..gated import Built, Run, empty, gated_asset
from ..matrices import NO_INTERACTIONS, neighbours_table, read_interactions
from ..readiness import NAME as READINESS
from ..readiness import shortfall
from ..room import memory_limit
from .audience import labels_told
from .bought_with import BOUGHT_WITH, READS, bought_with
from .side_information import read_features

PRODUCTS, CUSTOMERS = "models.product_similarity", "models.customer_similarity"
BY_CONTENT = "content"
MULTIPLY_ADDS_PER_SECOND = 5e8
"""On 2 cores: 1.7 G in 3.1 s (`benchmarks/similarity.py`)."""
PAIRS_PER_SECOND = 4e8
"""60,000 customers with 1,000,000 entries took 16 s, 140,000 with 2,000,000 42 s, on busy cores."""


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Two assets; content needs the catalogue as well, and what is bought together the orders."""
    learned_from, kinds = {"features.interactions", READINESS}, {"python", "numpy"}
    return [
        gated_asset(TABLES[PRODUCTS], _of_products, learned_from | READS | {"clean.products"}, kinds=kinds),
        gated_asset(TABLES[CUSTOMERS], _of_customers, learned_from, kinds=kinds),
    ]


def _of_products(run: Run) -> Built:
    measures = run.session.settings.recommend.product_measures
    beside: dict[Any, Callable[[Run], pa.Table | None]] = {BY_CONTENT: _by_content, BOUGHT_WITH: bought_with}
    built = _by_behaviour(run, "product", [m for m in measures if m not in beside], "product_similarity")
    for measure, find in beside.items():
        found = find(run) if measure in measures else None
        if found is not None:
            run.duck.register(f"found_by_{measure}", found)
            built = replace(built, source=f"{built.source} UNION ALL BY NAME FROM found_by_{measure}")
    return built


def seconds_for_customers(interactions: Interactions) -> float:
    """What one search for similar customers takes: the squared number of customers of each product, and a look at
    every pair of customers.
    """
    degrees = np.bincount(interactions.matrix.indices).astype(np.float64)
    pairs = float(interactions.matrix.shape[0]) ** 2
    return float((degrees**2).sum()) / MULTIPLY_ADDS_PER_SECOND + pairs / PAIRS_PER_SECOND


def _of_customers(run: Run) -> Built:
    return _by_behaviour(run, "customer", run.session.settings.recommend.customer_measures, "customer_similarity")


def _by_behaviour(run: Run, entity: str, measures: list[Any], readiness: str) -> Built:
    name = f"models.{entity}_similarity"
    interactions = read_interactions(run.duck)
    if interactions is None:
        return empty(name, NO_INTERACTIONS)
    if note := shortfall(run, readiness):
        return empty(name, {"note": note})
    allowed = run.session.settings.recommend.tuning_minutes * 60
    if entity == "customer" and (seconds := seconds_for_customers(interactions) * len(measures)) > allowed:
        note = f"would take about {seconds / 60:.0f} minutes, recommend.tuning_minutes allows {allowed / 60:g}"
        return empty(name, {"note": note})
    if not measures:
        return empty(name, {"note": f"recommend.{entity}_measures of shop.yaml names none"})
    limit, k = memory_limit(run), run.session.settings.recommend.similar_products
    matrix, ids = _columns(entity, interactions)
    degrees = np.bincount(matrix.indices, minlength=matrix.shape[1])
    try:
        said = max(
            similarity_memory(matrix.shape[0], degrees, k, Similarity(one), memory_limit_bytes=limit).peak
            for one in measures
        )
    except ValueError as error:
        return empty(name, {"note": f"recommend.memory_gb of shop.yaml: {error}"})
    run.log.info(f"{entity} similarity takes {said / 2**20:.0f} MB beside its input")
    run.duck.register(f"found_{entity}s", pa.concat_tables(_found(entity, matrix, ids, measures, k, limit)))
    return Built(f"SELECT * FROM found_{entity}s", metadata={"memory_bytes": said} | labels_told(run))


def _found(entity: str, matrix: SparseMatrix, ids: Any, measures: list[Any], k: int, limit: int) -> Iterator[pa.Table]:
    for measure in measures:
        found = top_k_neighbours(matrix, k, Similarity(measure), memory_limit_bytes=limit)
        yield neighbours_table(entity, ids, found, measure)


def _columns(entity: str, interactions: Interactions) -> tuple[SparseMatrix, Any]:
    """What is alike stands in the columns."""
    if entity == "product":
        return interactions.matrix, interactions.product_ids
    return sp.csr_matrix(interactions.matrix.T), interactions.customer_ids


def _by_content(run: Run) -> pa.Table | None:
    """Every product of the catalogue, also those that nobody has to do with yet; None without a word about any."""
    features, k = read_features(run.duck), run.session.settings.recommend.similar_products
    if features is None:
        return None
    limit = memory_limit(run)
    said = content_similarity_bytes(features, len(features.product_ids), k, memory_limit_bytes=limit)
    run.log.info(f"content similarity takes {said / 2**20:.0f} MB beside its input")
    found = similar_by_content(features, k, memory_limit_bytes=limit)
    # What it counts as common are features, and the column is about customers.
    table = neighbours_table("product", features.product_ids, found, BY_CONTENT)
    return table.drop_columns(["n_common_customers"]).append_column(
        "n_common_customers", pa.nulls(len(table), pa.int32())
    )
