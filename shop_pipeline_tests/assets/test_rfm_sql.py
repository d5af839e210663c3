"""features.rfm on hand-worked lines: days are purchases, and money is what was kept."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import give_back, open_shop, sell

DAYS = "n_purchases, frequency, recency_days, age_days, days_since_last, monetary_value, mean_purchase"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    return open_shop(bench, "C1", "C2")


def told(bench: Bench, columns: str) -> list[tuple[Any, ...]]:
    bench.run("features.purchases")
    bench.run("features.rfm")
    return bench.rows(f"SELECT customer_id, {columns} FROM features.rfm ORDER BY customer_id")


def test_a_day_is_a_purchase_whatever_the_number_of_orders(shop: Bench) -> None:
    """10 and 5 on 1 February, 20 on the 11th, 40 on the 21st; the last day is the 28th. (20 + 40) / 2 and 75 / 3."""
    sell(shop, "A", "C1", 28, 10)
    sell(shop, "B", "C1", 27.5, 5)
    sell(shop, "C", "C1", 18, 20)
    sell(shop, "D", "C1", 8, 40)
    assert told(shop, f"{DAYS}, n_orders") == [("C1", 3, 2, 20, 27, 7, 30.0, 25.0, 4)]


def test_one_purchase_has_no_repeat_and_no_value_of_one(shop: Bench) -> None:
    sell(shop, "A", "C1", 1, 10)
    assert told(shop, DAYS) == [("C1", 1, 0, 0, 0, 0, None, 10.0)]


def test_a_day_of_nothing_is_no_purchase(shop: Bench) -> None:
    """C1 was given something on the first and the last day, and C2 got back what they paid, but for the thing."""
    sell(shop, "A", "C1", 28, 0)
    sell(shop, "B", "C1", 18, 20)
    sell(shop, "C", "C1", 1, 0)
    sell(shop, "D", "C2", 18, 20, quantity=2)
    give_back(shop, "D", 10, 1, 20)
    assert told(shop, DAYS) == [("C1", 1, 0, 0, 17, 17, None, 20.0)]


def test_money_is_net_and_knows_what_came_back_as_a_whole(shop: Bench) -> None:
    """A: 2 of 4 units kept, at a cost of 3 each; B: kept, cost unknown; C: all came back."""
    sell(shop, "A", "C1", 20, 40, quantity=4, unit_cost=3)
    sell(shop, "B", "C1", 10, 7.5)
    sell(shop, "C", "C1", 5, 100, unit_cost=50)
    give_back(shop, "A", 15, 2, 20)
    give_back(shop, "C", 3, 1, 100)
    money = "gross_revenue, returned_revenue, net_revenue, known_cost, revenue_with_cost"
    expected = tuple(Decimal(text) for text in ("147.5", "120", "27.5", "6", "20"))
    assert told(shop, money) == [("C1", *expected)]


def test_without_any_cost_none_is_told(shop: Bench) -> None:
    sell(shop, "A", "C1", 20, 40)
    assert told(shop, "known_cost, revenue_with_cost") == [("C1", None, Decimal(0))]


def test_days_are_those_of_the_shop(shop: Bench) -> None:
    """In Tokyo, 28 February ends at 15:00 UTC."""
    shop.set(timezone="Asia/Tokyo", as_of=datetime(2025, 2, 28, 15))
    sell(shop, "A", "C1", 1, 10, line_date=date(2025, 2, 27))
    assert told(shop, "age_days, days_since_last") == [("C1", 1, 1)]


def test_who_buys_to_sell_on_is_told_apart(shop: Bench) -> None:
    for event, customer in (("A", "C1"), ("B", "W"), ("C", "S")):
        sell(shop, event, customer, 1, 5)
    assert told(shop, "customer_group") == [("C1", "ordinary"), ("W", "wholesale")]
