"""marts.price_history: which price held when, and what was sold at it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shop_pipeline_tests.assets.conftest import Bench

NAME = "marts.price_history"
# The bench's clock is 1 March, a Saturday.
FIRST, LAST = date(2025, 2, 3), date(2025, 2, 28)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """P1 from Monday, 3 February, to the clock: 26 days, one sold for 10 on the first, out of stock on the last."""
    bench.set(timezone="UTC")
    bench.fill("clean.products", "product_id", ("P1",))
    on_sale(bench, "P1")
    return bench


def on_sale(bench: Bench, product: str, first: date = FIRST) -> None:
    days = [first + timedelta(days=n) for n in range((LAST - first).days + 1)]
    rows = [
        ("product", product, "a", day, int(day == first), 10 if day == first else 0, None, day == LAST) for day in days
    ]
    bench.fill("features.demand_daily", "level unique_id parent_id ds units revenue price is_out_of_stock", *rows)


def listed(bench: Bench, *versions: tuple[Any, ...]) -> None:
    rows = [("P1", number, since, price) for number, (since, price) in enumerate(versions, 1)]
    bench.fill("clean.prices", "product_id version valid_from unit_price", *rows)


def paid(bench: Bench, day: date, price: float, lines: int, **given: Any) -> None:
    """That many lines at the price."""
    told = {"quantity": 1, "customer_id": None} | given
    at = datetime.combine(day, datetime.min.time()) + timedelta(hours=10)
    columns = ("order_id", "line_number", "product_id", "line_at", "line_date", "unit_price", *told)
    mark = f"{day}-{price}-{told['quantity']}"
    rows = [(mark, number, "P1", at, day, price, *told.values()) for number in range(lines)]
    bench.fill("clean.order_lines", " ".join(columns), *rows)


def history(bench: Bench) -> list[tuple[Any, ...]]:
    bench.run(NAME)
    rows = bench.rows(f"SELECT valid_from, price, source, n_days FROM {NAME} ORDER BY 1")
    return [(day, float(price), source, n) for day, price, source, n in rows]


def test_each_price_holds_until_the_next(shop: Bench) -> None:
    """Of two changes on one day the later holds; what is not over zero, or after the clock, is none."""
    listed(
        shop,
        (datetime(2024, 1, 1), 12),
        (datetime(2025, 2, 10, 9), 11),
        (datetime(2025, 2, 10, 15), 9),
        (datetime(2025, 2, 15), 0),
        (datetime(2025, 2, 20), 9),
        (datetime(2025, 3, 1), 5),
    )
    assert history(shop) == [(FIRST, 12.0, "list", 7), (date(2025, 2, 10), 9.0, "list", 19)]
    told = shop.rows(
        f"SELECT valid_until, previous_price, change, n_days_in_stock, units, revenue FROM {NAME} ORDER BY valid_from"
    )
    assert told == [(date(2025, 2, 10), None, None, 7, 1, 10), (None, 12, -0.25, 18, 0, 0)]


def test_a_day_is_one_of_the_shop(shop: Bench) -> None:
    """Ten in the evening is the next day in Kiev."""
    shop.set(timezone="Europe/Kiev")
    listed(shop, (datetime(2024, 1, 1), 12), (datetime(2025, 2, 9, 22, 30), 9))
    assert history(shop)[1][0] == date(2025, 2, 10)


def test_paid_prices_are_the_commonest_of_a_week(shop: Bench) -> None:
    """3 February: four of five lines at 10. 10 February: nine of 20 at 8, no majority. 17 February: four lines are too
    few. 24 February: three of six at 7. Quantities do not count."""
    for day, price, lines in ((3, 10, 4), (3, 5, 1), (11, 8, 9), (12, 6, 6), (12, 5, 5), (18, 4, 4), (25, 7, 3)):
        paid(shop, date(2025, 2, day), price, lines)
    paid(shop, date(2025, 2, 25), 6, 2, quantity=1000)
    paid(shop, date(2025, 2, 26), 6.5, 1)
    assert history(shop) == [(FIRST, 10.0, "paid", 21), (date(2025, 2, 24), 7.0, "paid", 5)]


def test_the_first_price_also_stands_for_the_days_before_it(shop: Bench) -> None:
    paid(shop, date(2025, 2, 11), 8, 5)
    assert history(shop) == [(FIRST, 8.0, "paid", 26)]


def test_without_such_a_week_all_lines_say_what_it_is(shop: Bench) -> None:
    """Of as many lines, the lower price."""
    for day, price in ((3, 10), (10, 10), (11, 9), (18, 9), (25, 12)):
        paid(shop, date(2025, 2, day), price, 1)
    assert history(shop) == [(FIRST, 9.0, "paid", 26)]


def known(bench: Bench) -> list[tuple[Any, ...]]:
    bench.run(NAME)
    return bench.rows(f"SELECT valid_from, known_from FROM {NAME} ORDER BY 1")


def test_what_was_paid_is_known_when_its_week_is_over(shop: Bench) -> None:
    """The first week with five lines is the one of 10 February: known on the 16th, though it stands for all before. The
    last one ends after the clock, which knows it all the same."""
    paid(shop, date(2025, 2, 11), 8, 5)
    paid(shop, date(2025, 2, 25), 7, 5)
    assert known(shop) == [(FIRST, date(2025, 2, 16)), (date(2025, 2, 24), LAST)]


def test_what_most_of_all_lines_had_is_known_at_the_clock(shop: Bench) -> None:
    paid(shop, date(2025, 2, 3), 10, 2)
    assert known(shop) == [(FIRST, LAST)]


def test_a_list_price_is_known_on_its_day(shop: Bench) -> None:
    """Also the first one, where it stands for days before it."""
    listed(shop, (datetime(2025, 2, 10), 12), (datetime(2025, 2, 20), 9))
    assert known(shop) == [(FIRST, date(2025, 2, 10)), (date(2025, 2, 20), date(2025, 2, 20))]
    listed_before = "UPDATE clean.prices SET valid_from = TIMESTAMP '2024-01-01' WHERE version = 1"
    shop.duck.execute(listed_before)
    assert known(shop)[0] == (FIRST, FIRST)


@pytest.mark.parametrize("weekly", [True, False])
def test_an_undated_list_price_is_today_s(shop: Bench, weekly: bool) -> None:
    """Before it is what people paid, in weeks with five lines or, without any, in all."""
    shop.duck.execute("UPDATE clean.products SET is_listed = true")
    paid(shop, date(2025, 2, 3), 10, 5 if weekly else 2)
    listed(shop, (None, 11))
    assert history(shop) == [(FIRST, 10.0, "paid", 25), (LAST, 11.0, "list", 1)]
    assert known(shop)[-1] == (LAST, LAST)


def test_an_undated_price_is_not_today_s_where_a_dated_one_is_or_no_feed_says_it(shop: Bench) -> None:
    paid(shop, date(2025, 2, 3), 10, 5)
    listed(shop, (None, 11))
    shop.duck.execute("UPDATE clean.products SET is_listed = false")
    assert history(shop) == [(FIRST, 10.0, "paid", 26)]
    shop.duck.execute("UPDATE clean.products SET is_listed = true")
    shop.duck.execute("UPDATE clean.prices SET valid_until = TIMESTAMP '2025-02-12'")
    columns = "product_id version valid_from unit_price"
    shop.fill("clean.prices", columns, ("P1", 2, datetime(2025, 2, 12), 9))
    assert history(shop) == [(FIRST, 10.0, "paid", 9), (date(2025, 2, 12), 9.0, "list", 17)]


def test_what_was_paid_speaks_until_a_price_is_listed(shop: Bench) -> None:
    paid(shop, date(2025, 2, 3), 10, 5)
    paid(shop, date(2025, 2, 18), 7, 9)
    listed(shop, (datetime(2025, 2, 12), 11))
    assert history(shop) == [(FIRST, 10.0, "paid", 9), (date(2025, 2, 12), 11.0, "list", 17)]


@pytest.mark.parametrize("given", [{"is_return": True}, {"is_service": True}, {"customer_id": "C1"}])
def test_lines_that_are_no_sale_to_the_public_say_nothing(shop: Bench, given: dict[str, Any]) -> None:
    """A return, a service, and a sale to the shop's own people."""
    shop.fill("clean.customer_labels", "customer_id label", ("C1", "staff"))
    paid(shop, date(2025, 2, 3), 10, 5)
    paid(shop, date(2025, 2, 10), 2, 9, **given)
    assert history(shop) == [(FIRST, 10.0, "paid", 26)]


def test_what_was_only_given_away_has_no_price(shop: Bench) -> None:
    shop.duck.execute("UPDATE features.demand_daily SET revenue = 0")
    paid(shop, date(2025, 2, 3), 0, 5)
    assert history(shop) == []


def test_products_are_apart_and_days_before_the_first_one_are_not_there(shop: Bench) -> None:
    shop.fill("clean.products", "product_id", ("P2",))
    on_sale(shop, "P2", date(2025, 2, 20))
    shop.fill("clean.prices", "product_id version valid_from unit_price", ("P2", 1, datetime(2025, 2, 10), 3))
    listed(shop, (datetime(2025, 2, 1), 12))
    shop.run(NAME)
    found = shop.rows(f"SELECT product_id, valid_from, price, n_days, units FROM {NAME} ORDER BY 1")
    assert found == [("P1", FIRST, 12, 26, 1), ("P2", date(2025, 2, 20), 3, 9, 1)]
