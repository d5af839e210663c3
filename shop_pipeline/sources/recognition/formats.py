"""How well each feed of each preset explains a file.

The confidence, 0..1:
- With column names: names * sqrt(readable). `names` = (1 - 2**-n) * fit, where n is the number of the preset's columns
  that the file has, and fit the largest of n / columns of the file, n / columns of the preset and 1 - 2**-(needed
  columns). So three needed columns with names like nobody else's are worth more than one that every shop has. The
  square root is there because a dirty file is still of its format; a file without one readable row is not. (One
  without rows has its names.)
- Without a header line `names` is 0.9, if the lines have as many values as the preset and the first of them is data.
- A file that lacks a needed column: 0.
`readable` is the share of sample rows that the real reader reads with this preset (`reading`).
Not here: files that no preset knows (`mapping`).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shop_pipeline.settings import Feed, Shop

from ..headers import DELIMITERS
from ..landing import LandingFile, Lookup
from ..presets import BLANKS, FeedPreset, Layout, known_formats, load_preset
from .group import Group
from .reading import Reading, read_sample
from .sample import lines_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WITHOUT_NAMES = 0.9
"""What values alone are worth at most."""
LOOKED_AT = 50
"""Lines whose values are counted in a file without header."""


@dataclass(frozen=True)
class Candidate:
    """One feed of one preset, tried on a group of files."""

    format: str
    feed: str
    confidence: float
    reading: Reading
    found: tuple[str, ...]
    """Columns of the preset that the file has."""
    lookups: tuple[tuple[str, Group], ...] = ()
    """The groups that take the places of the preset's lookups."""
    absent: tuple[str, ...] = ()
    """Lookups that no group of the call can be; nothing was read then."""


def names_evidence(layout: Layout, group: Group) -> tuple[float, tuple[str, ...]]:
    """0..1 for the columns alone, before anything is read, and those of the preset that are there."""
    if layout.header and group.columns.delimiter:
        return (WITHOUT_NAMES, tuple(layout.source_columns)) if _has_values_of(layout, group) else (0.0, ())
    names = {name.lower() for name in group.columns.names}
    found = tuple(column for column in layout.source_columns if column.lower() in names)
    if not set(layout.needed) <= set(found):
        return 0.0, found
    n = len(found)
    fit = max(n / len(names), n / len(layout.source_columns), 1 - 2.0 ** -len(layout.needed))
    return (1 - 2.0**-n) * fit, found


def try_presets(
    connection: "DuckDBPyConnection", group: Group, others: Sequence[Group], shop: Shop, only: str | None = None
) -> list[Candidate]:
    """Every preset's feeds (`only`: this) that fit the columns of `group`, best first; `others` may be joined."""
    tried = [
        _try(connection, name, feed, preset, group, others, shop)
        for name in known_formats()
        for feed, preset in load_preset(name).feeds.items()
        if feed == (only or feed) and names_evidence(preset, group)[0] > 0
    ]
    return sorted(tried, key=lambda one: (-one.confidence, one.format, one.feed))


def lookup_roles(group: Group) -> list[tuple[str, str, str]]:
    """The (format, feed, lookup) whose columns the group has, the likeliest first."""
    roles = [
        (names_evidence(layout, group)[0], name, feed, lookup)
        for name in known_formats()
        for feed, preset in load_preset(name).feeds.items()
        for lookup, layout in preset.lookups.items()
    ]
    return [(name, feed, lookup) for evidence, name, feed, lookup in sorted(roles, reverse=True) if evidence > 0]


def _try(
    connection: "DuckDBPyConnection",
    name: str,
    feed: str,
    preset: FeedPreset,
    group: Group,
    others: Sequence[Group],
    shop: Shop,
) -> Candidate:
    evidence, found = names_evidence(preset, group)
    chosen = {lookup: _best(layout, others) for lookup, layout in preset.lookups.items()}
    lookups = tuple((lookup, one) for lookup, one in chosen.items() if one is not None)
    absent = tuple(lookup for lookup, one in chosen.items() if one is None)
    if absent:
        # Half: the columns are there, but nothing could be read.
        return Candidate(name, feed, evidence / 2, Reading(), found, lookups, absent)
    files = with_lookups(group.cuts, lookups)
    given = Feed(files="*", format=name, lookups=dict.fromkeys(chosen, "*"))
    reading = read_sample(connection, feed, given, files, shop)
    # Of a file without rows only the names can be judged.
    readable = reading.readable if group.columns.rows or reading.problem else 1.0
    return Candidate(name, feed, evidence * math.sqrt(readable), reading, found, lookups)


def with_lookups(files: Sequence[LandingFile], lookups: Sequence[tuple[str, Group]]) -> list[LandingFile]:
    """The files, joined to the whole files of their lookups: a sample of those would miss most keys."""
    joined = tuple(Lookup(name, group.whole_files) for name, group in sorted(lookups, key=lambda pair: pair[0]))
    return [replace(file, lookups=joined) for file in files]


def _best(layout: Layout, others: Sequence[Group]) -> Group | None:
    rated = [(names_evidence(layout, group)[0], group) for group in others]
    evidence, best = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    return best if evidence > 0 else None


def _has_values_of(layout: Layout, group: Group) -> bool:
    """Most lines have as many values as the preset's columns, and the first line is data."""
    if group.columns.has_header:
        return False
    lines = [line.rstrip("\r\n") for line in lines_of(group.samples[0].text)[:LOOKED_AT] if line.strip()]
    signs = (layout.delimiter,) if layout.delimiter else DELIMITERS
    fits = max(sum(_n_values(line, sign) == len(layout.header) for line in lines) for sign in signs)
    return fits > len(lines) / 2


def _n_values(line: str, sign: str) -> int:
    return len(re.split(r"[ \t]+", line.strip())) if sign == BLANKS else line.count(sign) + 1
