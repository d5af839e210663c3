"""The columns of a file against those that its format needs.

Here: the header of a CSV file (its first line, or what the format says), and the findings about any file's columns.
Not here: DuckDB (`parquet_schema` knows the columns of Parquet), and values.
"""

import csv
import logging
from collections.abc import Sequence

from .landing import LandingFile
from .presets import Layout
from .problems import INSPECT, Problem, did_you_mean

DELIMITERS = (",", ";", "\t")
LOGGER = logging.getLogger(__name__)


def read_header(head: str, layout: Layout) -> tuple[tuple[str, ...], str]:
    """The header and its delimiter: the one that shows most of the needed columns, then most columns.

    Of a file without a header line: the format's columns, and the delimiter that shows as many in the first line.
    """
    lines = head.removeprefix("\ufeff").splitlines(keepends=True)
    delimiters = (layout.delimiter,) if layout.delimiter else DELIMITERS
    if layout.header:
        fits = (sign for sign in delimiters if len(_split(lines, sign)) == len(layout.header))
        return tuple(layout.header), next(fits, delimiters[0])
    needed = {column.lower() for column in layout.needed}
    headers = {_split(lines, delimiter): delimiter for delimiter in reversed(delimiters)}
    best = max(reversed(headers), key=lambda names: (len(needed & {name.lower() for name in names}), len(names)))
    return best, headers[best]


def _split(lines: Sequence[str], delimiter: str) -> tuple[str, ...]:
    if len(delimiter) > 1:
        return tuple(name.strip() for name in "".join(lines[:1]).split(delimiter))
    try:
        return tuple(name.strip() for name in next(csv.reader(lines, delimiter=delimiter), []))
    except csv.Error:
        return ()


def column_problems(file: LandingFile, header: Sequence[str], layout: Layout, line: int | None = None) -> list[Problem]:
    """Needed columns that are not there, and columns of the format that are there twice."""
    lowered = [name.lower() for name in header]
    known = {column.lower() for column in layout.source_columns}
    spare = [name for name in header if name.lower() not in known]
    found = ", ".join(header)[:200] or "an empty line"
    problems = [
        Problem(
            file.name,
            "missing_column",
            found,
            "it among the columns",
            line,
            column,
            did_you_mean(column, spare) or INSPECT,
        )
        for column in layout.needed
        if column.lower() not in lowered
    ]
    problems += [
        Problem(file.name, "repeated_column", f"it {lowered.count(name)} times", "it once", line, name)
        for name in sorted(known)
        if lowered.count(name) > 1
    ]
    _warn_of_near_misses(file, lowered, spare, layout)
    return problems


def _warn_of_near_misses(file: LandingFile, lowered: list[str], spare: list[str], layout: Layout) -> None:
    """An absent optional column is fine, but a misspelled one would be lost in silence."""
    for column in layout.optional:
        if column.lower() not in lowered and (hint := did_you_mean(column, spare, cutoff=0.8)):
            LOGGER.warning("%s: no optional column %r; the file has a similar one: %s", file.name, column, hint)
