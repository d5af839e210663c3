"""Each row rule planted beside a clean row, types and compressions of files, and names and values that need quoting."""

import gzip
import json
import logging
import os

import duckdb
import pytest

from shop_pipeline.contracts.feeds import FEEDS
from shop_pipeline.settings import Feed, Shop
from shop_pipeline.sources.reader import stage_feed

from .conftest import Landing

HEADER = "event_at,event_type,product_id,quantity\n"
GOOD = "2024-05-01T10:00:00Z,view,007,6\n"


def test_a_clean_file_passes_and_keeps_ids_as_text(landing: Landing) -> None:
    path = landing.write("a.csv", HEADER + GOOD)
    os.utime(path, ns=(1_700_000_000_000_000_000,) * 2)
    (row,) = landing.stage()
    assert (row["event_type"], row["product_id"], row["quantity"]) == ("view", "007", 6)
    assert str(row["event_at"]) == "2024-05-01 10:00:00"
    assert (row["_file"], row["_row"], str(row["_loaded_at"])) == ("a.csv", 2, "2023-11-14 22:13:20")
    assert row["is_service"] is False
    assert (row["_rule"], row["_reason"], row["_source"]) == (None, None, None)


@pytest.mark.parametrize("feed", FEEDS)
def test_no_files_give_an_empty_table_of_the_contracts_columns(landing: Landing, feed: str) -> None:
    assert landing.stage(feed) == []
    described = {row["column_name"]: row["column_type"] for row in landing.rows("DESCRIBE staged")}
    expected = {column.name: column.type for column in FEEDS[feed]}
    assert described == {**expected, "_rule": "VARCHAR", "_reason": "VARCHAR", "_source": "VARCHAR"}


def test_a_broken_line_keeps_its_text(landing: Landing) -> None:
    landing.write("a.csv", HEADER + GOOD + "2024-05-01,view\n" + GOOD.replace("\n", ",8,9\n") + GOOD)
    rows = landing.stage()
    assert [row["_rule"] for row in rows] == [None, "broken_line", "broken_line", None]
    assert [row["_row"] for row in rows] == [2, 3, 4, 5]
    assert (rows[1]["_reason"], rows[1]["_source"]) == ("2 fields instead of 4", "2024-05-01,view")
    assert rows[2]["_reason"] == "more than 4 fields"


def test_a_wrong_type_names_column_and_value_and_keeps_all_columns(landing: Landing) -> None:
    landing.write("a.csv", "event_at,event_type,product_id,quantity,Odd Column\n2024-05-01,view,1,abc,x\n")
    (row,) = landing.stage()
    assert (row["_rule"], row["_reason"]) == ("wrong_type", "quantity: 'abc' is not BIGINT")
    assert json.loads(row["_source"]) == {
        "event_at": "2024-05-01",
        "event_type": "view",
        "product_id": "1",
        "quantity": "abc",
        "Odd Column": "x",
    }


def test_a_missing_value_names_the_column(landing: Landing) -> None:
    landing.write("a.csv", HEADER + "2024-05-01,  ,1,1\n,view,1,1\n" + "2024-05-01,search,,\n")
    rows = landing.stage()
    assert [row["_rule"] for row in rows] == ["missing_value", "missing_value", None]
    assert [row["_reason"] for row in rows] == ["event_type is empty", "event_at is empty", None]
    assert (rows[2]["product_id"], rows[2]["quantity"]) == (None, None)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(landing: Landing, delimiter: str, end: str) -> None:
    landing.write("a.csv", (HEADER + GOOD).replace(",", delimiter).replace("\n", end))
    (row,) = landing.stage()
    assert (row["product_id"], row["quantity"], row["_rule"], row["_row"]) == ("007", 6, None, 2)


def test_files_differ_in_order_and_in_optional_columns(landing: Landing) -> None:
    landing.write("a.csv", HEADER + GOOD)
    landing.write("b.csv", "product_id,event_at,customer_id,event_type\n8,2024-05-02,c1,click\n")
    landing.write("c.csv", "Event_Type , EVENT_AT,product_id\nPurchase ,2024-05-03,9\n")
    rows = landing.stage()
    assert [row["product_id"] for row in rows] == ["007", "8", "9"]
    assert [row["event_type"] for row in rows] == ["view", "click", "purchase"]
    assert [row["customer_id"] for row in rows] == [None, "c1", None]


def write_kind(landing: Landing, name: str) -> None:
    table = "SELECT '2024-05-01 10:00:00' AS event_at, 'view' AS event_type, '007' AS product_id, 6 AS quantity"
    kind = "parquet" if "parquet" in name else "csv" if ".csv" in name.lower() else "json"
    compression = next((word for ending, word in ((".gz", "gzip"), (".zst", "zstd")) if name.endswith(ending)), "")
    options = f"FORMAT {kind}, COMPRESSION {compression}" if compression else f"FORMAT {kind}"
    landing.connection.execute(f"COPY ({table}) TO '{landing.folder / name}' ({options})")


