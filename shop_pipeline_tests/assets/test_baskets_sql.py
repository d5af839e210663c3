"""features.baskets on hand-worked lines: what lay in a basket, whose baskets count, and as of when."""

from datetime import date
from typing import Any

import pytest

from shop_pipeline.checks import GateRefused, Part
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import give_back, open_shop, sell

NAME = "features.baskets"
SECOND = 1 / 86400


@pytest.fixture
def shop(bench: Bench) -> Bench:
    opened = open_shop(bench, "C1")
    opened.fill("clean.orders", "order_id", *((f"O-{event}",) for event in "ABCDE"))
    return opened


def baskets(bench: Bench, columns: str = "quantity") -> list[tuple[Any, ...]]:
    bench.run(NAME)
    return bench.rows(f"SELECT order_id, product_id, {columns} FROM {NAME} ORDER BY ALL")


def test_a_product_on_two_lines_of_an_order_is_in_its_basket_once(shop: Bench) -> None:
    sell(shop, "A", "C1", 2, 10, quantity=2)
    sell(shop, "B", "C1", 2, 10, order_id="O-A", line_number=2, quantity=3)
    sell(shop, "C", "C1", 2, 10, order_id="O-A", line_number=3, product_id="P2")
    assert baskets(shop) == [("O-A", "P1", 5), ("O-A", "P2", 1)]


def test_what_came_back_before_the_clock_is_not_in_it(shop: Bench) -> None:
    """Of A one of two units came back, of B all, of C all but at the clock itself."""
    for event in "ABC":
        sell(shop, event, "C1", 10, 20, quantity=2)
    give_back(shop, "A", 5, 1, 10)
    give_back(shop, "B", SECOND, 2, 20)
    give_back(shop, "C", 0, 2, 20)
    assert baskets(shop) == [("O-A", "P1", 1), ("O-C", "P1", 2)]


def test_everybody_has_baskets_but_who_is_left_out(shop: Bench) -> None:
    """W buys to sell on, S works there, D has no account."""
    for event, customer in (("A", "C1"), ("B", "W"), ("C", "S"), ("D", None)):
        sell(shop, event, customer, 1, 5)
    assert [order for order, *_ in baskets(shop)] == ["O-A", "O-B", "O-D"]


def test_services_returns_and_what_is_not_yet_sold_are_in_none(shop: Bench) -> None:
    sell(shop, "A", "C1", 1, 5, is_service=True)
    sell(shop, "B", "C1", 1, 0, is_return=True)
    sell(shop, "C", "C1", 0, 5)
    sell(shop, "D", "C1", SECOND, 5)
    assert [order for order, *_ in baskets(shop)] == ["O-D"]


def test_the_day_of_a_basket_is_the_first_of_its_order(shop: Bench) -> None:
    sell(shop, "A", "C1", 2, 10)
    sell(shop, "B", "C1", 1, 10, order_id="O-A", line_number=2, product_id="P2")
    assert baskets(shop, "basket_date") == [("O-A", "P1", date(2025, 2, 27)), ("O-A", "P2", date(2025, 2, 27))]


def test_the_first_day_counts_even_if_all_of_it_came_back(shop: Bench) -> None:
    sell(shop, "A", "C1", 3, 10)
    sell(shop, "B", "C1", 1, 10, order_id="O-A", line_number=2, product_id="P2")
    give_back(shop, "A", 2, 1, 10)
    assert baskets(shop, "basket_date") == [("O-A", "P2", date(2025, 2, 26))]


def test_a_basket_of_staff_alone_is_refused_and_one_that_they_share_is_not(shop: Bench) -> None:
    sell(shop, "A", "S", 1, 5)
    sell(shop, "B", "S", 1, 5)
    sell(shop, "C", None, 1, 5, order_id="O-B", line_number=2)
    told = "SELECT '{order}' AS order_id, 'P1' AS product_id, DATE '2025-02-28' AS basket_date, 1 AS quantity"
    shop.gate.write(Part(TABLES[NAME], told.format(order="O-B")))
    with pytest.raises(GateRefused, match="nobody_left_out_is_here"):
        shop.gate.write(Part(TABLES[NAME], told.format(order="O-A")))


def test_without_a_sale_there_are_no_baskets(shop: Bench) -> None:
    assert baskets(shop) == []
