"""What recognition makes of files that somebody may have: its confidence, its guesses, its patterns, its refusals.

Not here: the fixtures of the formats (`test_recognise_fixtures`), times and numbers alone (`test_recognise_values`),
and the command (`robustness/test_inspect`).
"""

import gzip
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.recognition.findings import Recognition, Section
from shop_pipeline.sources.recognition.recognise import recognise
from shop_pipeline.sources.recognition.words import shop_changes

from .workbook_files import write_workbook

LABELS = "order_id,is_fraud,labelled_at\n"
ORDERS = "Order No,Order Date,Customer,SKU,Qty,{}\n"


class Folder:
    """Write files, then inspect them all."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def write(self, name: str, content: str | bytes) -> None:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def inspect(self, pattern: str = "**/*", feed: str | None = None) -> Recognition:
        asked = f"{self.data}/{pattern}"
        with duckdb.connect() as connection:
            return recognise(connection, self.data, list_files(self.data, Feed(files=asked)), [asked], Shop(), feed)

    def section(self, pattern: str = "**/*", feed: str | None = None) -> Section:
        (found,) = self.inspect(pattern, feed).sections
        return found

    def settings(self, pattern: str = "**/*", feed: str | None = None) -> dict[str, Any]:
        (filled,) = self.section(pattern, feed).feeds
        return filled.settings


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_confidence_of_a_file_with_names(folder: Folder) -> None:
    """3 of 3 columns, all needed: (1 - 2^-3) * 1 = 0.875; with one row of four readable times sqrt(1/4)."""
    folder.write("labels.csv", LABELS + "1,true,2024-01-05 10:00\n")
    assert folder.section().confidence == pytest.approx(0.875)
    folder.write("labels.csv", LABELS + "1,true,2024-01-05 10:00\n" + "2,perhaps,2024-01-05\n" * 3)
    (first, *_) = folder.section().candidates
    assert (first.format, first.feed, first.confidence) == ("canonical", "order_labels", pytest.approx(0.4375))


def test_needed_columns_among_many_strange_ones_are_enough(folder: Folder) -> None:
    """3 of 23 columns, 3 of the preset's 18, 3 needed: fit = 1 - 2^-3, names = 0.875 * 0.875."""
    strange = ",".join(f"x{n}" for n in range(20))
    folder.write("a.csv", f"event_at,event_type,product_id,{strange}\n2024-01-05,view,P1{',' * 20}\n")
    found = folder.section()
    assert (found.format, found.confidence) == ("canonical", pytest.approx(0.875**2))


def test_a_product_id_alone_makes_no_catalogue(folder: Folder) -> None:
    """1 of 9 columns and the only one needed: 0.5 * 0.5."""
    folder.write("a.csv", "product_id,b,c,d,e,f,g,h,i\n" + "1,2,3,4,5,6,7,8,9\n")
    found = folder.section()
    assert (found.format, found.is_recognised, found.candidates[0].confidence) == ("", False, 0.25)


def test_an_unknown_file_is_mapped_by_its_names(folder: Folder) -> None:
    folder.write("o.csv", ORDERS.format("Price") + "A1,2024-01-05 10:00,C1,007,2,1.50\n")
    assert folder.settings() == {
        "files": "*.csv",
        "columns": {
            "event_at": '"Order Date"',
            "event_type": "'purchase'",
            "product_id": "SKU",
            "customer_id": "Customer",
            "order_id": '"Order No"',
            "quantity": "Qty",
            "unit_price": "Price",
        },
    }
    (filled,) = folder.section().feeds
    # Every column of it is marked as a guess, and what was assumed says so.
    assert set(filled.notes) == set(filled.settings["columns"])
    assert filled.notes["event_type"] == "assumed: every line is a purchase"
    # 0.75 * sqrt(1) * (1 - 2^-6) * (event_at and product_id certain, event_type assumed: 2.5 of 3).
    assert folder.section().confidence == pytest.approx(0.75 * (1 - 2**-6) * 2.5 / 3)


def test_a_line_total_becomes_a_price_and_a_negative_quantity_a_refund(folder: Folder) -> None:
    folder.write(
        "o.csv", ORDERS.format("Line Total") + "A1,2024-01-05,C1,007,3,£10.00\n" + "A2,2024-01-06,C1,007,-1,£-3.33\n"
    )
    (filled,) = folder.section().feeds
    # 10 / 3 = 3.3333, the first row; the second is what went back.
    assert filled.reading.examples["unit_price"][2] == "3.3333"
    assert filled.reading.event_types == {"purchase": 1, "refund": 1}
    assert filled.reading.n_readable == 2


def test_a_negative_price_is_a_refund_at_that_price(folder: Folder) -> None:
    folder.write("o.csv", ORDERS.format("Price") + "A1,2024-01-05,C1,007,1,-2.50\nA2,2024-01-06,C1,007,1,3.00\n")
    (filled,) = folder.section().feeds
    assert filled.reading.event_types == {"purchase": 1, "refund": 1}
    assert filled.reading.examples["unit_price"][2] == "2.5000"


