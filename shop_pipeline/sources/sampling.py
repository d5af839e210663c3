"""How many lines landing files hold, without reading them whole; and small copies of some, for the reader to read.

Here: bytes and lines of a sample, the footer of Parquet. A text file's lines are its bytes times the lines per byte of
the sample; a packed file's, its packed bytes times the lines per packed byte. Not here: rows and their meaning (the
reader is given the copies).
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .compression import read_lines
from .file_kinds import kind_and_compression
from .landing import LandingFile
from .quoting import exact_path, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILES_LOOKED_INTO = 12
"""Of each kind."""
BYTES_LOOKED_AT = 4 << 20
"""Over all files: some 40,000 lines, read in a tenth of a second."""
PIECES = 4
TEXT = ("csv", "json")


@dataclass(frozen=True)
class Sampled:
    """A copy of some lines of one file, and what the file was seen to hold: `lines` in `size` bytes of it."""

    file: LandingFile
    copy: LandingFile
    lines: int
    size: int


def sample_files(
    connection: "DuckDBPyConnection", files: Sequence[LandingFile], encoding: str, folder: Path
) -> list[Sampled]:
    """Some of the files of each kind and packing, evenly spread, each with a copy of some of its lines in `folder`.

    Raises `OSError`, `UnicodeError` and `duckdb.Error` for a file that can't be read.
    """
    kinds = {kind_and_compression(file) for file in files}
    chosen = [one for k in kinds for one in _spread([f for f in files if kind_and_compression(f) == k])]
    budget = BYTES_LOOKED_AT // max(1, len(chosen))
    return [_sample(connection, file, encoding, folder / str(n), budget) for n, file in enumerate(chosen)]


def parquet_rows(connection: "DuckDBPyConnection", files: Sequence[LandingFile]) -> int:
    """Rows by the footers of the Parquet files among `files`."""
    paths = [literal(exact_path(str(file.path))) for file in files if _kind(file) == "parquet"]
    if not paths:
        return 0
    found = connection.execute(f"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata([{', '.join(paths)}])")
    return int((found.fetchone() or (0,))[0])


def is_parquet(file: LandingFile) -> bool:
    """By its name."""
    return _kind(file) == "parquet"


def _kind(file: LandingFile) -> str | None:
    found = kind_and_compression(file)
    return found[0] if found else None


def _spread(files: Sequence[LandingFile]) -> list[LandingFile]:
    """A few files, the first and the last among them."""
    filled, n = [file for file in files if file.size], FILES_LOOKED_INTO
    if len(filled) <= n:
        return filled
    return [filled[round(i * (len(filled) - 1) / (n - 1))] for i in range(n)]


def _sample(connection: "DuckDBPyConnection", file: LandingFile, encoding: str, folder: Path, budget: int) -> Sampled:
    folder.mkdir()
    kind, compression = kind_and_compression(file) or ("", "none")
    # The copy is named as the file, so that it is read in the same way, but it is never packed.
    packed = file.path.suffix if compression != "none" else ""
    copy = folder / file.path.name.removesuffix(packed)
    named = replace(file, path=copy, name=file.name.removesuffix(packed))
    if kind == "parquet":
        return Sampled(file, named, _copy_parquet(connection, file, copy, budget), file.size)
    if kind not in TEXT:
        return Sampled(file, file, 0, file.size)
    text, size = _text_of(connection, file, compression, encoding, budget)
    copy.write_bytes(text)
    return Sampled(file, named, _count(text, encoding), size)


def _copy_parquet(connection: "DuckDBPyConnection", file: LandingFile, copy: Path, budget: int) -> int:
    rows = parquet_rows(connection, [file])
    taken = min(rows, max(1, rows * budget // max(file.size, 1)))
    source = literal(exact_path(str(file.path)))
    connection.execute(f"COPY (FROM read_parquet({source}) LIMIT {taken}) TO {literal(str(copy))} (FORMAT parquet)")
    return taken


def _text_of(
    connection: "DuckDBPyConnection", file: LandingFile, compression: str, encoding: str, budget: int
) -> tuple[bytes, int]:
    """Whole lines, and how many bytes of the file (packed bytes of a packed one) they stand for."""
    if compression == "gzip":
        return _gzip_head(file.path, budget)
    if compression == "zstd" or "16" in encoding or "32" in encoding:
        # No part of it can be unpacked, or cut into lines, by its bytes: it is gone through to its end.
        lines = read_lines(connection, file.path, compression, encoding)
        kept = "".join(f"{line}\n" for line in islice(lines, budget // 100))
        rest = sum(1 for _ in lines)
        text = kept.encode("utf-8" if compression == "zstd" else encoding)
        n = kept.count("\n")
        return text, round(file.size * n / max(1, n + rest))
    pieces = list(_pieces(file, budget))
    return b"".join(pieces), sum(map(len, pieces))


def _pieces(file: LandingFile, budget: int) -> Iterator[bytes]:
    """The file, or so many whole lines from its beginning, from places in between, and from its end."""
    with file.path.open("rb") as stream:
        if file.size <= budget:
            yield stream.read()
            return
        width = budget // PIECES
        for n in range(PIECES):
            stream.seek(round(n * (file.size - width) / (PIECES - 1)))
            piece = stream.read(width)
            # What stands before the first end of line belongs to a line that began earlier.
            begin = 0 if n == 0 else piece.find(b"\n") + 1
            yield piece[begin : piece.rfind(b"\n") + 1]


def _gzip_head(path: Path, budget: int) -> tuple[bytes, int]:
    unpacker, text = zlib.decompressobj(wbits=31), b""
    with path.open("rb") as stream:
        packed = stream.read(budget // 4)
        is_whole = not stream.read(1)
    text = unpacker.decompress(packed)
    while unpacker.eof and unpacker.unused_data:  # members one behind the other
        rest, unpacker = unpacker.unused_data, zlib.decompressobj(wbits=31)
        text += unpacker.decompress(rest)
    whole_lines = text if is_whole else text[: text.rfind(b"\n") + 1]
    return whole_lines, round(len(packed) * len(whole_lines) / max(1, len(text)))


def _count(text: bytes, encoding: str) -> int:
    ends = text.decode(encoding, "replace").count("\n") if "16" in encoding or "32" in encoding else text.count(b"\n")
    return ends + (bool(text) and not text.endswith(b"\n"))
