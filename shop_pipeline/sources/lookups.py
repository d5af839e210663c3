"""The other files of an export that a preset's SQL joins: order heads, titles, category names.

Here: that they are there, and their records as temporary tables. A line of theirs that can't be read is left out with
a warning: it is no row of the feed, so that no quarantine has a place for it. Not here: the joins (`shaping`,
`presets/`).
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from .groups import find_unreadable, group_files, read_group
from .inspection import Inspected, Inspector
from .landing import Lookup
from .presets import FeedPreset, Layout
from .problems import Problem
from .quoting import identifier
from .shaping import LOOKUP, records

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOGGER = logging.getLogger(__name__)


def lookup_problems(feed: str, preset: FeedPreset, named: dict[str, str], found: Sequence[Lookup]) -> list[Problem]:
    """What shop.yaml names against what the format joins: lookups unknown, not named, or without a file."""
    key = f"feeds.{feed}.lookups"
    has = ", ".join(preset.lookups) or "none"
    problems = [
        Problem("shop.yaml", "unknown_lookup", repr(name), f"one that the format joins ({has})", column=key)
        for name in named
        if name not in preset.lookups
    ]
    problems += [
        Problem("shop.yaml", "missing_lookup", "no pattern", "the files that the format joins", column=f"{key}.{name}")
        for name in preset.lookups
        if name not in named
    ]
    with_files = {lookup.name for lookup in found if lookup.files}
    return problems + [
        Problem("shop.yaml", "missing_lookup", f"no file under {pattern}", "at least one", column=f"{key}.{name}")
        for name, pattern in named.items()
        if name in preset.lookups and name not in with_files
    ]


def create_lookup(name: str, layout: Layout) -> str:
    """The empty temporary table of a lookup."""
    columns = "".join(f", {identifier(column)} VARCHAR" for column in layout.source_columns)
    head = "_path VARCHAR, _row BIGINT, _record VARCHAR, _is_readable BOOLEAN"
    return f"CREATE OR REPLACE TEMP TABLE {LOOKUP.format(name)} ({head}{columns})"


def stage_lookup(connection: "DuckDBPyConnection", lookup: Lookup, inspector: Inspector) -> list[Problem]:
    """Fill the lookup's temporary table from its files; the problems of those that can't be read."""
    layout = inspector.layout
    connection.execute(create_lookup(lookup.name, layout))
    inspection = inspector.inspect(lookup.files)
    problems = inspection.problems
    for group in group_files(inspection.good):
        try:
            problems = problems + _insert(connection, LOOKUP.format(lookup.name), group, layout)
        except duckdb.Error:
            unreadable = find_unreadable(connection, group, layout)
            if not unreadable:
                raise
            return problems + unreadable
    return problems


def _insert(connection: "DuckDBPyConnection", target: str, group: Sequence[Inspected], layout: Layout) -> list[Problem]:
    rows, problems = read_group(connection, group, layout)
    if problems:
        return problems
    connection.execute(f"INSERT INTO {target} BY NAME {records(layout, rows)}")
    left_out = f"SELECT _path, _row AS line FROM {target} WHERE NOT _is_readable"
    if rows.broken is not None:
        left_out += f" UNION ALL SELECT _path, line FROM {rows.broken}"
    names = {str(one.read_from): one.file.name for one in group}
    found = connection.execute(f"SELECT _path, count(*), min(line) FROM ({left_out}) GROUP BY 1").fetchall()
    for path, n_lines, first in found:
        LOGGER.warning("%s: %d unreadable lines are not joined, the first is line %d", names[path], n_lines, first)
    return []
