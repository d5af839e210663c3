"""The SQL of order lines, orders and daily sales on a few hand-worked rows; the working stands beside the numbers.

Returns are matched first, as in a run: what they take off and where is the matter here, how they are matched is that of
`test_returns_table.py`.
"""

from datetime import date, datetime
from decimal import Decimal

import pytest

from shop_pipeline.assets.returns import build_returns
from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline.checks import GateRefused, Part
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

JAN1, JAN2, JAN3, JAN4 = (date(2025, 1, day) for day in (1, 2, 3, 4))
EVENT = (
    "event_id event_type event_at event_date product_id customer_id session_id order_id quantity unit_price"
    " country channel is_service"
)


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """Two days. P1 and P2 are of category a, P3 of none; POST is a service.

    O1 (Jan 1, C1): 2 x P1 at 10, 1 x P3 at 5, postage 3; on Jan 2 one P1 comes back.
    O2 (Jan 2, C1): 1 x P2 at 4. O3 (Jan 2, C2): 3 x P1 at 10. O4 (Jan 2, nobody): 1 x P2 at 4, by no visit.
    O9 (Jan 2, C2): a cancellation alone, 1 x P3 at 5.
    """
    bench.fill("clean.products", "product_id category", ("P1", "a > x"), ("P2", "a"), ("P3", None))
    bench.fill("clean.customers", "customer_id", ("C1",), ("C2",))
    bench.fill(
        "clean.events",
        EVENT,
        ("E2", "purchase", at(JAN1, 10), JAN1, "P3", "C1", "S1", "O1", 1, 5, "FR", "app", False),
        ("E1", "purchase", at(JAN1, 10), JAN1, "P1", "C1", "S1", "O1", 2, 10, "DE", "web", False),
        ("E3", "purchase", at(JAN1, 11), JAN1, "POST", "C1", "S1", "O1", 1, 3, "DE", "web", True),
        ("E4", "refund", at(JAN2, 9), JAN2, "P1", "C1", None, "O1", 1, 10, None, None, False),
        ("E5", "purchase", at(JAN2, 10), JAN2, "P2", "C1", "S2", "O2", 1, 4, None, "web", False),
        ("E6", "purchase", at(JAN2, 11), JAN2, "P1", "C2", "S3", "O3", 3, 10, "IT", None, False),
        ("E7", "purchase", at(JAN2, 12), JAN2, "P2", None, None, "O4", 1, 4, None, None, False),
        ("E8", "cancel", at(JAN2, 13), JAN2, "P3", "C2", "S4", "O9", 1, 5, None, None, False),
        ("V1", "view", at(JAN1, 9), JAN1, "P1", "C2", "S5", None, None, None, None, None, False),
        ("V2", "view", at(JAN1, 9), JAN1, "P2", "C2", "S5", None, None, None, None, None, False),
        ("V3", "view", at(JAN2, 9), JAN2, "P3", None, "S6", None, None, None, None, None, False),
    )
    run_lines(bench)
    return bench


def run_lines(bench: Bench) -> None:
    bench.run("clean.prices")
    bench.build(build_returns, "clean.returns")
    bench.run("clean.order_lines")


def test_lines_are_numbered_by_time_then_event(shop: Bench) -> None:
    """E1 and E2 are of one moment: the id decides."""
    found = shop.rows("SELECT line_number, event_id FROM clean.order_lines WHERE order_id = 'O1' ORDER BY 1")
    assert found == [(1, "E1"), (2, "E2"), (3, "E3"), (4, "E4")]
    assert shop.rows("SELECT count(*) FROM clean.order_lines") == [(8,)]


AMOUNTS = """
SELECT event_id, is_return, quantity, matched_quantity, returned_quantity, net_quantity, gross_amount, returned_amount,
    net_amount, booked_amount
FROM clean.order_lines
"""


def test_a_return_is_taken_off_its_sale_and_booked_on_its_own_day(shop: Bench) -> None:
    """E4 takes one of E1's two units and 10 of its 20; its own line keeps nothing but what is booked. E8 has no sale:
    its line keeps it all.
    """
    assert shop.rows(f"{AMOUNTS} WHERE event_id IN ('E1', 'E2', 'E4', 'E8') ORDER BY 1") == [
        ("E1", False, 2, 0, 1, 1, 20, 10, 10, 20),
        ("E2", False, 1, 0, 0, 1, 5, 0, 5, 5),
        ("E4", True, 1, 1, 0, 0, 0, 0, 0, -10),
        ("E8", True, 1, 0, 1, -1, 0, 5, -5, -5),
    ]
    # Sales: 20 + 5 + 3 + 4 + 30 + 4 = 66; back: 10 + 5.
    assert shop.rows("SELECT sum(gross_amount), sum(net_amount), sum(booked_amount) FROM clean.order_lines") == [
        (66, 51, 51)
    ]


