"""What stands in a warehouse: a number per table, or per day of a table, that changes when a row does.

Here: looking, between runs. Not here: what should stand there (the tests).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from shop_pipeline.contracts import TABLES
from shop_pipeline.settings import Paths

Print = tuple[int, int]
"""Rows, and a sum over their hashes, which does not depend on their order."""


@contextmanager
def opened(paths: Paths, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse; waits for a run's process to let go of it."""
    deadline = time.monotonic() + 20
    while True:
        try:
            duck = duckdb.connect(str(paths.warehouse), read_only=read_only)
            break
        except duckdb.IOException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    try:
        yield duck
    finally:
        duck.close()


def prints_by_day(paths: Paths, name: str) -> dict[str, Print]:
    """One number per day of a table with days."""
    with opened(paths) as duck:
        sql = f"SELECT event_date::VARCHAR, {_print_of(name)} FROM {name} GROUP BY 1"
        return {day: (rows, total) for day, rows, total in duck.execute(sql).fetchall()}


def prints(paths: Paths, *schemas: str) -> dict[str, Print]:
    """One number per table of these schemas."""
    with opened(paths) as duck:
        return {
            name: duck.execute(f"SELECT {_print_of(name)} FROM {name}").fetchall()[0]
            for name, table in TABLES.items()
            if table.schema in schemas
        }


def _print_of(name: str) -> str:
    columns = ", ".join(f'"{column}"' for column in TABLES[name].column_names if column != "run_id")
    return f"count(*), coalesce(sum(hash(row({columns}))::HUGEINT), 0)"
