"""The 305 daily files of UCI Online Retail, against the published counts; needs SHOP_REAL_DATA."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.contracts.feeds import EVENTS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.reader import stage_feed

FOLDER = Path(os.environ.get("SHOP_REAL_DATA", ""))
pytestmark = pytest.mark.skipif("SHOP_REAL_DATA" not in os.environ, reason="SHOP_REAL_DATA names no folder")


@pytest.fixture(scope="module")
def staged() -> Iterator[duckdb.DuckDBPyConnection]:
    feed = Feed(files="online_retail/by-day/*.csv", format="online_retail")
    files = list_files(FOLDER, feed)
    assert len(files) == 305
    with duckdb.connect() as connection:
        stage_feed(connection, EVENTS, feed, files, Shop(timezone="Europe/London", currency="GBP"), "staged")
        yield connection


def test_the_published_counts(staged: duckdb.DuckDBPyConnection) -> None:
    counts = staged.execute("""
        SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id), count(*) FILTER (customer_id IS NULL),
            count(*) FILTER (event_type = 'cancel'), count(_rule) FROM staged""").fetchone()
    assert counts == (541_909, 25_900, 4_372, 135_080, 9_288, 0)


def test_service_rows(staged: duckdb.DuckDBPyConnection) -> None:
    rows = staged.execute("SELECT product_id, count(*) FROM staged WHERE is_service GROUP BY product_id").fetchall()
    # Counted with grep and cut over the files' second field.
    assert dict(rows) == {
        "AMAZONFEE": 34,
        "B": 3,
        "BANK CHARGES": 37,
        "C2": 144,
        "CRUK": 16,
        "D": 77,
        "DOT": 710,
        "M": 571,
        "PADS": 4,
        "POST": 1256,
        "S": 63,
        "gift_0001_10": 9,
        "gift_0001_20": 10,
        "gift_0001_30": 8,
        "gift_0001_40": 3,
        "gift_0001_50": 4,
        "m": 1,
    }


def test_cancelled_quantities_are_positive_and_the_day_is_the_files(staged: duckdb.DuckDBPyConnection) -> None:
    counts = staged.execute("""
        SELECT count(*) FILTER (event_type = 'cancel' AND quantity <= 0),
            count(*) FILTER (event_type = 'purchase' AND quantity <= 0),
            count(*) FILTER (NOT contains(_file, event_date::VARCHAR)) FROM staged""").fetchone()
    assert counts == (0, 1336, 0)


def test_rows_point_at_their_lines(staged: duckdb.DuckDBPyConnection) -> None:
    path = FOLDER / "online_retail/by-day/2011-10-11.csv"
    numbers = staged.execute(
        "SELECT _row, order_id FROM staged WHERE _file = ? ORDER BY _row", [str(path.relative_to(FOLDER))]
    ).fetchall()
    lines = path.read_text().splitlines()
    assert numbers == [(number, line.split(",")[0]) for number, line in enumerate(lines, start=1)][1:]
