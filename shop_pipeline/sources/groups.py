"""Files that look alike, read together as text.

Here: which files go together, which module reads them, and which of them is to blame when that fails. Not here: the
reading (`csv_text`, `blank_separated`, `json_text`, `parquet_text`) and what is done with the text (`reader`).
"""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import duckdb

from .blank_separated import read_blank_separated
from .csv_text import read_csv_text
from .inspection import Inspected
from .json_text import find_missing_keys, read_json_text
from .parquet_text import read_parquet_text
from .presets import BLANKS, Layout
from .problems import Problem, first_line
from .text_rows import TextRows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def group_files(files: Sequence[Inspected]) -> list[list[Inspected]]:
    """Files that one statement can read; 305 daily files with one header are one group."""
    groups: dict[Hashable, list[Inspected]] = {}
    for one in files:
        key = (one.kind, one.compression, one.header, one.delimiter, one.header_lines, one.skipped, one.schema)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def read_group(
    connection: "DuckDBPyConnection", group: Sequence[Inspected], layout: Layout
) -> tuple[TextRows, list[Problem]]:
    """The text of one group, and the problems that show only there. Raises `duckdb.Error`."""
    if group[0].kind == "csv" and group[0].delimiter == BLANKS:
        return read_blank_separated(connection, group), []
    if group[0].kind == "csv":
        return read_csv_text(connection, group).moved_down(group[0].skipped), []
    if group[0].kind == "json":
        rows = read_json_text(connection, group, layout)
        return rows, find_missing_keys(connection, group, rows, layout)
    return read_parquet_text(group), []


def find_unreadable(connection: "DuckDBPyConnection", files: Sequence[Inspected], layout: Layout) -> list[Problem]:
    """Which of the files DuckDB can't read. On a cursor, which is a connection of its own: the caller's transaction, if
    there is one, is aborted by now."""
    problems: list[Problem] = []
    for one in files:
        cursor = connection.cursor()
        try:
            rows, found = read_group(cursor, [one], layout)
            problems += found
            cursor.execute(f"SELECT count(COLUMNS(*)) FROM {rows.relation}")
        except duckdb.Error as error:
            problems.append(_unreadable(one, error))
    return problems


def _unreadable(one: Inspected, error: duckdb.Error) -> Problem:
    # What DuckDB says of a stray carriage return: "The CSV Parser state machine reached an invalid state."
    hint = "does it have more than one kind of line end?" if "state machine" in str(error) else ""
    return Problem(one.file.name, "unreadable_file", first_line(error), f"a readable {one.kind} file", hint=hint)
