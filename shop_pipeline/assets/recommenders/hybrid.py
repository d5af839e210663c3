"""The hybrid: which models are blended, with which weights, and how the blend is put together again from them.

Here: `marts.hybrid_weights`, learned on the validation period by the job `tune`, and by the first daily run. Not here:
the mathematics (`models/recommenders/hybrid.py`, `models/evaluation/blend_weights.py`), its comparison with popularity
(`evaluation.py`), its lists (`recommendations.py`).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from ...contracts import TABLES
from ...models.evaluation.blend_weights import Blend, BlendConfig, learn_weights
from ...models.interactions import Interactions
from ...models.recommenders.hybrid import Hybrid
from ...models.recommenders.recommender import Recommender
from ...models.recommenders.state import Parameters
from ..gated import Built, Run, gated_asset
from ..held_out import Cut, cut_for_validation
from ..readiness import NAME as READINESS
from ..readiness import shortfall
from .choices import SELECTION, WEIGHTS, best_of_each_family, untrained
from .side_information import KNOWN_FROM
from .tuning import CHOSEN_BY


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    learned_from = {READINESS, SELECTION, "features.interactions", "clean.events", "clean.returns"}
    learned_from |= set(KNOWN_FROM.values())
    return [gated_asset(TABLES[WEIGHTS], build_weights, learned_from, kinds={"python", "numpy"})]


def build_weights(run: Run) -> Built:
    """One row per model that was tried as a part; what was learned earlier stays where nothing can be learned now."""
    if note := shortfall(run, "model_evaluation"):
        return _kept(note)
    cut = cut_for_validation(run)
    if isinstance(cut, str):
        return _kept(cut)
    parts = fitted_parts(run, best_of_each_family(run), cut.trained)
    if not parts:
        return _kept("the data allow none of the models")
    rng = np.random.default_rng(run.session.settings.recommend.seed)
    found = learn_weights(parts, cut.held_out, BlendConfig(CHOSEN_BY.k, CHOSEN_BY.n_customers), rng)
    run.duck.register("found_weights", _frame(found, cut))
    return Built("SELECT * FROM found_weights", metadata=_told(found))


def _kept(note: str) -> Built:
    return Built(f"SELECT * EXCLUDE (as_of, run_id) FROM {WEIGHTS}", metadata={"note": note})


def fitted_parts(run: Run, names: list[str], trained: Interactions) -> dict[str, Recommender[Any]]:
    """The models by name, fitted on `trained`; those that data or memory don't allow are left out."""
    parts = {}
    for name, model in untrained(run, names, trained):
        run.log.info(f"fitting {name}")
        parts[name] = model.fit(trained, np.random.default_rng(run.session.settings.recommend.seed))
    return parts


def blended(parts: Mapping[str, Recommender[Any]], weights: Mapping[str, float]) -> Hybrid:
    """The hybrid of those fitted parts that have a weight; the weights of parts that are not there are left out."""
    used = {name: parts[name] for name in sorted(parts) if weights.get(name, 0) > 0}
    vector = np.array([weights[name] for name in used], np.float32)
    return Hybrid(used).restore(next(iter(used.values())).interactions, Parameters({"weights": vector}))


def _frame(found: Blend, cut: Cut) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model": name,
                "weight": found.weights[name],
                "value": value,
                "hybrid_value": found.value,
                "ci_low": found.ci_low,
                "ci_high": found.ci_high,
                "metric": CHOSEN_BY.metric,
                "k": CHOSEN_BY.k,
                "n_customers": found.n_customers,
                "split_at": cut.split_at,
            }
            for name, value in found.alone.items()
        ]
    )


def _told(found: Blend) -> dict[str, Any]:
    best = max(found.alone, key=lambda name: (found.alone[name], name))
    return {
        "weights": dg.MetadataValue.json({name: weight for name, weight in found.weights.items() if weight > 0}),
        "value": found.value,
        "best_part": best,
        "best_part_value": found.alone[best],
    }
