"""What landing files look like: their format and feeds, or a mapping guessed for them; the public face of recognition.

Here: the order of things. Files that look alike are grouped, each group is tried with every preset, then with a guess,
and what was found becomes the feeds of shop.yaml. Nothing is written, and a bad file is a finding, not an error. Not
here: the confidence (`formats`, `own`), the words of the report (`words`, `cli/inspect`).
"""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from shop_pipeline.settings import Feed, Shop

from ..headers import DELIMITERS
from ..landing import LandingFile
from ..presets import load_feed_preset, load_preset
from .findings import Filled, Recognition, Section, settle
from .formats import Candidate, lookup_roles, try_presets
from .group import Group, group_by_look
from .own import OwnMapping, try_guesses

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SURE = 0.5
"""A preset with less is no recognition."""
LIKELY = 0.3
"""A guess with less is none."""
OWN = "own mapping"


def recognise(
    connection: "DuckDBPyConnection",
    data: Path,
    files: Sequence[LandingFile],
    asked: Sequence[str],
    shop: Shop,
    only: str | None = None,
) -> Recognition:
    """Look at `files`, found under the absolute patterns `asked`, as any feed or `only` as this one.

    `connection` is for scratch tables alone.
    """
    with TemporaryDirectory(prefix="shop-inspect-") as folder:
        groups, problems = group_by_look(connection, files, Path(folder))
        others = [[other for other in groups if other is not group] for group in groups]
        tried = [try_presets(connection, *pair, shop, only) for pair in zip(groups, others, strict=True)]
        roles = _roles(tried)
        sections = [
            _section(connection, group, candidates, roles.get(id(group), ""), shop, only)
            for group, candidates in zip(groups, tried, strict=True)
        ]
    named = {pattern for pattern in asked if not pattern.endswith("*")}
    strange = [one for one in problems if one.rule == "unknown_kind" and glob.escape(str(data / one.file)) not in named]
    sections = [_with_encoding_problem(section) for section in settle(data, sections, asked)]
    return Recognition(
        tuple(sections),
        tuple(problem for problem in problems if problem not in strange),
        tuple(problem.file for problem in strange),
    )


def _with_encoding_problem(section: Section) -> Section:
    if len(section.group.encodings) == 1:
        return section
    said = f"files in {' and '.join(section.group.encodings)}: a feed has one encoding"
    return replace(section, messages=(*section.messages, said))


def _roles(tried: Sequence[Sequence[Candidate]]) -> dict[int, str]:
    """Identity of a group to its part in the format of another one."""
    chosen = (one for candidates in tried for one in _feeds_of(candidates))
    return {id(group): f"the {name} of {one.format}.{one.feed}" for one in chosen for name, group in one.lookups}


def _section(
    connection: "DuckDBPyConnection",
    group: Group,
    candidates: Sequence[Candidate],
    role: str,
    shop: Shop,
    only: str | None,
) -> Section:
    chosen = _feeds_of(candidates)
    if chosen:
        best = chosen[0]
        feeds = tuple(_filled(one, group) for one in chosen)
        return Section(group, tuple(candidates), None, best.format, best.confidence, feeds, role)
    if role:
        return Section(group, tuple(candidates), role=role)
    if candidates and candidates[0].absent and candidates[0].confidence >= SURE / 2:
        return Section(group, tuple(candidates), messages=(_needs_others(candidates[0]),))
    own = try_guesses(connection, group, shop, only)
    if own is not None and own.confidence >= LIKELY:
        return Section(group, tuple(candidates), own, OWN, own.confidence, (_guessed(own, group),))
    return Section(group, tuple(candidates), own, messages=tuple(_obstacles(group, candidates, own)))


def _feeds_of(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate, if it is sure, and further feeds that its format makes of the same lines.

    Without SQL a preset makes one row of a line: that is one feed, and a second one that fits (an event has a
    product_id, too) is none.
    """
    if not candidates or candidates[0].confidence < SURE or candidates[0].absent:
        return []
    best = candidates[0]
    more = [
        one
        for one in candidates[1:]
        if one.format == best.format and load_preset(one.format).feeds[one.feed].sql and one.reading.n_readable
    ]
    return [best, *more]


def _filled(one: Candidate, group: Group) -> Filled:
    settings: dict[str, Any] = {} if one.format == "canonical" else {"format": one.format}
    if group.encoding != "utf-8":
        settings["encoding"] = group.encoding
    return Filled(one.feed, group, load_preset(one.format).feeds[one.feed], one.reading, settings, one.lookups)


def _guessed(own: OwnMapping, group: Group) -> Filled:
    guess = own.guess
    settings: dict[str, Any] = {"encoding": group.encoding} if group.encoding != "utf-8" else {}
    settings["columns"] = guess.mapping
    preset = load_feed_preset(Feed(files="*", columns=guess.mapping), guess.feed)
    return Filled(guess.feed, group, preset, own.reading, settings, notes=guess.notes)


def _needs_others(one: Candidate) -> str:
    lookups = load_preset(one.format).feeds[one.feed].lookups
    wanted = "; ".join(f"{name} (columns {', '.join(lookups[name].needed)})" for name in one.absent)
    return f"looks like {one.format}.{one.feed}, which also needs {wanted}: inspect these files together"


def _obstacles(group: Group, candidates: Sequence[Candidate], own: OwnMapping | None) -> Iterator[str]:
    """Why the group is nothing that can be read."""
    if roles := lookup_roles(group):
        format_, feed, lookup = roles[0]
        yield f"looks like the {lookup} of {format_}.{feed}, which is read with the other files of the export"
    elif not group.columns.has_header:
        yield "no header line, and no format without one fits: an own mapping needs names, so add a header line"
    elif own is None:
        yield f"no format and no usual name among the columns: {', '.join(group.columns.names)[:200]}"
    elif group.columns.delimiter and group.columns.delimiter not in DELIMITERS:
        yield f"values stand between {group.columns.delimiter!r}: an own mapping reads comma, semicolon and tab"
    else:
        lacking = ", ".join(own.guess.lacking)
        yield f"nearest to the feed {own.guess.feed}" + (f", but nothing for {lacking}" if lacking else "")
        yield from own.guess.messages
        if own.guess.undecided:
            found = ", ".join(f"{column}: {expression}" for column, expression in own.guess.mapping.items())
            yield f"your own mapping can say it, as strptime(column, '%d/%m/%Y') or so; the rest: {found}"
        if own.reading.problem:
            yield own.reading.problem
    if candidates and (problem := candidates[0].reading.problem):
        yield f"as {candidates[0].format}.{candidates[0].feed}: {problem}"