def test_titles_stand_for_products_without_ids(folder: Folder) -> None:
    folder.write(
        "o.csv",
        "订单编号,订单创建时间,买家会员名,宝贝标题,宝贝总数量,买家实际支付金额\n1,2024/1/5 10:00,王,红杯子,2,21\n",
    )
    (filled,) = folder.section().feeds
    assert filled.settings["columns"]["product_id"] == "宝贝标题"
    assert filled.notes["product_id"].startswith("assumed: 宝贝标题")
    # 21 for two.
    assert filled.reading.examples["unit_price"][2] == "10.5000"


def test_marks_without_an_order_are_reviews_whose_title_is_not_the_product_s(folder: Folder) -> None:
    folder.write(
        "r.jsonl", '{"rating": 5, "title": "Great!", "asin": "B0", "user_id": "U", "timestamp": 1704448800123}\n'
    )
    found = folder.section()
    assert found.feeds[0].reading.event_types == {"review": 1}
    assert "title" not in found.feeds[0].settings["columns"]


def test_a_delimiter_that_no_own_mapping_reads_is_told(folder: Folder) -> None:
    folder.write("o.csv", (ORDERS.format("Price") + "A1,2024-01-05,C1,007,1,2.50\n").replace(",", "|"))
    assert folder.section().messages[0].startswith("values stand between '|'")


def test_a_column_of_event_words_is_taken_and_one_of_other_words_is_not(folder: Folder) -> None:
    head = "时间,用户ID,商品ID,状态\n"
    folder.write("a.csv", head + "2024-01-05 10:00:00,U1,1,加购\n2024-01-05 10:01:00,U1,1,购买\n")
    assert folder.settings()["columns"]["event_type"] == "状态"
    folder.write("a.csv", head + "2024-01-05 10:00:00,U1,1,北京\n")
    (message,) = [line for line in folder.section().messages if line.startswith("event_type")]
    assert "no column says what happened" in message


def test_day_and_month_that_nothing_decides_stop_the_guess(folder: Folder) -> None:
    folder.write("o.csv", ORDERS.format("Price") + "A1,05/01/2024,C1,007,2,1.50\n")
    found = folder.section()
    assert not found.is_recognised
    assert any("Order Date" in line and "day or month first" in line for line in found.messages)
    assert any("product_id: SKU" in line for line in found.messages), "what was found is not lost"


def test_other_feeds_are_guessed_too_and_can_be_asked_for(folder: Folder) -> None:
    folder.write("people.csv", "会员号,姓名,手机号,注册日期\nM1,王芳,13800000000,2024-01-05\n")
    (filled,) = folder.section().feeds
    assert (filled.feed, filled.settings["columns"]["signed_up_at"]) == ("customers", "注册日期")
    folder.write("people.csv", "sku,title,price\n007,Mug,1.50\n")
    assert [one.feed for one in folder.section().feeds] == ["products"]
    assert folder.section(feed="stock").feeds == ()


def test_json_lines_parquet_and_packed_files_are_looked_into(folder: Folder) -> None:
    line = '{"event_at": "2024-01-05T10:00:00Z", "event_type": "view", "product_id": 1}\n'
    folder.write("a/x.jsonl", line)
    folder.write("b/x.csv.gz", gzip.compress(b"event_at,event_type,product_id\n2024-01-05,view,1\n"))
    (folder.data / "c").mkdir()
    duckdb.sql(f"COPY (SELECT now() AS event_at, 'view' AS event_type, 1 AS product_id) TO '{folder.data}/c/x.parquet'")
    for name in "abc":
        assert [one.feed for one in folder.section(f"{name}/*").feeds] == ["events"], name


DAY = "event_at,event_type,product_id\n{0} 10:00:00,view,1\n{0} 11:00:00,view,2\n"


@pytest.mark.parametrize(
    ("files", "pattern"),
    [
        ({"e/2024-01-05.csv": "2024-01-05", "e/2024-01-06.csv": "2024-01-06"}, "e/{date}.csv"),
        ({"e/20240105/p1.csv": "2024-01-05", "e/20240106/p2.csv": "2024-01-06"}, "e/{date}/p*.csv"),
        # A file that holds another day than its name says: all have to be read.
        ({"e/2024-01-05.csv": "2024-01-05", "e/2024-01-06.csv": "2024-01-05"}, "e/*.csv"),
        ({"e/berlin.csv": "2024-01-05", "e/paris.csv": "2024-01-05"}, "e/*.csv"),
        ({"e/a1.csv": "2024-01-05", "e/a2.csv": "2024-01-05", "e/b.csv": ""}, "e/a*.csv"),
        ({"e/de/x.csv": "2024-01-05", "e/fr/x.csv": "2024-01-05"}, "e/**/*.csv"),
    ],
)
def test_the_pattern_finds_these_files_and_no_others(folder: Folder, files: dict[str, str], pattern: str) -> None:
    for name, day in files.items():
        folder.write(name, DAY.format(day) if day else "x\n1\n")
    filled = [one for section in folder.inspect().sections for one in section.feeds]
    assert {one.settings["files"] for one in filled} == {pattern}


