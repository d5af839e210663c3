"""The beginning of a landing file as a small file of its own, which the real reader can read.

Here: how much is taken, and the unpacking. Not here: its encoding (`encoding`), its columns
(`columns`), and what it means (`recognise`).
"""

import gzip
import io
import re
import zlib
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ..compression import HEAD_BYTES, read_lines
from ..file_kinds import Kind, kind_and_compression, unknown_kind
from ..landing import LandingFile
from ..problems import Problem, first_line
from ..quoting import exact_path, literal
from ..workbooks import BrokenWorkbookError, write_sheet_copy
from .encoding import guess_encoding

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLE_LINES = 1_000
SAMPLE_BYTES = 4 << 20
READ_WHOLE_BYTES = 64 << 20
"""Files that are joined to a sample are read whole up to this size."""
BINARY = re.compile("[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Sample:
    """A file and its beginning."""

    file: LandingFile
    cut: LandingFile
    """The beginning, unpacked and in UTF-8, under a name that says its kind; or the file itself."""
    kind: Kind
    compression: str = "none"
    encoding: str = "utf-8"
    text: str = ""
    """What `cut` holds, if it is text."""
    is_whole: bool = True


def take_sample(connection: "DuckDBPyConnection", file: LandingFile, folder: Path) -> Sample | Problem:
    """The first lines or records; `folder` takes the copy. Never raises for a bad file."""
    found = kind_and_compression(file)
    if found is None:
        return unknown_kind(file)
    if file.size == 0:
        return Problem(file.name, "empty_file", "0 bytes", "a header and lines")
    kind, compression = found
    try:
        if kind in ("csv", "json"):
            return _text_sample(connection, file, kind, compression, folder)
        return _table_sample(connection, file, kind, folder)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return Problem(file.name, "broken_compression", first_line(error), "a whole gzip file")
    except (OSError, duckdb.Error) as error:
        return Problem(file.name, "unreadable_file", first_line(error), "a file that can be read")


def _table_sample(connection: "DuckDBPyConnection", file: LandingFile, kind: Kind, folder: Path) -> Sample | Problem:
    if kind == "xlsx":
        return _sheet_sample(file, folder)
    target = _target(folder, Path(file.name).name)
    source = literal(exact_path(str(file.path)))
    connection.cursor().execute(
        f"""COPY (SELECT * FROM read_parquet({source}, hive_partitioning = false) LIMIT {SAMPLE_LINES})
            TO {literal(str(target))} (FORMAT parquet)"""
    )
    return Sample(file, _as_file(file, target), kind, is_whole=False)


def _sheet_sample(file: LandingFile, folder: Path) -> Sample | Problem:
    """The sheet as the CSV text that the reader makes of it."""
    try:
        copy, _ = write_sheet_copy(file.path, file.sheet or "", folder)
    except BrokenWorkbookError as error:
        return Problem(file.name, "broken_workbook", str(error), "an Excel workbook (.xlsx)")
    text = copy.read_text("utf-8")
    if not text.strip():
        return Problem(file.name, "empty_file", "an empty sheet", "a header and lines")
    kept, all_kept = _whole_records(text, "csv", True)
    target = _target(folder, "sheet.csv")
    target.write_text(kept, "utf-8", newline="")
    return Sample(file, _as_file(file, target), "csv", text=kept, is_whole=all_kept)


def _text_sample(
    connection: "DuckDBPyConnection", file: LandingFile, kind: Kind, compression: str, folder: Path
) -> Sample | Problem:
    if compression == "zstd":
        encoding, lines = "utf-8", islice(read_lines(connection, file.path, compression), SAMPLE_LINES + 1)
        text, is_whole = "".join(f"{line}\n" for line in lines), True
    else:
        with gzip.open(file.path) if compression == "gzip" else file.path.open("rb") as stream:
            content = stream.read(SAMPLE_BYTES + 1)
        encoding = guess_encoding(content)
        text, is_whole = content[:SAMPLE_BYTES].decode(encoding, "replace"), len(content) <= SAMPLE_BYTES
    text = text.removeprefix("\ufeff")
    if BINARY.search(text[:HEAD_BYTES]) or text[:4] == "PAR1":
        return Problem(file.name, f"not_{kind}", repr(text[:20]), "text")
    if kind == "json" and text.lstrip()[:1] == "[":
        hint = "jq -c '.[]' makes lines of it"
        return Problem(file.name, "not_json_lines", "a JSON array", "one JSON object per line", line=1, hint=hint)
    kept, all_kept = _whole_records(text, kind, is_whole)
    if not kept:
        return Problem(
            file.name, "line_too_long", f"{len(text):,} characters", "lines of at most 2,000,000 bytes", line=1
        )
    name = Path(file.name).name
    target = _target(folder, name.rpartition(".")[0] if compression != "none" else name)
    target.write_text(kept, "utf-8", newline="")
    return Sample(file, _as_file(file, target), kind, compression, encoding, kept, is_whole and all_kept)


def _whole_records(text: str, kind: Kind, is_whole: bool) -> tuple[str, bool]:
    """The first lines, up to one behind which no quote is open; and whether that is everything."""
    lines = lines_of(text)
    kept = lines[:SAMPLE_LINES]
    if len(kept) == len(lines) and is_whole:
        return text, True
    kept = kept[:-1] if len(kept) == len(lines) else kept
    whole = kept
    # A value in quotes may hold line ends. Where cutting back does not help, a quote is broken, and the reader says so.
    while kind == "csv" and whole and "".join(whole).count('"') % 2 and len(kept) - len(whole) < 100:
        whole = whole[:-1]
    return "".join(kept if "".join(whole).count('"') % 2 else whole), False


def lines_of(text: str) -> list[str]:
    """The lines with their ends, whatever the end is. (`splitlines` also splits at characters inside of values.)"""
    return list(io.StringIO(text, newline=""))


def _target(folder: Path, name: str) -> Path:
    place = folder / str(len(list(folder.iterdir())))
    place.mkdir()
    return place / name


def _as_file(file: LandingFile, target: Path) -> LandingFile:
    name = file.name + target.suffix if file.sheet is not None else str(Path(file.name).with_name(target.name))
    return replace(file, path=target, name=name, size=target.stat().st_size, sheet=None)
