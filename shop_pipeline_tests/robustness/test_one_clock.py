"""The one clock: what happens after `--as-of` can't be seen by any mart, whatever lands.

A new shop gets what happened up to the 28th and runs as of the 28th. Then the rest lands (two more days of events, and
the customers, products and service cases that are newer), with planted news about old products and customers, and it
runs again as of the 28th.
"""

import csv
from pathlib import Path

import pytest

from .conftest import run_as_far_as
from .folder import Rows, Shop, event, marts

AS_OF = "2025-06-28"
# Midnight behind it in London, in UTC.
END = "2025-06-28T23:00:00Z"
SQL_END = "TIMESTAMP '2025-06-28 23:00:00'"
# These marts and what they are made from: the feeds that are not in `WHEN` are in none of them.
MARTS = (
    "recommendations",
    "similar_products",
    "popular_products",
    "sales_daily",
    "model_readiness",
    "model_evaluation",
    "customer_360",
    "service_desk",
)
RUN = (*run_as_far_as(MARTS), "--as-of", AS_OF)
WHEN = {"events": "event_at", "customers": "signed_up_at", "products": "valid_from", "tickets": "opened_at"}


def is_early(line: str, at: int) -> bool:
    cells = next(csv.reader([line]))
    return len(cells) > at and "2000" < cells[at] < END


def split(shop: Shop, folder: str) -> dict[Path, list[str]]:
    """Take the lines that are later than the clock out of the files; gives the whole files."""
    whole = {}
    for path in sorted((shop.data / "landing" / folder).glob("*.csv")):
        head, *lines = path.read_text("utf-8").splitlines(keepends=True)
        at = head.strip().split(",").index(WHEN[folder])
        path.write_text("".join([head, *(line for line in lines if is_early(line, at))]), "utf-8")
        whole[path] = [head, *lines]
    return whole


def hide_channels(shop: Shop) -> list[dict[str, str]]:
    """No event of the first day has a channel; gives its purchases."""
    path = min((shop.data / "landing" / "events").glob("*.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row | {"channel": ""} for row in csv.DictReader(file)]
    shop.land(path.name, rows)
    return [row for row in rows if row["event_type"] == "purchase"]


def news(shop: Shop, sold: list[dict[str, str]]) -> None:
    """An old product in another category from the 29th on, a new product, new customers, and what they do. Nobody knows
    when one of them signed up. What was sold by no known way is cancelled by a known one.
    """
    with (shop.data / "landing/products/products.csv").open("a", encoding="utf-8") as file:
        file.write("P00011,Renamed,,Elsewhere > Else,,99.00,1.00,,2025-06-29T10:00:00Z\n")
        file.write("P-NEW,New,,Elsewhere > Else,,5.00,1.00,,2025-06-29T10:00:00Z\n")
    with (shop.data / "landing/customers/customers.csv").open("a", encoding="utf-8") as file:
        file.write("C-NEW,New Body,new@example.com,,,,GB,,2025-06-29T11:00:00Z,true,true,true\n")
        file.write("C-COME,Newer Body,newer@example.com,,,,GB,,,true,true,true\n")
    with (shop.data / "landing/tickets/tickets.csv").open("a", encoding="utf-8") as file:
        file.write("T-NEW,C000001,2025-06-29T11:00:00Z,2025-06-29T12:00:00Z,refund,1\n")
    sale = {"quantity": "50", "unit_price": "5.00", "currency": "GBP", "session_id": "S-NEW", "country": "XX"}
    products = ("P-NEW", "P00011", "P00024")
    customers = ("C-NEW", "C-COME", "C000001", "C000002", "C000003")
    pairs = [(customer, product) for customer in customers for product in products]
    rows = [
        event(
            "2025-06-29T12:00:00Z",
            "purchase",
            product,
            event_id=f"N{n}",
            customer_id=customer,
            order_id=f"ON{n}",
            **sale,
        )
        for n, (customer, product) in enumerate(pairs)
    ]
    later = {"event_at": "2025-06-29T13:00:00Z", "event_type": "cancel", "channel": "app"}
    cancelled = [row | later | {"event_id": f"NC{row['event_id']}", "quantity": "1"} for row in sold]
    shop.land("news.csv", [*rows, *cancelled])


@pytest.fixture(scope="module")
def before_and_after(
    prepared: Shop, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Shop, dict[str, Rows], dict[str, Rows]]:
    shop = prepared.copy_of_files(tmp_path_factory.mktemp("clock"))
    sold = hide_channels(shop)
    whole = {path: lines for folder in WHEN for path, lines in split(shop, folder).items()}
    assert shop.call(*RUN).exit_code == 0
    before = marts(shop, only=MARTS)
    for path, lines in whole.items():
        path.write_text("".join(lines), "utf-8")
    news(shop, sold)
    result = shop.call(*RUN)
    assert result.exit_code == 0, result.output
    return shop, before, marts(shop, only=MARTS)


def test_the_later_events_are_loaded(before_and_after: tuple[Shop, dict[str, Rows], dict[str, Rows]]) -> None:
    shop = before_and_after[0]
    assert shop.kept("SELECT count(*) FROM clean.events WHERE event_id LIKE 'N%' AND order_id LIKE 'ON%'") == [(15,)]
    assert shop.kept("SELECT count(*) > 5 FROM clean.events WHERE event_id LIKE 'NC%'") == [(True,)]
    assert shop.kept("SELECT count(*) FROM clean.tickets WHERE ticket_id = 'T-NEW'") == [(1,)]
    assert shop.kept(f"SELECT count(*) > 500 FROM clean.events WHERE event_at >= {SQL_END}") == [(True,)]


@pytest.mark.parametrize("name", MARTS)
def test_no_mart_has_changed(before_and_after: tuple[Shop, dict[str, Rows], dict[str, Rows]], name: str) -> None:
    _, before, after = before_and_after
    assert len(before[f"marts.{name}"]) > 10
    assert after[f"marts.{name}"] == before[f"marts.{name}"]


def test_without_the_clock_they_do_change(
    before_and_after: tuple[Shop, dict[str, Rows], dict[str, Rows]], prepared: Shop
) -> None:
    """The prepared shop has the same files without the planted news, and ran as of the 30th."""
    _, before, now = *before_and_after[:2], marts(prepared, only=MARTS)
    assert [name for name in MARTS if before[f"marts.{name}"] == now[f"marts.{name}"]] == []
