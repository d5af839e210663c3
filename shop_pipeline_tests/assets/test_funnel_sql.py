"""marts.conversion_funnel on hand-worked visits: how far they came, whose they are, and where nothing can be told."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shop_pipeline.assets import market_page as pages
from shop_pipeline_tests.assets.conftest import Bench
from shop_pipeline_tests.assets.sold_lines import open_shop
from shop_pipeline_tests.assets.test_growth_sql import told

DAY = date(2025, 2, 20)
NOON = datetime(2025, 2, 20, 12)
COLUMNS = "event_id event_type event_at event_date session_id customer_id channel product_id"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    return open_shop(bench, "C1")


def visit(bench: Bench, name: str, *kinds: str, **given: Any) -> None:
    """Events a minute apart from noon on, by a channel or none, of a customer or nobody knows whom."""
    told = {"customer": None, "channel": None, "at": NOON} | given
    for number, kind in enumerate(kinds):
        at = told["at"] + timedelta(minutes=number)
        event = (f"{name}-{number}", kind, at, at.date(), name, told["customer"], told["channel"], "P1")
        bench.fill("clean.events", COLUMNS, event)


def funnel(bench: Bench) -> list[tuple[Any, ...]]:
    bench.run("clean.sessions")
    bench.run("marts.conversion_funnel")
    return bench.rows(
        "SELECT visit_date, channel, visits, with_view, with_cart, with_checkout, with_purchase"
        " FROM marts.conversion_funnel ORDER BY visit_date, channel"
    )


def test_how_far_visits_came(shop: Bench) -> None:
    """Six visits: one searched only, one looked, one put into the cart from a list, one went to the checkout, one
    bought without any step told before, one all the way.
    """
    visit(shop, "S1", "search")
    visit(shop, "S2", "view", "view")
    visit(shop, "S3", "add_to_cart")
    visit(shop, "S4", "view", "add_to_cart", "remove_from_cart", "checkout")
    visit(shop, "S5", "purchase", "refund")
    visit(shop, "S6", "view", "favourite", "add_to_cart", "checkout", "purchase", "purchase")
    assert funnel(shop) == [(DAY, "(none)", 6, 5, 4, 3, 2)]
    rates = "view_rate, cart_rate, checkout_rate, purchase_rate, conversion"
    assert shop.rows(f"SELECT {rates} FROM marts.conversion_funnel") == [(5 / 6, 4 / 5, 3 / 4, 2 / 3, 2 / 6)]
    page = pages.funnel(told(shop))["examples"].value
    assert page.splitlines()[-2:] == ["| (all) | 6 | 5 | 4 | 3 | 2 | 33.33 |", "| (none) | 6 | 5 | 4 | 3 | 2 | 33.33 |"]


def test_a_visit_has_its_first_channel_and_its_first_day(shop: Bench) -> None:
    """It begins at half a minute to midnight by mail, and ends the next day by search."""
    late = datetime(2025, 2, 20, 23, 59, 30)
    visit(shop, "S1", "view", "add_to_cart", at=late, channel="mail")
    shop.duck.execute("UPDATE clean.events SET channel = 'search' WHERE event_id = 'S1-1'")
    visit(shop, "S2", "view", at=late + timedelta(days=1), channel=" ")
    assert funnel(shop) == [(DAY, "mail", 1, 1, 1, 0, 0), (DAY + timedelta(days=1), "(none)", 1, 1, 0, 0, 0)]


def test_bots_staff_and_returns_are_no_visits(shop: Bench) -> None:
    """Twenty pages in each of three minutes are no person; S works there; a refund and a review are no visit."""
    visit(shop, "S1", "view")
    visit(shop, "S2", "view", customer="S")
    visit(shop, "S3", "refund", "cancel", "review")
    pages_of_a_bot = [
        (f"B{n}", "view", NOON + timedelta(seconds=3 * n), DAY, "bot", None, None, "P1") for n in range(60)
    ]
    shop.fill("clean.events", COLUMNS, *pages_of_a_bot)
    assert funnel(shop) == [(DAY, "(none)", 1, 1, 0, 0, 0)]


def test_where_nobody_browses_nothing_can_be_told(shop: Bench) -> None:
    """The till tells purchases only, on both days, and the web did so on the first."""
    for number in range(2):
        at = NOON + timedelta(days=number)
        visit(shop, f"T{number}", "purchase", at=at, channel="till")
        visit(shop, f"W{number}", "purchase", at=at, channel="web")
    visit(shop, "W", "view", at=NOON + timedelta(days=1), channel="web")
    assert funnel(shop) == [(DAY + timedelta(days=1), "web", 2, 2, 1, 1, 1)]


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        (("purchase",), "the source tells purchases only: nobody is seen browsing"),
        ((), "no visit of a person is known"),
    ],
)
def test_an_empty_funnel_says_why(shop: Bench, kinds: tuple[str, ...], why: str) -> None:
    visit(shop, "S1", *kinds)
    assert funnel(shop) == []
    assert pages.funnel(told(shop)) == {"note": why}


def test_what_comes_after_the_clock_is_not_seen(shop: Bench) -> None:
    """At one minute past noon the visit has looked, and not yet bought; the other one has not begun."""
    visit(shop, "S1", "view", "purchase")
    visit(shop, "S2", "view", at=NOON + timedelta(minutes=1))
    shop.set(as_of=NOON + timedelta(minutes=1))
    assert funnel(shop) == [(DAY, "(none)", 1, 1, 0, 0, 0)]


def test_who_logs_in_after_the_clock_is_not_known(shop: Bench) -> None:
    """S, who works there, logs in two minutes later; and once they have, also by what is no step of a visit."""
    visit(shop, "S1", "view", "search")
    visit(shop, "S1", "refund", customer="S", at=NOON + timedelta(minutes=2))
    shop.duck.execute("UPDATE clean.events SET event_id = 'late' WHERE customer_id = 'S'")
    shop.set(as_of=NOON + timedelta(minutes=2))
    assert funnel(shop) == [(DAY, "(none)", 1, 1, 0, 0, 0)]
    shop.set(as_of=NOON + timedelta(minutes=3))
    assert funnel(shop) == []
