"""The published file: marts and ops, replaced as a whole, for anyone to query at any time.

A reader keeps the file that it opened; `os.replace` gives the next reader the new one. The last few versions stay under
`versions/` for a roll-back. Not here: when it happens (the last asset of a run).
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from ..contracts import TABLES

SCHEMAS = ("marts", "ops")
KEEP = 3


def publish(connection: duckdb.DuckDBPyConnection, target: Path, version: str) -> Path:
    """Copy marts and ops into a fresh file and put it in the place of `target`; returns the kept version's path.

    Raises OSError or duckdb.Error; then `target` is as it was.
    """
    _remove_leftovers(target)
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        _copy(connection, fresh)
        kept = _keep_version(fresh, target.parent / "versions", version)
        os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
    return kept


def _remove_leftovers(target: Path) -> None:
    """Of publications whose process was killed. Nobody else publishes meanwhile: the caller holds the warehouse."""
    for left in (*target.parent.glob(f".{target.name}.*.new*"), *(target.parent / "versions").glob(".shop-*.new")):
        left.unlink()


def _copy(connection: duckdb.DuckDBPyConnection, fresh: Path) -> None:
    escaped = str(fresh).replace("'", "''")
    connection.execute(f"ATTACH '{escaped}' AS published")
    try:
        # Together: a comment by itself is a transaction, and there is one per column.
        connection.execute("BEGIN")
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA published.{schema}")
        for table in TABLES.values():
            if table.schema in SCHEMAS:
                order = ", ".join(f'"{column}"' for column in table.key)
                connection.execute(
                    f"CREATE TABLE published.{table.qualified} AS FROM {table.qualified} ORDER BY {order}"
                )
                _describe(connection, f"published.{table.qualified}", table.qualified)
        connection.execute("COMMIT")
    except BaseException:
        # A commit that failed (a full disk) has ended the transaction already; what went wrong must not be hidden.
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("DETACH published")


def _describe(connection: duckdb.DuckDBPyConnection, stored: str, name: str) -> None:
    table = TABLES[name]
    text = table.grain.replace("'", "''")
    connection.execute(f"COMMENT ON TABLE {stored} IS '{text}'")
    for column in table:
        text = column.doc.replace("'", "''")
        connection.execute(f"COMMENT ON COLUMN {stored}.\"{column.name}\" IS '{text}'")


def _keep_version(fresh: Path, folder: Path, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    kept = folder / f"shop-{version}.duckdb"
    # A half copy must not look like a version.
    half = folder / f".{kept.name}.new"
    shutil.copyfile(fresh, half)
    os.replace(half, kept)
    for old in sorted(folder.glob("shop-*.duckdb"), key=lambda p: p.stat().st_mtime)[:-KEEP]:
        old.unlink()
    return kept


def query(path: Path, sql: str) -> duckdb.DuckDBPyRelation | None:
    """Run `sql` on the published file, read-only; None for a statement without rows.

    Raises FileNotFoundError before the first good run.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is not there yet: the first good run makes it")
    found: duckdb.DuckDBPyRelation | None = duckdb.connect(str(path), read_only=True).sql(sql)
    return found
