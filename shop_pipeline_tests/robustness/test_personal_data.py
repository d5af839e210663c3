"""No name, address, number, IP, device or review text of a customer stands anywhere in the published file.

Every text that the landing files have in a personal column is looked for in every text column of every published table,
and in the bytes of the file and of its kept versions. The warehouse has them, so the search can find. Free text that is
published where it is common (the topic of a case) may hold them too: a topic that few have is not told.
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


def test_none_is_published_as_the_topic_of_a_case(
    prepared: Shop, personal: dict[str, set[str]], tmp_path: Path
) -> None:
    """Somebody writes the address of each of five customers into the topic of their case. Another topic, which all five
    have, is told: topics are published.
    """
    shop = prepared.copy(tmp_path / "data")
    addresses = sorted(personal["email"])[:5]
    cases = [
        f"{kind}{n},C00000{n},2025-06-30T{hour}:00:00Z,,{topic},\n"
        for n, address in enumerate(addresses, 1)
        for kind, hour, topic in (("M", 11, address), ("N", 10 + n // 3 * 2, "parking"))
    ]
    head = "ticket_id,customer_id,opened_at,closed_at,topic,satisfaction\n"
    (shop.data / "landing/tickets/mail.csv").write_text(head + "".join(cases), "utf-8")
    names = ("raw/tickets", "clean/tickets", "marts/customer_360", "marts/service_desk")
    result = shop.call("run", "--select", " or ".join(f"key:{name}" for name in names))
    assert result.exit_code == 0, result.output
    assert found_in(personal["email"], repr(shop.kept("SELECT topic FROM clean.tickets"))) == addresses
    everything = texts_of(shop.published)
    assert "parking" in everything
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
