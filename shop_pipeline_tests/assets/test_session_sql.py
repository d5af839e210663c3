"""Visits and the bots among them, on a few hand-worked rows.

The rules here: 3 pages a minute in 2 minutes of a day (`rate`), 5 pages of a day without wanting anything
(`endless_views`).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest

from shop_pipeline_tests.assets.conftest import AS_OF, Bench, Row

JAN1, JAN2 = date(2025, 1, 1), date(2025, 1, 2)
NOON = datetime(2025, 1, 1, 12)
EVENT = "event_id event_type event_at event_date session_id customer_id device_id product_id is_service channel country"
SOMEBODY = ("C1", "D1", "P1", False, "web", "GB")
THRESHOLDS = {"bot_pages_per_minute": 3, "bot_minutes": 2, "bot_endless_pages": 5}


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.set(**THRESHOLDS)
    bench.fill("clean.customers", "customer_id", ("C1",), ("C2",))
    return bench


def events(
    kind: str, seconds: Iterable[float], session: str | None = "S", day: date = JAN1, start: datetime = NOON
) -> list[Row]:
    """One event of C1 at each of these seconds after the start."""
    return [
        (f"{session}-{kind}-{start}-{s}-{n}", kind, start + timedelta(seconds=s), day, session, *SOMEBODY)
        for n, s in enumerate(seconds)
    ]


def rules(shop: Bench, *rows: list[Row]) -> dict[str, str | None]:
    """The rule by which each visit is a bot's, or None."""
    shop.fill("clean.events", EVENT, *(row for part in rows for row in part))
    shop.run("clean.sessions")
    assert shop.rows("SELECT 1 FROM clean.sessions WHERE is_bot <> (bot_rule IS NOT NULL)") == []
    return dict(shop.rows("SELECT session_id, bot_rule FROM clean.sessions"))


def test_a_visit_sums_up_its_events(shop: Bench) -> None:
    """S1: five events from 12:00 to 12:30. The first has no customer, no device and no country; C2 is named at 12:05,
    at one instant with C1, and comes second by its id. P1 twice and P2: two products, POST is a service. S2 is one
    event after midnight; the last event is of no visit.
    """

    def at(minute: int) -> datetime:
        return NOON + timedelta(minutes=minute)

    shop.fill(
        "clean.events",
        EVENT,
        ("E3", "add_to_cart", at(5), JAN1, "S1", "C1", "D2", "P1", False, "mail", "FR"),
        ("E2", "view", at(5), JAN1, "S1", "C2", "D1", "P2", False, "mail", "FR"),
        ("E1", "view", at(0), JAN1, "S1", None, None, "P1", False, "web", None),
        ("E4", "purchase", at(30), JAN1, "S1", "C1", "D1", "P1", False, "mail", "FR"),
        ("E5", "purchase", at(30), JAN1, "S1", "C1", "D1", "POST", True, "mail", "FR"),
        ("E6", "search", at(720), JAN2, "S2", None, "D3", None, False, None, "GB"),
        ("E7", "refund", at(900), JAN2, None, "C1", None, "P1", False, None, None),
    )
    shop.run("clean.sessions")
    assert shop.rows("SELECT * FROM clean.sessions ORDER BY session_id") == [
        ("S1", "C1", "D1", at(0), at(30), JAN1, 5, 2, 2, 1, 2, "web", None, True, False, None),
        ("S2", None, "D3", at(720), at(720), JAN2, 1, 0, 0, 0, 0, None, "GB", False, False, None),
    ]


def test_the_same_id_on_another_day_is_the_same_visit(shop: Bench) -> None:
    rules(shop, events("view", [0]), events("view", [0], day=JAN2, start=NOON + timedelta(days=1)))
    found = shop.rows("SELECT session_date, started_at, ended_at, n_events FROM clean.sessions")
    assert found == [(JAN1, NOON, NOON + timedelta(days=1), 2)]


