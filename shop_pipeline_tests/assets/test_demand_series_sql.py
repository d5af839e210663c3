"""features.demand_daily and features.demand_weekly on hand-worked sales, counts and prices.

The clock is the end of Friday, 28 February 2025; `days_ago=1` is that day.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shop_pipeline_tests.assets.conftest import AS_OF, Bench
from shop_pipeline_tests.assets.sold_lines import give_back, open_shop, sell

DAILY, WEEKLY = "features.demand_daily", "features.demand_weekly"
SECOND = 1 / 86400


@pytest.fixture
def shop(bench: Bench) -> Bench:
    return open_shop(bench, "C1")


def ago(days: int) -> date:
    return (AS_OF - timedelta(days=days)).date()


def told(bench: Bench, columns: str, where: str = "true", name: str = DAILY) -> list[tuple[Any, ...]]:
    bench.run(DAILY)
    if name == WEEKLY:
        bench.run(WEEKLY)
    return bench.rows(f"SELECT {columns} FROM {name} WHERE {where} ORDER BY ALL")


def count(bench: Bench, product: str, **on_hand: int) -> None:
    """Counts by `d<days ago>`."""
    rows = ((product, ago(int(day[1:])), units) for day, units in on_hand.items())
    bench.fill("clean.stock", "product_id stock_date on_hand", *rows)


def test_a_day_has_what_was_kept_of_its_sales_at_the_clock(shop: Bench) -> None:
    """A: 2 of 3 kept. B: its return came at the clock itself, it is whole. C: all came back. D: bought without an
    account. E: the shop's own people. F: postage. G: paid back more than was paid.
    """
    sell(shop, "A", "C1", 2, 30, quantity=3)
    give_back(shop, "A", 1, 1, 10)
    sell(shop, "B", "C1", 2, 5)
    give_back(shop, "B", 0, 1, 5)
    sell(shop, "C", "C1", 2, 40)
    give_back(shop, "C", 1, 1, 40)
    sell(shop, "D", None, 1, 7)
    sell(shop, "E", "S", 1, 100)
    sell(shop, "F", "C1", 1, 3, is_service=True)
    sell(shop, "G", "C1", 1, 4, quantity=2)
    give_back(shop, "G", SECOND, 1, 6)
    days = told(shop, "ds, units, revenue::DOUBLE", "level = 'all'")
    assert days == [(ago(2), 3, 25.0), (ago(1), 2, 5.0)]


def test_days_without_a_sale_are_there_from_the_first_on(shop: Bench) -> None:
    """P1 is sold from the fourth day before the clock, P4 on the last day only."""
    sell(shop, "A", "C1", 4, 5)
    sell(shop, "B", "C1", 2, 5)
    sell(shop, "C", "C1", 1, 8, product_id="P4")
    assert told(shop, "unique_id, list(units ORDER BY ds), min(ds)", "true GROUP BY unique_id") == [
        ("P1", [1, 0, 1, 0], ago(4)),
        ("P4", [1], ago(1)),
        ("all", [1, 0, 1, 1], ago(4)),
        ("food", [1], ago(1)),
        ("home", [1, 0, 1, 0], ago(4)),
    ]


def test_a_product_is_on_sale_from_its_first_count_or_price(shop: Bench) -> None:
    """Not before the shop's first sale, five days ago: P2 was counted and P4 listed earlier or later."""
    sell(shop, "A", "C1", 5, 5)
    for product in ("P2", "P4", "P3"):
        sell(shop, product, "C1", 1, 5, product_id=product)
    count(shop, "P2", d9=3)
    shop.fill("clean.prices", "product_id version valid_from", ("P4", 2, AS_OF - timedelta(days=3)))
    begun = told(shop, "unique_id, min(ds)", "level = 'product' GROUP BY unique_id")
    assert begun == [("P1", ago(5)), ("P2", ago(5)), ("P3", ago(1)), ("P4", ago(3))]