KINDS = ["a.csv", "a.CSV.gz", "a.csv.zst", "a.jsonl", "a.ndjson.gz", "a.json.zst", "a.parquet"]


@pytest.mark.parametrize("name", KINDS)
def test_kinds_and_compressions_give_the_same_row(landing: Landing, name: str) -> None:
    write_kind(landing, name)
    (row,) = landing.stage()
    assert (str(row["event_at"]), row["product_id"], row["quantity"]) == ("2024-05-01 10:00:00", "007", 6)
    assert (row["_rule"], row["_row"]) == (None, 2 if ".csv" in name.lower() else 1)


def test_all_kinds_at_once(landing: Landing) -> None:
    for name in KINDS:
        write_kind(landing, name)
    assert len(landing.stage()) == len(KINDS)


def test_json_lines(landing: Landing) -> None:
    good = (
        '{"event_at": "2024-05-01T10:00:00Z", "event_type": "view", "product_id": "1", "quantity": 6.0, "x": {"y": 1}}'
    )
    wrong = good.replace("6.0", '"six"')
    without = '{"event_at": null, "event_type": "view"}'
    landing.write("a.jsonl", "\ufeff" + "\n".join([good, "", "[1]", '{"half', wrong, "  ", without, good]) + "\n")
    rows = landing.stage()
    assert [(row["_row"], row["_rule"]) for row in rows] == [
        (1, None),
        (3, "broken_line"),
        (4, "broken_line"),
        (5, "wrong_type"),
        (7, "missing_value"),
        (8, None),
    ]
    assert (rows[0]["quantity"], rows[2]["_source"], rows[3]["_source"]) == (6, '{"half', wrong)


def test_json_lines_that_are_not_utf8_are_broken(landing: Landing) -> None:
    good = b'{"event_at": "2024-05-01", "event_type": "view", "product_id": "1"}\n'
    landing.write("a.jsonl", good + b'{"event_at": "\xff"}\n' + good)
    assert [(row["_row"], row["_rule"]) for row in landing.stage()] == [(1, None), (2, "broken_line"), (3, None)]


def test_parquet_values_are_read_like_text(landing: Landing) -> None:
    table = """SELECT * FROM (VALUES
        (TIMESTAMPTZ '2024-05-01 10:00:00+05', 'view', 7::BIGINT, 6.0::DOUBLE, [1, 2]),
        (NULL, 'view', 8, 6.5, [])) AS t(event_at, event_type, product_id, quantity, listed)"""
    landing.connection.execute(f"COPY ({table}) TO '{landing.folder}/a.parquet'")
    good, bad = landing.stage()
    assert (str(good["event_at"]), good["product_id"], good["quantity"], good["_row"]) == (
        "2024-05-01 05:00:00",
        "7",
        6,
        1,
    )
    assert (bad["_rule"], bad["_reason"], bad["_row"]) == ("wrong_type", "quantity: '6.5' is not BIGINT", 2)
    assert json.loads(bad["_source"])["listed"] == "[]"


def test_names_and_values_that_need_quoting(landing: Landing) -> None:
    name = 'it\'s "here"/with space, comma.csv'
    nasty = "x'); DROP TABLE staged; --"
    long_id = "ß" * 300
    lines = [nasty, long_id, '"a ""quoted"", b\nc"']
    landing.write(name, HEADER + "".join(f"2024-05-01,view,{line},1\n" for line in lines))
    rows = landing.stage()
    assert [row["product_id"] for row in rows] == [nasty, long_id, 'a "quoted", b\nc']
    assert {row["_file"] for row in rows} == {name}


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_file_name_is_no_pattern(landing: Landing, ending: str) -> None:
    for name in ("a[1]", "a1", "b*", "bx", "c?", "cx"):
        table = f"SELECT '2024-05-01' AS event_at, 'view' AS event_type, '{name}' AS product_id"
        landing.connection.execute(f"COPY ({table}) TO '{landing.folder}/{name}{ending}'")
    assert all(row["_file"] == row["product_id"] + ending for row in landing.stage())
    assert len(landing.stage()) == 6


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_folder_name_is_no_column(landing: Landing, ending: str) -> None:
    (landing.folder / "quantity=seven").mkdir()
    table = "SELECT '2024-05-01' AS event_at, 'view' AS event_type, '1' AS product_id"
    landing.connection.execute(f"COPY ({table}) TO '{landing.folder}/quantity=seven/a{ending}'")
    assert [(row["_rule"], row["quantity"]) for row in landing.stage()] == [(None, None)]


