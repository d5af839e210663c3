"""`clean.returns` from hand-worked events: ids, order in time, money and shares.

The ways of matching in detail are the model's (`models/test_returns.py`); here is what stands in the table.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from shop_pipeline.assets.gated import Built, Run
from shop_pipeline.assets.returns import build_returns, matched_shares
from shop_pipeline.checks import GateRefused
from shop_pipeline.sections import Returns
from shop_pipeline_tests.assets.conftest import Bench, Row

NAME = "clean.returns"
NOON = datetime(2025, 1, 1, 12)
EVENT = "event_id event_type event_at event_date product_id customer_id order_id quantity unit_price is_service"


def event(
    id_: str, kind: str, day: float, order: str, quantity: int, price: str, customer: str | None = "C1", **given: object
) -> Row:
    """An event `day` days after noon of January 1, of P1 unless something else is given."""
    at = NOON + timedelta(days=day)
    told = {"product": "P1", "is_service": False} | given
    return (id_, kind, at, at.date(), told["product"], customer, order, quantity, Decimal(price), told["is_service"])


def matched(
    bench: Bench, *events: Row, columns: str = "return_event_id, match_number, sale_event_id, quantity"
) -> list[Row]:
    bench.fill("clean.events", EVENT, *events)
    bench.build(build_returns, NAME)
    return bench.rows(f"SELECT {columns} FROM {NAME} ORDER BY return_event_id, match_number")


def test_every_column_of_a_matched_part_and_of_an_unmatched_one(bench: Bench) -> None:
    """Two of P1 at 2.50 on January 1; three come back on January 11 under another number: 2 x 2.50 matched, 10 days
    later, and 1 x 2.50 not.
    """
    found = matched(
        bench,
        event("S", "purchase", 0, "O1", 2, "2.50"),
        event("R", "refund", 10, "O2", 3, "2.50"),
        columns="*",
    )
    head = ("R", NOON + timedelta(days=10), date(2025, 1, 11), "O2", "C1", "P1", False)
    assert found == [
        (head[0], 1, *head[1:], "customer_product_price", None, "S", "O1", NOON, 2, Decimal("2.50"), Decimal(5), 10),
        (
            head[0],
            2,
            *head[1:],
            "unmatched",
            "more_than_bought",
            None,
            None,
            None,
            1,
            Decimal("2.50"),
            Decimal("2.50"),
            None,
        ),
    ]


def test_at_one_instant_a_sale_stands_before_a_return_and_ids_break_ties(bench: Bench) -> None:
    """R and the three sales are of one instant and its id is the first; of equal sales the last id is the newest."""
    found = matched(
        bench,
        event("A", "refund", 0, "O9", 2, "1"),
        *(event(id_, "purchase", 0, f"O{id_}", 1, "1") for id_ in ("S3", "S1", "S2")),
    )
    assert found == [("A", 1, "S3", 1), ("A", 2, "S2", 1)]


def test_two_returns_of_one_instant_are_taken_by_their_ids(bench: Bench) -> None:
    sold = event("S", "purchase", 0, "O1", 3, "1")
    found = matched(bench, sold, event("R2", "refund", 1, "O1", 2, "1"), event("R1", "cancel", 1, "O1", 2, "1"))
    assert found == [("R1", 1, "S", 2), ("R2", 1, "S", 1), ("R2", 2, None, 1)]


def test_services_come_back_too(bench: Bench) -> None:
    post = {"product": "POST", "is_service": True}
    found = matched(
        bench,
        event("S", "purchase", 0, "O1", 1, "3", **post),
        event("R", "refund", 1, "O1", 1, "3", **post),
        columns="product_id, is_service, sale_event_id, method",
    )
    assert found == [("POST", True, "S", "order_id")]


def test_nobodys_return_is_matched_by_its_order_alone(bench: Bench) -> None:
    """A sale of nobody at the same price is not theirs."""
    found = matched(
        bench,
        event("S1", "purchase", 0, "O1", 1, "3", None),
        event("S2", "purchase", 1, "O2", 1, "3", None),
        event("R1", "refund", 2, "O1", 1, "3", None),
        event("R2", "refund", 3, "O3", 1, "3", None),
        columns="return_event_id, customer_id, sale_event_id, reason",
    )
    assert found == [("R1", None, "S1", None), ("R2", None, None, "no_customer")]


def test_prices_are_told_apart_to_the_last_decimal(bench: Bench) -> None:
    """The newer sale is 0.0001 cheaper, the older one has the price of the refund."""
    found = matched(
        bench,
        event("S1", "purchase", 0, "O1", 1, "0.0033"),
        event("S2", "purchase", 1, "O2", 1, "0.0032"),
        event("R", "refund", 2, "O3", 2, "0.0033"),
        columns="sale_event_id, method, reason, amount",
    )
    assert found == [
        ("S1", "customer_product_price", None, Decimal("0.0033")),
        (None, "unmatched", "sold_for_less", Decimal("0.0033")),
    ]


def test_views_and_what_is_not_money_are_never_a_sale(bench: Bench) -> None:
    found = matched(
        bench,
        event("V", "view", 0, "O1", 1, "3"),
        event("K", "add_to_cart", 1, "O1", 1, "3"),
        event("R", "refund", 2, "O1", 1, "3"),
        columns="sale_event_id, reason",
    )
    assert found == [(None, "never_bought")]


@pytest.mark.parametrize(("days", "reason"), [(365, None), (366, "outside_window")])
def test_the_window_is_that_of_the_settings(bench: Bench, days: int, reason: str | None) -> None:
    """365 calendar days by default. The sale is of noon, the return of the last minutes of its day."""
    assert Returns().window_days == 365
    late = days + 11.9 / 24
    found = matched(
        bench,
        event("S", "purchase", 0, "O1", 1, "3"),
        event("R", "refund", late, "O2", 1, "3"),
        columns="reason, days_after",
    )
    assert found == [(reason, None if reason else days)]


def test_a_clock_set_back_at_midnight_makes_no_negative_days(bench: Bench) -> None:
    """Where the hour before midnight comes twice, a return may stand on the day before that of its sale."""
    sold, back = event("S", "purchase", 0, "O1", 1, "3"), list(event("R", "refund", 0, "O1", 1, "3"))
    back[3] = date(2024, 12, 31)
    assert matched(bench, sold, tuple(back), columns="sale_event_id, days_after") == [("S", 0)]


def test_no_returns_give_an_empty_table_and_say_so(bench: Bench) -> None:
    assert matched(bench, event("S", "purchase", 0, "O1", 1, "3")) == []
    assert shares(bench) == {"note": "nothing came back"}


def shares(bench: Bench) -> dict[str, object]:
    """What the UI is told of the stored table, which is built once more."""
    told: dict[str, object] = {}

    def build(run: Run) -> Built:
        told.update(matched_shares(run))
        return build_returns(run)

    bench.build(build, NAME)
    return told


def test_shares_by_method(bench: Bench) -> None:
    """Four units for 1 + 3 x 3 = 10: one by its order (1/4 of the units, 1/10 of the money), three of nobody."""
    matched(
        bench,
        event("S", "purchase", 0, "O1", 1, "1"),
        event("R1", "refund", 1, "O1", 1, "1"),
        event("R2", "refund", 1, "O2", 3, "3", None),
    )
    told = shares(bench)
    assert (told["share_of_units_matched"], told["share_of_money_matched"]) == (0.25, 0.1)
    assert "no_customer" in str(told["by_method"])


def test_a_later_day_changes_no_earlier_match(bench: Bench) -> None:
    """Both sales fit R1; the one that comes after it is newer, and is left to R2."""
    first = matched(bench, event("S1", "purchase", 0, "O1", 1, "3"), event("R1", "refund", 1, "O8", 1, "3"))
    both = matched(bench, event("S2", "purchase", 2, "O2", 1, "3"), event("R2", "refund", 3, "O9", 2, "3"))
    assert both[:1] == first == [("R1", 1, "S1", 1)]
    assert both[1:] == [("R2", 1, "S2", 1), ("R2", 2, None, 1)]


def test_what_others_bought_is_not_the_customers(bench: Bench) -> None:
    """A return of a product that everybody else buys, by somebody who never did, beside sales without a customer."""
    found = matched(
        bench,
        event("S1", "purchase", 0, "O1", 1, "3", "C2"),
        event("S2", "purchase", 0, "O2", 1, "3", None),
        event("R", "cancel", 1, "O3", 1, "3"),
        columns="sale_event_id, reason",
    )
    assert found == [(None, "never_bought")]


def test_a_table_that_left_a_return_out_is_refused(bench: Bench) -> None:
    bench.fill("clean.events", EVENT, event("R", "refund", 1, "O3", 1, "3"))

    def lossy(run: Run) -> Built:
        return Built(f"SELECT * FROM ({build_returns(run).source}) WHERE false")

    with pytest.raises(GateRefused, match="every_return_appears"):
        bench.build(lossy, NAME)
