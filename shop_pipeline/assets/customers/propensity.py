"""Churn, purchases of a category, and amounts: learned at earlier clocks, judged at a later one, stored as numbers.

Here: `models.propensity_models` with how each model was judged, and the assets around it. Not here: what customers were
like (`propensity_cuts.py`), learning (`models/propensity`), and the scores of today (`propensity_scores.py`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from ...contracts import TABLES
from ...models.propensity.amount_choice import AmountChoice, choose_amount_model
from ...models.propensity.choose import Choice, choose_classifier
from ..gated import Built, Run, empty, gated_asset
from ..readiness import NAME as READINESS
from ..readiness import shortfall
from ..sql_files import sql_asset
from .propensity_cuts import CutAt, cuts, labelled_customers, labelled_pairs, largest_categories
from .propensity_scores import MODELS, amounts_page, build_amounts, build_churn, build_propensity, churn_page

EVALUATION = "marts.propensity_evaluation"
KNOWN_FROM = ("features.purchases", "features.rfm", "features.customer_features", "features.customer_categories")
# The features are made again at earlier clocks, from these.
MADE_FROM = (
    *("clean.orders", "clean.order_lines", "clean.returns", "clean.events", "clean.sessions", "clean.tickets"),
    *("clean.products", "clean.customers", "clean.customer_labels"),
)
NAIVE_BY = ("days_since_last", "n_purchases")
NAIVE_BY_CATEGORY = ("category_days_since_purchase", "category_n_purchases")


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The models, their judgement, and three tables of scores."""
    kinds, scored_from = {"python", "scikitlearn"}, {MODELS, "features.customer_features", "features.rfm"}
    upstream = {READINESS, *KNOWN_FROM, *MADE_FROM}
    return [
        gated_asset(TABLES[MODELS], build_models, upstream, kinds=kinds),
        sql_asset(EVALUATION),
        gated_asset(
            TABLES["marts.churn_scores"], build_churn, {*scored_from, EVALUATION}, kinds=kinds, afterwards=churn_page
        ),
        gated_asset(
            TABLES["marts.purchase_propensity"], build_propensity, {MODELS, EVALUATION, *KNOWN_FROM}, kinds=kinds
        ),
        gated_asset(TABLES["marts.purchase_amounts"], build_amounts, scored_from, kinds=kinds, afterwards=amounts_page),
    ]


@dataclass(frozen=True)
class Learned:
    """What was chosen for one target, over which window, and when it was judged."""

    target: str
    choice: Choice | AmountChoice
    horizon_days: int
    split_at: datetime
    categories: dict[str, int]
    """Those that pairs are made with, and how many had bought from each at `split_at`."""


def build_models(run: Run) -> Built:
    """The published model of each target in numbers, and the figures of all that were compared."""
    found = {**_learn_churn(run), **_learn_purchases(run)}
    told = {target: each if isinstance(each, str) else _told(each) for target, each in found.items()}
    learned = [each for each in found.values() if isinstance(each, Learned)]
    if not learned:
        return empty(MODELS, told)
    run.duck.register("found_models", pd.concat([_rows(each) for each in learned], ignore_index=True))
    return Built("SELECT * FROM found_models", metadata=told)


def _learn_churn(run: Run) -> dict[str, Learned | str]:
    """The model of who leaves, or why there is none."""
    if note := shortfall(run, "churn"):
        return {"churn": note}
    days = run.session.settings.propensity.churn_days
    found = [(cut, labelled) for cut in cuts(run, days) if (labelled := labelled_customers(run, cut)[0])]
    return {"churn": _learned(run, "churn", days, found, NAIVE_BY, {})}


def _learn_purchases(run: Run) -> dict[str, Learned | str]:
    """Of which category, and for how much: both look at the same cuts.

    The categories are the largest at the newest cut: what sold in the window that is judged must not choose them.
    """
    days = run.session.settings.propensity.category_days
    categories: dict[str, int] | None = None
    pairs, amounts = [], []
    for cut in cuts(run, days):
        known, spent = labelled_customers(run, cut)
        if known and categories is None:
            categories = largest_categories(run, cut)
        if found := labelled_pairs(run, cut, list(categories)) if categories else None:
            pairs.append((cut, found))
        if spent:
            amounts.append((cut, spent))
    no_category = "no product that was bought has a category" if categories == {} else None
    return {
        "category": no_category or _learned(run, "category", days, pairs, NAIVE_BY_CATEGORY, categories or {}),
        "amount": _learned(run, "amount", days, amounts, (), {}),
    }


def _learned(
    run: Run,
    target: str,
    days: int,
    found: list[tuple[CutAt, Any]],
    naive_by: tuple[str, ...],
    categories: dict[str, int],
) -> Learned | str:
    """The choice among the models, from cuts that are the newest first."""
    if len(found) < 2:
        return f"fewer than two windows of {days} days with somebody to learn from before them"
    samples = [sample for _, sample in reversed(found)]
    if target == "amount":
        choice: Choice | AmountChoice = choose_amount_model(samples, _rng(run))
    else:
        choice = choose_classifier(run.session.settings.propensity.models, samples, naive_by, _rng(run))
    run.log.info(f"{target}: {choice.model.name}")
    return Learned(target, choice, days, found[0][0].split_at, categories)


def _rng(run: Run) -> np.random.Generator:
    return np.random.default_rng(run.session.settings.recommend.seed)


def _rows(learned: Learned) -> pd.DataFrame:
    """The published model's numbers with its categories, and the figures of all; a figure that is none is left out."""
    choice = learned.choice
    rows = [(choice.model.name, part, n, feature or "", value) for part, n, feature, value in choice.model.rows()]
    rows += [(choice.model.name, "category", n, *found) for n, found in enumerate(learned.categories.items())]
    for judged in choice.judged:
        ends = ((figure.metric, (figure.value, figure.low, figure.high)) for figure in judged.figures)
        rows += [
            (judged.model, "figure", position, metric, value)
            for metric, interval in ends
            for position, value in enumerate(interval)
            if np.isfinite(interval[0]) and np.isfinite(value)
        ]
        rows += [(judged.model, "judgement", 0, name, value) for name, value in _about(learned, judged).items()]
    frame = pd.DataFrame(rows, columns=["model", "part", "position", "feature", "value"])
    return frame.assign(target=learned.target)


def _about(learned: Learned, judged: Any) -> dict[str, float]:
    return {
        "is_published": float(judged.is_published),
        "beats_naive": float(judged.beats_naive),
        "n_customers": float(learned.choice.n_customers),
        "share": float(getattr(learned.choice, "share", 1.0)),
        "horizon_days": float(learned.horizon_days),
        "split_at": learned.split_at.replace(tzinfo=UTC).timestamp(),
    }


def _told(learned: Learned) -> Any:
    """Who is published, how all compare, and what there is to say."""
    choice = learned.choice
    lines = [f"**{choice.model.name}**, {learned.horizon_days} days. {' '.join(choice.notes)}", ""]
    metrics = [figure.metric for figure in choice.judged[0].figures]
    lines += ["| model | " + " | ".join(metrics) + " |", "|---" * (len(metrics) + 1) + "|"]
    for judged in choice.judged:
        lines.append(f"| {judged.model} | " + " | ".join(f"{figure.value:.3f}" for figure in judged.figures) + " |")
    return dg.MetadataValue.md("\n".join(lines))
