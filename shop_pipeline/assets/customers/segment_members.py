"""Who is in which segment: `marts.customer_segments`, and the map of customers, `models.customer_components`.

Here: scores from RFM, and from the stored models, beside where each customer was before. Not here: the models
(`segmentation.py`), and what a segment is like (`segment_profiles.py`).
"""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from ...models.segments.nearest import Scored
from ...models.segments.persona_words import Phrase
from ...models.segments.rfm import SEGMENTS, rfm_scores
from ...models.segments.segmentation import segment_ids
from ..gated import Built, Run, empty
from ..plots import scatter
from .segmentation import Buyers, read_buyers, read_segmentation

NAME, COMPONENTS = "marts.customer_segments", "models.customer_components"
NOTHING_LEARNED = "models.segmentation has no model: too few customers for clusters"
POINTS = 600
"""Customers in the picture, by a hash of their ids: more would hide one another."""

RFM = (
    "SELECT customer_id, days_since_last, n_purchases, net_revenue::DOUBLE AS net_revenue FROM features.rfm ORDER BY 1"
)

# Of an earlier run, the segment; in another run of the same clock what that one remembered; what a later clock found is
# not for this one.
REMEMBERED = f"""
SELECT
    found_segments.*,
    CASE
        WHEN stored.as_of < getvariable('as_of') THEN stored.segment
        WHEN stored.as_of = getvariable('as_of') THEN stored.previous_segment
    END AS previous_segment,
    CASE
        WHEN stored.as_of < getvariable('as_of') THEN stored.as_of
        WHEN stored.as_of = getvariable('as_of') THEN stored.previous_as_of
    END AS previous_as_of
FROM found_segments
LEFT JOIN {NAME} AS stored USING (customer_id, method)
"""

# A full run forgets what was: the ids of its clusters are not those of the runs before.
FORGOTTEN = "SELECT *, NULL AS previous_segment, NULL AS previous_as_of FROM found_segments"

PICTURE = f"""
SELECT pca_1, pca_2, segment_label
FROM {COMPONENTS}
JOIN {NAME} USING (customer_id)
WHERE method = 'kmeans'
ORDER BY md5(customer_id), customer_id
LIMIT {POINTS}
"""
SIZES = f"SELECT method, segment_label, count(*) FROM {NAME} GROUP BY ALL ORDER BY method, count(*) DESC, segment_label"


def build_components(run: Run) -> Built:
    """The place of every customer on the map of the stored components."""
    stored = read_segmentation(run)
    if stored is None:
        return empty(COMPONENTS, {"note": NOTHING_LEARNED})
    buyers = read_buyers(run)
    scaled = stored.scaling.transform(buyers.values)
    found = {"customer_id": buyers.ids}
    for kind in (stored.pca, stored.ica):
        places = kind.project(scaled)
        found |= {f"{kind.kind}_{n + 1}": pa.array(places[:, n]) for n in range(places.shape[1])}
    run.duck.register("found_components", pa.table(found))
    names = {f"{kind.kind}_{n}": name for kind in (stored.pca, stored.ica) for n, name in enumerate(kind.names(), 1)}
    return Built("SELECT * FROM found_components", metadata=names)


def build_members(run: Run) -> Built:
    """Every customer once by RFM, and once by each cluster model that is there; where they were, but in a full run."""
    parts, told = [_by_rfm(run)], {}
    stored = read_segmentation(run)
    if stored is None:
        told = {"note": f"{NOTHING_LEARNED}; segments are of RFM alone"}
    else:
        buyers, names = read_buyers(run), stored.names()
        parts += [_by_clusters(buyers, *scored, names) for scored in stored.score(buyers.values).items()]
    run.duck.register("found_segments", pa.concat_tables(parts, promote_options="default"))
    return Built(FORGOTTEN if run.is_full else REMEMBERED, metadata=told)


def tell_members(run: Run) -> dict[str, Any]:
    """How large the segments are, and the map coloured by k-means."""
    sizes: dict[str, dict[str, int]] = {}
    for method, label, n in run.duck.execute(SIZES).fetchall():
        sizes.setdefault(method, {})[label] = n
    told: dict[str, Any] = {"customers": dg.MetadataValue.json(sizes)}
    points = run.duck.execute(PICTURE).df()
    return told | ({"plot": scatter(points, "pca_1", "pca_2", "segment_label")} if len(points) else {})


def _by_rfm(run: Run) -> pa.Table:
    table = run.duck.execute(RFM).to_arrow_table()
    scores = rfm_scores(*(table[name].to_numpy() for name in ("days_since_last", "n_purchases", "net_revenue")))
    segments = scores.segments()
    return pa.table(
        {
            "customer_id": table["customer_id"],
            "method": pa.repeat("rfm", len(table)),
            "segment": pa.array(segments, pa.string()),
            "segment_label": pa.array([SEGMENTS[name].english for name in segments], pa.string()),
            "r_score": pa.array(scores.recency),
            "f_score": pa.array(scores.frequency),
            "m_score": pa.array(scores.monetary),
            "distance": pa.nulls(len(table), pa.float64()),
        }
    )


def _by_clusters(buyers: Buyers, method: str, scored: Scored, names: dict[tuple[str, str], Phrase]) -> pa.Table:
    labels, position = np.unique(scored.segment, return_inverse=True)
    ids = segment_ids(labels).tolist()
    return pa.table(
        {
            "customer_id": buyers.ids,
            "method": pa.repeat(method, len(buyers.ids)),
            "segment": pa.array(ids, pa.string()).take(pa.array(position)),
            "segment_label": pa.array([names[method, id_].en for id_ in ids], pa.string()).take(pa.array(position)),
            # Without any core point there is no nearest one.
            "distance": pa.array(scored.distance, mask=np.isnan(scored.distance)),
        }
    )
