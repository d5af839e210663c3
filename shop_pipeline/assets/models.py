"""Stage 4, `models`: every learned thing as a table. Adapters only; the mathematics is in `shop_pipeline/models`."""

from collections.abc import Mapping

import dagster as dg
import numpy as np

from ..contracts import TABLES
from ..models.recommenders.als import Als, AlsConfig
from ..models.similarity.top_k import cosine_top_k, similarity_memory
from ..storage import free_memory
from .audience import labels_told
from .gated import Built, Run, gated_asset
from .matrices import factors_table, neighbours_table, read_interactions
from .readiness import NAME as READINESS
from .readiness import shortfall

EMPTY = {"note": "no interactions: nothing to learn from"}


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    learned = ("models.product_similarity", _similarity), ("models.als_factors", _factors)
    return [
        gated_asset(TABLES[name], build, ("features.interactions", READINESS), kinds={"python", "numpy"})
        for name, build in learned
    ]


def _similarity(run: Run) -> Built:
    interactions, config = read_interactions(run.duck), run.session.settings.recommend
    if interactions is None:
        return empty("models.product_similarity", EMPTY)
    if note := shortfall(run, "product_similarity"):
        return empty("models.product_similarity", {"note": note})
    limit = similarity_limit(run)
    degrees = np.bincount(interactions.matrix.indices, minlength=len(interactions.product_ids))
    said = similarity_memory(
        len(interactions.customer_ids), degrees, config.similar_products, memory_limit_bytes=limit
    ).peak
    run.log.info(f"product similarity takes {said / 2**20:.0f} MB beside its input")
    found = cosine_top_k(interactions.matrix, config.similar_products, memory_limit_bytes=limit)
    run.duck.register("found_similarity", neighbours_table(interactions.product_ids, found, "cosine"))
    return Built("SELECT * FROM found_similarity", metadata={"memory_bytes": said} | labels_told(run))


def _factors(run: Run) -> Built:
    interactions = read_interactions(run.duck)
    if interactions is None:
        return empty("models.als_factors", EMPTY)
    if note := shortfall(run, "als"):
        return empty("models.als_factors", {"note": note})
    config = als_config(run)
    said = Als(config).memory_bytes(interactions.size)
    run.log.info(f"ALS takes {said / 2**20:.0f} MB beside its input")
    model = Als(config).fit(interactions, np.random.default_rng(run.session.settings.recommend.seed))
    run.duck.register("found_factors", factors_table(interactions, model.state.customers, model.state.products))
    return Built("SELECT * FROM found_factors", metadata={"memory_bytes": said} | labels_told(run))


def similarity_limit(run: Run) -> int:
    """Bytes for the similarity step: what `shop.yaml` gives it, or what is free where that is less.

    The result is the same for every limit, so that this does not make two runs differ.
    """
    given, free = int(run.session.settings.recommend.memory_gb * 2**30), free_memory()
    if free < given:
        run.log.warning(f"{free / 2**20:.0f} MB of memory are free: smaller similarity blocks than memory_gb allows")
    return min(given, free)


def als_config(run: Run) -> AlsConfig:
    """ALS as `shop.yaml` wants it."""
    chosen = run.session.settings.recommend
    return AlsConfig(chosen.n_factors, chosen.regularization, chosen.alpha, chosen.iterations)


def empty(name: str, metadata: Mapping[str, object]) -> Built:
    """No rows, and why."""
    return Built(f"SELECT * FROM {name} LIMIT 0", metadata=dict(metadata))
