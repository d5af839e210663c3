"""Who went from which segment to which, over hand-worked members; and two warnings about sizes, which refuse nothing.

The run before was a day earlier. Five of k-means: two stay in A, one goes from A to B, one from B to A, one is new.
"""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from shop_pipeline.checks import Part
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

BEFORE = AS_OF - timedelta(days=1)
MEMBERS, PROFILES, MIGRATION = "marts.customer_segments", "marts.segment_profiles", "marts.segment_migration"
WENT = (("A", "A"), ("A", "A"), ("A", "B"), ("B", "A"), (None, "A"))
MEMBER = "customer_id method previous_segment previous_as_of segment segment_label as_of distance"


def fill(bench: Bench, method: str, went: Iterable[tuple[str | None, str]]) -> None:
    rows = [
        (f"C{n}", method, then, BEFORE if then else None, now, now, AS_OF, 0.0) for n, (then, now) in enumerate(went)
    ]
    bench.fill(MEMBERS, MEMBER, *rows)


def test_each_customer_goes_one_way(bench: Bench) -> None:
    """Of three from A two stayed: two thirds. Who is new comes from nowhere, and is a way of its own."""
    fill(bench, "kmeans", WENT)
    assert not [outcome for outcome in bench.run(MIGRATION).outcomes if not outcome.passed]
    assert bench.rows(f"SELECT * EXCLUDE (as_of, run_id) FROM {MIGRATION} ORDER BY ALL") == [
        ("kmeans", "A", "A", 2, 2 / 3, BEFORE),
        ("kmeans", "A", "B", 1, 1 / 3, BEFORE),
        ("kmeans", "B", "A", 1, 1.0, BEFORE),
        ("kmeans", "new", "A", 1, 1.0, BEFORE),
    ]


def test_methods_are_told_apart_and_one_without_an_earlier_run_is_left_out(bench: Bench) -> None:
    fill(bench, "kmeans", [(None, "A"), (None, "B")])
    fill(bench, "rfm", [("lost", "lost"), ("lost", "champions")])
    bench.run(MIGRATION)
    assert bench.rows(f"SELECT method, to_segment, share FROM {MIGRATION} ORDER BY ALL") == [
        ("rfm", "champions", 0.5),
        ("rfm", "lost", 0.5),
    ]


def test_before_there_was_an_earlier_run_nobody_has_moved(bench: Bench) -> None:
    fill(bench, "kmeans", [(None, "A")])
    assert bench.run(MIGRATION).n_rows == 0


def warned(bench: Bench, name: str) -> set[str]:
    """The warnings of the stored rows, asked as the gate asks them."""
    report = bench.gate.write(Part(TABLES[name], f"SELECT * FROM {name}"))
    return {outcome.rule for outcome in report.outcomes if not outcome.passed and outcome.severity == "WARN"}


@pytest.mark.parametrize(
    ("n", "moved", "is_warned"),
    # A had a half of the customers: with 74 of 100 the index is 2 x 0.24 x ln(0.74 / 0.26) / 2 = 0.25104, counted as
    # 0.24 x ln(0.74 / 0.5) - 0.24 x ln(0.26 / 0.5) = 0.0941 + 0.1569; with 73 it is 0.0870 + 0.1418 = 0.2288.
    [(100, 24, True), (100, 23, False), (98, 24, False)],
)
def test_segments_of_another_size_than_in_the_run_before_are_warned_of(
    bench: Bench, n: int, moved: int, is_warned: bool
) -> None:
    """Half of the customers were in A; some have moved there. Fewer than 100 are too few to say it."""
    went = [("A", "A")] * (n // 2) + [("B", "A")] * moved + [("B", "B")] * (n // 2 - moved)
    bench.fill("features.rfm", "customer_id", *((f"C{i}",) for i in range(n)))
    fill(bench, "kmeans", went)
    assert warned(bench, MEMBERS) == ({"shares_are_stable"} if is_warned else set())


def test_a_segment_that_was_not_there_before_counts_too(bench: Bench) -> None:
    """B has 5 of 100 and had nobody, which counts as 0.0001: 0.0499 x ln(500) = 0.31. With 4: 0.0399 x ln(400) = 0.239,
    and A's 0.04 x ln(1 / 0.96) = 0.0016 makes 0.2407.
    """
    bench.fill("features.rfm", "customer_id", *((f"C{i}",) for i in range(100)))
    for n, expected in ((5, {"shares_are_stable"}), (4, set())):
        bench.duck.execute(f"DELETE FROM {MEMBERS}")
        fill(bench, "kmeans", [("A", "A")] * (100 - n) + [("A", "B")] * n)
        assert warned(bench, MEMBERS) == expected


@pytest.mark.parametrize(
    ("method", "share", "is_warned"), [("kmeans", 0.009, 1), ("kmeans", 0.01, 0), ("rfm", 0.001, 0)]
)
def test_a_tiny_segment_of_kmeans_is_warned_of(bench: Bench, method: str, share: float, is_warned: int) -> None:
    """Segments of RFM are fixed, and may be as small as they are."""
    fill(bench, method, [(None, "A"), (None, "B")])
    columns = "method segment segment_label n_customers share_of_customers share_of_revenue"
    told = ((method, id_, id_, 1, part, part, 1.0, 1.0, 1.0) for id_, part in (("A", share), ("B", 1 - share)))
    bench.fill(
        PROFILES,
        f"{columns} n_purchases units_per_line n_categories top_categories top_category_lifts",
        *((*one, [], []) for one in told),
    )
    assert warned(bench, PROFILES) == ({"no_segment_is_tiny"} if is_warned else set())
