"""The columns of a sample and their values, as text.

Here: just enough reading to look at names and values. The rows that count are read by the real reader (`recognise`).
Not here: what the columns mean (`formats`, `guess`).
"""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..inspection import Inspected
from ..parquet_schema import parquet_schema
from ..parquet_text import read_parquet_text
from .sample import SAMPLE_LINES, Sample, lines_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DELIMITERS = (",", ";", "\t", "|", "::")
VALUE = re.compile(r"[+-]?\d[\d.,:/ -]*(?:[T ]?[\d:.]+Z?)?")


@dataclass(frozen=True)
class Columns:
    """Names (top-level keys of JSON lines; empty without a header line) and rows by name."""

    names: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    first_line: int
    """The line or record of the first row, as `_row` counts it."""
    delimiter: str = ""
    has_header: bool = True

    def values(self, name: str) -> list[str]:
        """The values of one column that are not empty."""
        return [row[name] for row in self.rows if row.get(name)]


def columns_of(connection: "DuckDBPyConnection", sample: Sample) -> Columns:
    """Raises `duckdb.Error` where the file is not what its name says."""
    if sample.kind == "parquet":
        return _parquet_columns(connection, sample)
    return _json_columns(sample.text) if sample.kind == "json" else _csv_columns(sample.text)


def _parquet_columns(connection: "DuckDBPyConnection", sample: Sample) -> Columns:
    schema = parquet_schema(connection, sample.cut.path)
    one = Inspected(sample.cut, sample.cut.path, "parquet", "none", schema=schema)
    text = read_parquet_text([one])
    cells = ", ".join(text.columns[name.lower()] for name, _ in schema)
    rows = connection.cursor().execute(f"SELECT {cells} FROM {text.relation} ORDER BY _row").fetchall()
    names = tuple(name for name, _ in schema)
    return Columns(names, tuple(_named(names, row) for row in rows), first_line=1)


def _json_columns(text: str) -> Columns:
    records = _records(text)
    names = tuple(dict.fromkeys(key for record in records for key in record))
    rows = tuple({key: _as_text(value) for key, value in record.items()} for record in records)
    return Columns(names, rows, first_line=1)


def _records(text: str) -> list[dict[str, Any]]:
    found = [_object(line) for line in lines_of(text)[:SAMPLE_LINES]]
    # A line that is no object keeps its place, so that the n-th row is the n-th line.
    return [record if isinstance(record, dict) else {} for record in found]


def _object(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _csv_columns(text: str) -> Columns:
    lines = lines_of(text)
    delimiter = max(DELIMITERS, key=lambda sign: len(_split(lines[:1], sign)[0]) if lines else 0)
    rows = _split(lines, delimiter)
    header = [name.strip() for name in rows[0]] if rows else []
    if any(VALUE.fullmatch(name) for name in header):
        return Columns((), tuple(_named(_positions(header), row) for row in rows), 1, delimiter, has_header=False)
    body = tuple(_named(header, row) for row in rows[1:])
    return Columns(tuple(header), body, 2, delimiter)


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    if len(delimiter) > 1:
        return [line.rstrip("\r\n").split(delimiter) for line in lines]
    try:
        return list(csv.reader(lines, delimiter=delimiter)) or [[]]
    except csv.Error:
        return [line.rstrip("\r\n").split(delimiter) for line in lines]


def _positions(row: Sequence[str]) -> list[str]:
    return [str(position) for position, _ in enumerate(row, start=1)]


def _named(names: Sequence[str], row: Sequence[Any]) -> dict[str, str]:
    return {name: str(value).strip() for name, value in zip(names, row, strict=False) if value is not None}
