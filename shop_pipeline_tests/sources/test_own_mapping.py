"""An own mapping in shop.yaml: columns by other names, expressions over them, and what is said of a wrong one."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.contracts import FEEDS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.problems import LandingError
from shop_pipeline.sources.reader import stage_feed

LONDON = Shop(timezone="Europe/London", currency="GBP")
COLUMNS = {
    "event_at": '"Order Date"',
    "event_type": "CASE WHEN Qty LIKE '-%' THEN 'refund' ELSE 'purchase' END",
    "product_id": "Sku",
    "quantity": "ltrim(Qty, '-')",
    "unit_price": "Price",
}


def stage(folder: Path, feed: Feed) -> list[tuple[object, ...]]:
    duck = duckdb.connect()
    stage_feed(duck, FEEDS["events"], feed, list_files(folder, feed), LONDON, "staged")
    return duck.execute("SELECT event_at, event_type, product_id, quantity, is_service, _rule FROM staged").fetchall()


def test_columns_are_read_by_the_shop_s_own_names(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "Sku,Order Date,Qty,Price\n007,2024-07-01 10:00:00,2,1.5\n008,2024-07-01 11:00:00,-1,2\n"
    )
    # Local times by default: 10:00 in July in London is 9:00 UTC.
    assert stage(tmp_path, Feed(files="*.csv", columns=COLUMNS)) == [
        (datetime(2024, 7, 1, 9), "purchase", "007", 2, False, None),
        (datetime(2024, 7, 1, 10), "refund", "008", 1, False, None),
    ]


def test_times_without_offset_can_be_utc(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Sku,Order Date,Qty,Price\n007,2024-07-01 10:00:00,2,1.5\n")
    rows = stage(tmp_path, Feed(files="*.csv", columns=COLUMNS, naive_timestamps="utc"))
    assert rows[0][0] == datetime(2024, 7, 1, 10)


def test_a_mapped_column_that_the_file_lacks_is_named_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Sku,OrderDate,Qty,Price\n007,2024-07-01 10:00:00,2,1.5\n")
    with pytest.raises(LandingError, match=r"orders\.csv.*Order Date.*OrderDate"):
        stage(tmp_path, Feed(files="*.csv", columns=COLUMNS))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"event_at": "At", "event_type": "Kind", "produkt_id": "Sku"}, "produkt_id"),
        ({"event_at": "At"}, "event_type"),
        ({"event_at": "At", "event_type": "CASE WHEN"}, "shop.yaml"),
    ],
    ids=["unknown column", "missing column", "broken expression"],
)
def test_a_mapping_that_can_t_be_used_names_its_key(tmp_path: Path, columns: dict[str, str], told: str) -> None:
    with pytest.raises(LandingError, match=told) as refused:
        stage(tmp_path, Feed(files="*.csv", columns=columns))
    assert "feeds.events.columns" in str(refused.value)
