"""Stage 4, `models`: every learned thing as a table. Adapters only; the mathematics is in `shop_pipeline/models`.

Here: the recommenders of the catalogue, an asset each. The similarities are in `similarities.py`, ratings in
`ratings.py`.
"""

from functools import partial
from typing import Any

import dagster as dg
import numpy as np

from ...contracts import TABLES
from ...contracts.fitted import FITTED
from ...models.interactions import Interactions
from ...models.recommenders.catalogue import CATALOGUE, make
from ...models.recommenders.recommender import Recommender
from ..gated import Built, Run, empty, gated_asset
from ..matrices import NO_INTERACTIONS, read_interactions
from ..readiness import NAME as READINESS
from ..room import memory_limit
from . import ratings, similarities
from .audience import labels_told
from .choices import SELECTION, WEIGHTS, is_tuning, left_out, settings_for, why_not
from .evaluation import NAME as EVALUATION
from .evaluation import build_evaluation
from .side_information import KNOWN_FROM, read_side
from .states import read_state, state_table

LEARNED_FROM = ("features.interactions", READINESS, SELECTION)


def assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    fitted = [
        gated_asset(FITTED[name], partial(_fitted, name), _upstream(name), kinds={"python", "numpy"})
        for name in CATALOGUE
    ]
    judged_from = {*LEARNED_FROM, WEIGHTS, "clean.events", "clean.returns", *KNOWN_FROM.values()}
    judged = gated_asset(TABLES[EVALUATION], build_evaluation, judged_from, kinds={"python", "numpy"})
    return [*similarities.assets(partitions), *fitted, *ratings.assets(partitions), judged]


def _upstream(name: str) -> set[str]:
    return {*LEARNED_FROM, *(KNOWN_FROM[need] for need in CATALOGUE[name].needs if need in KNOWN_FROM)}


def _fitted(name: str, run: Run) -> Built:
    """The model with the settings that were found best for it, fitted on everything before the run's clock."""
    table, interactions = FITTED[name].qualified, read_interactions(run.duck)
    if interactions is None:
        return empty(table, NO_INTERACTIONS)
    side = read_side(run.duck, interactions, [name])
    if note := why_not(run, name, side):
        return empty(table, {"note": note})
    if is_tuning(run) and (status := left_out(run, name)):
        return empty(table, {"note": f"{name} was {status} in the search"})
    settings = settings_for(run, name)
    model = make(name, settings, side)
    said, limit = model.memory_bytes(interactions.size), memory_limit(run)
    if said > limit:
        return empty(table, {"note": f"{name} needs {said / 2**30:.2f} GB, {limit / 2**30:.2f} GB are allowed or free"})
    run.log.info(f"{name} takes {said / 2**20:.0f} MB beside its input")
    model.fit(interactions, np.random.default_rng(run.session.settings.recommend.seed))
    run.duck.register("found_state", state_table(model.state, interactions))
    told = {"memory_bytes": said, "settings": dg.MetadataValue.json(settings)} | labels_told(run)
    return Built("SELECT * FROM found_state", metadata=told)


def restored(run: Run, name: str, interactions: Interactions) -> Recommender[Any]:
    """The model from its stored table, without training."""
    model = make(name, settings_for(run, name), read_side(run.duck, interactions, [name]))
    return model.restore(interactions, read_state(run.duck, name, interactions))
