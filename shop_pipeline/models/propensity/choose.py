"""Which classifier is published: the best of an earlier cut, if it beats the naive rule on a later one.

Belongs here: the order of learning, choosing, judging and learning again. Does not belong here: each of these.

Chosen by log loss: of the two proper scores it punishes a sure "no" that was wrong. The Brier score hardly tells 0.01
from 0.001, and most categories are bought by few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shop_pipeline.models.propensity.calibration import fit_sigmoid
from shop_pipeline.models.propensity.class_rates import class_rates
from shop_pipeline.models.propensity.classifier import Classifier
from shop_pipeline.models.propensity.cuts import Plan, plan, sample, sample_notes
from shop_pipeline.models.propensity.features import Labelled
from shop_pipeline.models.propensity.fitting import fit_score
from shop_pipeline.models.propensity.judge import Judged, judge_against
from shop_pipeline.models.propensity.metrics import log_losses
from shop_pipeline.names import ClassifierName

# Fewer customers with the rarer label, and what a model finds in them is chance.
FEWEST = 30


@dataclass(frozen=True, slots=True)
class Choice:
    """What is published, and how all compare on the last cut."""

    model: Classifier
    beats_naive: bool
    judged: tuple[Judged, ...]
    """The candidates in their order, and the naive rule last."""
    notes: tuple[str, ...]
    n_customers: int
    """In the last cut, on which all were judged."""
    share: float
    """Of true labels there."""


def choose_classifier(
    candidates: Sequence[ClassifierName], cuts: Sequence[Labelled], naive_by: Sequence[str], rng: np.random.Generator
) -> Choice:
    """Learn, calibrate, choose, judge, and learn what is published once more from the two newest cuts.

    Args:
        cuts: three, oldest first: learned from, chosen on, judged on. Of two, the older serves for the first two.
        naive_by: one or two features whose classes the naive rule counts.
    """
    use = plan(cuts, rng)
    notes = [*use.notes, *sample_notes(use.learn), *_notes_about(use)]
    able = list(candidates) if _can_learn(use) else []
    fitted = [fit_calibrated(name, use.learn, use.tune, rng) for name in able]
    naive = class_rates(use.naive, naive_by)
    judged = _judge_all([*fitted, naive], use.judge, rng)
    best = _best(fitted, use.tune)
    beats = best is not None and judged[best].beats_naive
    if best is not None and beats:
        model = fit_calibrated(able[best], use.learn_again, use.tune_again, rng)
    else:
        model = class_rates(use.tune_again, naive_by)
        notes += ["The naive rule is published: no model that beats it for sure was chosen."] if able else []
    return Choice(
        model,
        beats,
        tuple(replace(each, is_published=each.model == model.name) for each in judged),
        tuple(notes),
        len(use.judge),
        float(use.judge.labels.mean()),
    )


def fit_calibrated(name: ClassifierName, learn: Labelled, tune: Labelled, rng: np.random.Generator) -> Classifier:
    """Learn a score from some customers and calibrate it on others; both labels must occur in both."""
    drawn = sample(learn, rng)
    scorer = fit_score(name, drawn.features, drawn.labels)
    return Classifier(name, scorer, fit_sigmoid(scorer.score(tune.features.columns(scorer.features)), tune.labels))


def _can_learn(use: Plan[Labelled]) -> bool:
    """Enough of both labels wherever something is learned, now and for what is published."""
    return min(part.rarer for part in (use.learn, use.tune, use.learn_again, use.tune_again)) >= FEWEST


def _notes_about(use: Plan[Labelled]) -> list[str]:
    notes = []
    if not _can_learn(use):
        notes.append(f"The naive rule is published: a cut has fewer than {FEWEST} customers of one of the two labels.")
    if not use.judge.rarer:
        notes.append("All customers of the last cut have the same label: what ranks them is not defined.")
    return notes


def _judge_all(models: Sequence[Classifier], cut: Labelled, rng: np.random.Generator) -> list[Judged]:
    """All models beside the last, which is the naive rule."""
    probabilities = [model.probability(cut.features) for model in models]
    return [
        judge_against(model.name, of_model, probabilities[-1], cut, rng)
        for model, of_model in zip(models, probabilities, strict=True)
    ]


def _best(fitted: Sequence[Classifier], tune: Labelled) -> int | None:
    """The position of the classifier with the lowest log loss; the first of equals."""
    if not fitted:
        return None
    return int(np.argmin([log_losses(model.probability(tune.features), tune.labels).mean() for model in fitted]))