def test_a_return_of_several_sales_is_split_among_them(shop: Bench) -> None:
    """C2 gives five P1 back at 9, under a number of its own: the three of O3, sold at 10, are the only ones to have.
    O3 keeps 30 - 27 = 3, and two units at 9 stay on the return's own line.
    """
    event = ("E9", "refund", at(JAN2, 20), JAN2, "P1", "C2", None, "R1", 5, 9, None, None, False)
    shop.fill("clean.events", EVENT, event)
    run_lines(shop)
    assert shop.rows(f"{AMOUNTS} WHERE event_id IN ('E6', 'E9') ORDER BY 1") == [
        ("E6", False, 3, 0, 3, 0, 30, 27, 3, 30),
        ("E9", True, 5, 3, 2, -2, 0, 18, -18, -45),
    ]
    shop.run("clean.orders")
    assert shop.rows(
        "SELECT order_id, gross_revenue, returned_revenue, net_revenue, is_return FROM clean.orders"
        " WHERE order_id IN ('O3', 'R1') ORDER BY 1"
    ) == [("O3", 30, 27, 3, False), ("R1", 0, 18, -18, True)]


def test_a_return_under_another_number_leaves_its_own_order_empty(shop: Bench) -> None:
    """The order of the sale has the return, so the order of the return has nothing; but it is there."""
    event = ("E9", "cancel", at(JAN2, 20), JAN2, "P2", "C1", None, "C-O2", 1, 4, None, None, False)
    shop.fill("clean.events", EVENT, event)
    run_lines(shop)
    shop.run("clean.orders")
    assert shop.rows(
        "SELECT order_id, n_lines, gross_revenue, returned_revenue, net_revenue, is_return FROM clean.orders"
        " WHERE order_id IN ('O2', 'C-O2') ORDER BY 1"
    ) == [("C-O2", 1, 0, 0, 0, True), ("O2", 1, 4, 4, 0, False)]


def test_a_refund_of_more_than_the_price_makes_a_net_below_zero(shop: Bench) -> None:
    """By their order numbers, 4 for a P3 that was sold at 5 and 12 for a P2 that was sold at 4 find their lines."""
    shop.fill(
        "clean.events",
        EVENT,
        ("E9", "refund", at(JAN2, 20), JAN2, "P3", "C1", None, "O1", 1, 4, None, None, False),
        ("EA", "refund", at(JAN2, 21), JAN2, "P2", None, None, "O4", 1, 12, None, None, False),
    )
    run_lines(shop)
    assert shop.rows(f"{AMOUNTS} WHERE event_id IN ('E2', 'E7') ORDER BY 1") == [
        ("E2", False, 1, 0, 1, 0, 5, 4, 1, 5),
        ("E7", False, 1, 0, 1, 0, 4, 12, -8, 4),
    ]


LATER = (
    ("E9", "cancel", at(JAN2, 20), JAN2, "P1", "C2", None, "O3", 1, 10, "FR", "email", False),
    ("EA", "purchase", at(JAN2, 20), JAN2, "P1", "C2", None, "O3", 1, 10, "FR", "email", False),
    ("EB", "purchase", at(JAN2, 20), JAN2, "P2", "C1", None, "O4", 1, 4, "FR", "email", False),
)


@pytest.mark.parametrize("event", LATER, ids=lambda event: f"{event[1]}-{event[7]}")
def test_what_a_later_line_adds_is_not_the_orders(shop: Bench, event: tuple[object, ...]) -> None:
    """O3 was sold in Italy by no known way, and O4 to nobody known: that is what a run as of that moment reads."""
    columns = (
        "SELECT order_id, customer_id, country, channel FROM clean.orders WHERE order_id IN ('O3', 'O4') ORDER BY 1"
    )
    shop.run("clean.orders")
    before = shop.rows(columns)
    shop.fill("clean.events", EVENT, event)
    run_lines(shop)
    shop.run("clean.orders")
    assert shop.rows(columns) == before == [("O3", "C2", "IT", None), ("O4", None, None, None)]


