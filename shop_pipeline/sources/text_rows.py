"""Records as text in a temporary table: what `csv_text`, `json_text` and `parquet_text` give to `reader`.

Here: the shape that they share. Not here: how any of them gets there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


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
    unreadable: str = "not a JSON object"
    """What is said of such a record."""
    part: str = "1"
    """SQL expression: which of the rows of its record a row is."""
    stored: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Source column, in lower case, to the expression and DuckDB type of its value, where the file has types."""
    broken: str | None = None
    """A FROM item (_path, line, reason, text): the broken lines."""

    def moved_down(self, lines: int) -> "TextRows":
        """The same records, so many lines further down in the file."""
        if not lines:
            return self
        broken = self.broken and f"(SELECT * REPLACE (line + {lines} AS line) FROM {self.broken})"
        moved = f"(SELECT * REPLACE (_row + {lines} AS _row) FROM {self.relation})"
        return replace(self, relation=moved, broken=broken)

    def cell(self, name: str) -> str:
        """SQL expression of the text of a source column; NULL for one that is not there."""
        return self.columns.get(name.lower(), "NULL::VARCHAR")
