"""One clock: events and products after `as_of` change nothing that people query.

The finished sample shop ends on its 40th day. A copy of it gets three more days of events, a product that comes with
the first of them, and a customer and a service case of then, all of it loaded, with the clock left at the end of the
40th day: every learned table and every mart has to be the same, row by row. For shops without a products feed, see
test_clean_sql.py and test_product_rules_sql.py.
"""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shop_pipeline.assets.recommenders.choices import BEFORE_ANY_SEARCH
from shop_pipeline.automation.daily_assets import WEEKLY
from shop_pipeline.contracts import TABLES
from shop_pipeline.contracts.fitted import FITTED
from shop_pipeline.settings import Paths
from shop_pipeline_tests.pipeline.finished import FinishedShop, run_shop

FUTURE_DAYS = 3
NEW_PRODUCT, NEW_CUSTOMER, NEW_CASE = "P99999", "C999999", "T999999"
# The quality table counts what was loaded, and more was. What only the search fills is compared in test_tuning.py.
UNFITTED = {table.qualified for name, table in FITTED.items() if name not in BEFORE_ANY_SEARCH}
# There was no run of an earlier clock: nobody has moved from one segment to another.
EMPTY = {"marts.similar_customers", "marts.segment_migration", *WEEKLY, *UNFITTED}
COMPARED = [
    name
    for name, table in TABLES.items()
    if table.schema in ("features", "models", "marts") and name not in EMPTY | {"marts.data_quality"}
]


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


@pytest.fixture(scope="module")
def future(
    finished_shop: FinishedShop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    paths = Paths(tmp_path_factory.mktemp("future"))
    shutil.copytree(finished_shop.paths.landing, paths.landing)
    shutil.copy(finished_shop.paths.shop_yaml, paths.shop_yaml)
    clock, last = add_future(paths.landing)
    first = finished_shop.value("SELECT min(event_date) FROM raw.events")
    assert run_shop(paths, first, last, as_of=clock).success
    with duckdb.connect(str(paths.warehouse), read_only=True) as duck:
        yield duck


def rows(duck: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(f'"{column}"' for column in TABLES[name].column_names if column != "run_id")
    return duck.execute(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall()


def test_the_future_was_really_loaded(finished_shop: FinishedShop, future: duckdb.DuckDBPyConnection) -> None:
    """Purchases of known customers and known products among it."""
    last = finished_shop.value("SELECT max(event_date) FROM clean.events")
    counted = future.execute(
        "SELECT count(*) FILTER (event_type = 'purchase'), count(DISTINCT event_date) FROM clean.events"
        " SEMI JOIN features.interactions USING (customer_id) WHERE event_date > ?",
        [last],
    ).fetchone()
    assert counted is not None
    assert counted[0] > 20
    assert counted[1] == FUTURE_DAYS
    new = f"SELECT count(*) FROM clean.events JOIN clean.products USING (product_id) WHERE product_id = '{NEW_PRODUCT}'"
    assert future.execute(new).fetchone() > (20,)  # type: ignore[operator]
    case = f"SELECT count(*) FROM clean.tickets WHERE ticket_id = '{NEW_CASE}'"
    come = f"SELECT count(*) FROM clean.customers WHERE customer_id = '{NEW_CUSTOMER}' AND first_event_at IS NOT NULL"
    assert [future.execute(sql).fetchone() for sql in (case, come)] == [(1,), (1,)]


@pytest.mark.parametrize("name", COMPARED)
def test_events_after_the_clock_change_nothing(
    finished_shop: FinishedShop, future: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert rows(finished_shop.duck, name)
    assert rows(future, name) == rows(finished_shop.duck, name)


def test_returns_after_the_clock_change_no_earlier_match(
    finished_shop: FinishedShop, future: duckdb.DuckDBPyConnection
) -> None:
    """The later returns are copies of earlier ones, so that they want the same sales."""
    last = finished_shop.value("SELECT max(event_date) FROM clean.events")
    columns = ", ".join(TABLES["clean.returns"].column_names)
    matched = f"SELECT {columns} FROM clean.returns WHERE return_date <= ? ORDER BY ALL"
    assert future.execute(matched, [last]).fetchall() == rows(finished_shop.duck, "clean.returns")
    later = future.execute(
        "SELECT count(*) FROM clean.returns AS back WHERE return_date > ?"
        " AND order_id IN (SELECT order_id FROM clean.returns WHERE return_date <= ?)",
        [last, last],
    ).fetchone()
    assert later is not None
    assert later[0] > 0


def test_the_manifests_agree_on_every_hash_that_the_future_may_not_touch(
    finished_shop: FinishedShop, future: duckdb.DuckDBPyConnection
) -> None:
    """Equal tables have equal hashes in two runs over two files; other tables have others."""
    before, after = (
        json.loads(duck.execute("SELECT outputs FROM ops.run_manifest").fetchone()[0])  # type: ignore[index]
        for duck in (finished_shop.duck, future)
    )
    assert {name: after[name] for name in COMPARED} == {name: before[name] for name in COMPARED}
    for name in ("clean.events", "clean.order_lines", "clean.orders"):
        assert after[name]["hash"] != before[name]["hash"]
