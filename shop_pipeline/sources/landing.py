"""Which files have landed for a feed.

Here: the listing, and a file's identity (cheap: `fingerprint`; exact: `content_hash`). Not here: opening the files as
data (`inspection`, `reader`), and deciding that a file is new (`automation`).
"""

import glob
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shop_pipeline.settings import Feed

UNFINISHED = (".tmp", ".part", ".crdownload")


@dataclass(frozen=True)
class LandingFile:
    """One file: where it is, its name relative to the data folder, and its state when it was listed."""

    path: Path
    name: str
    size: int
    modified_at: datetime
    """UTC, to the microsecond."""
    modified_ns: int = 0
    """The same moment to the nanosecond; two writes within a microsecond differ in it."""

    @property
    def fingerprint(self) -> str:
        """Changes when the file does, without reading it."""
        moment = self.modified_ns or int(self.modified_at.timestamp() * 1_000_000_000)
        return f"{self.name}|{self.size}|{moment}"


def list_files(data: Path, feed: Feed) -> list[LandingFile]:
    """The feed's files, by name, without hidden and unfinished ones; an absolute pattern may lead out of `data`."""
    found = glob.iglob(feed.files, root_dir=data, recursive=True)
    listed = (_look_at(data, data / name) for name in sorted(set(found)) if not _is_ignored(name))
    return sorted((file for file in listed if file is not None), key=lambda file: file.name)


def content_hash(file: LandingFile) -> str:
    """SHA-256 of the content. Raises `OSError` when the file can't be read."""
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_ignored(name: str) -> bool:
    # Only the last part: a data folder may well lie under a hidden one, and `*` never matches hidden folders.
    last = Path(name).name
    return last.startswith(".") or last.lower().endswith(UNFINISHED)


def _look_at(data: Path, path: Path) -> LandingFile | None:
    """None for a folder, and for a file that went away since it was listed."""
    if not path.is_file():
        return None
    status = path.stat()
    name = path.relative_to(data) if path.is_relative_to(data) else path
    modified_at = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, UTC)
    return LandingFile(path, name.as_posix(), status.st_size, modified_at, status.st_mtime_ns)
