"""Which models a run fits and judges, and with which settings: what the last search chose, or the defaults before one.

Here: reading `marts.model_selection` and `marts.hybrid_weights`, and which models the data allow. Not here: the search
(`tuning.py`), the learning of weights (`hybrid.py`), the models (`models/recommenders/catalogue.py`).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...models.evaluation.selection import BASELINE
from ...models.evaluation.trials import Settings
from ...models.interactions import Interactions
from ...models.recommenders.catalogue import CATALOGUE, SideInformation, entry_of, make
from ...models.recommenders.recommender import Recommender
from ...sections import Recommend
from ...settings import SettingsError
from ..gated import Run
from ..readiness import shortfall
from ..room import memory_limit
from ..session import TUNING_TAG
from .side_information import read_side

SELECTION, WEIGHTS = "marts.model_selection", "marts.hybrid_weights"
HYBRID = "hybrid"
BEFORE_ANY_SEARCH = ("popularity_trending", "item_neighbours", "content_based", "als", "sparse_ease", "transitions")
"""One of each family, all of seconds: the hybrid learns its weights over them (docs/decisions.md, 36)."""
# The requirement of marts.model_readiness that a model stands under beside its own, by family.
READY_AS = {
    "neighbours": "product_similarity",
    "linear": "product_similarity",
    "sequence": "product_similarity",
    "factors": "als",
    "deep": "als",
}


def is_tuning(run: Run) -> bool:
    """Whether all models are compared in this run, and not the chosen ones alone."""
    return TUNING_TAG in run.tags


def settings_for(run: Run, name: str) -> Settings:
    """What the last search found best for a model, else what it starts with."""
    row = run.duck.execute(f"SELECT settings FROM {SELECTION} WHERE model = ?", [name]).fetchone()
    return json.loads(row[0]) if row else starting_settings(run.session.settings.recommend, name)


def starting_settings(recommend: Recommend, name: str) -> Settings:
    """The defaults of the catalogue; `shop.yaml` has its own for ALS and the item neighbours."""
    own: dict[str, Settings] = {
        "als": {
            "n_factors": recommend.n_factors,
            "iterations": recommend.iterations,
            "regularization": recommend.regularization,
            "alpha": recommend.alpha,
        },
        "item_neighbours": {"n_neighbours": recommend.similar_products},
    }
    return entry_of(name).defaults() | own.get(name, {})


def before_any_search(recommend: Recommend) -> tuple[str, ...]:
    """The models that stand in, without those that shop.yaml leaves out."""
    return tuple(name for name in BEFORE_ANY_SEARCH if recommend.models is None or name in recommend.models)


def best_of_each_family(run: Run) -> list[str]:
    """What a hybrid may be made of: by the last search the best of each family, the best first."""
    found: dict[str, str] = {}
    for (name,) in run.duck.execute(f"SELECT model FROM {SELECTION} ORDER BY value DESC, model").fetchall():
        found.setdefault(CATALOGUE[name].family, name)
    return list(found.values() or before_any_search(run.session.settings.recommend))


def hybrid_weights(run: Run) -> dict[str, float]:
    """The parts of the hybrid and their weights, above 0; none where no weights could be learned."""
    sql = f"SELECT model, weight FROM {WEIGHTS} WHERE weight > 0 ORDER BY model"
    return {str(name): float(weight) for name, weight in run.duck.execute(sql).fetchall()}


def candidate(run: Run) -> str | None:
    """The model that is held against popularity: the hybrid, or where it has one part, or none, a single model.

    None before any choice.
    """
    weights = hybrid_weights(run)
    if weights:
        return HYBRID if len(weights) > 1 else min(weights)
    row = run.duck.execute(f"SELECT min(model) FROM {SELECTION} WHERE is_chosen").fetchone()
    return str(row[0]) if row and row[0] else None


def champion_weights(run: Run) -> tuple[str, dict[str, float]]:
    """The model that models.evaluation made champion, and the weights of its parts; popularity where there is none."""
    row = run.duck.execute("SELECT min(model) FROM models.evaluation WHERE is_champion").fetchone()
    name = str(row[0]) if row and row[0] else BASELINE
    return name, hybrid_weights(run) if name == HYBRID else {name: 1.0}


def left_out(run: Run, name: str) -> str | None:
    """Why the last search has no figure for a model that it was to try: too_large or out_of_time."""
    sql = "SELECT min(status) FROM marts.model_trials WHERE model = ? HAVING count(*) FILTER (status = 'done') = 0"
    row = run.duck.execute(sql, [name]).fetchone()
    return str(row[0]) if row and row[0] else None


def to_judge(run: Run) -> list[str]:
    """The single models that a run judges: in a search all; else the parts of the hybrid, or what is chosen."""
    if is_tuning(run):
        found = run.duck.execute(f"SELECT model FROM {SELECTION} ORDER BY model").fetchall()
        if found:
            return [name for (name,) in found]
    chosen = candidate(run)
    single = [chosen] if chosen else before_any_search(run.session.settings.recommend)
    return list(hybrid_weights(run) or single)


def untrained(run: Run, names: Iterable[str], trained: Interactions) -> Iterator[tuple[str, Recommender[Any]]]:
    """Those of the models that data and memory allow, with their settings, one at a time."""
    names = list(names)
    side, limit = read_side(run.duck, trained, names), memory_limit(run)
    for name in names:
        if note := why_not(run, name, side):
            run.log.info(f"{name} is left out: {note}")
            continue
        model = make(name, settings_for(run, name), side)
        if model.memory_bytes(trained.size) <= limit:
            yield name, model
        else:
            run.log.warning(f"{name} is left out: it would take more than recommend.memory_gb allows")


def why_not(run: Run, name: str, side: SideInformation) -> str | None:
    """Why the data or the machine don't allow a model; None where they do."""
    if name not in CATALOGUE:
        raise SettingsError(f"there is no model {name!r}; there are {', '.join(CATALOGUE)}")
    if name == BASELINE:
        return None
    entry = CATALOGUE[name]
    if missing := [need for need in entry.needs if not side.meets(need)]:
        return f"{name} needs {', '.join(missing)}, and there is none"
    asked = (READY_AS.get(entry.family), name)
    return next((note for one in asked if one and (note := shortfall(run, one))), None)
