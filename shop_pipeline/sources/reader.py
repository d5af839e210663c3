"""Landing files to one typed staging table: the public face of this package.

Here: the order of things. Each file is inspected, files that look alike are read together as text, the text is typed
and judged by one INSERT. A row that can't be read stays, with its rule, reason and record; a file that can't be read
refuses the call. Not here: opening the database (`storage`), moving refused rows to quarantine (`checks`), and
readable nonsense (`clean`).
"""

import contextlib
from collections.abc import Hashable, Sequence
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb

from shop_pipeline.contracts.table import Table
from shop_pipeline.settings import Feed, Shop

from .canonical_sql import FILES, create_staging, insert_broken_lines, insert_records
from .csv_text import SCRATCH, read_csv_text
from .headers import column_problems
from .inspection import Inspected, Inspector
from .json_text import find_missing_keys, read_json_text
from .landing import LandingFile
from .parquet_text import parquet_schema, read_parquet_text
from .presets import FeedPreset, load_feed_preset
from .problems import LandingError, Problem, first_line
from .quoting import identifier
from .text_rows import TextRows
from .utf8_copy import python_encoding

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def stage_feed(
    connection: "DuckDBPyConnection", table: Table, feed: Feed, files: Sequence[LandingFile], shop: Shop, target: str
) -> None:
    """Create the temporary table `target`: the columns of `table`, and `_rule`, `_reason`, `_source`.

    `_rule` is null for a readable row, else one of the contract's row rules, with the column and the value in `_reason`
    and the original record in `_source` (JSON by source column name; for a broken line the line). No files, no rows.

    Raises `LandingError` with every unfit file of the call; `target` does not exist then.
    """
    preset = load_feed_preset(feed.format, table.name)
    encoding = python_encoding(feed.encoding)
    connection.execute(create_staging(table, target))
    try:
        with TemporaryDirectory(prefix="shop-landing-") as folder:
            inspection = Inspector(connection, preset, encoding, Path(folder)).inspect(files)
            _list_files(connection, inspection.good)
            problems = inspection.problems + _stage(connection, table, preset, _group(inspection.good), shop, target)
        if problems:
            raise LandingError(sorted(problems, key=lambda problem: problem.file))
    except BaseException:
        _drop(connection, identifier(target))
        raise
    finally:
        _drop(connection, *SCRATCH, FILES)


def _drop(connection: "DuckDBPyConnection", *tables: str) -> None:
    # In an aborted transaction nothing can be dropped; the caller's rollback does it.
    with contextlib.suppress(duckdb.TransactionException):
        for name in tables:
            connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _list_files(connection: "DuckDBPyConnection", files: Sequence[Inspected]) -> None:
    moments = [one.file.modified_at.astimezone(UTC).replace(tzinfo=None) for one in files]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {FILES} AS SELECT unnest($1::VARCHAR[]) AS _path, unnest($2::VARCHAR[]) AS _name, "
        "unnest($3::TIMESTAMP[]) AS _modified_at",
        [[str(one.read_from) for one in files], [one.file.name for one in files], moments],
    )


def _group(files: Sequence[Inspected]) -> list[list[Inspected]]:
    """Files that one statement can read. Parquet knows its columns only inside, so each file is a group."""
    groups: dict[Hashable, list[Inspected]] = {}
    for one in files:
        alone = one.file.name if one.kind == "parquet" else ""
        key = (one.kind, one.compression, one.header, one.delimiter, alone)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _stage(
    connection: "DuckDBPyConnection",
    table: Table,
    preset: FeedPreset,
    groups: Sequence[Sequence[Inspected]],
    shop: Shop,
    target: str,
) -> list[Problem]:
    """Fill `target` group by group; the problems that only reading shows."""
    problems: list[Problem] = []
    for done, group in enumerate(groups):
        try:
            rows, found = _read(connection, group, preset)
            problems += found
            if not found:
                connection.execute(insert_records(table, preset, rows, shop.timezone, target))
            if rows.broken is not None:
                connection.execute(insert_broken_lines(rows.broken, target))
        except duckdb.Error as error:
            rest = [one for group in groups[done:] for one in group]
            return problems + (_probe(connection, rest, preset) or _unexplained(error))
    return problems


def _read(
    connection: "DuckDBPyConnection", group: Sequence[Inspected], preset: FeedPreset
) -> tuple[TextRows, list[Problem]]:
    if group[0].kind == "csv":
        return read_csv_text(connection, group), []
    if group[0].kind == "json":
        rows = read_json_text(connection, group, preset)
        return rows, find_missing_keys(connection, group, rows, preset)
    schema = parquet_schema(connection, group[0])
    found = column_problems(group[0].file, [name for name, _ in schema], preset)
    return read_parquet_text(group, schema), found


def _probe(connection: "DuckDBPyConnection", files: Sequence[Inspected], preset: FeedPreset) -> list[Problem]:
    """Which of the files DuckDB can't read. On a cursor, which is a connection of its own: the caller's transaction, if
    there is one, is aborted by now."""
    problems: list[Problem] = []
    for one in files:
        cursor = connection.cursor()
        try:
            rows, found = _read(cursor, [one], preset)
            problems += found
            cursor.execute(f"SELECT count(COLUMNS(*)) FROM {rows.relation}")
        except duckdb.Error as error:
            problems.append(_unreadable(one, error))
    return problems


def _unexplained(error: duckdb.Error) -> list[Problem]:
    raise error


def _unreadable(one: Inspected, error: duckdb.Error) -> Problem:
    # What DuckDB says of a stray carriage return: "The CSV Parser state machine reached an invalid state."
    hint = "does it have more than one kind of line end?" if "state machine" in str(error) else ""
    return Problem(one.file.name, "unreadable_file", first_line(error), f"a readable {one.kind} file", hint=hint)
