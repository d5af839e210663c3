"""A look at each file before DuckDB reads it: its kind, its columns, and whether it is whole.

Here: the order of the looks. DuckDB would read half of a truncated file without a word, and its sniffer would guess;
so both are settled here. Not here: the keys of JSON lines (`json_text`), and
single rows (`reader`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from .blank_lines import blank_records
from .compression import BrokenCompressionError, Content, look_into, read_lines
from .file_kinds import Kind, kind_and_compression, mismatch, unknown_kind
from .headers import column_problems, read_header
from .landing import LandingFile
from .parquet_schema import Schema, parquet_schema
from .presets import BLANKS, Layout
from .problems import Problem, first_line
from .utf8_copy import write_utf8_copy
from .workbooks import BrokenWorkbookError, write_sheet_copy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inspected:
    """A file fit to be read."""

    file: LandingFile
    read_from: Path
    """The file, or its copy in UTF-8."""
    kind: Kind
    compression: str
    schema: Schema = ()
    """Of a Parquet file."""
    header: tuple[str, ...] = ()
    """Of a CSV file, and so are the fields below."""
    delimiter: str = ","
    header_lines: int = 1
    """0 for a file that begins with data."""
    skipped: int = 0
    """Lines of the file that `read_from` lacks in front: empty rows of a sheet."""
    blank_records: tuple[int, ...] = ()
    """Records, counted from 1 with the header, that are empty lines: DuckDB skips them without counting."""


@dataclass
class Inspection:
    """The files fit to be read, and what is wrong with the others."""

    good: list[Inspected] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Inspector:
    """Looks at files of one layout; `folder` takes the copies that some need."""

    connection: "DuckDBPyConnection"
    layout: Layout
    encoding: str
    folder: Path

    def inspect(self, files: Sequence[LandingFile]) -> Inspection:
        """Look at every file. Never raises for a bad one: the caller wants all of them in one error."""
        inspection = Inspection()
        for file in files:
            if file.size == 0:
                LOGGER.warning("%s is empty (0 bytes): no rows", file.name)
                continue
            found = self._inspect(file)
            inspection.problems += found if isinstance(found, list) else []
            inspection.good += [found] if isinstance(found, Inspected) else []
        return inspection

    def _inspect(self, file: LandingFile) -> Inspected | list[Problem]:
        kind_found = kind_and_compression(file)
        if kind_found is None:
            return [unknown_kind(file)]
        try:
            return self._look(file, *kind_found)
        except BrokenCompressionError as error:
            return [Problem(file.name, "broken_compression", error.found, error.expected, hint="copy the file again")]
        except BrokenWorkbookError as error:
            return [Problem(file.name, "broken_workbook", str(error), "an Excel workbook (.xlsx)")]
        except UnicodeError as error:
            return [Problem(file.name, "wrong_encoding", str(error), self.encoding)]
        except (OSError, duckdb.Error) as error:
            return [Problem(file.name, "unreadable_file", first_line(error), "a file that can be read")]

    def _look(self, file: LandingFile, kind: Kind, compression: str) -> Inspected | list[Problem]:
        if kind == "xlsx":
            return self._look_at_sheet(file)
        path = file.path
        content = look_into(self.connection, path, compression, self.encoding)
        if kind != "parquet" and (self.encoding != "utf-8" or content.has_mixed_line_ends):
            path = write_utf8_copy(self.connection, path, compression, self.encoding, self.folder)
            compression = "none"
            content = look_into(self.connection, path, compression)
        if problem := mismatch(file, kind, content):
            return [problem]
        if kind == "json":
            return Inspected(file, path, kind, compression)
        if kind == "parquet":
            schema = parquet_schema(self.connection, path)
            problems = column_problems(file, [name for name, _ in schema], self.layout)
            return problems or Inspected(file, path, kind, compression, schema=schema)
        return self._look_at_text(file, path, compression, content, skipped=0)

    def _look_at_sheet(self, file: LandingFile) -> Inspected | list[Problem]:
        path, skipped = write_sheet_copy(file.path, file.sheet or "", self.folder)
        content = look_into(self.connection, path, "none")
        if content.head:
            return self._look_at_text(file, path, "none", content, skipped)
        LOGGER.warning("%s is an empty sheet: no rows", file.name)
        return []

    def _look_at_text(
        self, file: LandingFile, path: Path, compression: str, content: Content, skipped: int
    ) -> Inspected | list[Problem]:
        """`skipped` lines stand in front of the header in the file, but not in its copy `path`."""
        header, delimiter = read_header(content.head.decode("utf-8", "replace"), self.layout)
        # With a single column, and of whole lines, DuckDB keeps empty lines as rows of their own.
        look = len(header) > 1 and delimiter != BLANKS and content.may_have_blank_lines
        blank = blank_records(read_lines(self.connection, path, compression), delimiter) if look else ()
        n_headers = 0 if self.layout.header else 1
        problems = column_problems(file, header, self.layout, line=skipped + 1)
        return problems or Inspected(file, path, "csv", compression, (), header, delimiter, n_headers, skipped, blank)
