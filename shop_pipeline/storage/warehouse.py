"""The warehouse file: one writer, opened for one run, with every table of the contracts in it.

Here: opening it (or saying who holds it), its tables, its limits, its variables. Not here: how a table is written (the
gate in `checks/`), and the file that people query (`published.py`).
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ..contracts import TABLES, Table


class WarehouseLocked(Exception):
    """Another process holds the warehouse; the message names its process id."""


class SchemaChanged(Exception):
    """A stored table has other columns than its contract; the message says how to rebuild it."""


def open_warehouse(path: Path, *, memory_gb: float, wait_seconds: float = 0) -> duckdb.DuckDBPyConnection:
    """Open the warehouse for writing and make the tables that are missing.

    Waits up to `wait_seconds` for another holder to finish, then raises `WarehouseLocked`. Larger intermediate results
    than `memory_gb` go to a folder beside the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path, time.monotonic() + wait_seconds)
    try:
        connection.execute(f"SET memory_limit = '{memory_gb}GB'")
        connection.execute("SET TimeZone = 'UTC'")
        # Ids compress by a third under FSST, and writing events takes a sixth longer: docs/decisions.md.
        connection.execute("SET disabled_compression_methods = 'fsst'")
        ensure_tables(connection, TABLES.values())
    except BaseException:
        # Or the file stays locked for as long as somebody holds the error.
        connection.close()
        raise
    return connection


def look_at_warehouse(path: Path) -> None:
    """Open it as a run would, and close it unchanged. Raises `WarehouseLocked`, or what DuckDB has against the file."""
    _connect(path, time.monotonic()).close()


def _connect(path: Path, deadline: float) -> duckdb.DuckDBPyConnection:
    while True:
        try:
            return duckdb.connect(str(path))
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            if time.monotonic() >= deadline:
                raise WarehouseLocked(_who_holds(path, str(error))) from error
            time.sleep(0.2)


def _who_holds(path: Path, message: str) -> str:
    found = re.search(r"\(PID (\d+)\)", message)
    holder = f"process {found.group(1)}" if found else "another process"
    return (
        f"{path.name} is held by {holder}. Only one run writes at a time, and readers belong on shop.duckdb:"
        " wait for that process or end it, then run again. Nothing was changed."
    )


def ensure_tables(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Make missing schemas and tables. A table that is replaced as a whole may differ; a partitioned one may not."""
    stored = _stored_columns(connection)
    for table in tables:
        have = stored.get(table.qualified)
        if have is None:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.schema}")
            connection.execute(table.create_statement())
        elif have != list(table.column_names) and not _accumulates(table):
            connection.execute(f"DROP TABLE {table.qualified}")
            connection.execute(table.create_statement())
        elif have != list(table.column_names):
            raise SchemaChanged(
                f"{table.qualified} has columns {have}, its contract has {list(table.column_names)}:"
                " move warehouse.duckdb away and load the landing files again"
            )


def _accumulates(table: Table) -> bool:
    """Filled slice by slice: what was dropped could not be built again by one run."""
    return table.partition is not None or table.schema == "ops" or table.name == "quarantine"


def _stored_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns"
        " ORDER BY ordinal_position"
    ).fetchall()
    found: dict[str, list[str]] = {}
    for name, column in rows:
        found.setdefault(name, []).append(column)
    return found


def drop_scratch(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop all temporary tables and views: what one step has staged must not take the memory of the next."""
    rows = connection.execute(
        "SELECT 'VIEW', view_name FROM duckdb_views() WHERE temporary AND NOT internal"
        " UNION ALL SELECT 'TABLE', table_name FROM duckdb_tables() WHERE temporary"
    ).fetchall()
    for kind, name in rows:
        connection.execute(f'DROP {kind} temp."{name}"')


def set_variables(connection: duckdb.DuckDBPyConnection, values: Mapping[str, object]) -> None:
    """Give SQL files and rules their inputs; they read them with `getvariable('name')`."""
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = {_literal(value)}")


def _literal(value: object) -> str:
    """A SQL literal; the only place where a value becomes SQL text."""
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items())
        return f"MAP {{{pairs}}}"
    if isinstance(value, list):
        # Lists are of text; the cast gives an empty one its type.
        return f"[{', '.join(map(_literal, value))}]::VARCHAR[]"
    type_ = {"datetime": "TIMESTAMP ", "date": "DATE "}.get(type(value).__name__, "")
    escaped = str(value).replace("'", "''")
    return f"{type_}'{escaped}'"


@contextmanager
def memory_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A throw-away database in memory, for looking at landing files without touching the warehouse."""
    connection = duckdb.connect()
    try:
        yield connection
    finally:
        connection.close()
