"""Which files have landed for a feed.

Here: the listing, and a file's identity (cheap: `fingerprint`; exact: `content_hash`). Not here: opening the files as
data (`inspection`, `reader`), and deciding that a file is new (`automation`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from shop_pipeline.settings import Feed

from .patterns import find, split_sheets
from .workbooks import sheet_names

UNFINISHED = (".tmp", ".part", ".crdownload")


@dataclass(frozen=True)
class Lookup:
    """Other files of the same export, which the feed's format joins; `name` is the format's word for them."""

    name: str
    files: "tuple[LandingFile, ...]"


@dataclass(frozen=True)
class LandingFile:
    """One file, or one sheet of a workbook: where it is, its name relative to the data folder, and its state when it
    was listed."""

    path: Path
    name: str
    size: int
    modified_at: datetime
    """UTC, to the microsecond."""
    modified_ns: int = 0
    """The same moment to the nanosecond; two writes within a microsecond differ in it."""
    named_date: date | None = None
    """The day that its name says, where the feed's pattern has `{date}`."""
    sheet: str | None = None
    """Of a workbook; `name` is then `x.xlsx#Sheet`."""
    lookups: tuple[Lookup, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes when the file does, or one that is joined to it, without reading them."""
        moment = self.modified_ns or int(self.modified_at.timestamp() * 1_000_000_000)
        joined = "\n".join(file.fingerprint for lookup in self.lookups for file in lookup.files)
        suffix = f"|{hashlib.sha256(joined.encode()).hexdigest()[:16]}" if joined else ""
        return f"{self.name}|{self.size}|{moment}{suffix}"


def list_files(data: Path, feed: Feed) -> list[LandingFile]:
    """The feed's files, by name, without hidden and unfinished ones; an absolute pattern may lead out of `data`."""
    lookups = tuple(Lookup(name, tuple(_list(data, pattern))) for name, pattern in sorted(feed.lookups.items()))
    return [replace(file, lookups=lookups) for file in _list(data, feed.files)]


def content_hash(file: LandingFile) -> str:
    """SHA-256 of the content. Raises `OSError` when the file can't be read."""
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _list(data: Path, pattern: str) -> list[LandingFile]:
    names, sheets = split_sheets(pattern)
    found = {name: day for name, day in find(data, names).items() if not _is_ignored(name)}
    listed = (_look_at(data, data / name, day) for name, day in sorted(found.items()))
    parts = (part for file in listed if file is not None for part in _parts(file, sheets))
    return sorted(parts, key=lambda file: file.name)


def _parts(file: LandingFile, sheets: str) -> Iterator[LandingFile]:
    """The sheets of a workbook; any other file, and a workbook that tells no sheets, as it is."""
    names = sheet_names(file.path) if file.name.lower().endswith(".xlsx") else []
    for name in names:
        if fnmatchcase(name, sheets):
            yield replace(file, name=f"{file.name}#{name}", sheet=name)
    if not names:
        yield file


def _is_ignored(name: str) -> bool:
    # Only the last part: a data folder may well lie under a hidden one, and `*` never matches hidden folders.
    last = Path(name).name
    return last.startswith(".") or last.lower().endswith(UNFINISHED)


def _look_at(data: Path, path: Path, day: date | None) -> LandingFile | None:
    """None for a folder, and for a file that went away since it was listed."""
    if not path.is_file():
        return None
    status = path.stat()
    name = path.relative_to(data) if path.is_relative_to(data) else path
    modified_at = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, UTC)
    return LandingFile(path, name.as_posix(), status.st_size, modified_at, status.st_mtime_ns, day)
