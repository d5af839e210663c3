"""Where the booked revenue is: every line and return is in one part, and the parts add up to the books of that day."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from shop_pipeline.checks import GateRefused
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NAME = "marts.revenue_reconciliation"
DAY = timedelta(days=1)
LINES = (
    "event_id order_id product_id customer_id line_at line_date is_service is_return quantity gross_amount"
    " returned_amount booked_amount line_number"
)
RETURNS = "return_event_id sale_event_id customer_id is_service quantity amount returned_at match_number"
VALUES = "customer_id customer_group net_revenue"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """C1 is ordinary, W buys to sell on, S works here; C2 kept a gift, and C3 gave everything back."""
    bench.set(timezone="UTC")
    bench.fill("clean.products", "product_id", ("P1",))
    bench.fill("clean.prices", "product_id version", ("P1", 1))
    bench.fill("clean.customers", "customer_id", *((id_,) for id_ in ("C1", "C2", "C3", "W", "S")))
    bench.fill("clean.customer_labels", "customer_id label", ("W", "wholesale"), ("S", "staff"))
    return bench


def sell(
    bench: Bench, event: str, customer: str | None, amount: float, units: int = 1, at: datetime = AS_OF - 9 * DAY
) -> None:
    """A sold line; of postage, if the event's name says so."""
    spoken = (event, f"O-{event}", "P1", customer, at, at.date(), event.startswith("post"), False)
    bench.fill("clean.order_lines", LINES, (*spoken, units, amount, 0, amount, 1))


def give_back(
    bench: Bench,
    event: str,
    customer: str | None,
    amount: float,
    sale: str | None = None,
    units: int = 1,
    late: int = 0,
) -> None:
    """A return of the day before the clock, of `sale` if it is known; or `late` days later."""
    at = AS_OF + (late - 1) * DAY
    spoken = (event, f"O-{event}", "P1", customer, at, at.date(), event.startswith("post"), True)
    bench.fill("clean.order_lines", LINES, (*spoken, units, 0, 0, -amount, 1))
    bench.fill("clean.returns", RETURNS, (event, sale, customer, event.startswith("post"), units, amount, at, 1))


def value(bench: Bench) -> None:
    """The value of each customer of features.rfm, of which only the revenue is asked here."""
    for table in ("features.purchases", "features.rfm"):
        bench.run(table)
    bench.fill(
        "marts.customer_value", VALUES, *bench.rows("SELECT customer_id, customer_group, net_revenue FROM features.rfm")
    )


def parts(bench: Bench) -> dict[str, tuple[object, ...]]:
    bench.run(NAME)
    columns = "part, n_lines, n_customers, gross_revenue, returned_revenue, net_revenue, valued_revenue"
    return {row[0]: row[1:] for row in bench.rows(f"SELECT {columns} FROM {NAME}")}


def test_every_line_has_its_part(shop: Bench) -> None:
    """Sales of 100, 7 units for 70 of which 2 come back for 20; all of C3's units come back for 8 of 10."""
    sell(shop, "a", "C1", 100)
    sell(shop, "b", "W", 70, units=7)
    give_back(shop, "b-back", "W", 20, sale="b", units=2)
    sell(shop, "gift", "C2", 0)
    sell(shop, "c", "C3", 10)
    give_back(shop, "c-back", "C3", 8, sale="c")
    give_back(shop, "old", "C1", 5)
    sell(shop, "s", "S", 30)
    give_back(shop, "s-old", "S", 4)
    sell(shop, "n", None, 40)
    sell(shop, "post-1", "C1", 3)
    give_back(shop, "post-2", None, 1)
    value(shop)
    zero = Decimal(0)
    assert parts(shop) == {
        "ordinary": (1, 1, 100, zero, 100, Decimal(100)),
        "wholesale": (1, 1, 70, 20, 50, Decimal(50)),
        "nothing_paid": (1, 1, 0, 0, 0, None),
        "given_back": (1, 1, 10, 8, 2, None),
        "unmatched_returns": (1, 1, 0, 5, -5, None),
        "left_out": (2, 1, 30, 4, 26, None),
        "unknown_customer": (1, 0, 40, 0, 40, None),
        "service": (2, 1, 3, 1, 2, None),
    }
    # 100 + 70 - 20 + 10 - 8 - 5 + 30 - 4 + 40 + 3 - 1
    assert shop.rows(f"SELECT sum(net_revenue) FROM {NAME}") == [(215,)]


def test_what_comes_at_the_clock_or_later_is_not_there(shop: Bench) -> None:
    """The sale of that midnight, its return, and the return of an earlier sale; the columns of the lines know of it."""
    sell(shop, "a", "C1", 100)
    sell(shop, "b", "C1", 50, at=AS_OF)
    give_back(shop, "a-back", "C1", 100, sale="a", late=1)
    give_back(shop, "old", "C1", 5, late=1)
    value(shop)
    assert parts(shop) == {"ordinary": (1, 1, 100, 0, 100, Decimal(100))}


def test_a_penny_that_is_nowhere_is_refused(shop: Bench) -> None:
    sell(shop, "a", "C1", 100)
    value(shop)
    shop.duck.execute("UPDATE clean.order_lines SET booked_amount = 100.01")
    with pytest.raises(GateRefused, match="parts_add_up_to_booked_revenue"):
        parts(shop)


def test_a_value_told_from_another_revenue_is_refused(shop: Bench) -> None:
    sell(shop, "a", "C1", 100)
    value(shop)
    shop.duck.execute("UPDATE marts.customer_value SET net_revenue = 99.99")
    with pytest.raises(GateRefused, match="valued_revenue_is_in_its_part"):
        parts(shop)


def test_where_nobody_is_valued_the_parts_are_there_all_the_same(shop: Bench) -> None:
    sell(shop, "a", "C1", 100)
    for table in ("features.purchases", "features.rfm"):
        shop.run(table)
    assert parts(shop) == {"ordinary": (1, 1, 100, 0, 100, None)}


def test_a_shop_without_sales_has_no_parts(shop: Bench) -> None:
    value(shop)
    assert parts(shop) == {}
