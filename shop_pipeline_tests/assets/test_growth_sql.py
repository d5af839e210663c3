"""marts.sales_growth on hand-worked lines: whole weeks and months, what they are compared with, and what is missing.

The clock is the end of Friday, 28 February 2025: the last whole week began on Monday, 17 February (12 days ago).
"""

import logging
from datetime import date, datetime
from typing import Any

import pytest

from shop_pipeline.assets import market_page as pages
from shop_pipeline.assets.gated import Run
from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import open_shop, sell

JAN, FEB = date(2025, 1, 1), date(2025, 2, 1)


def told(bench: Bench) -> Run:
    """What the page of an asset is made from."""
    ((clock,),) = bench.rows("SELECT getvariable('as_of')")
    return Run(bench.session, clock, None, {}, logging.getLogger(__name__))


@pytest.fixture
def shop(bench: Bench) -> Bench:
    return open_shop(bench, "C1")


def book(bench: Bench, event: str, days_ago: float, amount: float, **given: Any) -> None:
    sell(bench, event, None, days_ago, amount, booked_amount=amount, **given)


def grown(bench: Bench, period: str) -> list[tuple[Any, ...]]:
    bench.run("marts.sales_daily")
    bench.run("marts.sales_growth")
    return bench.rows(
        "SELECT category, period_date, orders, net_revenue, previous, growth FROM marts.sales_growth"
        f" WHERE period = '{period}' ORDER BY category, period_date"
    )


def test_months_of_each_category_and_of_the_shop(shop: Bench) -> None:
    """From 1 December on (90 days ago): home 10; January nothing at all; February home 30 in one order with tea for 5,
    and 20 of home come back. Growth after nothing is no number.
    """
    dec = date(2024, 12, 1)
    book(shop, "A", 90, 10)
    book(shop, "B", 20, 30, order_id="O")
    book(shop, "C", 20, 5, order_id="O", product_id="P4", line_number=2)
    sell(shop, "D", None, 10, 0, booked_amount=-20, is_return=True, order_id="O", line_number=3)
    assert grown(shop, "month") == [
        ("(all)", dec, 1, 10, None, None),
        ("(all)", JAN, 0, 0, 10, -1.0),
        ("(all)", FEB, 1, 15, 0, None),
        ("food", FEB, 1, 5, None, None),
        ("home", dec, 1, 10, None, None),
        ("home", JAN, 0, 0, 10, -1.0),
        ("home", FEB, 1, 10, 0, None),
    ]
    page = pages.growth(told(shop))["examples"].value
    assert page.splitlines()[4:8] == [
        "| month | 2025-02-01 | 1 | 15.00 |  |  |",
        "|  | 2025-01-01 | 0 | 0.00 | -100.0 |  |",
        "|  | 2024-12-01 | 1 | 10.00 |  |  |",
        "| week | 2025-02-17 | 0 | -20.00 |  |  |",
    ]


def test_only_whole_weeks_from_monday_on(shop: Bench) -> None:
    """The first sale is of Wednesday, 5 February: its week is not whole, nor is that of the clock."""
    for event, days_ago, amount in (("A", 24, 1), ("B", 19, 10), ("C", 13, 2), ("D", 12, 18), ("E", 1, 100)):
        book(shop, event, days_ago, amount)
    tenth, seventeenth = date(2025, 2, 10), date(2025, 2, 17)
    assert [row for row in grown(shop, "week") if row[0] == "home"] == [
        ("home", tenth, 2, 12, None, None),
        ("home", seventeenth, 1, 18, 12, 0.5),
    ]
    assert grown(shop, "month") == []
    assert pages.growth(told(shop))["examples"].value.splitlines()[4] == "| week | 2025-02-17 | 1 | 18.00 | 50.0 |  |"


def test_the_year_before(shop: Bench) -> None:
    """The week 52 weeks before 17 February 2025 began on 19 February 2024, and the month is February 2024."""
    book(shop, "0", 425, 1)
    book(shop, "A", 12 + 364, 40)
    book(shop, "B", 12, 60)
    grown(shop, "month")
    found = shop.rows(
        "SELECT period, year_before, growth_year FROM marts.sales_growth WHERE category = '(all)'"
        " AND period_date IN (DATE '2025-02-17', DATE '2025-02-01') ORDER BY period"
    )
    assert found == [("month", 40, 0.5), ("week", 40, 0.5)]
    # The first sale was on a Monday, 1 January: that week and that January have a year after, too; home and the shop.
    assert shop.rows("SELECT count(*) FROM marts.sales_growth WHERE growth_year IS NOT NULL") == [(8,)]


def test_a_category_with_the_name_of_the_total_is_told_apart(shop: Bench) -> None:
    shop.duck.execute("UPDATE clean.products SET category = '(all)' WHERE product_id = 'P1'")
    book(shop, "A", 59, 10)
    book(shop, "B", 59, 1, product_id="POST", is_service=True)
    found = {name: net for name, month, _, net, *_ in grown(shop, "month") if month == JAN}
    assert found == {"(all)": 11, "(service)": 1, "category: (all)": 10}


@pytest.mark.parametrize(("clock", "months"), [(datetime(2025, 2, 28), [JAN]), (datetime(2025, 3, 1), [JAN, FEB])])
def test_periods_end_at_the_clock(shop: Bench, clock: datetime, months: list[date]) -> None:
    book(shop, "A", 59, 10)
    book(shop, "B", 1, 10)
    shop.set(as_of=clock)
    assert [month for name, month, *_ in grown(shop, "month") if name == "home"] == months


def test_a_shop_of_one_day_has_no_period_and_one_without_a_sale_says_so(shop: Bench) -> None:
    assert grown(shop, "week") == []
    assert pages.growth(told(shop)) == {"note": "no sale yet"}
    book(shop, "A", 1, 10)
    assert grown(shop, "week") == []
    assert pages.growth(told(shop))["note"].startswith("no week and no month lies between")
