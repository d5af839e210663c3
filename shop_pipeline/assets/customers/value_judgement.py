"""How far lifetime value can be trusted: models fitted before a cut in time, held against what customers did after it.

Here: `marts.clv_evaluation`, and `marts.clv_calibration`, which is written with it; each group of customers by itself.
The model of a group is published if it beats the naive rule, else the naive rule is; what is published is refitted on
everything before the clock (`value_models.py`). Not here: the figures
(`models/value/report.py`), what people read of them (`value_page.py`), and the values (`value.py`).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from ...checks import Part
from ...contracts import TABLES
from ...contracts.purchases import GROUPS
from ...contracts.value_judged import NAIVE, SEEN, WANTED
from ...models.value.past_rate import PastRate
from ...models.value.report import Decile, Score, ValueReport, judge_value
from ...models.value.value_model import ValueModel, fit_value
from ..gated import Built, Run, empty
from ..readiness import shortfall
from .value_histories import Cut, cut_for_value, read_histories, read_outcome, too_few
from .value_page import evaluation_page

NAME, CALIBRATION = "marts.clv_evaluation", "marts.clv_calibration"
READY_AS = "clv"
NAIVE_RULE = PastRate(youngest=30.0)
"""Else who bought twice in their first week would be worth more than anybody: a rate per day, over 365 days."""


def build_evaluation(run: Run) -> Built:
    """One row per group, model, class of customers and metric; the tenths of the customers are written with it."""
    if note := shortfall(run, READY_AS) or shortfall(run, READY_AS, "reduced"):
        return _nothing({"note": note})
    cut = cut_for_value(run)
    if isinstance(cut, str):
        return _nothing({"note": cut})
    told: dict[str, Any] = {}
    scores, deciles = [], []
    for group in GROUPS:
        found = _judged(run, group, cut)
        if isinstance(found, str):
            told[f"note_{group}"] = f"{group} customers are not judged: {found}"
            continue
        model, report = found
        told |= {f"note_{group}": "; ".join(model.notes)} if model.notes else {}
        scores.append(_frame(group, model, report, (*report.scores, *_wanted(run, report))))
        deciles.append(_frame(group, model, report, report.deciles))
    if not scores:
        return _nothing(told)
    judged = _with_ends(pd.concat(scores)).assign(baseline=NAIVE)
    run.duck.register("found_clv_evaluation", judged.assign(split_at=cut.split_at))
    run.duck.register("found_clv_calibration", pd.concat(deciles).assign(split_at=cut.split_at))
    told["report"] = dg.MetadataValue.md(evaluation_page(judged, cut.horizon_days))
    beside = Part(TABLES[CALIBRATION], "SELECT * FROM found_clv_calibration")
    return Built("SELECT * FROM found_clv_evaluation", (beside,), metadata=told)


@dataclass(frozen=True)
class Judged:
    """The model of a group that was held against the naive rule, by its name, and whether it has beaten it."""

    model: str
    has_won: bool

    @property
    def kinds(self) -> tuple[str, str]:
        """The model of purchases and that of spend."""
        purchase, spend = self.model.split("+")
        return purchase, spend


def judged_model(run: Run, group: str) -> Judged | None:
    """What the evaluation says of the group; None where it was not judged."""
    row = run.duck.execute(
        f"SELECT DISTINCT model, is_published FROM {NAME} WHERE customer_group = ? AND model <> ?", [group, NAIVE]
    ).fetchone()
    return Judged(*row) if row else None


def _judged(run: Run, group: str, cut: Cut) -> tuple[ValueModel, ValueReport] | str:
    """The group's model, fitted before the cut, beside the naive rule; or why it can't be judged."""
    _, before = read_histories(run, group, cut.source)
    if note := too_few(before):
        return note
    run.log.info(f"judging lifetime value of {len(before):,} {group} customers")
    model, settings = fit_value(before), run.session.settings
    rng = np.random.default_rng(settings.recommend.seed)
    purchases, revenue = read_outcome(run, group, cut)
    return model, judge_value(
        [model], before, purchases, revenue, cut.horizon_days, rng, interval=settings.value.interval, naive=NAIVE_RULE
    )


def _frame(group: str, model: ValueModel, report: ValueReport, rows: Iterable[Score | Decile]) -> pd.DataFrame:
    """Rows of the report, with what follows from it for each model of the group."""
    best = model.name if report.beats(model.name) else NAIVE
    found = [
        asdict(row)
        | {"customer_group": group, "is_published": row.model == best}
        | ({"beats_baseline": report.beats(row.model)} if isinstance(row, Score) else {})
        for row in rows
    ]
    return pd.DataFrame(found)


def _wanted(run: Run, report: ValueReport) -> list[Score]:
    """The coverage that was asked for, beside each that was seen: a rule of the table compares the two."""
    asked = run.session.settings.value.interval
    return [
        replace(score, metric=WANTED, value=asked, low=None, high=None)
        for score in report.scores
        if score.metric == SEEN
    ]


def _with_ends(scores: pd.DataFrame) -> pd.DataFrame:
    """The intervals by their names in the table; an infinite end is unknown: of resamples, some had no spread."""
    ends = {"ci_low": scores["low"].astype(float), "ci_high": scores["high"].astype(float)}
    told = {name: values.where(np.isfinite(values)) for name, values in ends.items()}
    return scores.drop(columns=["low", "high"]).assign(**told)


def _nothing(told: dict[str, Any]) -> Built:
    """No judgement: both tables are emptied, or the deciles would be those of an earlier one."""
    beside = Part(TABLES[CALIBRATION], f"SELECT * FROM {CALIBRATION} WHERE false")
    return Built(empty(NAME, told).source, (beside,), metadata=told)
