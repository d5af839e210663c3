"""The models behind the segments: `models.segmentation`, learned weekly and kept in between.

Kept, because a cluster that is found anew each day is another one each day: a customer would change segments without
having done anything. Here: learning and keeping, and reading what is stored. Not here: the learning itself
(`models/segments/segmentation.py`), and who is in which segment (`segment_members.py`).
"""

from dataclasses import dataclass
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pyarrow as pa

from ...models.arrays import DoubleArray
from ...models.segments.cluster_count import KChoice
from ...models.segments.segmentation import LABELS, Numbers, Segmentation, highest_labels, learn
from ...models.segments.stored import Number
from ..gated import Built, Run, empty
from ..plots import curves
from ..recommenders.choices import is_tuning

NAME, CUSTOMERS = "models.segmentation", "features.customer_features"
FEATURES = (
    "days_since_last",
    "n_purchases",
    "mean_purchase",
    "n_categories",
    "units_per_line",
    "return_share",
    "discount_share",
    "visits_30d",
)
"""What customers are put together by: how recently, how often, for how much, what for, and how they like to buy. Each
tells something of its own: net revenue is a product of two of them, and would count them twice."""
FEWEST_PER_SEGMENT = 5
"""Customers for each segment that is tried: of fewer, the profile would tell no age and no gender."""
# What a later clock has seen is not for this one.
STORED = f"SELECT method, part, feature, value FROM {NAME} WHERE learned_at <= getvariable('as_of')"
# Which labels were ever given is no knowledge of customers, and stays whatever the clock, and without any model: else
# an id would come back for another segment.
GIVEN = f"SELECT method, part, feature, value FROM {NAME} WHERE part = '{LABELS}'"
LABELS_ALONE = f"""
SELECT * REPLACE (least(learned_at, getvariable('as_of')) AS learned_at) FROM {NAME} WHERE part = '{LABELS}'
"""


@dataclass(frozen=True)
class Buyers:
    """All customers with a purchase: ids in order, and FEATURES, (n, n_features)."""

    ids: pa.ChunkedArray
    values: DoubleArray


def read_buyers(run: Run) -> Buyers:
    """Everybody in features.customer_features."""
    sql = f"SELECT customer_id, {', '.join(FEATURES)} FROM {CUSTOMERS} ORDER BY customer_id"
    table = run.duck.execute(sql).to_arrow_table()
    columns = [table[name].to_numpy().astype(np.float64) for name in FEATURES]
    return Buyers(table["customer_id"], np.column_stack(columns))


def read_segmentation(run: Run) -> Segmentation | None:
    """The stored models; None where nothing is learned of the features in use."""
    numbers = _read_numbers(run, STORED)
    return Segmentation.from_numbers(numbers, FEATURES) if _is_of_features(numbers) else None


def build_segmentation(run: Run) -> Built:
    """The stored numbers again, or in the weekly job, the first time and with other features new ones.

    A full run learns without the model before and counts labels from 1, as in a new warehouse: its ids are not those of
    the runs before. In all others an id never comes back for another segment.
    """
    buyers, fewest = read_buyers(run), FEWEST_PER_SEGMENT * run.session.settings.segments.most
    if len(buyers.ids) < fewest:
        note = f"{len(buyers.ids)} customers bought; clusters are looked for from {fewest} on, so there is RFM alone"
        return empty(NAME, {"note": note}) if run.is_full else Built(LABELS_ALONE, metadata={"note": note})
    numbers = {} if run.is_full else _read_numbers(run, STORED)
    if _is_of_features(numbers) and not is_tuning(run):
        return Built(f"SELECT * FROM {NAME}", metadata=_told(Segmentation.from_numbers(numbers, FEATURES), None))
    found, choice = _learned(run, buyers, numbers)
    run.log.info(choice.reason)
    run.duck.register("found_segmentation", _table(found))
    source = "SELECT *, getvariable('as_of') AS learned_at FROM found_segmentation"
    return Built(source, metadata=_told(found, choice))


def _learned(run: Run, buyers: Buyers, numbers: Numbers) -> tuple[Segmentation, KChoice]:
    settings, given = run.session.settings, {} if run.is_full else _read_numbers(run, GIVEN)
    return learn(
        FEATURES,
        buyers.values,
        most=settings.segments.most,
        sample=settings.segments.sample,
        rng=np.random.default_rng(settings.recommend.seed),
        before=Segmentation.from_numbers(numbers, FEATURES) if _is_of_features(numbers) else None,
        highest=highest_labels(given) if given else None,
    )


def _read_numbers(run: Run, sql: str) -> Numbers:
    found: dict[str, list[Number]] = {}
    for method, *number in run.duck.execute(sql).fetchall():
        found.setdefault(method, []).append(Number(*number))
    return found


def _is_of_features(numbers: Numbers) -> bool:
    return {number.feature for number in numbers.get("scaling", ())} == set(FEATURES)


def _table(found: Segmentation) -> pa.Table:
    rows = [(method, *number) for method, numbers in found.numbers().items() for number in numbers]
    return pa.table(dict(zip(("method", "part", "feature", "value"), zip(*rows, strict=True), strict=True)))


def _told(found: Segmentation, choice: KChoice | None) -> dict[str, Any]:
    """What was found, in words, and the curves of silhouette and stability over k."""
    components = {str(kind.kind): list(kind.names()) for kind in (found.pca, found.ica)}
    told: dict[str, Any] = {
        "is_learned_now": choice is not None,
        "segments": dg.MetadataValue.json(
            {f"{method} {id_}": name.en for (method, id_), name in found.names().items()}
        ),
        "components": dg.MetadataValue.json(components),
        "dbscan_eps": found.density.eps,
        "dbscan_noise_share": found.density.noise_share,
    }
    if choice:
        told |= {"number_of_segments": choice.reason}
    problems = [kind.problem for kind in (found.pca, found.ica) if kind.problem]
    told |= {"problem": "; ".join(problems)} if problems else {}
    tried = pd.DataFrame(found.trials, columns=["part", "measure", "value"])
    tried = tried[tried["measure"] != "smallest_share"].assign(k=tried["part"].str.removeprefix("trial_").astype(int))
    return told | ({"plot": curves(tried, "k", "value", "measure")} if len(tried) else {})
