"""What cuts in time are used for: learning on an older one, and judging on a later one that nothing has seen.

Belongs here: who learns what, and the sample that is learned from. Does not belong here: learning and choosing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from shop_pipeline.models.propensity.features import Amounts, Labelled
from shop_pipeline.models.propensity.fitting import MOST_ROWS

Cut = TypeVar("Cut", Labelled, Amounts)
# Of a cut that has to serve for both, this share is learned from and the rest calibrated on.
LEARNED = 2 / 3


@dataclass(frozen=True, slots=True)
class Plan(Generic[Cut]):
    """Which customers serve for what."""

    learn: Cut
    tune: Cut
    """Calibration, and the choice of the model."""
    naive: Cut
    """What the naive rule counts: no older than what models are calibrated on."""
    judge: Cut
    learn_again: Cut
    """What is published is made once more, from the two newest cuts."""
    tune_again: Cut
    notes: tuple[str, ...]


def plan(cuts: Sequence[Cut], rng: np.random.Generator) -> Plan[Cut]:
    """From two or three cuts, oldest first. ValueError for another number."""
    if len(cuts) == 3:
        oldest, middle, newest = cuts
        found = Plan(oldest, middle, middle, newest, middle, newest, ())
    elif len(cuts) == 2:
        older, newest = cuts
        learn, tune = _split(older, rng)
        note = "Only two cuts in time: learned from two thirds of the customers of the older, calibrated on the rest."
        found = Plan(learn, tune, older, newest, older, newest, (note,))
    else:
        raise ValueError(f"{len(cuts)} cuts in time, where two or three are needed")
    if len({frozenset(cut.features.names) for cut in cuts}) > 1:
        raise ValueError("cuts in time with different features")
    return found


def _split(cut: Cut, rng: np.random.Generator) -> tuple[Cut, Cut]:
    """Two thirds and the rest, with all rows of a customer on one side."""
    groups = np.arange(len(cut)) if isinstance(cut, Amounts) or cut.groups is None else cut.groups
    customers, customer = np.unique(groups, return_inverse=True)
    place = np.empty(len(customers), np.int64)
    place[rng.permutation(len(customers))] = np.arange(len(customers))
    n_learned = round(len(customers) * LEARNED)
    # A cut of one customer serves for both, and is refused later for being too small.
    return (
        cut.part(place[customer] < max(n_learned, 1)),
        cut.part(place[customer] >= min(n_learned, len(customers) - 1)),
    )


def sample(cut: Cut, rng: np.random.Generator) -> Cut:
    """At most MOST_ROWS rows, drawn at random, in their order."""
    if len(cut) <= MOST_ROWS:
        return cut
    return cut.part(np.sort(rng.choice(len(cut), MOST_ROWS, replace=False)))


def sample_notes(cut: Labelled | Amounts) -> tuple[str, ...]:
    """What to say where not all rows were learned from."""
    rows = "customers" if isinstance(cut, Amounts) or cut.groups is None else "pairs of customer and category"
    return (f"Learned from {MOST_ROWS:,} {rows} drawn at random.",) if len(cut) > MOST_ROWS else ()
