"""Parts whose rows are stored already: the gate reads them through a view, with the same result as through a copy.

Not here: what a write may change (`test_gate.py`), and rows that are set aside (`test_row_rules.py`).
"""

from dataclasses import replace
from typing import Any

import duckdb
import pytest

from shop_pipeline.checks import Gate, GateRefused, Part, Report
from shop_pipeline.contracts import TABLES, Column, RowRule, Table
from shop_pipeline.storage import drop_scratch

Rows = list[tuple[Any, ...]]
PLAIN = Table("marts", "plain", "one thing", (Column("id", "VARCHAR", "id"), Column("n", "BIGINT", "n")), ("id",))
RULED = replace(PLAIN, name="ruled", row_rules=(RowRule("odd", "an odd number", 0.6),))
JUDGED = (
    "SELECT id, n, CASE WHEN n % 2 = 1 THEN 'odd' END AS _rule, NULL AS _reason, 'f.csv' AS _file, n AS _row,"
    " 1 AS _part, '{}' AS _source FROM kept"
)
SCRATCH = (
    "SELECT table_name FROM duckdb_tables() WHERE temporary"
    " UNION ALL SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal ORDER BY 1"
)


@pytest.fixture
def gate(warehouse: duckdb.DuckDBPyConnection) -> Gate:
    """With the temporary rows of a builder: a 1, b 2, c 3, d 4."""
    for table in (PLAIN, RULED):
        warehouse.execute(table.create_statement())
    warehouse.execute(
        "CREATE TEMP TABLE kept AS SELECT * FROM (VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4)) t(id, n)"
    )
    return Gate(warehouse, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])


def names(duck: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in duck.execute(SCRATCH).fetchall()]


@pytest.mark.parametrize("table", [PLAIN, RULED], ids=lambda table: table.name)
@pytest.mark.parametrize("replaces", ["true", "n >= 3"])
def test_a_view_gives_what_a_copy_gives(
    gate: Gate, warehouse: duckdb.DuckDBPyConnection, table: Table, replaces: str
) -> None:
    """The same rows, counts, quarantine and outcomes, for a whole table and for a slice beside a row that stays."""
    found: list[tuple[Report, Rows, Rows]] = []
    source = f"{JUDGED} WHERE n >= 3" if table is RULED else "SELECT * FROM kept WHERE n >= 3"
    for is_stored in (False, True):
        warehouse.execute(f"DELETE FROM {table.qualified}")
        warehouse.execute(f"INSERT INTO {table.qualified} VALUES ('z', 0), ('y', 9)")
        report = gate.write(Part(table, source, replaces, is_stored=is_stored))
        stored, quarantined = (
            warehouse.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in (table.qualified, "clean.quarantine")
        )
        found.append((report, stored, quarantined))
    assert found[0] == found[1]
    stays = [("z", 0)] if replaces != "true" else []
    assert found[0][1] == sorted([("d", 4), *stays] if table is RULED else [("c", 3), ("d", 4), *stays])
    assert [(row[1], row[4]) for row in found[0][2]] == ([("odd", 3)] if table is RULED else [])


def test_no_copy_is_made_of_stored_rows(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    """What has arrived is a view too, and what was staged is gone; a copy of the arrived rows would be a table."""
    gate.write(Part(RULED, JUDGED, is_stored=True))
    tables = warehouse.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    assert tables == [("kept",)]
    assert names(warehouse) == ["arrived_marts_ruled_view", "kept"]


@pytest.mark.parametrize("is_stored", [False, True])
def test_nothing_temporary_is_left_behind(gate: Gate, warehouse: duckdb.DuckDBPyConnection, is_stored: bool) -> None:
    gate.write(Part(RULED, JUDGED, is_stored=is_stored))
    drop_scratch(warehouse)
    assert names(warehouse) == []
    assert warehouse.execute("SELECT id FROM marts.ruled ORDER BY 1").fetchall() == [("b",), ("d",)]


def test_a_refused_view_leaves_the_table_and_nothing_else(gate: Gate, warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("INSERT INTO marts.plain VALUES ('z', 0)")
    with pytest.raises(GateRefused, match=r"key\(id\)"):
        gate.write(Part(PLAIN, "SELECT 'a' AS id, n FROM kept", is_stored=True))
    drop_scratch(warehouse)
    assert names(warehouse) == []
    assert warehouse.execute("FROM marts.plain").fetchall() == [("z", 0)]
    # The next load is in order again: rows of small tables are worth it.
    assert warehouse.execute("SELECT current_setting('preserve_insertion_order')").fetchall() == [(True,)]


def test_a_write_that_breaks_off_leaves_rows_in_order(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The line numbers of landing files rest on the order of insertion, which the writing of stored rows turns off."""
    gate = Gate(warehouse, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])
    # The row passes its audit; the stored table wants one column more.
    warehouse.execute("CREATE TABLE marts.plain (id VARCHAR, n BIGINT, other INTEGER NOT NULL)")
    with pytest.raises(duckdb.ConstraintException, match="other"):
        gate.write(Part(PLAIN, "SELECT 'a' AS id, 1 AS n", replaces="n > 0", is_stored=True))
    assert warehouse.execute("SELECT current_setting('preserve_insertion_order')").fetchall() == [(True,)]