def test_two_formats_for_one_feed_are_told(folder: Folder) -> None:
    folder.write("a.csv", DAY.format("2024-01-05"))
    folder.write("b.csv", "timestamp,visitorid,event,itemid,transactionid\n1433221332117,1,view,2,\n")
    found = folder.inspect()
    # The surer one has the feed: five columns of its own against three.
    assert [len(section.feeds) for section in found.sections] == [0, 1]
    assert "filled by b.csv already" in found.sections[0].messages[0]
    assert not found.is_complete


def test_a_part_of_an_export_names_the_others(folder: Folder) -> None:
    folder.write("items.csv", "order_id,order_item_id,product_id,price,freight_value\nA,1,P,1.00,0.10\n")
    (message,) = folder.section().messages
    assert "olist.events" in message
    assert "order_purchase_timestamp" in message


def test_the_shop_needs_an_earlier_first_day_and_the_currency(folder: Folder) -> None:
    folder.write("a.csv", "event_at,event_type,product_id,currency\n1997-03-05,view,1,USD\n")
    changes = shop_changes(folder.inspect().sections, Shop())
    assert {key: str(value) for key, value in changes.items()} == {"first_day": "1997-01-01", "currency": "USD"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.csv", bytes(range(256)) * 40, "not_csv"),
        ("a.jsonl", b"PAR1" + bytes(50), "not_json"),
        ("a.parquet", b"PAR1 and nothing else", "unreadable_file"),
        ("a.csv.gz", b"no gzip", "broken_compression"),
        ("a.xlsx", b"no workbook", "broken_workbook"),
        ("a.json", b'[{"event_at": "2024-01-05"}]', "one JSON object per line"),
        ("a.csv", b"one\n1\n2\n", "no format and no usual name"),
        ("a.csv", b"5\n6\n", "no header line"),
        ("a.csv", b"x" * 5_000_000, "line_too_long"),
        ("a.jsonl", b'{"a": ' + b"[" * 100_000 + b"\n", "no format and no usual name"),
        ("a.csv", b'event_at,"event_type,product_id\n2024-01-05,view,1\n', "nothing for event_type"),
        ("a.csv", b"\n\n\n", "no format"),
    ],
    ids=[
        *("empty", "binary csv", "binary jsonl", "broken parquet", "broken gzip", "broken workbook", "JSON array"),
        *("one column", "one column of numbers", "one huge line", "deep JSON", "open quote", "empty lines"),
    ],
)
def test_hostile_files_are_words(folder: Folder, name: str, content: bytes, said: str) -> None:
    folder.write(name, content)
    found = folder.inspect()
    words = [str(problem) for problem in found.problems] + [text for one in found.sections for text in one.messages]
    assert any(said in text for text in words), words
    assert not found.is_complete


def test_the_sheets_of_a_workbook_are_one_group_if_they_look_alike(folder: Folder) -> None:
    row = ("489434", "85048", "Ball", 12.0, datetime(2009, 12, 1, 7, 45), 6.95, 13085.0, "UK")
    head = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")
    years = {"Year 2009-2010": {1: head, 2: row}, "Year 2010-2011": {1: head, 2: row}}
    write_workbook(folder.data / "retail.xlsx", years)
    assert folder.settings() == {"files": "retail.xlsx", "format": "online_retail_ii"}
    write_workbook(folder.data / "retail.xlsx", years | {"Notes": {1: ("a", "b"), 2: ("c", "d")}})
    notes, filled = folder.inspect().sections
    assert [one.settings["files"] for one in filled.feeds] == ["retail.xlsx#Year *"]
    assert not notes.is_recognised


def test_a_format_without_rows_is_known_by_its_names(folder: Folder) -> None:
    folder.write("a.csv", "message_id,campaign_id,channel,customer_id,sent_at\n")
    # 5 of 5 columns.
    assert (folder.section().format, folder.section().confidence) == ("canonical", 1 - 2**-5)


def test_a_header_alone_is_judged_by_its_names(folder: Folder) -> None:
    folder.write("a.csv", ORDERS.format("Price"))
    found = folder.section()
    assert [one.feed for one in found.feeds] == ["events"]


def test_a_huge_line_among_others_is_one_unreadable_row(folder: Folder) -> None:
    folder.write("a.csv", DAY.format("2024-01-05") + "x" * 2_500_000 + "\n" + "2024-01-05,view,3\n")
    (filled,) = folder.section().feeds
    assert (filled.reading.n_readable, filled.reading.n_rows) == (3, 4)


REAL = Path(os.environ.get("SHOP_REAL_DATA", ""))


@pytest.mark.skipif("SHOP_REAL_DATA" not in os.environ, reason="SHOP_REAL_DATA names no folder")
@pytest.mark.parametrize(
    ("name", "format_", "pattern"),
    [("online_retail/by-day", "online_retail", "{date}.csv"), ("cdnow", "cdnow_sample", "*.txt")],
)
def test_real_exports_are_recognised(name: str, format_: str, pattern: str) -> None:
    found = Folder(REAL / name).section()
    assert (found.format, found.feeds[0].settings["files"]) == (format_, pattern)
    assert found.feeds[0].reading.readable > 0.99