def test_a_header_with_quotes_empty_and_repeated_names(landing: Landing) -> None:
    landing.write(
        "a.csv", 'event_at,event_type,product_id,,it\'s "odd","x,y",x,X,path,_row\n2024-05-01,,1,2,3,4,5,6,7,8\n'
    )
    (row,) = landing.stage()
    assert json.loads(row["_source"]) == {
        "event_at": "2024-05-01",
        "event_type": None,
        "product_id": "1",
        "_4": "2",
        'it\'s "odd"': "3",
        "x,y": "4",
        "x": "5",
        "X_8": "6",
        "path": "7",
        "_row": "8",
    }
    assert (row["_file"], row["_row"]) == ("a.csv", 2)


def test_empty_and_header_only_files_give_no_rows(landing: Landing, caplog: pytest.LogCaptureFixture) -> None:
    landing.write("empty.csv", "")
    landing.write("empty.parquet", "")
    landing.write("header.csv", HEADER)
    with caplog.at_level(logging.WARNING):
        assert landing.stage() == []
    assert [record.getMessage() for record in caplog.records] == [
        "empty.csv is empty (0 bytes): no rows",
        "empty.parquet is empty (0 bytes): no rows",
    ]


def test_a_misspelled_optional_column_is_worth_a_warning(landing: Landing, caplog: pytest.LogCaptureFixture) -> None:
    landing.write("a.csv", "event_at,event_type,product_id,customerid\n2024-05-01,view,1,c\n")
    with caplog.at_level(logging.WARNING):
        landing.stage()
    assert "did you mean 'customerid'?" in caplog.text


def test_a_byte_order_mark_is_no_part_of_the_header(landing: Landing) -> None:
    landing.write("a.csv", "\ufeff" + HEADER + GOOD)
    landing.write("b.csv", '\ufeff"event_at","event_type","product_id"\n2024-05-01,view,1\n')
    assert [row["_rule"] for row in landing.stage()] == [None, None]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "gb18030"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings(landing: Landing, encoding: str, packed: bool) -> None:
    value = "茶" if encoding == "gb18030" else "Žluťoučký ü €" if encoding == "utf-16" else "Käse ü"
    content = f"{HEADER}2024-05-01,view,{value},1\nbroken\n{GOOD}".encode(encoding)
    landing.write("a.csv.gz" if packed else "a.csv", gzip.compress(content) if packed else content)
    rows = landing.stage(encoding=encoding)
    assert [(row["_row"], row["_rule"]) for row in rows] == [(2, None), (3, "broken_line"), (4, None)]
    assert rows[0]["product_id"] == value


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_wrongly_encoded_line_is_broken(landing: Landing, encoding: str) -> None:
    landing.write("a.csv", HEADER.encode() + b"2024-05-01,view,\xff\xff,1\n" + GOOD.encode())
    rows = landing.stage(encoding=encoding)
    assert [(row["_row"], row["_rule"]) for row in rows] == [(2, "broken_line"), (3, None)]


def test_a_zst_file_in_latin_1(landing: Landing) -> None:
    path = landing.folder / "a.csv.zst"
    # Plain ASCII but for the declared encoding: DuckDB can't write latin-1.
    landing.connection.execute(f"COPY (SELECT '2024-05-01' event_at, 'view' event_type, 1 product_id) TO '{path}'")
    assert [row["_row"] for row in landing.stage(encoding="latin-1")] == [2]


def test_mixed_line_ends(landing: Landing) -> None:
    landing.write("a.csv", HEADER.replace("\n", "\r\n") + GOOD.replace("\n", "\r\n") + "broken\n" + GOOD + GOOD.strip())
    assert [(row["_row"], row["_rule"]) for row in landing.stage()] == [
        (2, None),
        (3, "broken_line"),
        (4, None),
        (5, None),
    ]


def test_staging_works_in_a_transaction_and_leaves_nothing_else(landing: Landing) -> None:
    landing.write("a.csv", HEADER + GOOD + "broken\n")
    landing.connection.execute("BEGIN")
    landing.connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    assert len(landing.stage()) == 2
    assert len(landing.stage()) == 2
    landing.connection.execute("COMMIT")
    assert sorted(row["table_name"] for row in landing.rows("FROM duckdb_tables()")) == ["kept", "staged"]


def test_two_connections_of_one_database_do_not_meet(landing: Landing, connection: duckdb.DuckDBPyConnection) -> None:
    landing.write("a.csv", HEADER + GOOD)
    other = connection.cursor()
    stage_feed(other, FEEDS["events"], Feed(files="*.csv"), [], Shop(), "staged")
    assert len(landing.stage()) == 1
    assert other.execute("SELECT count(*) FROM staged").fetchall() == [(0,)]
