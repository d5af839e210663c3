"""Each format reads its fixture to canonical rows that were worked by hand.

A fixture is a folder `fixtures/<format>/`, made by us in the documented shape, with at least one bad line:

    feed.yaml             optional: per feed its `files` pattern and its `lookups`, relative to the folder, and `zone`
    <feed>/...            the files of a feed that feed.yaml does not name
    expected/<feed>.json  the rows, in the order of file, line and part

An expected row names `_row`, `_part` where it is not 1, and the values; what it does not name is null (is_service:
false). Times are UTC text, money is text, `_rule` stands for a row that can't be read. Adding a format is adding a
folder.
"""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.presets import known_formats, load_preset
from shop_pipeline.sources.reader import stage_feed

FIXTURES = Path(__file__).parent / "fixtures"
CASES = [(path.parts[-3], path.stem) for path in sorted(FIXTURES.glob("*/expected/*.json"))]
UNSAID = {"_part": 1, "is_service": False}
# Several lines make one version of a product: which lines stand for it is in the expected rows.
MERGING = {("retailrocket", "products"), ("rees46", "products"), ("taobao", "products")}
NOT_COMPARED = {"_file", "_loaded_at", "_reason", "_source", "event_date"}


def _settings(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "feed.yaml"
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}


def _is_sifted(format_: str, feed: str) -> bool:
    """Is the feed read off the files of the events?"""
    files = {name: given["files"] for name, given in _settings(FIXTURES / format_).items()}
    return feed != "events" and feed in files and files[feed] == files.get("events")


@pytest.mark.parametrize(("format_", "feed"), CASES)
def test_a_fixture_becomes_the_rows_worked_by_hand(format_: str, feed: str) -> None:
    expected = json.loads((FIXTURES / format_ / "expected" / f"{feed}.json").read_text("utf-8"))
    columns = [name for name in (*FEEDS[feed].column_names, "_rule") if name not in NOT_COMPARED]
    assert [sorted(set(row) - set(columns)) for row in expected] == [[] for _ in expected], "no such columns"
    found = [{name: _plain(row[name]) for name in columns} for row in stage(format_, feed)]
    assert found == [_whole(row, columns) for row in expected]


def test_every_feed_of_every_format_has_a_fixture() -> None:
    """`canonical` has its own tests."""
    feeds = {(name, feed) for name in known_formats() for feed in load_preset(name).feeds if name != "canonical"}
    assert feeds - set(CASES) == set()


@pytest.mark.parametrize(("format_", "feed"), [case for case in CASES if not _is_sifted(*case)])
def test_nothing_of_a_fixture_is_lost(format_: str, feed: str) -> None:
    """The SQL of a preset gives every record at least one row, parts numbered from 1. Not so products and customers
    that are read off the lines of the events: most events name none, and all of them have their row in events."""
    parts: dict[tuple[str, int], list[int]] = {}
    for row in stage(format_, feed):
        parts.setdefault((row["_file"], row["_row"]), []).append(row["_part"])
    assert all(found == list(range(1, len(found) + 1)) for found in parts.values())
    for file in {file for file, _ in parts}:
        if (format_, feed) in MERGING:
            continue
        found = {row for name, row in parts if name == file}
        lines = (FIXTURES / format_ / file).read_bytes().splitlines()
        without = set(range(min(found), max(found) + 1)) - found
        assert [lines[row - 1] for row in without if lines[row - 1].strip()] == [], "a line without a row"
        assert min(found) in (1, 2)


def stage(format_: str, feed: str) -> list[dict[str, Any]]:
    """The rows of a fixture's feed."""
    folder = FIXTURES / format_
    given = _settings(folder).get(feed, {"files": f"{feed}/*"})
    zone = given.pop("zone", "UTC")
    settings = Feed(format=format_, **given)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Kathmandu'")
        stage_feed(connection, FEEDS[feed], settings, list_files(folder, settings), Shop(timezone=zone), "staged")
        found = connection.execute("SELECT * FROM staged ORDER BY _file, _row, _part")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _whole(row: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    # A line that is no record has no values at all, is_service neither.
    unsaid = {"_part": 1} if row.get("_rule") == "broken_line" else UNSAID
    return {name: row.get(name, unsaid.get(name)) for name in columns}


def _plain(value: object) -> object:
    """As JSON has it."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value) if isinstance(value, datetime | date) else value
