"""The gate on a real DuckDB file: what a write may change, and what stays when it may not.

One transaction: a refusal, an exception in the SQL and a crash between two parts all leave the last good tables.
"""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shop_pipeline.assets.session import run_variables
from shop_pipeline.checks import Gate, GateRefused, Part
from shop_pipeline.checks.audit import MASK
from shop_pipeline.contracts import TABLES, Column, Rule, Table
from shop_pipeline.settings import ShopSettings
from shop_pipeline.storage import open_warehouse, set_variables
from shop_pipeline_tests.checks.world import GOOD, World

PLAIN = Table("marts", "plain", "one thing", (Column("id", "VARCHAR", "id"), Column("n", "BIGINT", "n")), ("id",))
SLICED = Table(
    "marts",
    "sliced",
    "one thing of a day",
    (Column("id", "VARCHAR", "id"), Column("day", "BIGINT", "day")),
    ("id",),
    partition="day",
)


@pytest.fixture
def gate(warehouse: duckdb.DuckDBPyConnection) -> Gate:
    for table in (PLAIN, SLICED):
        warehouse.execute(table.create_statement())
    return Gate(warehouse, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])


def rows(duck: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return duck.execute(sql).fetchall()


def test_columns_are_conformed_by_name(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    """By position, 7 would become the id; a number that is text becomes a number; a spare column goes."""
    gate.write(Part(PLAIN, "SELECT '3' AS n, true AS spare, 7 AS id"))
    assert rows(warehouse, "FROM marts.plain") == [("7", 3)]


def test_a_missing_column_is_named_and_changes_nothing(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    gate.write(Part(PLAIN, "SELECT 'a' AS id, 1 AS n"))
    with pytest.raises(ValueError, match=r"marts\.plain: the builder gives no columns \['n'\]; it gives \['id', 'm'\]"):
        gate.write(Part(PLAIN, "SELECT 'b' AS id, 2 AS m"))
    assert rows(warehouse, "FROM marts.plain") == [("a", 1)]


def test_a_value_of_another_type_changes_nothing(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    gate.write(Part(PLAIN, "SELECT 'a' AS id, 1 AS n"))
    with pytest.raises(duckdb.ConversionException, match="two"):
        gate.write(Part(PLAIN, "SELECT 'b' AS id, 'two' AS n"))
    assert rows(warehouse, "FROM marts.plain") == [("a", 1)]


def test_an_error_in_the_middle_of_the_sql_rolls_back(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    gate.write(Part(PLAIN, "SELECT 'a' AS id, 1 AS n"))
    with pytest.raises(duckdb.Error, match="third"):
        gate.write(
            Part(PLAIN, "SELECT id, CASE WHEN id = 2 THEN error('third') ELSE 1 END AS n FROM range(3) AS t(id)")
        )
    assert rows(warehouse, "FROM marts.plain") == [("a", 1)]
    # The connection is out of the failed transaction: the next write succeeds.
    gate.write(Part(PLAIN, "SELECT 'b' AS id, 2 AS n"))
    assert rows(warehouse, "FROM marts.plain") == [("b", 2)]


def test_a_slice_replaces_only_itself(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    gate.write(Part(SLICED, "SELECT * FROM (VALUES ('a', 1), ('b', 2), ('c', 2)) AS t(id, day)"))
    report = gate.write(Part(SLICED, "SELECT 'd' AS id, 2 AS day", "day = 2", "2..2"))
    assert rows(warehouse, "FROM marts.sliced ORDER BY id") == [("a", 1), ("d", 2)]
    assert (report.n_rows, report.label) == (1, "2..2")


def test_a_slice_may_not_bring_a_key_that_stands_elsewhere(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    gate.write(Part(SLICED, "SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS t(id, day)"))
    with pytest.raises(GateRefused) as refused:
        gate.write(Part(SLICED, "SELECT * FROM (VALUES ('a', 2), ('b', 2)) AS t(id, day)", "day = 2"))
    (outcome,) = refused.value.report.refusing
    assert (outcome.rule, outcome.n_failed) == ("key_not_stored_elsewhere", 1)
    assert json.loads(outcome.sample or "") == [{"id": "a"}]
    assert rows(warehouse, "FROM marts.sliced ORDER BY id") == [("a", 1), ("b", 2)]


def test_companions_are_written_with_the_table_or_not_at_all(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    good, bad = Part(SLICED, "SELECT 'x' AS id, 1 AS day"), Part(SLICED, "SELECT NULL AS id, 1 AS day")
    gate.write(Part(PLAIN, "SELECT 'a' AS id, 1 AS n"), good)
    assert rows(warehouse, "FROM marts.sliced") == [("x", 1)]
    with pytest.raises(GateRefused, match=r"not_null\(id\)"):
        gate.write(Part(PLAIN, "SELECT 'b' AS id, 2 AS n"), bad)
    assert rows(warehouse, "FROM marts.plain") == [("a", 1)]
    with pytest.raises(GateRefused, match=r"not_null\(id\)"):
        gate.write(Part(PLAIN, "SELECT NULL AS id, 2 AS n"), Part(SLICED, "SELECT 'y' AS id, 1 AS day"))
    assert rows(warehouse, "FROM marts.sliced") == [("x", 1)]


def test_a_crash_between_the_parts_leaves_nothing(
    gate: Gate, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.write(Part(PLAIN, "SELECT 'a' AS id, 1 AS n"), Part(SLICED, "SELECT 'x' AS id, 1 AS day"))
    swap, swapped = gate._swap, []

    def crash_at_the_second(part: Part, staged: str) -> None:
        swapped.append(part.table.name)
        if len(swapped) == 2:
            raise KeyboardInterrupt
        swap(part, staged)

    monkeypatch.setattr(gate, "_swap", crash_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        gate.write(Part(PLAIN, "SELECT 'b' AS id, 2 AS n"), Part(SLICED, "SELECT 'y' AS id, 2 AS day"))
    assert swapped == ["sliced", "plain"]
    assert rows(warehouse, "FROM marts.plain") == [("a", 1)]
    assert rows(warehouse, "FROM marts.sliced") == [("x", 1)]


def test_a_process_that_dies_inside_a_write_leaves_the_last_good_table(tmp_path: Path) -> None:
    """The file as another connection finds it when the writer never committed."""
    duck = open_warehouse(tmp_path / "w.duckdb", memory_gb=1)
    duck.execute(PLAIN.create_statement())
    Gate(duck, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"]).write(
        Part(PLAIN, "SELECT 'a' AS id, 1 AS n")
    )
    duck.execute("BEGIN")
    duck.execute("DELETE FROM marts.plain")
    duck.close()
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as again:
        assert rows(again, "FROM marts.plain") == [("a", 1)]


def test_outcomes_are_stored_when_a_table_passes_and_when_it_is_refused(world: World) -> None:
    """With their numbers: one key is there twice, in one group."""
    for name in ("marts.popular_products", "models.product_similarity"):
        world.duck.execute("DELETE FROM ops.check_results WHERE table_name = ?", [name])
    world.write("marts.popular_products", GOOD["marts.popular_products"])
    with pytest.raises(GateRefused):
        world.write(
            "models.product_similarity", [*GOOD["models.product_similarity"], GOOD["models.product_similarity"][0]]
        )
    found = {
        (table, rule): (passed, n_rows, n_failed, severity)
        for table, rule, passed, n_rows, n_failed, severity in rows(
            world.duck,
            "SELECT table_name, rule, passed, n_rows, n_failed, severity FROM ops.check_results WHERE run_id = 'run-1'",
        )
    }
    assert found["marts.popular_products", "ranks_have_no_gap"] == (True, 4, 0, "ERROR")
    assert found["models.product_similarity", "key(product_id, measure, rank)"] == (False, 5, 1, "ERROR")
    assert found["models.product_similarity", "not_like_itself"] == (True, 5, 0, "ERROR")


def test_outcomes_of_an_earlier_try_in_the_same_run_are_replaced(world: World) -> None:
    bad = [GOOD["clean.products"][0] | {"product_id": None}]
    with pytest.raises(GateRefused):
        world.write("clean.products", bad)
    world.write("clean.products", GOOD["clean.products"])
    found = rows(
        world.duck, "SELECT count(*), bool_and(passed) FROM ops.check_results WHERE table_name = 'clean.products'"
    )
    # 6 promises and 3 row rules, once each.
    assert found == [(9, True)]


def test_a_warning_is_written_down_and_refuses_nothing(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    small = Rule("small", "SELECT id, n FROM {batch} WHERE n > 5", "no n over 5", severity="WARN")
    warned = Table("marts", "warned", "one thing", PLAIN.columns, ("id",), rules=(small,))
    warehouse.execute(warned.create_statement())
    report = gate.write(Part(warned, "SELECT 'a' AS id, 9 AS n"))
    assert rows(warehouse, "FROM marts.warned") == [("a", 9)]
    assert [(o.rule, o.passed, o.n_failed) for o in report.outcomes if o.severity == "WARN"] == [("small", False, 1)]
    stored = rows(warehouse, "SELECT passed, severity, sample FROM ops.check_results WHERE rule = 'small'")
    assert stored == [(False, "WARN", '[{"id": "a", "n": 9}]')]


def test_stamps_come_from_the_run_unless_the_source_has_them(world: World) -> None:
    name, variables = "marts.popular_products", run_variables(ShopSettings(), "run-9")
    set_variables(world.duck, variables)
    select = "SELECT 'all' AS scope, 1 AS rank, 'P1' AS product_id, 1.0 AS score"
    world.gate.write(Part(TABLES[name], select))
    assert rows(world.duck, f"SELECT as_of::VARCHAR, run_id FROM {name}") == [("2025-02-01 00:00:00", "run-9")]
    world.gate.write(Part(TABLES[name], f"{select}, 'mine' AS run_id"))
    assert rows(world.duck, f"SELECT run_id FROM {name}") == [("mine",)]


def test_who_a_customer_is_counts_as_personal() -> None:
    assert {column.name for column in TABLES["clean.customers"] if column.personal} == {"name", "email", "phone"}


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        ("no_ann", (Column("id", "VARCHAR", "id"), Column("who", "VARCHAR", "name", personal=True))),
        (
            "known_value(who)",
            (Column("id", "VARCHAR", "id"), Column("who", "VARCHAR", "name", True, values=("Bo",), personal=True)),
        ),
    ],
)
def test_a_personal_value_never_reaches_a_sample(
    gate: Gate, warehouse: duckdb.DuckDBPyConnection, rule: str, columns: tuple[Column, ...]
) -> None:
    no_ann = Rule("no_ann", "SELECT id, who FROM {batch} WHERE who = 'Ann'", "nobody is called Ann")
    table = Table("marts", "people", "one person", columns, ("id",), rules=(no_ann,))
    with pytest.raises(GateRefused) as refused:
        gate.write(Part(table, "SELECT 'a' AS id, 'Ann' AS who"))
    samples = {o.rule: o.sample for o in refused.value.report.refusing}
    assert MASK in (samples[rule] or "")
    assert "Ann" not in str(refused.value)
    stored = rows(warehouse, "SELECT sample FROM ops.check_results WHERE NOT passed")
    assert stored
    assert "Ann" not in str(stored)
