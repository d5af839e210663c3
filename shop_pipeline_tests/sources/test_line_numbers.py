"""`_row` of a dirty file points at the right line: each readable record carries its own number in product_id."""

import gzip
import random

import pytest

from .conftest import Landing

HEADER = "event_at,event_type,product_id,review_text"


def dirty_records(rng: random.Random, n_records: int) -> tuple[list[bytes], list[int]]:
    """Records after the header, and the numbers of the broken ones; record 1 is the header."""
    records, broken = [], []
    for number in range(2, n_records + 2):
        good = f"2024-05-01,view,{number},"
        kinds = {
            "plain": f"{good}fine".encode(),
            "quoted": f'{good}"a, ""b"" c"'.encode(),
            "lines": f'{good}"one\n\ntwo\n"'.encode(),
            "inch": f'{good}5" nail'.encode(),
            "blank": b"",
            "short": b"2024-05-01,view",
            "long": f"{good}x,y,z".encode(),
            "encoding": good.encode() + b"\xff\xfe",
            "behind": f'{good}"bad" quote'.encode(),
        }
        kind = rng.choice([*kinds, "plain", "plain", "plain"])
        records.append(kinds[kind])
        if kind in ("short", "long", "encoding", "behind"):
            broken.append(number)
    return records, broken


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_every_row_of_dirty_files_points_at_its_line(landing: Landing, seed: int, end: bytes) -> None:
    rng = random.Random(seed)
    expected = {}
    for name in ("a.csv", "b.csv.gz", "c.csv"):
        records, expected[name] = dirty_records(rng, rng.choice([0, 1, 5, 40, 3000]))
        content = end.join([HEADER.encode(), *records]) + end * rng.randrange(3)
        landing.write(name, gzip.compress(content) if name.endswith(".gz") else content)
    rows = landing.stage()
    readable = [row for row in rows if row["_rule"] is None]
    assert [row["_row"] for row in readable] == [int(row["product_id"]) for row in readable]
    for name, broken in expected.items():
        assert [row["_row"] for row in rows if row["_file"] == name and row["_rule"] == "broken_line"] == broken
    assert {row["_rule"] for row in rows} <= {None, "broken_line"}


def test_nothing_is_lost_without_insertion_order_and_with_more_threads(landing: Landing) -> None:
    landing.connection.execute("SET preserve_insertion_order = false")
    landing.connection.execute("SET threads = 4")
    records = "".join(f"2024-05-01,view,{number},\n" if number % 1000 else "broken\n" for number in range(2, 200_002))
    for name in ("a.csv", "b.csv"):
        landing.write(name, f"{HEADER}\n{records}")
    landing.stage()
    (counts,) = landing.rows("""
        SELECT count(*) AS n, count(*) FILTER (_rule IS NULL AND _row <> product_id::BIGINT) AS wrong,
            count(*) FILTER (_rule = 'broken_line' AND _row % 1000 <> 0) AS wrong_broken FROM staged""")
    assert counts == {"n": 400_000, "wrong": 0, "wrong_broken": 0}


def test_an_open_quote_takes_the_lines_up_to_its_end_and_no_more(landing: Landing) -> None:
    body = '2024-05-01,view,2,\n"2024-05-01,view,3,\n2024-05-01,view,x,"y"\n2024-05-01,view,4,\n'
    landing.write("a.csv", f"{HEADER}\n{body}")
    rows = landing.stage()
    # Lines 3 and 4 are one record, number 3, because of the quote; so line 5 is record 4.
    assert [(row["_row"], row["_rule"]) for row in rows] == [(2, None), (3, "broken_line"), (4, None)]


def test_a_quote_that_never_ends_is_one_broken_line(landing: Landing) -> None:
    landing.write("a.csv", f'{HEADER}\n2024-05-01,view,2,\n2024-05-01,view,3,"never\n2024-05-01,view,4,\n')
    assert [(row["_row"], row["_rule"]) for row in landing.stage()] == [(2, None), (3, "broken_line")]


def test_a_line_over_the_limit_is_broken(landing: Landing) -> None:
    landing.write("a.csv", f"{HEADER}\n2024-05-01,view,2,\n2024-05-01,view,3,{'x' * 3_000_000}\n2024-05-01,view,4,\n")
    assert [(row["_row"], row["_rule"]) for row in landing.stage()] == [(2, None), (3, "broken_line"), (4, None)]


def test_empty_lines_in_a_file_of_one_column(landing: Landing) -> None:
    landing.write("a.csv", "product_id\n1\n\n2\n\n")
    assert [(row["_row"], row["product_id"]) for row in landing.stage("products")] == [(2, "1"), (4, "2")]


def test_empty_lines_in_a_zst_file(landing: Landing) -> None:
    path = landing.folder / "a.csv.zst"
    lines = "[['2024-05-01,view,2,'], [NULL], ['short'], [NULL], ['2024-05-01,view,6,']]"
    landing.connection.execute(f"""
        COPY (SELECT unnest({lines})[1] AS "{HEADER}")
        TO '{path}' (FORMAT csv, COMPRESSION zstd, QUOTE '', ESCAPE '', DELIMITER '\x01', HEADER true)""")
    assert [(row["_row"], row["_rule"]) for row in landing.stage()] == [(2, None), (4, "broken_line"), (6, None)]