def test_pages_faster_than_people_read_are_a_bot(shop: Bench) -> None:
    """3 pages in each of the minutes 12:00 and 12:01. `slow` has 3 and 2 (but five without a wish), `once` 3 in one
    minute only, `buys` is as fast, and its cart does not help it.
    """
    assert rules(
        shop,
        events("view", [0, 20, 40, 60, 80, 100], "fast"),
        events("view", [0, 20, 40, 60, 80], "slow"),
        events("view", [0, 20, 40], "once"),
        events("view", [0, 20, 40, 60, 80, 100], "buys") + events("add_to_cart", [101], "buys"),
    ) == {"fast": "rate", "slow": "endless_views", "once": None, "buys": "rate"}


def test_a_search_is_a_page_and_a_click_is_none(shop: Bench) -> None:
    """`seeks`: 2 views and a search in both minutes. `clicks`: 2 views in both, and 9 clicks between them."""
    assert rules(
        shop,
        events("view", [0, 20, 60, 80], "seeks") + events("search", [40, 100], "seeks"),
        events("view", [0, 20, 60, 80], "clicks") + events("click", range(1, 10), "clicks"),
    ) == {"seeks": "rate", "clicks": None}


def test_a_list_of_products_is_one_page(shop: Bench) -> None:
    """Ten views of one instant, in two minutes: two pages. Lines of a purchase share their instant too."""
    assert rules(
        shop,
        events("view", [0] * 10 + [60] * 10, "lists"),
        events("purchase", [0] * 10 + [60] * 10, "order"),
    ) == {"lists": None, "order": None}


@pytest.mark.parametrize("kind", ["favourite", "add_to_cart", "purchase", "checkout"])
def test_views_without_end_are_a_bot_unless_somebody_wants_something(shop: Bench, kind: str) -> None:
    """5 pages, one a minute. With 4 it is a person, and with a wish too; a click, or a wish of another day, is none."""
    slow = [0, 60, 120, 180, 240]
    later = NOON + timedelta(days=1)
    assert rules(
        shop,
        events("view", slow, "endless") + events("click", slow, "endless"),
        events("view", slow[:4], "short"),
        events("view", slow, "wants") + events(kind, [250], "wants"),
        events("view", slow, "tomorrow"),
        events("view", slow, "tomorrow", JAN2, later) + events(kind, [250], "tomorrow", JAN2, later),
    ) == {"endless": "endless_views", "short": None, "wants": None, "tomorrow": "endless_views"}


def test_a_cookie_of_many_days_is_no_bot(shop: Bench) -> None:
    """4 pages on the first day and 4 on the second: 5 on neither. 3 fast pages on each: one minute a day."""
    later = NOON + timedelta(days=1)
    assert rules(
        shop,
        events("view", [0, 60, 120, 180]) + events("view", [0, 60, 120, 180], day=JAN2, start=later),
        events("view", [0, 1, 2], "T") + events("view", [0, 1, 2], "T", JAN2, later),
    ) == {"S": None, "T": None}


def test_both_rules_tell_the_first(shop: Bench) -> None:
    assert rules(shop, events("view", [0, 1, 2, 60, 61, 62])) == {"S": "rate"}


def test_what_comes_after_the_clock_is_counted_but_makes_nobody_a_bot(shop: Bench) -> None:
    """`late` starts at the clock. `cut` has 4 pages before it; its fifth, and the wish of `wants`, come with it."""
    before = AS_OF - timedelta(seconds=300)
    assert rules(
        shop,
        events("view", [0, 1, 2, 60, 61, 62], "late", AS_OF.date(), AS_OF),
        events("view", [0, 60, 120, 180, 300], "cut", AS_OF.date(), before),
        events("view", [0, 60, 120, 180, 240], "wants", AS_OF.date(), before)
        + events("purchase", [300], "wants", AS_OF.date(), before),
    ) == {"late": None, "cut": None, "wants": "endless_views"}
    assert shop.rows("SELECT n_events FROM clean.sessions WHERE session_id = 'late'") == [(6,)]


def test_no_visits_no_rows(shop: Bench) -> None:
    assert rules(shop, events("purchase", [0], session=None)) == {}
