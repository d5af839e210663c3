"""Files that can't be read as a whole: every one of the call in one error, with what would help."""

import gzip
import os

import pytest

from shop_pipeline.contracts.feeds import EVENTS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.landing import list_files
from shop_pipeline.sources.presets import known_formats
from shop_pipeline.sources.problems import LandingError
from shop_pipeline.sources.reader import stage_feed

from .conftest import Landing

HEADER = "event_at,event_type,product_id\n"
GOOD = HEADER + "2024-05-01,view,1\n"


def message(landing: Landing, **settings: str) -> str:
    with pytest.raises(LandingError) as caught:
        landing.stage(**settings)
    assert len(str(caught.value).splitlines()) == len(caught.value.problems)
    return str(caught.value)


def test_a_renamed_column(landing: Landing) -> None:
    landing.write("a.csv", "event_time,event_type,product_id\n")
    assert message(landing) == (
        "a.csv, line 1, column event_at: missing_column: found event_time, event_type, product_id, "
        "expected it among the columns; did you mean 'event_time'?"
    )


def test_a_missing_column_without_a_similar_one(landing: Landing) -> None:
    landing.write("a.csv", "event_at,event_type,xyz\n")
    assert "did you mean" not in message(landing)


def test_a_file_without_header(landing: Landing) -> None:
    landing.write("a.csv", "2024-05-01,view,1\n")
    assert message(landing).count("missing_column") == 3


def test_an_empty_first_line_and_a_repeated_column(landing: Landing) -> None:
    landing.write("a.csv", "\n" + GOOD)
    landing.write("b.csv", "event_at,event_type,product_id,Product_ID\n")
    text = message(landing)
    assert "a.csv, line 1, column event_at: missing_column: found an empty line" in text
    assert "b.csv, line 1, column product_id: repeated_column: found it 2 times" in text


def test_renamed_keys_and_parquet_columns(landing: Landing) -> None:
    landing.write("a.jsonl", '{"event_ts": 1, "event_type": "view", "product_id": 1}\n')
    table = "SELECT 1 AS event_at, 'view' AS eventtype, 1 AS product_id"
    landing.connection.execute(f"COPY ({table}) TO '{landing.folder}/b.parquet'")
    assert message(landing).splitlines() == [
        "a.jsonl, column event_at: missing_column: found event_ts, event_type, product_id, expected it in some line; "
        "did you mean 'event_ts'?",
        "b.parquet, column event_type: missing_column: found event_at, eventtype, product_id, expected it among the "
        "columns; did you mean 'eventtype'?",
    ]


@pytest.mark.parametrize("cut", [1, 8, 9, 100])
def test_a_truncated_gzip_file(landing: Landing, cut: int) -> None:
    lines = "".join(f"2024-05-01,view,{os.urandom(8).hex()}\n" for _ in range(1000))
    landing.write("a.csv.gz", gzip.compress((HEADER + lines).encode())[:-cut])
    assert "a.csv.gz: broken_compression: found a truncated gzip file" in message(landing)


def test_a_damaged_gzip_file(landing: Landing) -> None:
    packed = bytearray(gzip.compress((GOOD * 1000).encode()))
    packed[len(packed) // 2] ^= 0xFF
    landing.write("a.csv.gz", bytes(packed))
    assert "broken_compression" in message(landing)


@pytest.mark.parametrize("cut", [1, 4, 5, 1000])
def test_a_truncated_zst_file(landing: Landing, cut: int) -> None:
    path = landing.folder / "a.csv.zst"
    table = "SELECT '2024-05-01' AS event_at, 'view' AS event_type, hash(i) AS product_id FROM range(100000) AS t(i)"
    landing.connection.execute(f"COPY ({table}) TO '{path}' (FORMAT csv, COMPRESSION zstd)")
    whole = path.read_bytes()
    landing.stage()
    path.write_bytes(whole[:-cut])
    assert "a.csv.zst: broken_compression: found a truncated zstd file" in message(landing)


def test_one_error_names_every_bad_file_and_no_good_one(landing: Landing) -> None:
    landing.write("good.csv", GOOD)
    landing.write("array.json", '[{"event_at": 1}]')
    landing.write("cr.csv", GOOD + "2024-05-01,view\r,1\n")
    landing.write("json.csv", '{"event_at": 1}\n')
    landing.write("sheet.ods", "PK")
    landing.write("sheet.xlsx", "PK")
    landing.write("packed.csv", gzip.compress(GOOD.encode()))
    landing.write("plain.csv.gz", GOOD)
    landing.write("plain.csv.zst", GOOD)
    landing.write("sixteen.csv", GOOD.encode("utf-16"))
    landing.write("text.parquet", GOOD)
    landing.write("hollow.parquet", b"PAR1 nothing in it PAR1")
    landing.connection.execute(f"COPY (SELECT 1 AS one) TO '{landing.folder}/table.csv' (FORMAT parquet)")
    lines = message(landing).splitlines()
    assert [line.split(": found")[0] for line in lines] == [
        "array.json, line 1: not_json",
        "cr.csv: unreadable_file",
        "hollow.parquet: unreadable_file",
        "json.csv, line 1: not_csv",
        "packed.csv: not_csv",
        "plain.csv.gz: broken_compression",
        "plain.csv.zst: broken_compression",
        "sheet.ods: unknown_kind",
        "sheet.xlsx: broken_workbook",
        "sixteen.csv, line 1: wrong_encoding",
        "table.csv: not_csv",
        "text.parquet: not_parquet",
    ]
    assert landing.rows("FROM duckdb_tables()") == []


def test_an_error_inside_a_transaction_names_every_file_too(landing: Landing) -> None:
    landing.write("a.csv", GOOD)
    landing.write("b.csv", GOOD + "2024-05-01,view\r,1\n")
    landing.write("c.csv", GOOD + "2024-05-01,view\r,1\n")
    landing.write("d.csv", "event_at\n")
    landing.connection.execute("BEGIN")
    text = message(landing)
    landing.connection.execute("ROLLBACK")
    assert [line[:5] for line in text.splitlines()] == ["b.csv", "c.csv", "d.csv", "d.csv"]
    assert "more than one kind of line end" in text
    assert landing.rows("FROM duckdb_tables()") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(landing: Landing) -> None:
    landing.write("a.csv", GOOD).chmod(0)
    assert "a.csv: unreadable_file: found Permission denied" in message(landing)


def test_a_file_that_went_away(landing: Landing) -> None:
    path = landing.write("a.csv", GOOD)
    files = list_files(landing.folder, Feed(files="*"))
    path.unlink()
    with pytest.raises(LandingError, match=r"a\.csv: unreadable_file: found No such file"):
        stage_feed(landing.connection, EVENTS, Feed(files="*"), files, Shop(), "staged")


def test_unknown_words_in_shop_yaml(landing: Landing) -> None:
    landing.write("a.csv", GOOD)
    text = message(landing, format="online-retail")
    known = ", ".join(known_formats())
    assert f"found 'online-retail', expected one of {known}; did you mean 'online_retail'?" in text
    assert "unknown_encoding: found 'klingon'" in message(landing, encoding="klingon")
    with pytest.raises(LandingError, match="online_retail has events"):
        landing.stage("stock", format="online_retail")
