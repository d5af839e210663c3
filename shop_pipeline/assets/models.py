"""Stage 4, `models`: every learned thing as a table. Adapters only; the mathematics is in `shop_pipeline/models`."""

from collections.abc import Mapping

import dagster as dg
import numpy as np

from ..contracts import TABLES
from ..models.als import Als, AlsConfig, als_memory
from ..models.similarity import cosine_top_k, similarity_memory
from .gated import Built, Run, gated_asset
from .matrices import factors_table, neighbours_table, read_interactions

EMPTY = {"note": "no interactions: nothing to learn from"}


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    learned = ("models.product_similarity", _similarity), ("models.als_factors", _factors)
    return [
        gated_asset(TABLES[name], build, ("features.interactions",), kinds={"python", "numpy"})
        for name, build in learned
    ]


def _similarity(run: Run) -> Built:
    interactions, config = read_interactions(run.duck), run.session.settings.recommend
    if interactions is None:
        return empty("models.product_similarity", EMPTY)
    limit = int(config.memory_gb * 2**30)
    degrees = np.bincount(interactions.matrix.indices, minlength=len(interactions.product_ids))
    said = similarity_memory(
        len(interactions.customer_ids), degrees, config.similar_products, memory_limit_bytes=limit
    ).peak
    run.log.info(f"product similarity takes {said / 2**20:.0f} MB beside its input")
    found = cosine_top_k(interactions.matrix, config.similar_products, memory_limit_bytes=limit)
    run.duck.register("found_similarity", neighbours_table(interactions.product_ids, found, "cosine"))
    return Built("SELECT * FROM found_similarity", metadata={"memory_bytes": said})


def _factors(run: Run) -> Built:
    interactions = read_interactions(run.duck)
    if interactions is None:
        return empty("models.als_factors", EMPTY)
    config = als_config(run)
    n_customers, n_products = interactions.matrix.shape
    said = als_memory(n_customers, n_products, interactions.matrix.nnz, config)
    run.log.info(f"ALS takes {said / 2**20:.0f} MB beside its input")
    model = Als(config).fit(interactions, np.random.default_rng(run.session.settings.recommend.seed))
    run.duck.register("found_factors", factors_table(interactions, model.customer_factors, model.product_factors))
    return Built("SELECT * FROM found_factors", metadata={"memory_bytes": said})


def als_config(run: Run) -> AlsConfig:
    """ALS as `shop.yaml` wants it."""
    chosen = run.session.settings.recommend
    return AlsConfig(chosen.n_factors, chosen.regularization, chosen.alpha, chosen.iterations)


def empty(name: str, metadata: Mapping[str, object]) -> Built:
    """No rows, and why."""
    return Built(f"SELECT * FROM {name} LIMIT 0", metadata=dict(metadata))
