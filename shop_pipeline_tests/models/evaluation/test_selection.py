"""Which model is published."""

from __future__ import annotations

import pytest

from shop_pipeline.models.evaluation.judge import Evaluation
from shop_pipeline.models.evaluation.selection import published


def rows(beats: bool | None) -> list[Evaluation]:
    """NDCG@10 of all customers says `beats`; all that is beside it says the opposite, and must not matter."""
    other = not beats
    return [
        Evaluation("recall", 10, 0.9, 9, beats_baseline=other),
        Evaluation("ndcg", 20, 0.9, 9, beats_baseline=other),
        Evaluation("ndcg", 10, 0.9, 9, beats_baseline=other, customers="2-4"),
        Evaluation("ndcg", 10, 0.3, 9, beats_baseline=beats),
    ]


@pytest.mark.parametrize(("beats", "expected"), [(True, "als"), (False, "popularity"), (None, "popularity")])
def test_the_candidate_is_published_if_it_beats_the_rival_with_its_whole_interval(
    beats: bool | None, expected: str
) -> None:
    assert published("als", rows(beats), "ndcg", 10) == expected


def test_the_rival_needs_no_proof() -> None:
    assert published("popularity", [], "ndcg", 10) == "popularity"


def test_what_was_not_judged_is_not_published_by_silence() -> None:
    with pytest.raises(ValueError, match="als: 0 rows of ndcg@5"):
        published("als", rows(True), "ndcg", 5)
