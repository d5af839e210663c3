"""Packed files: their beginning and end, and whether they are whole.

Here: bytes. A truncated .gz or .zst is read by DuckDB as far as it goes and taken for whole, so each is checked to
its last byte first. Not here: what the bytes mean (`inspection`).
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .quoting import exact_path, literal
from .zstd_frames import is_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEAD_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20
DUCKDB_ENCODINGS = {"iso8859-1": "latin-1"}
# "\n\r" begins an empty line of a Windows file: "\r\n\r\n".
BLANK_LINES_WITH_RETURNS = (b"\n\r", b"\r\r")


class BrokenCompressionError(Exception):
    """The packed file is truncated, damaged, or not packed at all."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found, self.expected = found, expected


@dataclass(frozen=True)
class Content:
    """The first and the last bytes, unpacked (of a .zst file: as UTF-8, whatever its encoding)."""

    head: bytes
    tail: bytes
    may_have_blank_lines: bool
    has_mixed_line_ends: bool


def look_into(connection: "DuckDBPyConnection", path: Path, compression: str, encoding: str = "utf-8") -> Content:
    """Read the whole file once. Raises `BrokenCompressionError`, `OSError` and `duckdb.Error`."""
    head, tail = b"", b""
    has_blank = has_plain = has_windows = False
    for chunk in _unpacked(connection, path, compression, encoding):
        head = head + chunk if len(head) < HEAD_BYTES else head
        window = tail[-1:] + chunk
        has_blank = has_blank or b"\n\n" in window
        if b"\r" in window:
            has_blank = has_blank or any(pair in window for pair in BLANK_LINES_WITH_RETURNS)
            n_windows = window.count(b"\r\n")
            has_windows, has_plain = has_windows or n_windows > 0, has_plain or n_windows < chunk.count(b"\n")
        else:  # most files: nothing to count
            has_plain = has_plain or b"\n" in chunk
        tail = (tail + chunk)[-4:]
    return Content(head[:HEAD_BYTES], tail, has_blank, has_plain and has_windows)


def read_lines(
    connection: "DuckDBPyConnection", path: Path, compression: str, encoding: str = "utf-8"
) -> Iterator[str]:
    """The lines without their ends, whatever the end is; what can't be decoded is replaced."""
    if compression == "zstd":
        yield from _zstd_lines(connection, path, encoding)
        return
    opened = gzip.open if compression == "gzip" else open
    with opened(path, "rt", encoding=encoding, errors="replace", newline=None) as lines:
        for line in lines:
            yield line.removesuffix("\n")


def _unpacked(connection: "DuckDBPyConnection", path: Path, compression: str, encoding: str) -> Iterator[bytes]:
    with path.open("rb") as stream:
        if compression == "gzip":
            yield from _ungzipped(stream)
        elif compression == "zstd":
            if not is_whole(path):
                raise BrokenCompressionError("a truncated zstd file, or none", "whole zstd frames")
            yield from (f"{line}\n".encode() for line in _zstd_lines(connection, path, encoding))
        else:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk


def _ungzipped(stream: BinaryIO) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=stream) as unzipped:
            while chunk := unzipped.read(CHUNK_BYTES):
                yield chunk
    except EOFError as error:
        raise BrokenCompressionError("a truncated gzip file", "its end mark") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BrokenCompressionError(str(error), "a gzip file") from error


def _zstd_lines(connection: "DuckDBPyConnection", path: Path, encoding: str) -> Iterator[str]:
    """By DuckDB, because Python has no zstd before 3.14. UTF-8 lines that can't be decoded are left out; of the other
    encodings it knows latin-1 and utf-16, and raises `duckdb.Error`.

    A cursor is a connection of its own: an error there leaves the caller's transaction alone.
    """
    name = DUCKDB_ENCODINGS.get(encoding, encoding)
    lines = connection.cursor().execute(f"""
        SELECT line FROM read_csv({literal(exact_path(str(path)))}, compression = 'zstd', encoding = {literal(name)},
            auto_detect = false, columns = {{'line': 'VARCHAR'}}, header = false, ignore_errors = {encoding == "utf-8"},
            delim = '\x01', quote = '', escape = '', hive_partitioning = false)
    """)
    while rows := lines.fetchmany(10_000):
        yield from (line or "" for (line,) in rows)