def test_the_history_is_as_long_as_the_shop_says(shop: Bench) -> None:
    """Ten days: P1 was sold before them and in them, P2 only before, P4 is counted and never sold."""
    shop.set(demand_history_days=10)
    for event, product, days in (("A", "P1", 20), ("B", "P1", 2), ("C", "P2", 12)):
        sell(shop, event, "C1", days, 5, product_id=product)
    count(shop, "P4", d5=1)
    found = told(shop, "unique_id, min(ds), count(*), sum(units)::INT", "level = 'product' GROUP BY unique_id")
    assert found == [("P1", ago(10), 10, 1)]


def test_a_day_without_stock_and_sale_is_told_from_one_without_demand(shop: Bench) -> None:
    """Counted 0 and nothing sold: 7, 6 and 5 days ago. Counted 0 but sold: 4 days ago. Not counted: the last count, 0
    three days ago, holds. The day before the first 0 has 2 on hand.
    """
    for event, days in (("A", 9), ("B", 4)):
        sell(shop, event, "C1", days, 5)
    count(shop, "P1", d8=2, d7=0, d6=0, d5=0, d4=0, d3=0)
    empty = told(shop, "ds", "is_out_of_stock")
    assert empty == [(ago(days),) for days in (7, 6, 5, 3, 2, 1)]


def test_a_count_holds_for_a_week(shop: Bench) -> None:
    sell(shop, "A", "C1", 12, 5)
    count(shop, "P1", d10=0)
    assert told(shop, "ds", "is_out_of_stock") == [(ago(days),) for days in range(10, 3, -1)]


def test_what_is_gone_for_a_quarter_has_left_the_range(shop: Bench) -> None:
    """The last unit is sold 100 days ago: 90 days later it is out of stock, 91 days later nobody waits for it."""
    sell(shop, "A", "C1", 100, 5)
    count(shop, "P1", **{f"d{days}": 0 for days in range(1, 100)})
    empty = told(shop, "min(ds), max(ds), count(*)", "is_out_of_stock")
    assert empty == [(ago(99), ago(10), 90)]


def test_the_price_is_the_list_price_of_the_day_or_the_last_paid_one(shop: Bench) -> None:
    """Of the lines 6 days ago the middle one is paid for with 4. A list price begins at noon 4 days ago, and another
    one, which is the day's last, 2 days ago. Versions without a day, and of nothing, say nothing.
    """
    for number, price in enumerate((3, 4, 9)):
        sell(shop, f"A{number}", "C1", 6, 5, unit_price=price)
    sell(shop, "B", "C1", 3, 5, unit_price=1)
    noon = AS_OF + timedelta(hours=12)
    rows = [("P1", 2, noon, 4, 10), ("P1", 3, noon, 2, 12), ("P1", 4, noon + timedelta(hours=1), 2, 11)]
    columns = "product_id version valid_from unit_price"
    shop.fill("clean.prices", columns, *((p, v, at - timedelta(days=d), price) for p, v, at, d, price in rows))
    shop.fill("clean.prices", columns, ("P1", 5, AS_OF - timedelta(days=1), 0))
    assert told(shop, "ds, price", "level = 'product'") == [
        (ago(day), price) for day, price in ((6, 4.0), (5, 4.0), (4, 10.0), (3, 10.0), (2, 11.0), (1, 11.0))
    ]
    assert told(shop, "count(price)", "level <> 'product'") == [(0,)]


def test_a_promotion_is_a_price_under_the_usual_one(shop: Bench) -> None:
    """Usually 10. 9.50 is just 5 % less; 9.60 is not; and what stays at 8 is the usual price after a while: of six days
    at 10, at 9.50 and at 9.60, and then n days at 8, the median is 8 from the day on that there are as many 8s.
    """
    sell(shop, "A", "C1", 20, 5)
    prices = ((20, 10.0), (14, 9.5), (13, 9.6), (12, 8.0))
    rows = (("P1", number, AS_OF - timedelta(days=day), price) for number, (day, price) in enumerate(prices, 2))
    shop.fill("clean.prices", "product_id version valid_from unit_price", *rows)
    promoted = [day for (day,) in told(shop, "ds", "is_promotion")]
    # Eight other days: with eight 8s the median is halfway from 8 to 9.50, with nine it is 8.
    assert promoted == [ago(14), *(ago(day) for day in range(12, 4, -1))]


