"""The finished sample shop three days later: what has happened since, and what a test may ask of that shop.

It is run by `shop run --as-of` as a process of its own, so that its peak memory can be measured too: what Linux says at
its end (VmHWM, which begins with the process). Not here: the run (`conftest.py`).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from shop_pipeline.cli.plan_counts import Estimate
from shop_pipeline.contracts import TABLES
from shop_pipeline.settings import Paths

FUTURE_DAYS = 3
NEW_PRODUCT, NEW_CUSTOMER, NEW_CASE = "P99999", "C999999", "T999999"
RUN = """
import sys
from pathlib import Path
from shop_pipeline.cli import main
try:
    main(["run", *sys.argv[1:]])
finally:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    print(next((line.split()[1] for line in lines if line.startswith("VmHWM")), 0), file=sys.stderr)
"""


@dataclass(frozen=True)
class GrownShop:
    """An estimate made before anything was there, what the run then took, and its warehouse, read-only."""

    paths: Paths
    clock: date
    estimate: Estimate
    peak: int
    disk: int
    duck: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[int, ...]]:
        return self.duck.execute(sql).fetchall()


def add_future(landing: Path) -> tuple[date, date]:
    """The last three days once more, three days later and with ids of their own; returns the old and new last day.

    A product comes with the first of them, as the last of the feed but for its id, and all views of the last are of it.
    The one with the first view of that day is a customer of whom nobody knows when they signed up; an old customer has
    a case on the first day.
    """
    events, products = landing / "events", landing / "products" / "products.csv"
    files = sorted(events.glob("events-*.csv"))[-FUTURE_DAYS:]
    days = [date.fromisoformat(file.stem.removeprefix("events-")) for file in files]
    for file, day in zip(files, days, strict=True):
        later = day + timedelta(days=FUTURE_DAYS)
        header, *lines = file.read_text("utf-8").splitlines()
        moved = [line.replace(day.isoformat(), later.isoformat()).replace(",E", ",F") for line in lines]
        if day == days[-1]:
            moved = [re.sub(r",view,[^,]+,", f",view,{NEW_PRODUCT},", line) for line in moved]
            first = next(number for number, line in enumerate(moved) if ",view," in line)
            moved[first] = re.sub(r"(,F[^,]+),[^,]*,[^,]*,", rf"\1,{NEW_CUSTOMER},S-{NEW_CUSTOMER},", moved[first])
        (events / f"events-{later}.csv").write_text("\n".join([header, *moved]) + "\n", "utf-8")
    feed = products.read_text("utf-8")
    _, *told, _ = feed.splitlines()[-1].split(",")
    added = ",".join([NEW_PRODUCT, *told, f"{days[-1] + timedelta(days=1)}T00:00:00Z"])
    products.write_text(f"{feed}{added}\n", "utf-8")
    add_people(landing, days[-1] + timedelta(days=1))
    return days[-1], days[-1] + timedelta(days=FUTURE_DAYS)


def add_people(landing: Path, day: date) -> None:
    """A customer without the day of their signing up, and a case of the feed's first customer."""
    customers, tickets = landing / "customers" / "customers.csv", landing / "tickets" / "tickets.csv"
    head, first, *_ = customers.read_text("utf-8").splitlines()
    cells = dict.fromkeys(head.split(","), "") | {"customer_id": NEW_CUSTOMER, "name": "New Body"}
    with customers.open("a", encoding="utf-8") as file:
        file.write(f"{','.join(cells.values())}\n")
    with tickets.open("a", encoding="utf-8") as file:
        file.write(f"{NEW_CASE},{first.split(',')[0]},{day}T09:00:00Z,{day}T10:00:00Z,refund,1\n")


def rows(duck: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(f'"{column}"' for column in TABLES[name].column_names if column != "run_id")
    return duck.execute(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall()
