"""Every promise of every contract is kept by a clean frame and broken by a planted row, on a real DuckDB file.

The cases are made from `promises`, the list that the gate itself runs: a new rule without a planted row fails here.
"""

import pytest

from shop_pipeline.checks import GateRefused
from shop_pipeline.checks.suite import promises
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.checks.planted import ASKED, BY_HAND, PLANTED, Case
from shop_pipeline_tests.checks.rows import Row
from shop_pipeline_tests.checks.world import GOOD, World


def required(name: str) -> list[str]:
    return [column.name for column in TABLES[name] if column.required]


def broken(world: World, name: str, rows: list[Row]) -> dict[str, int]:
    """Rows that broke each promise that refused the frame, as one of them has to."""
    with pytest.raises(GateRefused) as refusal:
        world.write(name, rows)
    return {outcome.rule: outcome.n_failed for outcome in refusal.value.report.refusing}


def test_every_promise_has_a_planted_bad_row() -> None:
    # What only warns is asked in test_health.py.
    asked = {
        (name, promise.name)
        for name, table in ASKED.items()
        for promise in promises(table)
        if promise.severity == "ERROR"
    }
    # The order of columns can't be broken through the gate, which conforms by name: test_auditor.py asks it alone.
    asked -= {(name, "columns") for name in TABLES}
    # Nulls are planted for every required column by the test of nulls.
    asked -= {(name, f"not_null({column})") for name in ASKED for column in required(name)}
    assert {(case.table.qualified, case.rule) for case in PLANTED} == asked
    by_hand = {(name, rule) for name, rule in BY_HAND if name in ASKED}
    assert by_hand <= asked, "a plant for a rule that is gone"


def test_both_ends_of_a_range_are_planted() -> None:
    planted = {str(case) for case in PLANTED}
    ends = {
        f"{name}-in_range({column.name})-{number}"
        for name, table in ASKED.items()
        for column in table
        for number, _ in enumerate([end for end in (column.minimum, column.maximum) if end is not None])
    }
    assert ends <= planted


@pytest.mark.parametrize("name", TABLES)
def test_a_clean_frame_passes(shared_world: World, name: str) -> None:
    """It stands in the table already, which is therefore as it was."""
    before = shared_world.stored(name)
    report = shared_world.write(name, GOOD[name])
    assert name == "ops.check_results" or shared_world.stored(name) == before
    assert [outcome for outcome in report.outcomes if not outcome.passed or outcome.n_failed] == []
    assert {promise.name for promise in promises(TABLES[name])} <= {outcome.rule for outcome in report.outcomes}
    assert report.n_rows == len(GOOD[name])


@pytest.mark.parametrize("case", PLANTED, ids=str)
def test_a_planted_row_is_refused_by_exactly_its_rule(shared_world: World, case: Case) -> None:
    name = case.table.qualified
    before = {stored: shared_world.stored(stored) for stored in (name, "clean.quarantine")}
    with pytest.raises(GateRefused, match="was refused and is as it was") as refused:
        shared_world.write(name, case.plant.spoil(GOOD[name]))
    refusing = {outcome.rule: outcome.n_failed for outcome in refused.value.report.refusing}
    assert set(refusing) == {case.rule, *case.also}
    assert refusing[case.rule] >= 1
    before.pop("ops.check_results", None)  # the one table where a refusal is written down
    assert {stored: shared_world.stored(stored) for stored in before} == before


@pytest.mark.parametrize("name", ASKED)
def test_a_null_is_refused_by_the_promise_of_its_column(shared_world: World, name: str) -> None:
    """One copy of the last row per required column, with a null there. The copies alone break keys and lists only."""
    copies = [dict(GOOD[name][-1]) for _ in required(name)]
    unspoiled = broken(shared_world, name, GOOD[name] + copies)
    for copy, column in zip(copies, required(name), strict=True):
        copy[column] = None
    spoiled = broken(shared_world, name, GOOD[name] + copies)
    nulls = {f"not_null({column})": 1 for column in required(name)}
    assert {rule: n for rule, n in spoiled.items() if rule.startswith("not_null(")} == nulls
    assert set(spoiled) - set(nulls) <= set(unspoiled)
    assert not set(nulls) & set(unspoiled)
