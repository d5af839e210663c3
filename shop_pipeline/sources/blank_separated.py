"""Text files whose values stand between runs of blanks to a table of text columns.

Here: every line is read whole, so that its number is exact, and split. DuckDB's reader takes each blank for a
delimiter, and what stands before, between and behind the runs for empty values. Not here: the lines themselves
(`csv_text` reads them), and quotes, which such files don't have.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .csv_text import BROKEN, WHOLE_LINE, read_text, unique
from .inspection import Inspected
from .quoting import literal
from .text_rows import TextRows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINE, VALUES = "_whole_line", "_line_values"


def read_blank_separated(connection: "DuckDBPyConnection", group: Sequence[Inspected]) -> TextRows:
    """Read files of one layout. A line with another number of values is no record. Raises `duckdb.Error`."""
    header = group[0].header
    lines = read_text(connection, group, [LINE], WHOLE_LINE, header_lines=0)
    trimmed = f"trim({LINE}, ' ' || chr(9) || chr(13))"
    cells = {name: f"{VALUES}[{position}]" for position, name in enumerate(header, start=1)}
    is_readable = f"{VALUES} IS NOT NULL"
    pairs = ", ".join(f"{literal(name)}, {cell}" for name, cell in zip(unique(header), cells.values(), strict=True))
    values = rf"regexp_split_to_array({trimmed}, '[ \t]+')"
    whole = f"CASE WHEN len({values}) = {len(header)} THEN {values} END AS {VALUES}"
    return TextRows(
        relation=f"(SELECT *, {whole} FROM {lines} WHERE {trimmed} <> '')",
        columns={name.lower(): cell for name, cell in cells.items()},
        record=f"CASE WHEN {is_readable} THEN CAST(json_object({pairs}) AS VARCHAR) ELSE {LINE} END",
        is_readable=is_readable,
        unreadable=f"not {len(header)} values",
        broken=BROKEN,
    )
