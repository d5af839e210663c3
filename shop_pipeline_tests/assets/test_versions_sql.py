"""Versions of products: clean.prices, and what an order line says of the version of its moment.

P1 has two versions, of the 5th and of noon of the 10th; the second landed twice, at 3 and then at 2. P2 has one, of no
day.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shop_pipeline.assets.returns import build_returns
from shop_pipeline_tests.assets.conftest import Bench

FIFTH, TENTH = datetime(2025, 1, 5), datetime(2025, 1, 10, 12)
PRODUCT = "product_id valid_from title unit_price unit_cost _file _row _part"
EVENT = (
    "event_id event_at event_date event_type product_id customer_id order_id quantity unit_price is_service"
    " _file _row _part"
)
VERSIONS = (
    "SELECT product_id, version, valid_from, valid_until, title, unit_price, unit_cost FROM clean.prices ORDER BY 1, 2"
)
SECOND = timedelta(seconds=1)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.fill(
        "raw.products",
        PRODUCT,
        ("P1", TENTH, "new", 3, 1, "p.csv", 2, 1),
        ("P1", FIFTH, "old", 1, Decimal("0.5"), "p.csv", 3, 1),
        ("P1", TENTH, "newest", 2, 1, "p.csv", 4, 1),
        ("P2", None, "plain", 7, None, "p.csv", 5, 1),
    )
    run_products(bench)
    return bench


def run_products(bench: Bench) -> None:
    for name in ("clean.products", "clean.prices"):
        bench.run(name)


def land(shop: Bench, *events: tuple[str, datetime, str, Any]) -> None:
    """Purchases of one at 9 by id, moment, product and whether it is a service."""
    rows = [
        (id_, at, at.date(), "purchase", product, "C1", "O1", 1, 9, service, "e.csv", line, 1)
        for line, (id_, at, product, service) in enumerate(events, 2)
    ]
    shop.fill("raw.events", EVENT, *rows)
    shop.run("clean.events")


def versions(shop: Bench) -> dict[str, int | None]:
    return {event: version for event, version, *_ in lines(shop)}


def lines(shop: Bench) -> list[tuple[Any, ...]]:
    shop.build(build_returns, "clean.returns")
    shop.run("clean.order_lines")
    return shop.rows(
        "SELECT event_id, product_version, title, unit_price, list_price, unit_cost FROM clean.order_lines ORDER BY 1"
    )


P1 = [
    ("P1", 1, FIFTH, TENTH, "old", 1, Decimal("0.5")),
    ("P1", 2, TENTH, None, "newest", 2, 1),
]
P2 = [("P2", 1, None, None, "plain", 7, None)]


def test_versions_are_numbered_by_time_and_the_last_that_landed_holds(shop: Bench) -> None:
    assert shop.rows(VERSIONS) == P1 + P2


def test_a_version_of_no_day_is_the_first(shop: Bench) -> None:
    shop.fill("raw.products", PRODUCT, ("P1", None, "always", 5, 4, "a.csv", 2, 1))
    run_products(shop)
    assert [row[1:5] for row in shop.rows(VERSIONS)[:3]] == [
        (1, None, FIFTH, "always"),
        (2, FIFTH, TENTH, "old"),
        (3, TENTH, None, "newest"),
    ]


@pytest.mark.parametrize(
    "broken", [{"unit_price": -1}, {"unit_cost": -1}, {"attributes": "{'a': 1}"}], ids=lambda b: "-".join(b)
)
def test_a_version_that_is_refused_is_none(shop: Bench, broken: dict[str, Any]) -> None:
    """It comes between the two of P1, which follow one another all the same. 30 more products keep it under 5 %."""
    shop.fill("raw.products", "product_id _file _row _part", *((f"X{n}", "x.csv", n + 2, 1) for n in range(30)))
    row = {"product_id": "P1", "valid_from": FIFTH + SECOND, "_file": "z.csv", "_row": 2, "_part": 1} | broken
    shop.fill("raw.products", " ".join(row), tuple(row.values()))
    run_products(shop)
    assert [row for row in shop.rows(VERSIONS) if row[0] == "P1"] == P1


def test_an_event_is_of_the_version_of_its_moment(shop: Bench) -> None:
    """The first version also stands for the time before it; the second holds from its very moment on."""
    land(
        shop,
        ("before", datetime(2024, 2, 1) + timedelta(days=366), "P1", False),
        ("at first", FIFTH, "P1", False),
        ("just before", TENTH - SECOND, "P1", False),
        ("at second", TENTH, "P1", False),
        ("later", TENTH + timedelta(days=40), "P1", False),
        ("plain", FIFTH, "P2", False),
        ("ages ago", datetime(2025, 1, 1), "P1", False),
    )
    assert versions(shop) == {
        **dict.fromkeys(("ages ago", "at first", "just before"), 1),
        **dict.fromkeys(("before", "at second", "later"), 2),
        "plain": 1,
    }


def test_without_a_feed_every_product_has_one_version_and_services_have_none(bench: Bench) -> None:
    bench.fill(
        "raw.events",
        EVENT + " title",
        ("E1", FIFTH, FIFTH.date(), "purchase", "P1", "C1", "O1", 1, 9, False, "e.csv", 2, 1, "old"),
        ("E2", TENTH, TENTH.date(), "purchase", "P1", "C1", "O1", 1, 9, False, "e.csv", 3, 1, "new"),
        ("E3", TENTH, TENTH.date(), "purchase", "POST", "C1", "O1", 1, 9, True, "e.csv", 4, 1, "postage"),
    )
    run_products(bench)
    assert bench.rows(VERSIONS) == [("P1", 1, None, None, "new", None, None)]
    bench.run("clean.events")
    assert versions(bench) == {"E1": 1, "E2": 1, "E3": None}
    # The next run finds another title: what the last one stored does not keep it out.
    bench.duck.execute("UPDATE raw.events SET title = 'newer' WHERE event_id = 'E2'")
    run_products(bench)
    assert bench.rows("SELECT title FROM clean.prices") == [("newer",)]


def test_a_service_that_the_feed_lists_has_no_version_either(shop: Bench) -> None:
    land(shop, ("E1", TENTH, "P2", True), ("E2", TENTH, "P2", False))
    assert versions(shop) == {"E1": None, "E2": 1}
    assert lines(shop) == [("E1", None, None, 9, None, None), ("E2", 1, "plain", 9, 7, None)]


def test_a_line_says_title_price_and_cost_as_they_were(shop: Bench) -> None:
    land(shop, ("E1", FIFTH - SECOND, "P1", False), ("E2", TENTH - SECOND, "P1", False), ("E3", TENTH, "P1", False))
    assert lines(shop) == [
        ("E1", 1, "old", 9, 1, Decimal("0.5")),
        ("E2", 1, "old", 9, 1, Decimal("0.5")),
        ("E3", 2, "newest", 9, 2, 1),
    ]


def test_a_product_that_leaves_the_feed_keeps_its_versions(shop: Bench) -> None:
    """P1 was sold and stays as it was, P2 was not sold and goes; once more, and then P1 comes back."""
    land(shop, ("E1", FIFTH, "P1", False), ("E2", TENTH, "P1", False))
    shop.duck.execute("DELETE FROM raw.products")
    shop.fill("raw.products", PRODUCT, ("P3", None, "third", 1, 1, "p.csv", 2, 1))
    for _ in range(2):
        run_products(shop)
        assert shop.rows(VERSIONS) == [*P1, ("P3", 1, None, None, "third", 1, 1)]
    assert [line[:3] for line in lines(shop)] == [("E1", 1, "old"), ("E2", 2, "newest")]
    shop.fill("raw.products", PRODUCT, ("P1", TENTH, "again", 4, 1, "p.csv", 3, 1))
    run_products(shop)
    assert shop.rows(VERSIONS)[0] == ("P1", 1, TENTH, None, "again", 4, 1)


def test_a_version_that_comes_in_between_moves_no_line(shop: Bench) -> None:
    """Of the 7th: the second of P1, and what was the second is the third. E2 is not loaded again."""
    land(shop, ("E1", FIFTH, "P1", False), ("E2", TENTH, "P1", False))
    shop.fill("raw.products", PRODUCT, ("P1", FIFTH + timedelta(days=2), "between", 8, 8, "p.csv", 9, 1))
    run_products(shop)
    assert lines(shop) == [("E1", 1, "old", 9, 1, Decimal("0.5")), ("E2", 3, "newest", 9, 2, 1)]
