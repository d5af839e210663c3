"""marts.cohort_retention on hand-worked purchases: whole cohorts, every month, and money to the penny.

The clock is the end of 28 February 2025: 1 February is 28 days ago, 1 January 59, 1 December 90.
"""

from datetime import date, datetime
from typing import Any

import pytest

from shop_pipeline.assets import market_page as pages
from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import give_back, open_shop, sell
from shop_pipeline_tests.assets.test_growth_sql import told

DEC, JAN, FEB = date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    return open_shop(bench, "C1", "C2", "C3")


def cohorts(bench: Bench) -> list[tuple[Any, ...]]:
    bench.run("features.purchases")
    bench.run("marts.cohort_retention")
    return bench.rows(
        "SELECT cohort_month, months_since, customers, retained, retention, net_revenue, is_complete"
        " FROM marts.cohort_retention ORDER BY cohort_month, months_since"
    )


def test_cohorts_by_the_month_of_the_first_purchase(shop: Bench) -> None:
    """C1 and W buy in December, for 10 (4 of it come back in February) and 100; in January nobody; C1 again in
    February, for 5 and 6. C2 buys in February only, and gives it back: never bought. C3 buys in January, postage is
    left out. Nor do S, who works there, and somebody without an account count.
    """
    sell(shop, "A", "C1", 80, 10, quantity=2)
    give_back(shop, "A", 10, 1, 4)
    sell(shop, "B", "W", 70, 100)
    sell(shop, "C", "C1", 20, 5)
    sell(shop, "D", "C1", 19, 6)
    sell(shop, "E", "C2", 15, 7)
    give_back(shop, "E", 10, 1, 7)
    sell(shop, "F", "C3", 40, 8)
    sell(shop, "G", "C3", 40, 3, order_id="O-F", line_number=2, is_service=True)
    sell(shop, "H", "S", 40, 1000)
    sell(shop, "I", None, 40, 1000)
    assert cohorts(shop) == [
        (DEC, 0, 2, 2, 1.0, 106, True),
        (DEC, 1, 2, 0, 0.0, 0, True),
        (DEC, 2, 2, 1, 0.5, 11, True),
        (JAN, 0, 1, 1, 1.0, 8, True),
        (JAN, 1, 1, 0, 0.0, 0, True),
    ]
    page = pages.cohorts(told(shop))["examples"].value
    assert page.splitlines()[-1].startswith("| 2024-12 | 2 | 0.0 | 50.0 |  |")


def test_a_month_that_is_not_over_may_bring_more(shop: Bench) -> None:
    """The clock is the end of the 27th; the page leaves February out."""
    sell(shop, "A", "C1", 59, 10)
    sell(shop, "B", "C1", 1, 10)
    shop.set(as_of=datetime(2025, 2, 28))
    assert cohorts(shop) == [(JAN, 0, 1, 1, 1.0, 10, True), (JAN, 1, 1, 0, 0.0, 0, False)]
    assert pages.cohorts(told(shop))["examples"].value.splitlines()[-1].startswith("| 2025-01 | 1 |  |")


def test_months_are_those_of_the_shop(shop: Bench) -> None:
    """Kiritimati is 14 hours ahead: there the clock is of 1 March, and the last month is not over."""
    shop.set(timezone="Pacific/Kiritimati")
    sell(shop, "A", "C1", 1, 10, line_date=date(2025, 3, 1))
    assert cohorts(shop) == [(date(2025, 3, 1), 0, 1, 1, 1.0, 10, False)]


def test_of_unknown_customers_there_is_no_cohort(shop: Bench) -> None:
    sell(shop, "A", None, 40, 10)
    assert cohorts(shop) == []
    assert pages.cohorts(told(shop)) == {"note": "no known customer has bought and kept anything yet"}


def test_a_shop_of_one_day(shop: Bench) -> None:
    sell(shop, "A", "C1", 1, 10)
    assert cohorts(shop) == [(FEB, 0, 1, 1, 1.0, 10, True)]


def test_more_may_be_paid_back_than_was_paid(shop: Bench) -> None:
    """Two units for 10, one of them back for 12 with a goodwill: the run goes on."""
    sell(shop, "A", "C1", 1, 10, quantity=2)
    give_back(shop, "A", 0.5, 1, 12)
    assert cohorts(shop) == [(FEB, 0, 1, 1, 1.0, -2, True)]