def test_a_channel_that_one_line_of_the_moment_tells_is_the_orders(shop: Bench) -> None:
    """An export that tells it once per order, on whichever line; the return that came before the sale has no say."""
    shop.fill(
        "clean.events",
        EVENT,
        ("E9", "purchase", at(JAN2, 11), JAN2, "P2", "C2", None, "O3", 1, 4, None, "email", False),
        ("E0", "refund", at(JAN2, 9), JAN2, "P2", "C2", None, "O3", 1, 4, "FR", "app", False),
    )
    run_lines(shop)
    shop.run("clean.orders")
    assert shop.rows("SELECT country, channel FROM clean.orders WHERE order_id = 'O3'") == [("IT", "email")]


def test_an_order_sums_its_lines(shop: Bench) -> None:
    """O1: 20 + 5 + 3 = 28 sold in 4 units, 10 back: 18. Country and channel are the first line's, E1's. O9's sale is
    not known: what came back is its own.
    """
    shop.run("clean.orders")
    found = shop.rows(
        "SELECT order_id, customer_id, order_date, country, channel, n_lines, units, gross_revenue, returned_revenue,"
        " net_revenue, is_return FROM clean.orders ORDER BY 1"
    )
    assert found == [
        ("O1", "C1", JAN1, "DE", "web", 4, 4, 28, 10, 18, False),
        ("O2", "C1", JAN2, None, "web", 1, 1, 4, 0, 4, False),
        ("O3", "C2", JAN2, "IT", None, 1, 3, 30, 0, 30, False),
        ("O4", None, JAN2, None, None, 1, 1, 4, 0, 4, False),
        ("O9", "C2", JAN2, None, None, 1, 0, 0, 5, -5, True),
    ]


def test_sales_of_each_day_and_category(shop: Bench) -> None:
    """Jan 1, a: O1's 20 for 2 units by C1, whose first day it is; visits S1 and S5 saw a, S1 bought: 1/2.
    Jan 1, none: 5; S1 bought, and nobody browsed. Jan 1, service: 3; S1, likewise.
    Jan 2, a: O2 4, O3 30, O4 4 = 38 for 5 units, 10 back; C1 and C2 are known, C2 is new; S2 and S3 bought, and
    nobody browsed (the refund is booked on this day, although its sale is of the day before).
    Jan 2, none: nothing sold, 5 back; S4 and S6 came, none bought: 0/2. Service: nothing.
    """
    shop.run("clean.orders")
    shop.run("marts.sales_daily")
    found = shop.rows(
        "SELECT sale_date, category, orders, units, gross_revenue, returned_revenue, net_revenue, customers,"
        " new_customers, conversion FROM marts.sales_daily WHERE sale_date <= DATE '2025-01-02' ORDER BY 1, 2"
    )
    assert found == [
        (JAN1, "(none)", 1, 1, 5, 0, 5, 1, 1, None),
        (JAN1, "(service)", 1, 1, 3, 0, 3, 1, 1, None),
        (JAN1, "a", 1, 2, 20, 0, 20, 1, 1, 0.5),
        (JAN2, "(none)", 0, 0, 0, 5, -5, 0, 0, 0.0),
        (JAN2, "(service)", 0, 0, 0, 0, 0, 0, 0, None),
        (JAN2, "a", 3, 5, 38, 10, 28, 2, 1, None),
    ]
    assert shop.rows("SELECT DISTINCT as_of, run_id FROM marts.sales_daily") == [(AS_OF, "run-1")]


def test_a_day_without_visits_has_no_conversion(shop: Bench) -> None:
    """With the visits of Jan 2 gone, O4 and the refund are left, and neither is of a visit."""
    shop.duck.execute("DELETE FROM clean.events WHERE session_id IS NOT NULL AND event_date = DATE '2025-01-02'")
    run_lines(shop)
    shop.run("clean.orders")
    shop.run("marts.sales_daily")
    found = shop.rows(
        "SELECT category, orders, conversion FROM marts.sales_daily WHERE sale_date = DATE '2025-01-02' ORDER BY 1"
    )
    assert found == [("(none)", 0, None), ("(service)", 0, None), ("a", 1, None)]


