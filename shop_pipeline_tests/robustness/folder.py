"""A data folder with real files, and `shop` on it: in this process, or as a process of its own.

Here: what the tests of this folder do to a shop (land files, run, kill) and what they look at (tables, as sorted rows).
Not here: the prepared folders (`conftest.py`) and any expectation.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg
import duckdb
from click.testing import CliRunner, Result

from shop_pipeline.cli import main
from shop_pipeline.contracts import TABLES

Rows = list[tuple[Any, ...]]
HEADER = (
    *("event_at", "event_type", "product_id", "event_id", "customer_id", "session_id", "order_id", "quantity"),
    *("unit_price", "currency", "rating", "review_text", "country", "ip_address", "device_id", "channel"),
)
SHOP = Path(sys.executable).parent / "shop"
# Long lines stay whole, so that a test can look for a sentence.
WIDE = {"COLUMNS": "2000"}


def event(at: str, event_type: str, product_id: str, **more: str) -> dict[str, str]:
    """One line of an event file; what is not given is empty."""
    return {"event_at": at, "event_type": event_type, "product_id": product_id, **more}


@dataclass(frozen=True)
class Shop:
    """One data folder."""

    data: Path

    @property
    def published(self) -> Path:
        return self.data / "shop.duckdb"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    def copy(self, target: Path) -> "Shop":
        """The same shop somewhere else; file times are kept, so that its files are still known."""
        shutil.copytree(self.data, target, dirs_exist_ok=True)
        return Shop(target)

    def copy_of_files(self, target: Path) -> "Shop":
        """Its landing files and settings only: a shop that has never run."""
        shutil.copytree(self.data / "landing", target / "landing")
        shutil.copy2(self.data / "shop.yaml", target)
        return Shop(target)

    def call(self, *words: str) -> Result:
        """`shop ...` in this process, with its exit status and output."""
        # The copy is put back afterwards: commands set variables for their children.
        with patch.dict(os.environ, WIDE | {"SHOP_DATA": str(self.data)}):
            result = CliRunner().invoke(main, list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """`shop ...` as a process."""
        environ = os.environ | WIDE | {"SHOP_DATA": str(self.data)}
        pipe = subprocess.PIPE
        return subprocess.Popen([SHOP, *words], env=environ, stdout=pipe, stderr=subprocess.STDOUT, text=True)

    def land(self, name: str, rows: Iterable[Mapping[str, str]]) -> Path:
        """Write an event file."""
        path = self.data / "landing" / "events" / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HEADER, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def ask(self, sql: str, of: Path | None = None) -> Rows:
        """Rows of the published file, or of the file `of`."""
        with closing(duckdb.connect(str(of or self.published), read_only=True)) as connection:
            return connection.execute(sql).fetchall()

    def kept(self, sql: str) -> Rows:
        """Rows of the warehouse."""
        return self.ask(sql, self.warehouse)

    def runs(self) -> dict[str, str]:
        """Status by run id, as the Dagster instance has it."""
        with dg.DagsterInstance.from_config(str(self.data / "dagster")) as instance:
            return {run.run_id: run.status.value for run in instance.get_runs()}


def marts(shop: Shop, of: Path | None = None, only: Iterable[str] = ()) -> dict[str, Rows]:
    """Every mart, or those of `only`, row for row, without the run's id; without data_quality, which tells of runs."""
    asked = [f"marts.{name}" for name in only] or [name for name, table in TABLES.items() if table.schema == "marts"]
    found = {}
    with closing(duckdb.connect(str(of or shop.published), read_only=True)) as connection:
        for name in asked:
            if name != "marts.data_quality":
                columns = ", ".join(f'"{column}"' for column in TABLES[name].column_names if column != "run_id")
                found[name] = connection.execute(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall()
    return found


def quality(shop: Shop) -> Rows:
    """The outcomes of all tables but of the two that tell of the run itself."""
    return shop.ask(
        """SELECT table_name, rule, partition, passed, n_rows, n_failed, severity, sample FROM marts.data_quality
        WHERE table_name NOT IN ('marts.data_quality', 'ops.run_manifest') ORDER BY ALL"""
    )


def all_rows(shop: Shop) -> dict[str, Rows]:
    """Every table of the published file, row for row."""
    with closing(duckdb.connect(str(shop.published), read_only=True)) as connection:
        names = connection.execute("SELECT table_schema || '.' || table_name FROM information_schema.tables ORDER BY 1")
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for (name,) in names.fetchall()
        }


def truth(shop: Shop, name: str) -> Any:
    return json.loads((shop.data / "truth" / f"{name}.json").read_text("utf-8"))
