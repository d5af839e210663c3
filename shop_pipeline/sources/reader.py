"""Landing files to one typed staging table: the public face of this package.

Here: the order of things. Each file is inspected, files that look alike are read together as text, the text is typed
and judged by one INSERT. A row that can't be read stays, with its rule, reason and record; a file that can't be read
refuses the call. Not here: opening the database (`storage`), moving refused rows to quarantine (`checks`), and
readable nonsense (`clean`).
"""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb

from shop_pipeline.contracts.table import Table
from shop_pipeline.settings import Feed, Shop

from .canonical_sql import FILES, create_staging, insert_broken_lines, insert_records
from .csv_text import SCRATCH
from .event_words import TABLE as WORDS
from .event_words import stage_event_words
from .groups import find_unreadable, group_files, read_group
from .inspection import Inspected, Inspector
from .landing import LandingFile
from .lookups import lookup_problems, stage_lookup
from .presets import FeedPreset, load_feed_preset
from .problems import LandingError, Problem
from .quoting import identifier
from .shaping import LOOKUP
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
    preset = load_feed_preset(feed, table.name)
    encoding = python_encoding(feed.encoding)
    connection.execute(create_staging(table, target))
    try:
        with TemporaryDirectory(prefix="shop-landing-") as folder:
            inspector = Inspector(connection, preset, encoding, Path(folder))
            problems = _stage_lookups(table, feed, preset, files, inspector)
            if not problems:
                inspection = inspector.inspect(files)
                _list_files(connection, inspection.good)
                stage_event_words(connection)
                groups = group_files(inspection.good)
                problems = inspection.problems + _stage(connection, table, preset, groups, shop, target)
        if problems:
            raise LandingError(sorted(problems, key=lambda problem: problem.file))
    except BaseException:
        _drop(connection, identifier(target))
        raise
    finally:
        _drop(connection, *SCRATCH, FILES, WORDS, *(LOOKUP.format(name) for name in preset.lookups))


def _drop(connection: "DuckDBPyConnection", *tables: str) -> None:
    # In an aborted transaction nothing can be dropped; the caller's rollback does it.
    with contextlib.suppress(duckdb.TransactionException):
        for name in tables:
            connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _stage_lookups(
    table: Table, feed: Feed, preset: FeedPreset, files: Sequence[LandingFile], inspector: Inspector
) -> list[Problem]:
    """The lookups of the files, which all files of a feed share; no file, no lookup."""
    found = files[0].lookups if files else ()
    problems = lookup_problems(table.name, preset, feed.lookups, found) if files else []
    if problems:
        return problems
    for lookup in found:
        layout = replace(inspector, layout=preset.lookups[lookup.name])
        problems = problems + stage_lookup(inspector.connection, lookup, layout)
    return problems


def _list_files(connection: "DuckDBPyConnection", files: Sequence[Inspected]) -> None:
    moments = [one.file.modified_at.astimezone(UTC).replace(tzinfo=None) for one in files]
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {FILES} AS SELECT
            unnest($1::VARCHAR[]) AS _path, unnest($2::VARCHAR[]) AS _name, unnest($3::TIMESTAMP[]) AS _modified_at""",
        [[str(one.read_from) for one in files], [one.file.name for one in files], moments],
    )


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
            rows, found = read_group(connection, group, preset)
            problems += found
            if not found:
                connection.execute(insert_records(table, preset, rows, shop.timezone, target))
            if rows.broken is not None:
                connection.execute(insert_broken_lines(rows.broken, target))
        except duckdb.Error:
            rest = [one for group in groups[done:] for one in group]
            unreadable = find_unreadable(connection, rest, preset)
            if not unreadable:
                raise
            return problems + unreadable
    return problems