@pytest.mark.parametrize(
    ("kind", "conversion"),
    [
        *[(kind, 1.0) for kind in ("view", "click", "search", "favourite", "add_to_cart", "checkout")],
        *[(kind, None) for kind in ("remove_from_cart", "review", "cancel", "purchase")],
    ],
)
def test_a_source_of_purchases_only_has_no_conversion(shop: Bench, kind: str, conversion: float | None) -> None:
    """On Jan 2 S2 and S3 bought of a. Once S2 has browsed there too, it is 2 of 2; before, all visits are purchases."""
    event = ("E9", kind, at(JAN2, 9), JAN2, "P2", "C1", "S2", "O2", 1, 4, None, None, False)
    shop.fill("clean.events", EVENT, event)
    run_lines(shop)
    shop.run("clean.orders")
    shop.run("marts.sales_daily")
    wanted = "sale_date = DATE '2025-01-02' AND category = 'a'"
    assert shop.rows(f"SELECT conversion FROM marts.sales_daily WHERE {wanted}") == [(conversion,)]


def test_sales_end_at_the_clock(shop: Bench) -> None:
    shop.run("clean.orders")
    shop.set(as_of=at(JAN2, 11))
    shop.run("marts.sales_daily")
    # Without E6, E7 and E8, which are at or after 11: O2 4 less the refund 10.
    assert shop.rows("SELECT sum(net_revenue) FROM marts.sales_daily WHERE sale_date = DATE '2025-01-02'") == [(-6,)]


@pytest.mark.parametrize(("clock", "last_day"), [(at(JAN2, 11), JAN2), (at(JAN4, 0), JAN3), (at(JAN4, 1), JAN4)])
def test_every_day_up_to_the_clock_is_there(shop: Bench, clock: datetime, last_day: date) -> None:
    """From the first day of a category on: tea is first looked at on 2 January, and sold never. A day that has only
    just begun is there.
    """
    shop.fill("clean.products", "product_id category", ("P9", "tea"))
    shop.fill("clean.events", EVENT, ("E9", "view", at(JAN2, 9), JAN2, "P9", None, "S9", None, 1, 1, None, None, False))
    shop.run("clean.orders")
    shop.set(as_of=clock)
    shop.run("marts.sales_daily")
    days = "SELECT category, min(sale_date), max(sale_date), count(*) FROM marts.sales_daily GROUP BY 1 ORDER BY 1"
    n_days = (last_day - JAN1).days + 1
    begun = [(name, JAN1, last_day, n_days) for name in ("(none)", "(service)", "a")]
    assert shop.rows(days) == [*begun, ("tea", JAN2, last_day, n_days - 1)]
    sold = "SELECT DISTINCT orders, net_revenue, conversion FROM marts.sales_daily WHERE sale_date > DATE '2025-01-02'"
    assert shop.rows(sold) == ([(0, 0, None)] if last_day > JAN2 else [])


@pytest.mark.parametrize("path", ["", "  ", " > Tea", ">"])
def test_a_path_without_a_first_part_is_no_category(shop: Bench, path: str) -> None:
    """As for the models (features.purchases, features.demand_daily)."""
    shop.duck.execute("UPDATE clean.products SET category = ? WHERE category IS NOT NULL", [path])
    shop.run("clean.orders")
    for table in ("sales_daily", "sales_growth"):
        shop.run(f"marts.{table}")
    names = "SELECT DISTINCT category FROM marts.{} ORDER BY 1"
    assert shop.rows(names.format("sales_daily")) == [("(none)",), ("(service)",)]
    assert shop.rows(names.format("sales_growth")) == [("(all)",), ("(none)",), ("(service)",)]


def test_prices_with_four_decimals_are_kept(bench: Bench) -> None:
    """3 x 0.0033 = 0.0099."""
    bench.fill("clean.products", "product_id", ("P1",))
    event = ("E1", "purchase", at(JAN1, 1), JAN1, "P1", None, None, "O1", 3, Decimal("0.0033"), None, None, False)
    bench.fill("clean.events", EVENT, event)
    run_lines(bench)
    assert bench.rows("SELECT net_amount FROM clean.order_lines") == [(Decimal("0.0099"),)]


def test_a_category_that_goes_missing_is_noticed(shop: Bench) -> None:
    """The same SQL but for the services: the day's sums no longer add up to the lines."""
    shop.run("clean.orders")
    lossy = f"SELECT * FROM ({sql_text('marts.sales_daily')}) WHERE category <> '(service)'"
    with pytest.raises(GateRefused, match="totals_reconcile_with_lines"):
        shop.gate.write(Part(TABLES["marts.sales_daily"], lossy))
