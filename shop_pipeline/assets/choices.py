"""Which models a run fits and judges, and with which settings: what the last search chose, or the defaults before one.

Here: reading `marts.model_selection`, and which models the data allow. Not here: the search (`tuning.py`), the models
(`models/recommenders/catalogue.py`).
"""

import json
from collections.abc import Iterator
from typing import Any

from ..models.evaluation.selection import BASELINE
from ..models.evaluation.trials import Settings
from ..models.interactions import Interactions
from ..models.recommenders.catalogue import CATALOGUE, SideInformation, entry_of, make
from ..models.recommenders.recommender import Recommender
from ..sections import Recommend
from ..settings import SettingsError
from .gated import Run
from .readiness import shortfall
from .room import memory_limit
from .session import TUNING_TAG
from .side_information import read_side

SELECTION = "marts.model_selection"
BEFORE_ANY_SEARCH = ("item_neighbours", "als")
"""Both take seconds; which is published is judged every day (docs/decisions.md, 26)."""
# The requirement of marts.model_readiness that a model stands under beside its own, by family.
READY_AS = {
    "neighbours": "product_similarity",
    "linear": "product_similarity",
    "sequence": "product_similarity",
    "factors": "als",
    "deep": "als",
}


def is_tuning(run: Run) -> bool:
    """Whether all models are compared in this run, and not the chosen one alone."""
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


def chosen_model(run: Run) -> str | None:
    """The best of the last search; None before any."""
    row = run.duck.execute(f"SELECT min(model) FROM {SELECTION} WHERE is_chosen").fetchone()
    return str(row[0]) if row and row[0] else None


def left_out(run: Run, name: str) -> str | None:
    """Why the last search has no figure for a model that it was to try: too_large or out_of_time."""
    sql = "SELECT min(status) FROM marts.model_trials WHERE model = ? HAVING count(*) FILTER (status = 'done') = 0"
    row = run.duck.execute(sql, [name]).fetchone()
    return str(row[0]) if row and row[0] else None


def rivals(run: Run, trained: Interactions) -> Iterator[tuple[str, Recommender[Any]]]:
    """The models to judge in this run, untrained and one at a time, the boring rule first."""
    chosen = chosen_model(run)
    if is_tuning(run) and chosen:
        found = [name for (name,) in run.duck.execute(f"SELECT model FROM {SELECTION} ORDER BY model").fetchall()]
    else:
        found = [chosen] if chosen else list(BEFORE_ANY_SEARCH)
    side, limit = read_side(run.duck, trained, found), memory_limit(run)
    yield BASELINE, make(BASELINE, settings_for(run, BASELINE), side)
    for name in found:
        if name == BASELINE or why_not(run, name, side):
            continue
        model = make(name, settings_for(run, name), side)
        if model.memory_bytes(trained.size) <= limit:
            yield name, model
        else:
            run.log.warning(f"{name} is not judged: it would take more than recommend.memory_gb allows")


def why_not(run: Run, name: str, side: SideInformation) -> str | None:
    """Why the data or the machine don't allow a model; None where they do."""
    if name not in CATALOGUE:
        raise SettingsError(f"there is no model {name!r}; there are {', '.join(CATALOGUE)}")
    entry = CATALOGUE[name]
    if missing := [need for need in entry.needs if not side.meets(need)]:
        return f"{name} needs {', '.join(missing)}, and there is none"
    asked = (READY_AS.get(entry.family), name)
    return next((note for one in asked if one and (note := shortfall(run, one))), None)
