"""features.purchases on hand-worked lines: what counts as bought, by whom, and as of when."""

from decimal import Decimal
from typing import Any

import pytest

from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import give_back, open_shop, sell

SECOND = 1 / 86400


@pytest.fixture
def shop(bench: Bench) -> Bench:
    return open_shop(bench, "C1")


def bought(bench: Bench, columns: str) -> list[tuple[Any, ...]]:
    bench.run("features.purchases")
    return bench.rows(f"SELECT event_id, {columns} FROM features.purchases ORDER BY event_id")


def test_a_line_is_what_was_kept_of_it_at_the_clock(shop: Bench) -> None:
    """Of A one of two units came back, of B both but one of them at the clock itself, of C all. D was returned in two
    parts, for more than was paid.
    """
    for event in "ABC":
        sell(shop, event, "C1", 10, 20, quantity=2)
    sell(shop, "D", "C1", 10, 30, quantity=3)
    give_back(shop, "A", 5, 1, 10)
    give_back(shop, "B", SECOND, 1, 10)
    give_back(shop, "B", 0, 1, 10)
    give_back(shop, "C", 5, 2, 20)
    give_back(shop, "D", 5, 1, 20)
    give_back(shop, "D", 4, 1, 15)
    assert bought(shop, "quantity, amount::INT, gross_amount::INT, returned_amount::INT") == [
        ("A", 1, 10, 20, 10),
        ("B", 1, 10, 20, 10),
        ("D", 1, -5, 30, 35),
    ]


def test_the_group_follows_the_label_and_who_is_left_out_has_no_purchase(shop: Bench) -> None:
    for event, customer in (("A", "C1"), ("B", "W"), ("C", "S"), ("D", None)):
        sell(shop, event, customer, 1, 5)
    assert bought(shop, "customer_id, customer_group") == [("A", "C1", "ordinary"), ("B", "W", "wholesale")]


def test_services_and_returns_are_no_purchases(shop: Bench) -> None:
    sell(shop, "A", "C1", 1, 5, is_service=True)
    sell(shop, "B", "C1", 1, 0, is_return=True)
    assert bought(shop, "amount") == []


def test_nothing_from_the_clock_on(shop: Bench) -> None:
    sell(shop, "A", "C1", SECOND, 5)
    sell(shop, "B", "C1", 0, 5)
    assert bought(shop, "purchase_date::VARCHAR") == [("A", "2025-02-28")]


def test_categories_are_the_first_part_of_the_path(shop: Bench) -> None:
    shop.fill("clean.products", "product_id category", ("P5", " > lost"))
    for product in ("P1", "P2", "P3", "P4", "P5"):
        sell(shop, product, "C1", 1, 5, product_id=product)
    told = dict(bought(shop, "category"))
    assert told == {"P1": "home", "P2": "home", "P3": "(none)", "P4": "food", "P5": "(none)"}


def test_cost_and_list_price_are_of_the_units_kept(shop: Bench) -> None:
    """Three of five are kept: 3 x 2.50 and 3 x 4.00."""
    sell(shop, "A", "C1", 10, 15, quantity=5, unit_cost=2.5, list_price=4)
    sell(shop, "B", "C1", 10, 15)
    give_back(shop, "A", 5, 2, 6)
    assert bought(shop, "cost, list_amount") == [("A", Decimal("7.5"), Decimal(12)), ("B", None, None)]


def test_a_cost_that_no_money_column_holds_is_not_known(shop: Bench) -> None:
    """10^10 units at 99,999 would cost 10^15; at 99 they cost 9.9 x 10^11, which is under the largest amount."""
    sell(shop, "A", "C1", 10, 15, quantity=10**10, unit_cost=99_999, list_price=99_999)
    sell(shop, "B", "C1", 10, 15, quantity=10**10, unit_cost=99, list_price=99)
    assert bought(shop, "cost, list_amount") == [("A", None, None), ("B", Decimal(99 * 10**10), Decimal(99 * 10**10))]


def test_the_channel_is_that_of_the_order(shop: Bench) -> None:
    shop.fill("clean.orders", "order_id channel", ("O1", "email"), ("O2", None))
    sell(shop, "A", "C1", 1, 5, order_id="O1")
    sell(shop, "B", "C1", 1, 5, order_id="O1")
    sell(shop, "C", "C1", 1, 5, order_id="O2")
    assert bought(shop, "channel") == [("A", "email"), ("B", "email"), ("C", None)]
