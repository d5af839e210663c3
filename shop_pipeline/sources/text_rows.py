"""Records as text in a temporary table: what `csv_text`, `json_text` and `parquet_text` give to `reader`.

Here: the shape that they share. Not here: how any of them gets there.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TextRows:
    """A table with `_path`, `_row` and the record, and a table of the lines that could not be read as records."""

    relation: str
    """A FROM item with `_path`, `_row` and whatever the expressions below use."""
    columns: Mapping[str, str]
    """Source column, in lower case, to the SQL expression of its text."""
    record: str
    """SQL expression of the whole record as JSON by source column name."""
    is_readable: str = "true"
    """SQL condition: false for a record that is not one (a line that is not a JSON object)."""
    broken: str | None = None
    """A FROM item (_path, line, reason, text): the broken lines."""
