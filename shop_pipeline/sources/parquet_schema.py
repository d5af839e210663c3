"""The columns of a Parquet file, which stand inside it.

Here: one question to DuckDB. Not here: the check of the columns (`headers`) and the records (`parquet_text`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from .quoting import exact_path, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Schema = tuple[tuple[str, str], ...]
"""Names and DuckDB types."""


def parquet_schema(connection: "DuckDBPyConnection", path: Path) -> Schema:
    """Raises `duckdb.Error` when the file is not Parquet inside."""
    file = literal(exact_path(str(path)))
    # A cursor is a connection of its own: an error there leaves the caller's transaction alone.
    described = connection.cursor().execute(f"DESCRIBE SELECT * FROM read_parquet({file}, hive_partitioning = false)")
    return tuple((row[0], row[1]) for row in described.fetchall())
