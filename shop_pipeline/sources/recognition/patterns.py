"""The `files:` pattern of shop.yaml that finds a group of files, today's and tomorrow's, and no others.

Here: the patterns that come into question, the most general first, each tried on the disk. `{date}` is among them only
where every sampled file holds the events of the day in its name and no other: files of other days are not even opened.
Not here: what a pattern means (`patterns`).
"""

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path, PurePosixPath

from shop_pipeline.settings import Feed

from ..landing import LandingFile, list_files
from ..patterns import DATE, DAY

DIGITS = re.compile(r"\d+")
DAY_IN_NAME = re.compile(rf"(?<!\d)({DAY})(?!\d)")


def pattern_for(
    data: Path, files: Sequence[LandingFile], asked: Sequence[str], days: Mapping[str, tuple[date, date]]
) -> str | None:
    """None where no single pattern finds exactly these files. `asked` are the patterns of the call, absolute;
    `days` the first and last day of the files that were sampled."""
    wanted = {file.name for file in files}
    alone = len(files) == 1 and any(_is_file(data / pattern, files[0]) for pattern in asked)
    candidates = [_exact(files[0])] if alone else _candidates(data, files, asked, days)
    for pattern in candidates:
        if {file.name for file in list_files(data, Feed(files=pattern))} == wanted:
            return pattern
    return None


def _is_file(path: Path, file: LandingFile) -> bool:
    return path == file.path or str(path) == glob.escape(str(file.path))


def _exact(file: LandingFile) -> str:
    name = file.name.removesuffix(f"#{file.sheet}") if file.sheet is not None else file.name
    return glob.escape(name) + (f"#{glob.escape(file.sheet)}" if file.sheet is not None else "")


def _candidates(
    data: Path, files: Sequence[LandingFile], asked: Sequence[str], days: Mapping[str, tuple[date, date]]
) -> Iterator[str]:
    names = [PurePosixPath(file.name) for file in files]
    folders = sorted({str(name.parent) for name in names})
    endings = {_ending(name.name) for name in names}
    ending = endings.pop() if len(endings) == 1 else ""
    if files[0].sheet is not None:
        yield from _sheets(files)
    if all(_is_of_its_day(file, days) for file in files):
        yield from sorted({_dated(file.name) for file in files})
        yield from (str(PurePosixPath(_dated(folder)) / f"*{ending}") for folder in folders if _dated(folder) != folder)
    if len(folders) == 1:
        yield str(PurePosixPath(glob.escape(folders[0])) / f"*{ending}")
    yield from sorted({_starred(name, _common_folder(names)) for name in names})[:3]
    if len(folders) == 1:
        start = _common_start([name.name for name in names])
        yield str(PurePosixPath(glob.escape(folders[0])) / f"{glob.escape(start)}*{ending}")
    deep = sorted({_starred(PurePosixPath(folder), _common_folder(names)) for folder in folders})
    yield from (str(PurePosixPath(folder) / f"*{ending}") for folder in deep[:3])
    yield str(PurePosixPath(glob.escape(str(_common_folder(names)))) / "**" / f"*{ending}")
    yield from (_below(data, pattern) for pattern in asked)
    if len(files) == 1:
        yield _exact(files[0])


def _sheets(files: Sequence[LandingFile]) -> Iterator[str]:
    books = sorted({file.name.removesuffix(f"#{file.sheet}") for file in files})
    start = _common_start([file.sheet or "" for file in files])
    for book in dict.fromkeys([glob.escape(books[0]), DIGITS.sub("*", glob.escape(books[0]))]):
        yield book
        yield f"{book}#{glob.escape(start)}*"


def _is_of_its_day(file: LandingFile, days: Mapping[str, tuple[date, date]]) -> bool:
    """A file that was not sampled is taken for one like its neighbours."""
    found = DAY_IN_NAME.search(file.name)
    try:
        named = date.fromisoformat(found[1]) if found else None
    except ValueError:
        return False
    return named is not None and bool(days) and days.get(file.name, (named, named)) == (named, named)


def _dated(name: str) -> str:
    """The first day becomes {date}, other digits become stars."""
    found = DAY_IN_NAME.search(name)
    if found is None:
        return glob.escape(name)
    before, behind = glob.escape(name[: found.start()]), glob.escape(name[found.end() :])
    return before + DATE + DIGITS.sub("*", behind)


def _starred(name: PurePosixPath, root: PurePosixPath) -> str:
    """Stars for the digits below `root`."""
    below = name.relative_to(root)
    return str(PurePosixPath(glob.escape(str(root))) / DIGITS.sub("*", glob.escape(str(below))))


def _common_start(texts: Sequence[str]) -> str:
    """Without digits at its end: next year's differ."""
    first, last = min(texts), max(texts)
    shared = first[: next((place for place, letter in enumerate(first) if letter != last[place]), len(first))]
    return shared.rstrip("0123456789")


def _common_folder(names: Sequence[PurePosixPath]) -> PurePosixPath:
    shared = (folder for folder in names[0].parents if all(folder in name.parents for name in names))
    return next(shared, PurePosixPath("."))


def _ending(name: str) -> str:
    """`.csv.gz` of `orders.2024.csv.gz`."""
    parts = PurePosixPath(name).suffixes
    kept = parts[-2:] if parts and parts[-1].lower() in (".gz", ".zst") else parts[-1:]
    return "".join(kept)


def _below(data: Path, pattern: str) -> str:
    return str(Path(pattern).relative_to(data)) if Path(pattern).is_relative_to(data) else pattern
