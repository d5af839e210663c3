"""What a call of `shop inspect` found: its shape, and the feeds of shop.yaml that come of it.

Here: the results, and what can only be said of all groups together: one pattern per feed, and one format. Not here: how
a group is recognised (`recognise`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..presets import FeedPreset
from ..problems import Problem
from .formats import Candidate
from .group import Group
from .own import OwnMapping
from .patterns import pattern_for
from .reading import Reading


@dataclass(frozen=True)
class Filled:
    """One feed that a group fills, and what shop.yaml has to say for it."""

    feed: str
    group: Group
    preset: FeedPreset
    reading: Reading
    settings: dict[str, Any]
    """Under feeds.<feed> in shop.yaml; `files` and `lookups` come last, when all groups are known."""
    lookups: tuple[tuple[str, Group], ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    """Canonical column to what a guess of it rests on."""


@dataclass(frozen=True)
class Section:
    """What was found out about one group of files."""

    group: Group
    candidates: tuple[Candidate, ...]
    """All presets that fit the columns, the best first."""
    own: OwnMapping | None = None
    format: str = ""
    """A preset, or `own mapping`; empty for a group that was not recognised."""
    confidence: float = 0.0
    feeds: tuple[Filled, ...] = ()
    role: str = ""
    """What a group is that others join: `the orders of olist.events`."""
    messages: tuple[str, ...] = ()
    """What stands in the way."""

    @property
    def is_recognised(self) -> bool:
        return bool(self.role or self.feeds) and not self.messages


@dataclass(frozen=True)
class Recognition:
    """All groups of the call, and the files that could not be looked at."""

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    passed_over: tuple[str, ...] = ()
    """Files of a folder that are of no kind that is read."""

    @property
    def is_complete(self) -> bool:
        return bool(self.sections) and not self.problems and all(section.is_recognised for section in self.sections)


def settle(data: Path, sections: Sequence[Section], asked: Sequence[str]) -> list[Section]:
    """The sections with their patterns; a feed can have one format and one pattern, so that the surest group wins."""
    by_feed: dict[str, list[Filled]] = {}
    for section in sorted(sections, key=lambda one: -one.confidence):
        for filled in section.feeds:
            by_feed.setdefault(filled.feed, []).append(filled)
    settled = {feed: _settle_feed(data, several, asked) for feed, several in by_feed.items()}
    return [_settled(section, settled) for section in sections]


def _settle_feed(
    data: Path, several: Sequence[Filled], asked: Sequence[str]
) -> tuple[list[Filled], dict[str, Any] | str]:
    """The groups that are read alike, and their common settings or why there are none."""
    alike = [one for one in several if one.settings == several[0].settings]
    files = [file for one in alike for file in one.group.files]
    days = {one.group.original[name]: found for one in alike for name, found in one.reading.days.items()}
    pattern = pattern_for(data, files, asked, days)
    if pattern is None:
        names = ", ".join(file.name for file in files[:3])
        return (
            alike,
            f"no single pattern finds these files and no others ({names} ...): give them a folder of their own",
        )
    lookups = {name: pattern_for(data, group.files, asked, {}) for name, group in several[0].lookups}
    if lost := [name for name, found in lookups.items() if found is None]:
        return alike, f"no single pattern finds the files of {', '.join(lost)} and no others"
    joined = {"lookups": lookups} if lookups else {}
    return alike, {"files": pattern, **several[0].settings, **joined}


def _settled(section: Section, settled: dict[str, tuple[list[Filled], dict[str, Any] | str]]) -> Section:
    feeds, messages = [], list(section.messages)
    for filled in section.feeds:
        alike, found = settled[filled.feed]
        if not any(one is filled for one in alike):
            first = alike[0].group.files[0].name
            messages.append(f"the feed {filled.feed} is filled by {first} already: a feed has one format")
        elif isinstance(found, str):
            messages.append(found)
        else:
            feeds.append(replace(filled, settings=found))
    return replace(section, feeds=tuple(feeds), messages=tuple(messages))
