"""Small hand-worked tables in a real warehouse, and a run of one builder over them without Dagster."""

import logging
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shop_pipeline.assets.gated import Built, Run
from shop_pipeline.assets.session import Session, run_variables
from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline.checks import Gate, Part, Report
from shop_pipeline.contracts import TABLES
from shop_pipeline.settings import Paths, ShopSettings
from shop_pipeline.storage import set_variables

# The clock of the hand-worked tables: midnight, so that ages in days are whole.
AS_OF = datetime(2025, 3, 1)
# By relevance alone: what diversity does to lists is worked by hand where it is tested.
SETTINGS = ShopSettings.model_validate(
    {"shop": {"currency": "GBP"}, "recommend": {"list_length": 3}, "lists": {"diversity": 0, "email_length": 2}}
)
Row = tuple[Any, ...]


class Bench:
    """Tables to fill by hand, SQL files to run over them, and what comes out."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.duck = duck
        self.gate = Gate(duck, "run-1", TABLES["clean.quarantine"], TABLES["ops.check_results"])
        self.session = Session(duck, self.gate, Paths(folder), SETTINGS, "run-1")
        set_variables(duck, run_variables(SETTINGS, "run-1"))
        self.set(as_of=AS_OF, since=date(2025, 1, 1), until=date(2025, 3, 31))

    def set(self, **variables: object) -> None:
        set_variables(self.duck, variables)

    def fill(self, name: str, columns: str, *rows: Row) -> None:
        """Insert rows; columns that are not named are filled by their type where the contract needs them."""
        given = columns.split()
        defaults: dict[str, Any] = {
            "VARCHAR": "x",
            "BOOLEAN": False,
            "TIMESTAMP": AS_OF,
            "DATE": AS_OF.date(),
            "FLOAT": 0,
            "DOUBLE": 0,
        }
        spare = [column for column in TABLES[name] if column.required and column.name not in given]
        defaults |= {column.type: [] for column in spare if column.type.endswith("[]")}
        names = [*given, *(column.name for column in spare)]
        values = [[*row, *(defaults.get(column.type, 0) for column in spare)] for row in rows]
        if values:
            # One statement for all rows: one per row takes ten times as long.
            marks = ", ".join(f"({', '.join('?' for _ in names)})" for _ in values)
            flat = [value for row in values for value in row]
            self.duck.execute(f"INSERT INTO {name} ({', '.join(names)}) VALUES {marks}", flat)

    def run(self, name: str) -> Report:
        """Run the SQL file through the gate, as its asset does."""
        return self.gate.write(Part(TABLES[name], sql_text(name)))

    def build(self, builder: Callable[[Run], Built], name: str, tags: dict[str, str] | None = None) -> Built:
        """Run a Python builder through the gate, as its asset does."""
        clock = self.duck.execute("SELECT getvariable('as_of')").fetchone()
        assert clock is not None
        built = builder(Run(self.session, clock[0], None, tags or {}, logging.getLogger(__name__)))
        self.gate.write(Part(TABLES[name], built.source), *built.companions)
        return built

    def rows(self, sql: str) -> list[Row]:
        return self.duck.execute(sql).fetchall()


@pytest.fixture
def bench(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> Bench:
    return Bench(warehouse, tmp_path)
