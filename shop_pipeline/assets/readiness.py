"""What the data allow: `marts.model_readiness`, a mart that stands ahead of the models, which ask it.

Here: the asset, and the question whether a model is allowed. Not here: requirements and judging
(`models/readiness.py`), the counts (`sql/features/model_counts.sql`).
"""

from dataclasses import asdict

import dagster as dg
import pandas as pd

from ..contracts import TABLES
from ..models.readiness import judge, page
from ..models.readiness_rules import candidates
from ..models.readiness_words import NOUNS
from .gated import Built, Run, gated_asset

NAME = "marts.model_readiness"


def assets(_: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    return [gated_asset(TABLES[NAME], build_readiness, ("features.model_counts",), kinds={"python"})]


def build_readiness(run: Run) -> Built:
    """One verdict per model; the page as metadata."""
    settings = run.session.settings
    counts = dict(run.duck.execute("SELECT quantity, observed FROM features.model_counts").fetchall())
    own = {str(model): threshold for model, threshold in settings.readiness.items()}
    verdicts = judge(counts, candidates(settings.recommend.n_factors), own)
    run.duck.register("found_verdicts", pd.DataFrame([asdict(verdict) for verdict in verdicts]))
    metadata = {"readiness": dg.MetadataValue.md(page(verdicts, NOUNS))}
    return Built("SELECT * FROM found_verdicts", metadata=metadata)


def shortfall(run: Run, model: str, level: str = "none") -> str | None:
    """Why the data allow the model no more than `level`, as a note for people; None where they allow more."""
    row = run.duck.execute(
        f"SELECT quantity, observed, threshold, text, reason FROM {NAME} WHERE model = ? AND verdict = ?",
        [model, level],
    ).fetchone()
    if row is None:
        return None
    quantity, observed, threshold, text, reason = row
    return f"{text}: {observed:,} {NOUNS[quantity]}, {threshold:,} wanted ({reason})"
