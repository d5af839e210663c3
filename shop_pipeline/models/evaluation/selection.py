"""Which model is published: the best on the validation cut, if it beats the boring rule on the test cut.

Belongs here: the rule. Does not belong here: the search for the best (`tuning`), the intervals (`judge`).

Only one model is held against the rival on the test cut. To take the best of many on the very cut on which they are
tested would favour the one that was lucky there.
"""

from __future__ import annotations

from collections.abc import Sequence

from shop_pipeline.models.evaluation.activity import EVERYBODY
from shop_pipeline.models.evaluation.judge import Evaluation

BASELINE = "popularity"


def published(candidate: str, judged: Sequence[Evaluation], metric: str, k: int, baseline: str = BASELINE) -> str:
    """The candidate if its paired difference to the baseline is above 0 with the whole interval, else the baseline.

    Args:
        candidate: the model that was best on the validation cut.
        judged: its evaluation on the test cut, with the baseline as rival.

    Raises:
        ValueError: when the metric at k was not judged for all customers.
    """
    if candidate == baseline:
        return baseline
    found = [row for row in judged if (row.metric, row.k, row.customers) == (metric, k, EVERYBODY)]
    if len(found) != 1:
        raise ValueError(f"{candidate}: {len(found)} rows of {metric}@{k} for all customers, expected one")
    return candidate if found[0].beats_baseline else baseline
