"""marts.trending_products: the test against SciPy's, what counts as a buyer, and what is too little to tell.

The clock is the end of 28 February 2025: the last window is of `days_ago` 28 to 1, the one before of 56 to 29.
"""

from datetime import datetime
from typing import Any

import pytest
from scipy.stats import binom, false_discovery_control

from shop_pipeline.assets import market_page as pages
from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import give_back, open_shop, sell
from shop_pipeline_tests.assets.test_growth_sql import told

OLD, BEFORE, NOW = 60, 40, 10


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """A first sale long ago: both windows are whole."""
    open_shop(bench, "C1")
    sell(bench, "first", None, OLD, 1)
    return bench


def buyers(bench: Bench, product: str, before: int, now: int, **given: Any) -> None:
    """So many orders of nobody knows whom in each window."""
    for days_ago, times in ((BEFORE, before), (NOW, now)):
        for number in range(times):
            sell(bench, f"{product}-{days_ago}-{number}", None, days_ago, 1, product_id=product, **given)


def trending(bench: Bench, columns: str = "product_id, buyers, buyers_before") -> list[tuple[Any, ...]]:
    bench.run("marts.trending_products")
    return bench.rows(f"SELECT {columns} FROM marts.trending_products ORDER BY rank")


def test_p_values_are_those_of_the_exact_test(shop: Bench) -> None:
    """P1 from 10 to 10, P2 from 2 to 12, P4 from 3 to 5, P3 from 30 to 8: 35 of 80 purchases are of the last window.
    P3 falls, and is tested, but not here.
    """
    counts = {"P1": (10, 10), "P2": (2, 12), "P4": (3, 5), "P3": (30, 8)}
    for product, (before, now) in counts.items():
        buyers(shop, product, before, now)
    p_values = [binom.sf(now - 1, before + now, 35 / 80) for before, now in counts.values()]
    q_values = false_discovery_control(p_values)
    found = trending(shop, "product_id, share, share_before, ratio, p_value, q_value, is_trending, is_new")
    expected = {
        product: (now / 35, before / 45, pytest.approx(now / 35 / (before / 45)), pytest.approx(p), pytest.approx(q))
        for (product, (before, now)), p, q in zip(counts.items(), p_values, q_values, strict=True)
    }
    assert [row[0] for row in found] == ["P2", "P4", "P1"]
    assert {row[0]: row[1:6] for row in found} == {product: expected[product] for product in ("P2", "P4", "P1")}
    # P2 rises by more than chance explains: a q value of .0064.
    assert [row[6:] for row in found] == [(True, False), (False, False), (False, False)]
    assert "| 1 | P2 | pot | 12 | 2 | 7.71 | 0.0064 | yes |  |" in pages.trending(told(shop))["examples"].value


def test_a_shop_that_grows_makes_nothing_trend(shop: Bench) -> None:
    """Both twice as often as before: no share has changed."""
    buyers(shop, "P1", 10, 20)
    buyers(shop, "P2", 15, 30)
    assert trending(shop) == []
    assert pages.trending(told(shop)) == {"note": "no product with at least five buyers rose"}


def test_a_buyer_counts_once_and_keeps_what_counts(shop: Bench) -> None:
    """C1 buys P1 on five days and is one; of orders, two lines of P1 are one, and one that was given back is none. S
    works there. Units are what was kept: 5 + 2 x 3 + 1000 by one order, which is one decision.
    """
    for number in range(5):
        sell(shop, f"C{number}", "C1", 20 - number, 1)
    sell(shop, "A", None, NOW, 1, order_id="O", quantity=3)
    sell(shop, "B", None, NOW, 1, order_id="O", quantity=4, line_number=2)
    give_back(shop, "B", 5, 1, 0.25)
    sell(shop, "D", None, NOW, 1, quantity=2)
    give_back(shop, "D", 5, 2, 1)
    sell(shop, "E", None, NOW, 1, quantity=1000)
    sell(shop, "F", "S", NOW, 1)
    sell(shop, "G", "C1", BEFORE, 1)
    sell(shop, "H", None, BEFORE, 1)
    buyers(shop, "P2", 20, 5)
    assert trending(shop, "product_id, buyers, buyers_before, units, units_before") == [("P1", 3, 2, 1011, 2)]


def test_windows_are_of_28_days(shop: Bench) -> None:
    """The first moment of each window is in it: 28 and 56 days ago."""
    for number, days_ago in enumerate((28, 28, 28, 28.01, 56, 56.01)):
        sell(shop, f"A{number}", None, days_ago, 1)
    buyers(shop, "P2", 20, 5)
    assert trending(shop) == [("P1", 3, 2)]


@pytest.mark.parametrize("clock", [datetime(2025, 2, 28), datetime(2025, 2, 28, 15), datetime(2025, 2, 28, 23, 59)])
def test_windows_are_of_whole_days(shop: Bench, clock: datetime) -> None:
    """At whatever time of the 28th the last day is the 27th (2 days ago), and the windows begin 29 and 57 days ago."""
    for number, days_ago in enumerate((1, 2, 29, 29.01, 57, 57.01)):
        sell(shop, f"A{number}", None, days_ago, 1)
    for number in range(3):
        sell(shop, f"B{number}", None, 3, 1)
    buyers(shop, "P2", 20, 5)
    shop.set(as_of=clock)
    assert trending(shop, "product_id, buyers, buyers_before, units, units_before") == [("P1", 5, 2, 5, 2)]


@pytest.mark.parametrize("given", [{"is_service": True}, {"customer": "S"}])
def test_the_table_and_its_note_know_one_first_sale(bench: Bench, given: dict[str, Any]) -> None:
    """The first sale of any kind, as of marts.sales_growth: postage, or an order of staff, 60 days ago."""
    open_shop(bench, "C1")
    sell(bench, "first", given.pop("customer", None), OLD, 1, **given)
    buyers(bench, "P1", 20, 5)
    buyers(bench, "P2", 1, 20)
    assert trending(bench) == [("P2", 20, 1)]


def test_a_sale_after_the_clock_is_not_the_first(bench: Bench) -> None:
    open_shop(bench, "C1")
    sell(bench, "later", None, 1, 1)
    bench.set(as_of=datetime(2025, 2, 1))
    assert trending(bench) == []
    assert pages.trending(told(bench)) == {"note": "no sale yet"}


@pytest.mark.parametrize(("times", "found"), [(5, [("P2", 5, 0)]), (4, [])])
def test_fewer_than_five_buyers_tell_nothing(shop: Bench, times: int, found: list[tuple[Any, ...]]) -> None:
    """P2 is new, and the page says so."""
    buyers(shop, "P1", 40, 5)
    buyers(shop, "P2", 0, times)
    assert trending(shop) == found
    if found:
        assert shop.rows("SELECT ratio, is_new, is_trending FROM marts.trending_products") == [(None, True, True)]
        assert "| yes | new |" in pages.trending(told(shop))["examples"].value


def test_windows_younger_than_the_shop_are_none(bench: Bench) -> None:
    """The first sale is 55 days ago; then there is none in the window before."""
    open_shop(bench, "C1")
    sell(bench, "first", None, 55, 1)
    buyers(bench, "P2", 1, 20)
    assert trending(bench) == []
    assert "the first sale is younger" in pages.trending(told(bench))["note"]


def test_without_a_sale_in_one_of_the_windows_nothing_is_tested(shop: Bench) -> None:
    buyers(shop, "P2", 0, 20)
    assert trending(shop) == []
