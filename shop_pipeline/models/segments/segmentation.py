"""All that is learned of segments, as one model: scaling, k-means, DBSCAN, and the components for the picture.

Here: learning them from a sample, naming their segments, scoring customers, and the numbers that are stored. Not here:
each of them (`scaling.py`, `cluster_count.py`, `kmeans.py`, `density.py`, `components.py`), and RFM, which learns
nothing (`rfm.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from ..arrays import DoubleArray, IdArray, IntArray
from .cluster_count import STABLE, KChoice, choose_k
from .components import Components, fit_ica, fit_pca
from .density import NOISE, DensityModel, fit_density
from .kmeans import KMeansModel, fit_kmeans
from .labels import match_labels
from .nearest import Scored
from .persona_words import NOISE_NAME, Phrase
from .sample import draw_rows
from .scaling import Scaling, fit_scaling
from .segment_names import segment_names
from .stored import Number

KMEANS, DBSCAN = "kmeans", "dbscan"
NOISE_SEGMENT = "noise"
CLEARLY = 0.1
"""So much more stable must another number of segments be, to take the place of the one that people know."""
LABELS = "labels"
"""The part that tells which labels were ever given."""
Numbers = Mapping[str, Sequence[Number]]
"""The numbers of a model by method: scaling, kmeans, density, pca, ica."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What was learned. `highest` is the largest label that k-means and DBSCAN ever gave: none comes back for another
    segment. `trials` tells of the numbers of segments that were tried.
    """

    scaling: Scaling
    kmeans: KMeansModel
    density: DensityModel
    pca: Components
    ica: Components
    highest: Mapping[str, int]
    trials: tuple[Number, ...]

    def score(self, values: DoubleArray) -> dict[str, Scored]:
        """Segment and distance of customers, by method; `values` (n, n_features) in their own units."""
        scaled = self.scaling.transform(values)
        return {KMEANS: self.kmeans.score(scaled), DBSCAN: self.density.score(scaled)}

    def names(self) -> dict[tuple[str, str], Phrase]:
        """What each segment is called, by method and id. A cluster of DBSCAN goes by the mean of its core points."""
        clusters = np.unique(self.density.labels)
        means = [self.density.core[self.density.labels == label].mean(axis=0) for label in clusters]
        found = {(DBSCAN, NOISE_SEGMENT): NOISE_NAME}
        for method, labels, centres in (
            (KMEANS, self.kmeans.labels, self.kmeans.centres),
            (DBSCAN, clusters, np.array(means, np.float64).reshape(-1, len(self.scaling.features))),
        ):
            # By label, as they are read back: where names are numbered, the order tells which is which.
            order = np.argsort(labels)
            names = segment_names(self.scaling.features, centres[order])
            found |= {(method, id_): name for id_, name in zip(segment_ids(labels[order]), names, strict=True)}
        return found

    def numbers(self) -> dict[str, list[Number]]:
        """Everything that `from_numbers` needs, by method."""
        highest = {method: [Number(LABELS, "highest", float(self.highest[method]))] for method in (KMEANS, DBSCAN)}
        return {
            "scaling": self.scaling.numbers(),
            "kmeans": [*self.kmeans.numbers(), *self.trials, *highest[KMEANS]],
            "density": [*self.density.numbers(), *highest[DBSCAN]],
            "pca": self.pca.numbers(),
            "ica": self.ica.numbers(),
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers, features: Sequence[str]) -> Segmentation:
        """The model whose numbers these are."""
        return cls(
            Scaling.from_numbers(numbers["scaling"], features),
            KMeansModel.from_numbers(numbers["kmeans"], features),
            DensityModel.from_numbers(numbers["density"], features),
            Components.from_numbers("pca", numbers["pca"], features),
            Components.from_numbers("ica", numbers["ica"], features),
            highest_labels(numbers),
            tuple(number for number in numbers["kmeans"] if number.part.startswith("trial_")),
        )


def learn(
    features: Sequence[str],
    values: DoubleArray,
    *,
    most: int,
    sample: int,
    rng: np.random.Generator,
    before: Segmentation | None = None,
    highest: Mapping[str, int] | None = None,
) -> tuple[Segmentation, KChoice]:
    """Learn from at most `sample` customers, with at most `most` segments of k-means, and say how k was chosen.

    Args:
        values: (n_customers, n_features), in their own units.
        before: the model whose segments keep their labels; of the same features.
        highest: labels that were given before, where no such model is left.
    """
    drawn = values[draw_rows(len(values), sample, rng)]
    scaling = fit_scaling(features, drawn)
    scaled = scaling.transform(drawn)
    choice = choose_k(scaled, most, rng)
    if before and not choice.has_structure:
        choice = _as_before(choice, len(before.kmeans.labels))
    found = Segmentation(
        scaling,
        fit_kmeans(features, scaled, choice.k, rng),
        fit_density(features, scaled, rng),
        fit_pca(features, scaled),
        fit_ica(features, scaled, rng),
        highest or {KMEANS: 0, DBSCAN: 0},
        tuple(_trials(choice)),
    )
    return _relabelled(found, drawn, before), choice


def _as_before(choice: KChoice, k: int) -> KChoice:
    """Where segments only divide one cloud, the number that people know stays: it is stable, or no other clearly more.

    On the sample shop, learned again a week later, 7 would have been taken after 6: 76 % of the customers would have
    stayed in their segment, and with 6 it is 93 %.
    """
    stability = {trial.k: trial.stability for trial in choice.trials}
    if k == choice.k or k not in stability:
        return choice
    if stability[k] < STABLE and stability[choice.k] - stability[k] >= CLEARLY:
        return choice
    reason = f"{choice.reason} There were {k}, stability {stability[k]:.2f}, and they stay."
    return replace(choice, k=k, reason=reason)


def segment_ids(labels: IntArray) -> IdArray:
    """The ids of segments in tables, (n,)."""
    distinct, position = np.unique(labels, return_inverse=True)
    ids = [NOISE_SEGMENT if label == NOISE else f"segment_{label}" for label in distinct.tolist()]
    return np.array(ids, dtype=object)[position]


def highest_labels(numbers: Numbers) -> dict[str, int]:
    """The largest label that was ever given, by method of the tables; 0 where none was."""
    stored = {KMEANS: numbers.get("kmeans", ()), DBSCAN: numbers.get("density", ())}
    return {
        method: max([0, *(int(number.value) for number in found if number.part == LABELS)])
        for method, found in stored.items()
    }


def _relabelled(found: Segmentation, drawn: DoubleArray, before: Segmentation | None) -> Segmentation:
    """With the labels of the model before: the same customers are put into segments by both."""
    new = found.score(drawn)
    old = before.score(drawn) if before else {}
    nobody = np.full(len(drawn), NOISE, np.int32)
    matched = {
        method: match_labels(
            old[method].segment if old else nobody, new[method].segment, range(1, found.highest[method] + 1)
        )
        for method in (KMEANS, DBSCAN)
    }
    highest = {method: max([found.highest[method], *labels.values()]) for method, labels in matched.items()}
    return replace(
        found,
        kmeans=found.kmeans.relabelled(matched[KMEANS]),
        density=found.density.relabelled(matched[DBSCAN]),
        highest=highest,
    )


def _trials(choice: KChoice) -> list[Number]:
    """The figures of every k that was tried, for people; one that could not be had is left out."""
    found = [
        Number(f"trial_{trial.k}", name, float(getattr(trial, name)))
        for trial in choice.trials
        for name in ("silhouette", "stability", "smallest_share")
    ]
    return [number for number in found if isfinite(number.value)]
