"""JSON lines to a table of lines, read as text; the values are taken out of each line by key.

Here: every line is read as one text column, so that its number is exact and a line that is no JSON object stays a row
that can be shown. Not here: the line numbers and rejects themselves (`csv_text` reads the lines).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .csv_text import BROKEN, WHOLE_LINE, read_text
from .inspection import Inspected
from .presets import Layout
from .problems import INSPECT, Problem, did_you_mean
from .quoting import literal, literals
from .text_rows import TextRows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINE = "_json_line"
IS_OBJECT = f"CASE WHEN json_valid({LINE}) THEN json_type({LINE}) = 'OBJECT' ELSE false END"


def read_json_text(connection: "DuckDBPyConnection", group: Sequence[Inspected], layout: Layout) -> TextRows:
    """Read the lines of files of one encoding. Raises `duckdb.Error` when one of them can't be read."""
    lines = read_text(connection, group, [LINE], WHOLE_LINE, header_lines=0)
    keys = layout.source_columns
    paths = literals(map(_path, keys))
    values = f"CASE WHEN {IS_OBJECT} THEN json_extract_string({LINE}, {paths}) END AS _json_values"
    return TextRows(
        relation=f"(SELECT *, {values} FROM {lines} WHERE trim({LINE}, ' \t\r') <> '')",
        columns={key.lower(): f"_json_values[{position}]" for position, key in enumerate(keys, start=1)},
        record=LINE,
        is_readable="_json_values IS NOT NULL",
        broken=BROKEN,
    )


def find_missing_keys(
    connection: "DuckDBPyConnection", group: Sequence[Inspected], rows: TextRows, layout: Layout
) -> list[Problem]:
    """Needed keys that no line of a file has. (A line without one is only a row with a missing value.)"""
    has = ", ".join(f"bool_or(json_exists({LINE}, {literal(_path(key))}))" for key in layout.needed)
    found = connection.execute(
        f"SELECT _path, [{has}], arg_min(json_keys({LINE}), _row) FROM {rows.relation} WHERE {IS_OBJECT} GROUP BY _path"
    ).fetchall()
    names = {str(one.read_from): one.file.name for one in group}
    return [
        _missing(names[path], column, keys, layout)
        for path, is_there, keys in sorted(found)
        for column, is_found in zip(layout.needed, is_there, strict=True)
        if not is_found
    ]


def _path(key: str) -> str:
    return f'$."{key}"'


def _missing(file: str, column: str, keys: Sequence[str], layout: Layout) -> Problem:
    hint = did_you_mean(column, [key for key in keys if key not in layout.source_columns]) or INSPECT
    return Problem(file, "missing_column", ", ".join(keys)[:200], "it in some line", column=column, hint=hint)
