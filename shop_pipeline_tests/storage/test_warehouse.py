"""The warehouse file: its tables, its one writer, and how values become SQL."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shop_pipeline.contracts import TABLES
from shop_pipeline.storage import SchemaChanged, WarehouseLocked, memory_database, open_warehouse, set_variables

HOLDER = """
import sys, duckdb
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "warehouse.duckdb"


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the file open for writing."""
    path.parent.mkdir()
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.terminate()


def columns(duck: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    return duck.execute(f"SELECT column_name, column_type, \"null\" = 'NO' FROM (DESCRIBE {name})").fetchall()


def test_opening_makes_every_table_of_the_contracts(path: Path) -> None:
    duck = open_warehouse(path, memory_gb=1)
    for name, table in TABLES.items():
        assert columns(duck, name) == [(c.name, c.type, c.required) for c in table]
    duck.close()


def test_opening_again_keeps_what_is_there(path: Path) -> None:
    duck = open_warehouse(path, memory_gb=1)
    duck.execute("INSERT INTO clean.products (product_id, is_listed) VALUES ('P1', true)")
    duck.close()
    again = open_warehouse(path, memory_gb=1)
    assert again.execute("SELECT product_id FROM clean.products").fetchall() == [("P1",)]
    again.close()


def test_limits_and_zone_are_set(path: Path) -> None:
    duck = open_warehouse(path, memory_gb=0.5)
    settings = duck.execute("SELECT current_setting('memory_limit'), current_setting('TimeZone')").fetchone()
    duck.close()
    # 0.5 GB are 476.8 MiB.
    assert settings == ("476.8 MiB", "UTC")


def test_who_holds_the_file_is_named(path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(WarehouseLocked, match=rf"held by process {holder.pid}\..*Nothing was changed"):
        open_warehouse(path, memory_gb=1)


def test_a_holder_who_finishes_in_time_is_waited_for(path: Path, holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    holder.stdin.close()  # the holder ends a moment later
    open_warehouse(path, memory_gb=1, wait_seconds=20).close()


def test_a_file_that_is_no_database_is_no_lock(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a database")
    with pytest.raises(duckdb.IOException, match="not a valid DuckDB"):
        open_warehouse(path, memory_gb=1, wait_seconds=20)


def test_a_whole_table_of_another_shape_is_made_anew(path: Path) -> None:
    duck = open_warehouse(path, memory_gb=1)
    duck.execute("ALTER TABLE marts.sales_daily DROP COLUMN conversion")
    duck.close()
    again = open_warehouse(path, memory_gb=1)
    assert "conversion" in [name for name, *_ in columns(again, "marts.sales_daily")]
    again.close()


def test_a_partitioned_table_of_another_shape_is_refused(path: Path) -> None:
    """It holds days whose files may be gone: it is not for us to throw away."""
    duck = open_warehouse(path, memory_gb=1)
    duck.execute("ALTER TABLE clean.events DROP COLUMN channel")
    duck.close()
    with pytest.raises(SchemaChanged, match=r"clean\.events has columns .* move warehouse\.duckdb away"):
        open_warehouse(path, memory_gb=1)


def test_a_refused_warehouse_is_let_go(path: Path) -> None:
    """Or the next try in the same process would not get it."""
    duck = open_warehouse(path, memory_gb=1)
    duck.execute("ALTER TABLE clean.events DROP COLUMN channel")
    duck.close()
    with pytest.raises(SchemaChanged) as kept:
        open_warehouse(path, memory_gb=1)
    check = "import sys, duckdb; duckdb.connect(sys.argv[1]).close()"
    done = subprocess.run([sys.executable, "-c", check, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert kept.value


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (7, "INTEGER"),
        (True, "BOOLEAN"),
        (date(2025, 1, 2), "DATE"),
        (datetime(2025, 1, 2, 3, 4, 5, 678), "TIMESTAMP"),
        ("it's; DROP TABLE x --", "VARCHAR"),
        ({"view": 1.5, "it's": -2.0}, "MAP(VARCHAR, DECIMAL(2,1))"),
        (["a", "it's", "测试"], "VARCHAR[]"),
        ([], "VARCHAR[]"),
    ],
)
def test_variables_come_back_as_they_went_in(value: object, type_: str) -> None:
    with memory_database() as duck:
        set_variables(duck, {"given": value})
        assert duck.execute("SELECT getvariable('given'), typeof(getvariable('given'))").fetchone() == (value, type_)


def test_a_memory_database_is_closed_behind_its_use() -> None:
    with memory_database() as duck:
        assert duck.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(duckdb.ConnectionException):
        duck.execute("SELECT 1")
