"""What the columns of a file format mean, one YAML file of `presets/` per format.

Here: their shape and their loading. Adding a format is adding a file (docs/formats.md); `reader` knows none of them by
name. Not here: types (the contract has them) and their reading (`typing_sql`), the run of a preset's SQL (`shaping`).
"""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlglot import exp, parse_one
from sqlglot.errors import ParseError

from shop_pipeline.contracts.feeds import FEEDS, ORIGIN
from shop_pipeline.settings import Feed

from .problems import LandingError, Problem, did_you_mean

FOLDER = files(__package__) / "presets"
BLANKS = " "
DEFAULTS = {"events": {"is_service": "'false'"}}
"""What an own mapping need not say."""
DERIVED = {"event_date", *(column.name for column in ORIGIN)}
"""Columns that the reader fills itself."""


class Layout(BaseModel):
    """The columns of a file: of a feed's own files, or of others of the same export that its SQL joins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    needed: list[str] = Field(min_length=1)
    """A file without one of these is refused."""
    optional: list[str] = []
    header: list[str] = []
    """The columns in their order, for text files that have no header line."""
    delimiter: str | None = None
    """What stands between two values; by default the one that fits the header. A blank means any run of blanks."""

    @property
    def source_columns(self) -> list[str]:
        return self.needed + self.optional

    @model_validator(mode="after")
    def _header_has_the_columns(self) -> "Layout":
        if self.header and (absent := set(self.source_columns) - set(self.header)):
            raise ValueError(f"header has no {', '.join(sorted(absent))}")
        if self.delimiter == BLANKS and not self.header:
            raise ValueError("runs of blanks are read with `header` only: names may hold blanks")
        return self


class FeedPreset(Layout):
    """One feed in a format: its source columns, and each canonical column as a DuckDB expression over them.

    In an expression every source column is VARCHAR, as it stands in the file, and NULL where an optional one is absent.
    With `sql` the expressions are over the columns that the SQL gives.
    """

    naive_timestamps: Literal["utc", "shop"] = "utc"
    """What a timestamp without offset means."""
    lookups: dict[str, Layout] = {}
    """Other files of the same export that `sql` joins, by name."""
    sql: str | None = None
    """A SELECT over `{records}` and the lookups (docs/formats.md); in the YAML file `true`, for the text beside it."""
    columns: dict[str, str]

    @model_validator(mode="after")
    def _lookups_are_joined(self) -> "FeedPreset":
        for name in ("records", *self.lookups) if self.sql or self.lookups else ():
            if f"{{{name}}}" not in (self.sql or ""):
                raise ValueError(f"the SQL does not read {{{name}}}")
        return self


class Preset(BaseModel):
    """A format: which feeds it has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    feeds: dict[str, FeedPreset] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_columns_of_the_contract(self) -> "Preset":
        for name, feed in self.feeds.items():
            if name not in FEEDS:
                raise ValueError(f"no feed {name!r}; {did_you_mean(name, FEEDS)}")
            _check_columns(name, feed)
        return self


def known_formats() -> list[str]:
    """The names that `format` in shop.yaml may have."""
    return sorted(file.name.removesuffix(".yaml") for file in FOLDER.iterdir() if file.name.endswith(".yaml"))


@cache
def load_preset(name: str) -> Preset:
    """The preset called `name`. Raises `LandingError` with the known names when there is none."""
    known = known_formats()
    if name not in known:
        raise LandingError([_unknown(name, known)])
    given = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    for feed, body in given["feeds"].items():
        if body.get("sql") is True:
            body["sql"] = (FOLDER / f"{name}.{feed}.sql").read_text("utf-8")
    return Preset.model_validate(given)


def load_feed_preset(feed: Feed, name: str) -> FeedPreset:
    """What shop.yaml says about the feed `name`: its own mapping, else its format's.

    Raises `LandingError` for a mapping that can't be used, an unknown format, or one without the feed.
    """
    if feed.columns:
        return _own_mapping(feed, name)
    preset = load_preset(feed.format)
    if name not in preset.feeds:
        expected = f"a format that has it ({feed.format} has {', '.join(preset.feeds)})"
        raise LandingError([Problem("shop.yaml", "unknown_feed", repr(name), expected, column=f"feeds.{name}.format")])
    return preset.feeds[name]


def _own_mapping(feed: Feed, name: str) -> FeedPreset:
    """Every column that an expression reads is needed in every file."""
    columns = DEFAULTS.get(name, {}) | feed.columns
    try:
        trees = [parse_one(expression, dialect="duckdb") for expression in columns.values()]
        needed = sorted({found.name for tree in trees for found in tree.find_all(exp.Column)})
        mapping = FeedPreset(needed=needed, naive_timestamps=feed.naive_timestamps, columns=columns)
        _check_columns(name, mapping)
    except (ValueError, ParseError) as error:
        key = f"feeds.{name}.columns"
        problem = Problem(
            "shop.yaml", "unusable_mapping", str(error), "canonical column: column or expression", column=key
        )
        raise LandingError([problem]) from error
    return mapping


def _unknown(name: str, known: list[str]) -> Problem:
    expected = f"one of {', '.join(known)}"
    return Problem("shop.yaml", "unknown_format", repr(name), expected, hint=did_you_mean(name, known))


def _check_columns(name: str, feed: FeedPreset) -> None:
    wanted = [column for column in FEEDS[name].column_names if column not in DERIVED]
    for column in feed.columns:
        if column not in wanted:
            raise ValueError(f"{name} has no column {column!r}; {did_you_mean(column, wanted)}")
    required = [column.name for column in FEEDS[name] if column.required and column.name in wanted]
    if missing := [column for column in required if column not in feed.columns]:
        raise ValueError(f"{name} needs an expression for {', '.join(missing)}")
