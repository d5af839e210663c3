"""Files that a format joins: they are found by shop.yaml's patterns, and a changed one makes the feed's files new."""

import logging
import os
from pathlib import Path

import pytest

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.problems import LandingError
from shop_pipeline.sources.reader import stage_feed

from .conftest import Landing, Row

# RetailRocket: the category path of a product stands in another file than its category.
PROPERTIES = "timestamp,itemid,property,value\n1431226800000,10,categoryid,1338\n"
TREE = "categoryid,parentid\n1338,213\n213,\n"
FEED = Feed(files="in/*", format="retailrocket", lookups={"category_tree": "tree/*"})


def stage(landing: Landing, feed: Feed = FEED) -> list[Row]:
    files = list_files(landing.folder, feed)
    stage_feed(landing.connection, FEEDS["products"], feed, files, Shop(), "staged")
    return landing.rows("FROM staged")


def test_a_lookup_is_joined_from_all_its_files_of_any_kind(landing: Landing) -> None:
    landing.write("in/a.csv", PROPERTIES)
    landing.write("tree/a.csv", "categoryid,parentid\n1338,213\n")
    landing.write("tree/b.jsonl", '{"categoryid": 213, "parentid": null}\n')
    assert [row["category"] for row in stage(landing)] == ["213 > 1338"]
    left = landing.rows("SELECT table_name FROM duckdb_tables() WHERE table_name <> 'staged'")
    assert left == [], "scratch tables"


def test_unreadable_lines_of_a_lookup_are_told_and_left_out(landing: Landing, caplog: pytest.LogCaptureFixture) -> None:
    landing.write("in/a.csv", PROPERTIES)
    landing.write("tree/a.csv", TREE + "1,2,3\n4\n")
    with caplog.at_level(logging.WARNING):
        assert [row["category"] for row in stage(landing)] == ["213 > 1338"]
    assert "tree/a.csv: 2 unreadable lines are not joined, the first is line 4" in caplog.text


@pytest.mark.parametrize(
    ("lookups", "told"),
    [
        ({}, "column feeds.products.lookups.category_tree: missing_lookup: found no pattern"),
        ({"category_tree": "nowhere/*"}, "missing_lookup: found no file under nowhere/*"),
        ({"category_tree": "tree/*", "tree": "tree/*"}, "unknown_lookup: found 'tree', expected one that the format"),
        ({"category_tree": "bad/*"}, "bad/a.csv, line 1, column parentid: missing_column"),
    ],
    ids=["not named", "no file", "unknown", "unfit"],
)
def test_a_lookup_that_can_t_be_joined_is_told(landing: Landing, lookups: dict[str, str], told: str) -> None:
    landing.write("in/a.csv", PROPERTIES)
    landing.write("tree/a.csv", TREE)
    landing.write("bad/a.csv", "categoryid,above\n")
    with pytest.raises(LandingError) as refused:
        stage(landing, FEED.model_copy(update={"lookups": lookups}))
    assert told in str(refused.value)
    assert landing.rows("FROM duckdb_tables()") == []


def test_a_format_without_lookups_refuses_one(landing: Landing) -> None:
    landing.write("in/a.csv", "product_id\n1\n")
    with pytest.raises(
        LandingError, match=r"unknown_lookup: found 'orders', expected one that the format joins \(none\)"
    ):
        stage(landing, Feed(files="in/*", lookups={"orders": "in/*"}))


def test_without_files_of_its_own_a_feed_needs_no_lookup(landing: Landing) -> None:
    assert stage(landing) == []


def test_a_changed_lookup_makes_the_files_of_the_feed_new(tmp_path: Path) -> None:
    for name in ("in/a.csv", "tree/a.csv", "tree/b.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1, 1))

    def fingerprint(feed: Feed = FEED) -> str:
        return list_files(tmp_path, feed)[0].fingerprint

    first = fingerprint()
    assert first == fingerprint()
    os.utime(tmp_path / "tree/b.csv", (1, 2))
    second = fingerprint()
    (tmp_path / "tree/b.csv").unlink()
    assert len({first, second, fingerprint(), fingerprint(Feed(files="in/*"))}) == 4
