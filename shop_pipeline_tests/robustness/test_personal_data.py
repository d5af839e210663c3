"""No name, address, number, IP, device or review text of a customer stands anywhere in the published file.

Every text that the landing files have in a personal column is looked for in every text column of every published table,
and in the bytes of the file and of its kept versions. The warehouse has them, so the search can find.
"""

import csv
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from shop_pipeline.contracts import TABLES

from .folder import Shop

COLUMNS = {"customers": ("name", "email", "phone"), "events": ("ip_address", "device_id", "review_text")}


@pytest.fixture(scope="module")
def personal(prepared: Shop) -> dict[str, set[str]]:
    """Texts per personal column; a text of fewer than 6 characters could stand in an id by chance."""
    found: dict[str, set[str]] = {}
    for feed, columns in COLUMNS.items():
        for path in (prepared.data / "landing" / feed).glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    for column in columns:
                        found.setdefault(column, set()).add(row.get(column) or "")
    return {column: {text for text in texts if len(text) >= 6} for column, texts in found.items()}


def texts_of(path: Path) -> str:
    """All text of a DuckDB file, lists included, cut by a character that no value has."""
    # The file is opened once: for each of its hundreds of columns it would take seconds.
    with closing(duckdb.connect(str(path), read_only=True)) as duck:
        columns = duck.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns"
            " WHERE data_type LIKE '%VARCHAR%'"
        ).fetchall()
        assert len(columns) > 20
        found = 'SELECT string_agg(DISTINCT CAST("{2}" AS VARCHAR), chr(31)) FROM {0}.{1}'
        parts = [duck.execute(found.format(*column)).fetchall()[0][0] for column in columns]
    return "\x1f".join(part for part in parts if part)


def found_in(texts: set[str], where: str) -> list[str]:
    return sorted(text for text in texts if text in where)


def test_the_search_finds_them_in_the_warehouse(prepared: Shop, personal: dict[str, set[str]]) -> None:
    everything = texts_of(prepared.warehouse)
    assert {column: len(found_in(texts, everything)) for column, texts in personal.items()} == {
        column: len(texts) for column, texts in personal.items()
    }
    assert [column for column, texts in personal.items() if not texts] == []


def test_none_is_in_a_published_table(prepared: Shop, personal: dict[str, set[str]]) -> None:
    everything = texts_of(prepared.published)
    assert [text for texts in personal.values() for text in found_in(texts, everything)] == []


def test_none_is_in_the_bytes_of_a_published_file(prepared: Shop, personal: dict[str, set[str]]) -> None:
    files = [prepared.published, *(prepared.data / "versions").iterdir()]
    assert len(files) == 2
    for path in files:
        content = path.read_bytes()
        assert [text for texts in personal.values() for text in texts if text.encode() in content] == []


def test_no_published_table_declares_a_personal_column() -> None:
    published = [table for table in TABLES.values() if table.schema in ("marts", "ops")]
    assert [f"{t.qualified}.{column.name}" for t in published for column in t if column.personal] == []