def test_no_two_series_have_one_name(shop: Bench) -> None:
    """A category is called as a product is, and another one as the shop."""
    names = (("P7", "P1 > mugs"), ("P8", "all"), ("P9", "ours"))
    shop.fill("clean.products", "product_id category", *names)
    for product, _ in names:
        sell(shop, product, "C1", 1, 5, product_id=product)
    sell(shop, "A", "C1", 1, 5)
    assert told(shop, "level, unique_id, parent_id", "level <> 'product'") == [
        ("all", "all", None),
        ("category", "category: P1", "all"),
        ("category", "category: all", "all"),
        ("category", "home", "all"),
        ("category", "ours", "all"),
    ]
    assert told(shop, "parent_id", "unique_id = 'P7'") == [("category: P1",)]


def test_names_that_are_marked_by_themselves_are_no_match(shop: Bench) -> None:
    """A product is called as the shop, one as a category, and one as that category would be marked."""
    names = (("all", "mugs"), ("mugs", "cups"), ("category: mugs", "all"))
    shop.fill("clean.products", "product_id category", *names)
    for product, _ in names:
        sell(shop, product, "C1", 1, 5, product_id=product)
    assert told(shop, "level, unique_id, parent_id") == [
        ("all", "shop: shop: all", None),
        ("category", "category: category: all", "shop: shop: all"),
        ("category", "category: category: mugs", "shop: shop: all"),
        ("category", "cups", "shop: shop: all"),
        ("product", "all", "category: category: mugs"),
        ("product", "category: mugs", "category: category: all"),
        ("product", "mugs", "cups"),
    ]


def test_days_are_those_of_the_shop_also_when_the_clocks_change(shop: Bench) -> None:
    """London puts its clocks forward on 30 March 2025: that day has 23 hours, and midnight is 23:00 UTC from then on.
    The clock is the end of 31 March. A price that begins at 23:30 UTC on the 30th is of the 31st.
    """
    shop.set(timezone="Europe/London", as_of=datetime(2025, 3, 31, 23))
    at, day = datetime(2025, 3, 29, 12), date(2025, 3, 29)
    sell(shop, "A", "C1", 0, 5, line_at=at, line_date=day, unit_price=1)
    rows = ("P1", 2, datetime(2025, 3, 30, 23, 30), 7)
    shop.fill("clean.prices", "product_id version valid_from unit_price", rows)
    days = told(shop, "ds, price", "unique_id = 'P1'")
    assert days == [(day, 1.0), (date(2025, 3, 30), 1.0), (date(2025, 3, 31), 7.0)]


def test_weeks_are_whole(shop: Bench) -> None:
    """The shop opens on Wednesday, 5 February: its first whole week begins on the 10th, the last on the 17th. B is of
    the first day of a week and C of its last. P4 comes on Thursday, the 20th: its part of the week counts as the week,
    and the parts add up.
    """
    sell(shop, "A", "C1", 24, 5)
    for event, days in (("B", 19), ("C", 13), ("D", 7), ("E", 3)):
        sell(shop, event, "C1", days, 5)
    sell(shop, "F", "C1", 9, 8, product_id="P4")
    assert told(shop, "unique_id, ds, units, revenue::INT", "level <> 'category'", WEEKLY) == [
        ("P1", date(2025, 2, 10), 2, 10),
        ("P1", date(2025, 2, 17), 1, 5),
        ("P4", date(2025, 2, 17), 1, 8),
        ("all", date(2025, 2, 10), 2, 10),
        ("all", date(2025, 2, 17), 2, 13),
    ]


def test_a_week_is_out_of_stock_where_two_of_its_days_are(shop: Bench) -> None:
    """In the week of the 10th one day, in the next one two."""
    sell(shop, "A", "C1", 20, 5)
    count(shop, "P1", d18=0, d17=2, d12=0, d11=0, d10=1)
    weeks = told(shop, "ds, days_out_of_stock, is_out_of_stock", "unique_id = 'P1'", WEEKLY)
    assert weeks == [(date(2025, 2, 10), 1, False), (date(2025, 2, 17), 2, True)]


def test_without_a_sale_there_is_no_series(shop: Bench) -> None:
    count(shop, "P1", d3=1)
    assert told(shop, "*", name=WEEKLY) == []
