"""A copy of a text file that DuckDB reads safely: UTF-8 with one kind of line end.

Here: the copying. DuckDB knows three encodings, its latin-1 refuses the bytes 0x80 to 0x9f, and a file of CRLF lines
to which one LF line was appended fails as a whole. Not here: which file needs a copy (`inspection`).
"""

import codecs
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .compression import read_lines
from .problems import LandingError, Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def python_encoding(name: str) -> str:
    """Python's own word for an encoding under any of its names. Raises `LandingError` for an unknown one."""
    try:
        "".encode(name)
        found = codecs.lookup(name).name
    except LookupError as error:
        expected = "an encoding that Python knows, such as utf-8, latin-1, cp1252, utf-16, gb18030"
        raise LandingError([Problem("shop.yaml", "unknown_encoding", repr(name), expected)]) from error
    return "utf-8" if found in ("ascii", "utf-8-sig") else found


def write_utf8_copy(
    connection: "DuckDBPyConnection", path: Path, compression: str, encoding: str, folder: Path
) -> Path:
    """The copy's path in `folder`, unpacked. Bytes that are wrong in `encoding` stay wrong, so their line is refused.

    Raises `OSError`, `UnicodeError` where wrong bytes can't stay (UTF-16), and `duckdb.Error`.
    """
    copy = folder / str(len(list(folder.iterdir())))
    if compression == "zstd":
        lines: Iterator[str] = (f"{line}\n" for line in read_lines(connection, path, compression, encoding))
    else:
        lines = _lines(path, compression, encoding)
    with copy.open("w", encoding="utf-8", errors="surrogateescape", newline="") as out:
        out.writelines(lines)
    return copy


def _lines(path: Path, compression: str, encoding: str) -> Iterator[str]:
    opened = gzip.open if compression == "gzip" else open
    with opened(path, "rt", encoding=encoding, errors="surrogateescape", newline="") as lines:
        for line in lines:
            yield line[:-2] + "\n" if line.endswith("\r\n") else line
