"""The real CDNOW sample: totals to the cent, against a sum over the lines that knows nothing of our reader."""

import os
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.contracts.feeds import EVENTS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.reader import stage_feed

FOLDER = Path(os.environ.get("SHOP_REAL_DATA", "")) / "cdnow"
SAMPLE = "CDNOW_sample.txt"
pytestmark = pytest.mark.skipif("SHOP_REAL_DATA" not in os.environ, reason="SHOP_REAL_DATA names no folder")


def test_units_and_dollars_are_those_of_the_file_to_the_cent(connection: duckdb.DuckDBPyConnection) -> None:
    lines = [line.split() for line in (FOLDER / SAMPLE).read_text("ascii").splitlines()]
    feed = Feed(files=SAMPLE, format="cdnow_sample")
    stage_feed(connection, EVENTS, feed, list_files(FOLDER, feed), Shop(), "staged")
    found = connection.execute(
        "SELECT count(DISTINCT _row), count(DISTINCT customer_id), sum(quantity), sum(quantity * unit_price),"
        " count(_rule), count(DISTINCT event_id) = count(*),"
        " min(event_at)::DATE::VARCHAR, max(event_at)::DATE::VARCHAR FROM staged"
    ).fetchone()
    days = sorted(line[2] for line in lines)
    assert found == (
        len(lines),
        len({line[0] for line in lines}),
        sum(int(line[3]) for line in lines),
        sum(Decimal(line[4]) for line in lines),
        0,
        True,
        f"{days[0][:4]}-{days[0][4:6]}-{days[0][6:]}",
        f"{days[-1][:4]}-{days[-1][4:6]}-{days[-1][6:]}",
    )
