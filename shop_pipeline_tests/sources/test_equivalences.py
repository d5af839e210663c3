"""The same rows in another dress: another kind of file, split in two, under another name, in another order.

What is read must not change with any of it. Not here: what is lost or refused (`test_properties`).
"""

import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop_pipeline.storage import open_warehouse
from shop_pipeline_tests.assets.conftest import Bench

from .accounting import Books
from .conftest import Landing
from .dirty_files import COLUMNS, File, Row, csv_file, csv_line, examples, padding, rows

FOLDERS = count()
PLACE = ("_file", "_row", "_part", "_loaded_at")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landing]:
    with duckdb.connect() as connection:
        yield Landing(tmp_path_factory.mktemp("landing"), connection)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    folder = tmp_path_factory.mktemp("books")
    duck = open_warehouse(folder / "warehouse.duckdb", memory_gb=1)
    yield Books(Bench(duck, folder))
    duck.close()


def staged(landing: Landing, files: dict[str, bytes], *but: str) -> list[tuple[object, ...]]:
    """The rows of these files, in order, without their places and the columns `but`."""
    # A folder of its own: DuckDB's cache may take a file that is written again within 4 ms for the same one.
    landing.folder = landing.folder.with_name(f"landing-{next(FOLDERS)}")
    landing.folder.mkdir()
    for name, content in files.items():
        landing.write(name, content)
    left_out = (*PLACE, *but)
    return [tuple(_same_ends(v) for name, v in row.items() if name not in left_out) for row in landing.stage()]


def _same_ends(value: object) -> object:
    # In a file with more than one kind of line end, all of them become one, inside quotes too (utf8_copy).
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def as_csv(given_rows: Sequence[Row]) -> bytes:
    lines = [csv_line(list(COLUMNS)), *(csv_line([row.get(name) for name in COLUMNS]) for row in given_rows)]
    return b"".join(line + b"\n" for line in lines)


def as_json(given_rows: Sequence[Row]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in given_rows)


def as_parquet(given_rows: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(given_rows, pa.schema([(name, pa.string()) for name in COLUMNS])), out)
    return out.getvalue()


@examples(40)
@given(st.lists(rows(odd=3), min_size=1, max_size=6))
def test_csv_json_lines_and_parquet_give_the_same_rows(landing: Landing, given_rows: list[Row]) -> None:
    """But for the record in `_source`, which shows what stands in the file."""
    by_csv = staged(landing, {"a.csv": as_csv(given_rows)}, "_source")
    assert len(by_csv) == len(given_rows)
    assert staged(landing, {"a.jsonl": as_json(given_rows)}, "_source") == by_csv
    assert staged(landing, {"a.parquet": as_parquet(given_rows)}, "_source") == by_csv


@examples(40)
@given(csv_file(), st.integers(0, 8), st.sampled_from(["b.csv", "z ä.csv", "it's [1]*.txt"]))
def test_a_file_split_in_two_or_renamed_is_the_same_rows(landing: Landing, file: File, cut: int, name: str) -> None:
    whole = staged(landing, {"a.csv": file.content})
    parts = [file.head + b"".join(lines) for lines in (file.lines[:cut], file.lines[cut:])]
    assert staged(landing, {"1.csv": parts[0], "2.csv": parts[1]}) == whole
    assert staged(landing, {name: file.content}) == whole


def clean_events(books: Books, given_rows: Sequence[Row]) -> Counter[tuple[object, ...]]:
    assert books.load({"events/a.csv": as_csv(given_rows)}) is None
    return Counter(books.bench.rows("FROM clean.events"))


@examples(6)
@given(st.lists(rows(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_change_what_is_clean(books: Books, given_rows: list[Row], rng: Random) -> None:
    """Each row has an id of its own and an exact copy, of which any may stay."""
    numbered = [row | {"event_id": f"E{number}"} for number, row in enumerate(given_rows)] * 2
    numbered += padding(30 * len(numbered))
    shuffled = list(numbered)
    rng.shuffle(shuffled)
    assert clean_events(books, shuffled) == clean_events(books, numbered)
