"""Row rules at the gate: under its limit a rule fills the quarantine, over it the whole load is refused.

The rows say which rule they break and what was mended, as a builder does; which rows do is tested where the builder is
(`assets/test_clean_*.py`, `assets/test_raw.py`, `sources/`).
"""

import json
from datetime import timedelta

import pytest

from shop_pipeline.checks import GateRefused
from shop_pipeline.contracts import TABLES, RowRule, Table
from shop_pipeline_tests.checks.rows import DAY, Row
from shop_pipeline_tests.checks.world import GOOD, World

ROWS = 40
AT_LIMIT = 2  # of 40: the 5 % that every limit of the contracts allows
REPAIRS = [repair.name for repair in TABLES["clean.events"].repairs]
RULED = [table for table in TABLES.values() if table.row_rules]
RULES = [(table, rule) for table in RULED for rule in table.row_rules]
IDS = [f"{table.qualified}-{rule.name}" for table, rule in RULES]


def load(table: Table, broken: dict[str, int]) -> list[Row]:
    """40 clean rows with keys of their own and `broken` more, so many for each rule, all with file and line."""
    rules = [None] * ROWS + [rule for rule, times in broken.items() for _ in range(times)]
    rows = []
    for number, rule in enumerate(rules):
        spared = (
            "_file",
            "_part",
            "valid_from",
            "period_date",
            *(name for key in table.foreign_keys for name in key.columns),
        )
        own = {"_row": number + 2, "stock_date": DAY + timedelta(days=number)}
        key = {name: own.get(name, f"k{number}") for name in table.key if name not in spared}
        judged = {"_rule": rule, "_reason": "told", "_file": "f.csv", "_row": number + 2, "_part": 1}
        source = json.dumps({"n": number}) if rule else None
        rows.append(GOOD[table.qualified][-1] | key | judged | {"_source": source})
    return rows


@pytest.mark.parametrize("table", RULED, ids=lambda table: table.qualified)
def test_at_their_limits_rows_go_to_quarantine(world: World, table: Table) -> None:
    each = {rule.name: 1 for rule in table.row_rules}  # 1 of more than 40: under 5 %
    report = world.write(table.qualified, load(table, each))
    kept = [rule.name for rule in table.row_rules if not rule.dropped]
    found = world.duck.execute(
        "SELECT rule, reason, file, line, partition IS NOT NULL, row_json FROM clean.quarantine"
        " WHERE table_name = ? ORDER BY line",
        [table.qualified],
    ).fetchall()
    lines = {rule.name: ROWS + 2 + number for number, rule in enumerate(table.row_rules)}
    has_day = table.partition is not None
    assert found == [(rule, "told", "f.csv", lines[rule], has_day, json.dumps({"n": lines[rule] - 2})) for rule in kept]
    assert report.set_aside == each
    assert report.n_rows == len(world.stored(table.qualified)) == ROWS


@pytest.mark.parametrize(("table", "rule"), RULES, ids=IDS)
def test_a_rule_refuses_just_over_its_limit(shared_world: World, table: Table, rule: RowRule) -> None:
    if rule.dropped:
        assert rule.limit == 1, "a dropped row has a twin that stays: no share of them is too many"
        return
    assert rule.limit == pytest.approx(AT_LIMIT / ROWS)
    before = shared_world.stored(table.qualified), shared_world.stored("clean.quarantine")
    rows = load(table, {rule.name: AT_LIMIT + 1})[AT_LIMIT + 1 :]
    with pytest.raises(GateRefused) as refused:
        shared_world.write(table.qualified, rows)
    (outcome,) = refused.value.report.refusing
    assert (outcome.rule, outcome.n_failed, outcome.n_rows) == (rule.name, 3, ROWS)
    assert (shared_world.stored(table.qualified), shared_world.stored("clean.quarantine")) == before


def test_exactly_at_the_limit_a_load_is_taken(world: World) -> None:
    rows = load(TABLES["raw.stock"], {"wrong_type": AT_LIMIT})[AT_LIMIT:]
    assert world.write("raw.stock", rows).set_aside == {"wrong_type": 2}


def test_dropped_rows_are_counted_and_kept_nowhere(world: World) -> None:
    table = TABLES["clean.customers"]
    report = world.write(table.qualified, load(table, {"exact_duplicate": ROWS}))
    outcome = next(o for o in report.outcomes if o.rule == "exact_duplicate")
    assert (outcome.passed, outcome.n_failed, outcome.n_rows) == (True, ROWS, 2 * ROWS)
    assert not [row for row in world.stored("clean.quarantine") if row[0] == table.qualified]


def test_repairs_are_counted_and_refuse_nothing(world: World) -> None:
    """Every row has an id assigned, far over the share of any limit; 3 have a visit too, and one that is refused has
    both. Rows without a judgement of their repairs (here the last) have none.
    """
    rows = load(TABLES["clean.events"], {"missing_price": 1})
    for number, row in enumerate(rows[:-2] + rows[-1:]):
        visit = number < 3 or row["_rule"] is not None
        row["_repairs"] = {name: name == "event_id_assigned" for name in REPAIRS} | {"session_assigned": visit}
    report = world.write("clean.events", rows)
    counted = {"event_id_assigned": ROWS - 1, "session_assigned": 3, "order_assigned": 0}
    counted |= {"currency_converted": 0, "price_left_out": 0}
    assert (report.repaired, report.set_aside, report.n_rows) == (counted, {"missing_price": 1}, ROWS)
    found = world.duck.execute(
        "SELECT rule, passed, n_rows, n_failed, sample FROM ops.check_results"
        " WHERE table_name = 'clean.events' AND severity = 'REPAIR'"
    ).fetchall()
    assert sorted(found) == sorted((name, True, ROWS + 1, n, None) for name, n in counted.items())


def test_repairs_of_a_refused_load_are_told_too(world: World) -> None:
    rows = load(TABLES["clean.events"], {"missing_price": AT_LIMIT + 1})
    rows[0]["_repairs"] = dict.fromkeys(REPAIRS, True)
    with pytest.raises(GateRefused) as refused:
        world.write("clean.events", rows)
    assert [o.rule for o in refused.value.report.refusing] == ["missing_price"]
    assert refused.value.report.repaired == dict.fromkeys(REPAIRS, 1)
    found = "SELECT count(*), sum(n_failed) FROM ops.check_results WHERE severity = 'REPAIR' AND run_id = 'run-1'"
    assert world.duck.execute(found).fetchall() == [(5, 5)]


def test_tables_without_repairs_report_none(world: World) -> None:
    report = world.write("raw.stock", load(TABLES["raw.stock"], {}))
    assert report.repaired == {}
    assert {o.severity for o in report.outcomes} <= {"ERROR", "WARN"}


def test_a_new_load_takes_the_place_of_its_earlier_refusals(world: World) -> None:
    table = TABLES["raw.stock"]
    others = world.stored("clean.quarantine")
    assert others, "those of other tables"
    world.write(table.qualified, load(table, {"wrong_type": 2}))
    world.write(table.qualified, load(table, {"broken_line": 1}))
    after = world.stored("clean.quarantine")
    assert [row[1] for row in after if row[0] == table.qualified] == ["broken_line"]
    assert [row for row in after if row[0] != table.qualified] == others


def test_a_rule_that_the_contract_does_not_have_stops_the_load(world: World) -> None:
    with pytest.raises(ValueError, match=r"raw\.stock: the builder names rules .*invented"):
        world.write("raw.stock", load(TABLES["raw.stock"], {"invented": 1}))
