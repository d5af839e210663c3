"""The published file: replaced as a whole, readable meanwhile, and as it was if anything goes wrong."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from shop_pipeline.contracts import TABLES
from shop_pipeline.storage import published, query
from shop_pipeline.storage.published import KEEP, publish


def sell(duck: duckdb.DuckDBPyConnection, product: str) -> None:
    duck.execute("DELETE FROM marts.popular_products")
    duck.execute("INSERT INTO marts.popular_products VALUES ('all', 1, ?, 1.0, TIMESTAMP '2025-01-01', 'r')", [product])


def best(duck: duckdb.DuckDBPyConnection) -> Any:
    return duck.execute("SELECT product_id FROM marts.popular_products").fetchall()


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    found = query(path, sql)
    assert found is not None
    return found.fetchall()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "shop.duckdb"


def test_marts_and_ops_are_copied_and_nothing_else(warehouse: duckdb.DuckDBPyConnection, target: Path) -> None:
    sell(warehouse, "P1")
    publish(warehouse, target, "run-1")
    stored = ask(target, "SELECT table_schema || '.' || table_name FROM information_schema.tables")
    assert {name for (name,) in stored} == {n for n, t in TABLES.items() if t.schema in ("marts", "ops")}
    assert ask(target, "SELECT product_id FROM marts.popular_products") == [("P1",)]


def test_tables_and_columns_tell_what_they_mean(warehouse: duckdb.DuckDBPyConnection, target: Path) -> None:
    publish(warehouse, target, "run-1")
    told = dict(ask(target, "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables()"))
    assert told["marts.sales_daily"] == "one day and one top category"
    sql = "SELECT comment FROM duckdb_columns() WHERE table_name = 'sales_daily' AND column_name = 'units'"
    assert ask(target, sql) == [("units sold",)]


def test_a_reader_keeps_what_it_opened_until_it_opens_again(warehouse: duckdb.DuckDBPyConnection, target: Path) -> None:
    sell(warehouse, "P1")
    publish(warehouse, target, "run-1")
    with duckdb.connect(str(target), read_only=True) as reader:
        sell(warehouse, "P2")
        publish(warehouse, target, "run-2")
        assert best(reader) == [("P1",)]
    with duckdb.connect(str(target), read_only=True) as later:
        assert best(later) == [("P2",)]


def test_the_last_versions_stay_for_a_roll_back(warehouse: duckdb.DuckDBPyConnection, target: Path) -> None:
    for number in range(KEEP + 2):
        sell(warehouse, f"P{number}")
        kept = publish(warehouse, target, f"run-{number}")
    versions = sorted(path.name for path in (target.parent / "versions").iterdir())
    assert versions == [f"shop-run-{number}.duckdb" for number in (2, 3, 4)]
    with duckdb.connect(str(kept), read_only=True) as newest:
        assert best(newest) == [("P4",)]


def test_an_interrupt_is_told_as_one_and_the_next_publication_works(
    warehouse: duckdb.DuckDBPyConnection, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of the copy's transaction: nothing stays open or attached."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(published, "_describe", interrupt)
        with pytest.raises(KeyboardInterrupt):
            publish(warehouse, target, "run-1")
    assert not target.exists()
    sell(warehouse, "P1")
    publish(warehouse, target, "run-2")
    assert ask(target, "SELECT product_id FROM marts.popular_products") == [("P1",)]


@pytest.mark.parametrize("step", ["_copy", "_keep_version"])
def test_a_failure_leaves_the_file_as_it_was(
    warehouse: duckdb.DuckDBPyConnection, target: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    sell(warehouse, "P1")
    publish(warehouse, target, "run-1")
    before = target.read_bytes()
    real = getattr(published, step)

    def fail(*given: Any) -> None:
        real(*given)
        raise OSError("disk full")

    monkeypatch.setattr(published, step, fail)
    with pytest.raises(OSError, match="disk full"):
        publish(warehouse, target, "run-2")
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir() if path.name.endswith(".new")] == []
    # The warehouse is not left attached: the next try succeeds.
    monkeypatch.undo()
    publish(warehouse, target, "run-3")


def test_an_error_while_copying_detaches_the_new_file(warehouse: duckdb.DuckDBPyConnection, target: Path) -> None:
    warehouse.execute("DROP TABLE marts.sales_daily")
    with pytest.raises(duckdb.CatalogException, match="sales_daily"):
        publish(warehouse, target, "run-1")
    assert not target.exists()
    attached = warehouse.execute("SELECT count(*) FROM duckdb_databases() WHERE database_name = 'published'").fetchone()
    assert attached == (0,)


def test_queries_can_not_write(warehouse: duckdb.DuckDBPyConnection, target: Path) -> None:
    publish(warehouse, target, "run-1")
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        query(target, "DELETE FROM marts.popular_products")


def test_before_the_first_good_run_a_query_says_so(target: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"shop\.duckdb is not there yet"):
        query(target, "SELECT 1")


def test_a_quote_in_the_folder_name_does_no_harm(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    folder = tmp_path / "it's"
    folder.mkdir()
    publish(warehouse, folder / "shop.duckdb", "run-1")
    assert ask(folder / "shop.duckdb", "SELECT count(*) FROM marts.sales_daily") == [(0,)]
