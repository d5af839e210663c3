"""A landing folder, a real DuckDB connection, and `stage`: files in, rows of the staging table out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.reader import stage_feed

Row = dict[str, Any]


class Landing:
    """Write files, then stage them."""

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder, self.connection = folder, connection

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def stage(self, feed: str = "events", zone: str = "UTC", **settings: Any) -> list[Row]:
        given = Feed(**{"files": "**/*", **settings})
        shop = Shop(timezone=zone)
        stage_feed(self.connection, FEEDS[feed], given, list_files(self.folder, given), shop, "staged")
        return self.rows("SELECT * FROM staged ORDER BY _file, _row")

    def rows(self, sql: str) -> list[Row]:
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        # Far from UTC, and not by whole hours: nothing may depend on the session's zone.
        opened.execute("SET TimeZone = 'Asia/Kathmandu'")
        yield opened


@pytest.fixture
def landing(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Landing:
    folder = tmp_path / "data"
    folder.mkdir()
    return Landing(folder, connection)
