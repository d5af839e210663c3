"""What a file says it is, by name, and whether its first and last bytes agree.

Here: names and magic bytes. Not here: columns (`headers`), and whether the file is whole (`compression`).
"""

from typing import Literal

from .compression import Content
from .landing import LandingFile
from .problems import Problem

Kind = Literal["csv", "json", "parquet", "xlsx"]
KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".dat": "csv",
    ".data": "csv",
    ".item": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
}
PACKED = ("parquet", "xlsx")


def kind_and_compression(file: LandingFile) -> tuple[Kind, str] | None:
    """By the ending of the name; None when nothing is known that ends so."""
    name = file.name.removesuffix(f"#{file.sheet}") if file.sheet is not None else file.name
    stem, compression = _split_compression(name.lower())
    kind = next((kind for ending, kind in KINDS.items() if stem.endswith(ending)), None)
    # These compress inside; a packed one would have to be unpacked to disk first.
    return None if kind is None or (kind in PACKED and compression != "none") else (kind, compression)


def unknown_kind(file: LandingFile) -> Problem:
    expected = f"a name that ends in {', '.join(KINDS)}, all but Parquet and .xlsx also with .gz or .zst"
    return Problem(file.name, "unknown_kind", repr(file.path.name), expected)


def mismatch(file: LandingFile, kind: Kind, content: Content) -> Problem | None:
    """The file is something else than its name says."""
    head = content.head
    if kind == "parquet":
        if head[:4] != b"PAR1" or content.tail[-4:] != b"PAR1":
            return Problem(file.name, "not_parquet", _shown(head), "a whole Parquet file (PAR1 at both ends)")
        return None
    if head[:4] == b"PAR1":
        return Problem(file.name, f"not_{kind}", "a Parquet file", "text", hint="rename it to .parquet")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Problem(
            file.name, "wrong_encoding", "UTF-16", "UTF-8 or what shop.yaml says", line=1, hint="set `encoding: utf-16`"
        )
    if head[:2] == b"\x1f\x8b" or head[:4] == b"\x28\xb5\x2f\xfd":
        return Problem(file.name, f"not_{kind}", "packed data", "text", hint="name it .gz or .zst")
    start = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")[:1]
    if kind == "json" and start not in ("{", ""):
        return Problem(file.name, "not_json", _shown(head), "one JSON object per line", line=1)
    if kind == "csv" and start == "{":
        return Problem(file.name, "not_csv", _shown(head), "a header line", line=1, hint="rename it to .jsonl")
    return None


def _split_compression(name: str) -> tuple[str, str]:
    for ending, compression in ((".gz", "gzip"), (".zst", "zstd")):
        if name.endswith(ending):
            return name.removesuffix(ending), compression
    return name, "none"


def _shown(head: bytes) -> str:
    return repr(head[:40].decode("utf-8", "replace"))
