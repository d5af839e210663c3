"""Files that belong together: one format, one feed, one pattern in shop.yaml.

Files whose names differ in digits only, or that have the same columns in one folder, are one group; of a group at most
three files are sampled: the first, the middle, the last. Not here: what a group is (`recognise`), and the pattern that
finds it (`patterns`).
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ..landing import LandingFile
from ..problems import Problem, first_line
from .columns import Columns, columns_of
from .sample import READ_WHOLE_BYTES, Sample, take_sample

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, eq=False)
class Group:
    """Files that look alike, the samples of some of them, and the columns of the first sample."""

    files: tuple[LandingFile, ...]
    samples: tuple[Sample, ...]
    columns: Columns

    @property
    def cuts(self) -> list[LandingFile]:
        """The samples as files."""
        return [sample.cut for sample in self.samples]

    @property
    def encodings(self) -> list[str]:
        """Those that the samples show; one in plain ASCII shows none."""
        shown = (sample for sample in self.samples if sample.encoding == "utf-16" or not sample.text.isascii())
        return list(dict.fromkeys(sample.encoding for sample in shown)) or ["utf-8"]

    @property
    def encoding(self) -> str:
        return self.encodings[0]

    @property
    def original(self) -> dict[str, str]:
        """Name of a sample as a file to that of the file it was taken from."""
        return {sample.cut.name: sample.file.name for sample in self.samples}

    @property
    def whole_files(self) -> tuple[LandingFile, ...]:
        """All files as they are, if they are UTF-8 and together not too large; else the samples."""
        is_small = sum(file.size for file in self.files) <= READ_WHOLE_BYTES
        return self.files if is_small and self.encoding == "utf-8" else tuple(self.cuts)


def group_by_look(
    connection: "DuckDBPyConnection", files: Sequence[LandingFile], folder: Path
) -> tuple[list[Group], list[Problem]]:
    """The groups in the order of their first files, and what is wrong with files that have no sample."""
    named: dict[str, list[LandingFile]] = {}
    for file in files:
        named.setdefault(DIGITS.sub("0", file.name), []).append(file)
    looks: dict[Hashable, Group] = {}
    problems: list[Problem] = []
    for alike in named.values():
        found, wrong = _look_at(connection, alike, folder)
        problems += wrong
        for key, group in found:
            looks[key] = _joined(looks[key], group) if key in looks else group
    return list(looks.values()), problems


def _look_at(
    connection: "DuckDBPyConnection", files: Sequence[LandingFile], folder: Path
) -> tuple[list[tuple[Hashable, Group]], list[Problem]]:
    """One group if the sampled files look alike, else one for each look, for which all files are opened."""
    sampled, problems = _sampled(
        connection, [files[place] for place in sorted({0, len(files) // 2, len(files) - 1})], folder
    )
    keys = {key for key, _, _ in sampled}
    if len(keys) == 1 and not problems:
        return [(keys.pop(), Group(tuple(files), tuple(one for _, one, _ in sampled), sampled[0][2]))], []
    if len(files) > len(sampled) + len(problems):
        sampled, problems = _sampled(connection, files, folder)
    return [(key, Group((sample.file,), (sample,), columns)) for key, sample, columns in sampled], problems


def _sampled(
    connection: "DuckDBPyConnection", files: Sequence[LandingFile], folder: Path
) -> tuple[list[tuple[Hashable, Sample, Columns]], list[Problem]]:
    sampled: list[tuple[Hashable, Sample, Columns]] = []
    problems: list[Problem] = []
    for file in files:
        found = take_sample(connection, file, folder)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        try:
            columns = columns_of(connection, found)
        except duckdb.Error as error:
            problems.append(Problem(file.name, "unreadable_file", first_line(error), f"a readable {found.kind} file"))
            continue
        sampled.append((_key(found, columns), found, columns))
    return sampled, problems


def _key(sample: Sample, columns: Columns) -> Hashable:
    """Files with the same key are read alike. Keys of JSON lines come and go, so there the folder decides."""
    place = DIGITS.sub("0", str(Path(sample.file.name).parent))
    if sample.kind == "json":
        return place, sample.kind, DIGITS.sub("0", Path(sample.file.name).name.split(".")[0])
    names = columns.names or DIGITS.sub("0", sample.file.name)
    return place, sample.kind, columns.delimiter, names


def _joined(one: Group, other: Group) -> Group:
    files = tuple(sorted({*one.files, *other.files}, key=lambda file: file.name))
    samples = sorted({sample.file.name: sample for sample in one.samples + other.samples}.items())
    kept = {0, len(samples) // 2, len(samples) - 1}
    return Group(files, tuple(samples[place][1] for place in sorted(kept)), one.columns)
