"""What clean.events fills in: event ids, visits of 30 minutes, prices in the shop's currency; and how often it says so.

The day is 2025-01-10, the shop's currency GBP. Not here: refused rows (`test_clean_sql.py`) and the versions of
products (`test_versions_sql.py`).
"""

import hashlib
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline.checks import Part, Report
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import Bench

DAY, NEXT = date(2025, 1, 10), date(2025, 1, 11)
NOON = datetime(2025, 1, 10, 12)
HALF_AN_HOUR = 30 * 60
EVENT = {
    "event_at": NOON,
    "event_date": DAY,
    "event_type": "view",
    "product_id": "P1",
    "is_service": False,
    "_file": "f.csv",
    "_part": 1,
}
MONEY = {"event_type": "purchase", "quantity": 1, "unit_price": 10, "order_id": "O1"}


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """One product of one version; a euro is worth 0.85 from the 5th and 0.9 from the 10th."""
    bench.fill("clean.products", "product_id", ("P1",))
    bench.fill("clean.prices", "product_id version", ("P1", 1))
    rates = [(date(2025, 1, 5), "EUR", Decimal("0.85")), (DAY, "EUR", Decimal("0.9")), (date(2025, 1, 1), "GBP", 2)]
    bench.fill(
        "raw.rates", "rate_date currency rate _file _row _part", *((*r, "r.csv", n, 1) for n, r in enumerate(rates, 2))
    )
    bench.run("clean.rates")
    return bench


def land(shop: Bench, **events: dict[str, Any]) -> None:
    """Raw events by their ids, on lines of their own; those whose name begins with `no_id` land without one."""
    given = {name for event in events.values() for name in event}
    names = [*EVENT, *sorted(given - set(EVENT)), "event_id", "_row"]
    rows = [
        EVENT | event | {"event_id": None if id_.startswith("no_id") else id_, "_row": number}
        for number, (id_, event) in enumerate(events.items(), 2)
    ]
    shop.fill("raw.events", " ".join(names), *(tuple(row.get(name) for name in names) for row in rows))


def after(seconds: float, **given: Any) -> dict[str, Any]:
    """An event of device D1 so many seconds after noon, and what is given."""
    return {"event_at": NOON + timedelta(seconds=seconds), "device_id": "D1"} | given


def visits(shop: Bench) -> dict[str, str | None]:
    shop.run("clean.events")
    return dict(shop.rows("SELECT event_id, session_id FROM clean.events"))


def visit(visitor: str, begins: datetime) -> str:
    """The id of a visit, as its name is worked out by hand."""
    return f"visit-{hashlib.md5(f'{visitor}@{begins}'.encode()).hexdigest()}"


def prices(shop: Bench) -> dict[str, tuple[Any, Any]]:
    """Price and broken rule of each event. Not through the gate, which would refuse a load of a few bad rows."""
    found = shop.rows(f"SELECT event_id, unit_price, _rule FROM ({sql_text('clean.events')})")
    return {id_: (price, rule) for id_, price, rule in found}


def load_day(shop: Bench, first: date, last: date) -> Report:
    """As a run over those days does."""
    shop.set(since=first, until=last)
    replaced = f"event_date BETWEEN DATE '{first}' AND DATE '{last}'"
    return shop.gate.write(
        Part(
            TABLES["clean.events"],
            sql_text("clean.events"),
            replaced,
            refused=f"partition BETWEEN DATE '{first}' AND DATE '{last}'",
        )
    )


def test_half_an_hour_without_an_event_ends_a_visit(shop: Bench) -> None:
    """B comes 29:59 after A and C exactly 30:00 after B."""
    land(shop, A=after(0), B=after(HALF_AN_HOUR - 1), C=after(2 * HALF_AN_HOUR - 1))
    first, second = visit("D1", NOON), visit("D1", NOON + timedelta(seconds=2 * HALF_AN_HOUR - 1))
    assert visits(shop) == {"A": first, "B": first, "C": second}


def test_a_visit_may_last_for_hours(shop: Bench) -> None:
    """Seven events, 29 minutes apart: 174 minutes. They landed in another order."""
    land(shop, **{f"E{n}": after(n * 29 * 60) for n in (3, 0, 6, 1, 5, 2, 4)})
    assert set(visits(shop).values()) == {visit("D1", NOON)}


def test_events_of_one_moment_are_of_one_visit(shop: Bench) -> None:
    """Two at noon and two an hour later: whichever of the two is taken first, both are of the visit that begins."""
    land(shop, A=after(0), B=after(0), C=after(3600), D=after(3600))
    first, second = visit("D1", NOON), visit("D1", NOON + timedelta(hours=1))
    assert visits(shop) == {"A": first, "B": first, "C": second, "D": second}


def test_midnight_of_the_shop_ends_a_visit(shop: Bench) -> None:
    """Its day ends at 23:00 UTC: 22:50 is of another visit than 23:05. Midnight of UTC ends none."""
    night, day = datetime(2025, 1, 10, 22, 50), {"event_date": NEXT}
    late, early = night + timedelta(minutes=15), night + timedelta(minutes=70)
    land(
        shop,
        A={"event_at": night, "device_id": "D1"},
        B={"event_at": late, "device_id": "D1"} | day,
        C={"event_at": late + timedelta(minutes=29), "device_id": "D1"} | day,
        D={"event_at": early, "device_id": "D1"} | day,
    )
    second = visit("D1", late)
    assert visits(shop) == {"A": visit("D1", night), "B": second, "C": second, "D": second}


def test_the_device_tells_a_visitor_before_the_customer(shop: Bench) -> None:
    """D1 is one visitor, logged in or not. C1 on D2, and on no device, are two more; nobody on no device is none.
    The customer whose number is D1 is not the device D1.
    """
    land(
        shop,
        A=after(0, customer_id="C1"),
        B=after(60),
        C=after(120, customer_id="C2"),
        D=after(180, customer_id="C1", device_id="D2"),
        E=after(240, customer_id="C1", device_id=None),
        F=after(300, device_id=None),
        G=after(360, customer_id="D1", device_id=None),
    )
    first = visit("D1", NOON)
    assert visits(shop) == {
        "A": first,
        "B": first,
        "C": first,
        "D": visit("D2", NOON + timedelta(seconds=180)),
        "E": visit("@C1", NOON + timedelta(seconds=240)),
        "F": None,
        "G": visit("@D1", NOON + timedelta(seconds=360)),
    }


def test_a_visit_of_the_source_stays_and_holds_no_other_open(shop: Bench) -> None:
    """S lasts longer than a gap. A and D are of the same device, but 40 minutes apart: B and C in between are of S."""
    land(shop, A=after(0), B=after(600, session_id="S"), C=after(2300, session_id="S"), D=after(2400))
    land(shop, Z=after(9000, session_id="S"))
    ours = visit("D1", NOON), visit("D1", NOON + timedelta(seconds=2400))
    assert visits(shop) == {"A": ours[0], "B": "S", "C": "S", "D": ours[1], "Z": "S"}


def test_what_means_nothing_to_a_shop_still_tells_that_somebody_is_there(shop: Bench) -> None:
    """A page_view 20 minutes after A and before C: it is dropped, and the 40 minutes are one visit."""
    land(shop, A=after(0), B=after(1200, event_type="other"), C=after(2400))
    assert visits(shop) == dict.fromkeys("AC", visit("D1", NOON))


def test_money_of_a_visit_without_an_order_is_one_order(shop: Bench) -> None:
    """A and B are of the visit that begins with the view; C comes an hour later."""
    money = MONEY | {"order_id": None}
    land(shop, V=after(0), A=after(60, **money), B=after(120, **money), C=after(3720, **money))
    report = shop.run("clean.events")
    assert shop.rows("SELECT event_id, order_id FROM clean.events ORDER BY 1") == [
        ("A", f"visit:{visit('D1', NOON)}"),
        ("B", f"visit:{visit('D1', NOON)}"),
        ("C", f"visit:{visit('D1', NOON + timedelta(seconds=3720))}"),
        ("V", None),
    ]
    assert report.repaired["order_assigned"] == 3


@pytest.mark.parametrize("days", [[(DAY, DAY), (NEXT, NEXT)], [(NEXT, NEXT), (DAY, DAY)], [(DAY, NEXT), (NEXT, NEXT)]])
def test_days_loaded_one_by_one_have_the_same_events_as_together(shop: Bench, days: list[tuple[date, date]]) -> None:
    """Somebody shops from 23:40 to 00:20, with rows that have no id and money without an order."""
    minutes = [
        after(11.67 * 3600 + 300 * n, event_date=DAY if n < 4 else NEXT, **MONEY | {"order_id": None}) for n in range(9)
    ]
    land(shop, **{f"no_id_{n}": event for n, event in enumerate(minutes)})
    load_day(shop, DAY, NEXT)
    together = shop.rows("FROM clean.events ORDER BY ALL")
    assert len(together) == 9
    assert len({row[TABLES["clean.events"].column_names.index("session_id")] for row in together}) == 2
    shop.duck.execute("DELETE FROM clean.events")
    for first, last in days:
        load_day(shop, first, last)
    assert shop.rows("FROM clean.events ORDER BY ALL") == together


def test_an_event_without_an_id_gets_one_from_its_content(shop: Bench) -> None:
    """The same content on another line of another file has the same id, another content another one."""
    land(shop, no_id_1=after(0), no_id_2=after(1), no_id_3=after(0, channel="mail"), A=after(2))
    shop.run("clean.events")
    before = shop.rows("SELECT event_id, event_at, channel FROM clean.events ORDER BY event_at, channel")
    ids = [row[0] for row in before if row[0] != "A"]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", id_) for id_ in ids)
    shop.duck.execute("UPDATE raw.events SET _file = 'g.csv', _row = _row + 100")
    shop.run("clean.events")
    assert shop.rows("SELECT event_id, event_at, channel FROM clean.events ORDER BY event_at, channel") == before


@pytest.mark.parametrize(
    ("day", "price"),
    [
        (date(2025, 1, 4), None),
        (date(2025, 1, 5), Decimal("8.5")),  # 10 x 0.85
        (date(2025, 1, 9), Decimal("8.5")),
        (date(2025, 1, 10), Decimal(9)),  # 10 x 0.9
        (date(2025, 3, 1), Decimal(9)),
    ],
)
def test_a_price_is_converted_by_the_rate_of_its_day(shop: Bench, day: date, price: Decimal | None) -> None:
    """The 5th until the 9th, the 10th for good; before the first rate nobody knows."""
    land(shop, A=after(0, event_date=day, currency="EUR", **MONEY))
    rule = None if price is not None else "unknown_currency"
    assert prices(shop) == {"A": (price, rule)}


def test_the_day_of_the_shop_decides_about_the_rate(shop: Bench) -> None:
    """23:30 UTC of the 9th is the 10th for a shop east of it."""
    at = datetime(2025, 1, 9, 23, 30)
    land(shop, A={"event_at": at, "event_date": DAY, "currency": "EUR"} | MONEY)
    assert prices(shop) == {"A": (9, None)}


@pytest.mark.parametrize(
    ("price", "converted"),
    [
        ("0.0005", "0.0005"),  # 0.00045: half, away from zero
        ("0.0006", "0.0005"),  # 0.00054
        ("0.0001", "0.0001"),  # 0.00009
        ("3.3333", "3.0000"),  # 2.99997
        ("2000000", "1800000"),
        ("999999999999.9999", "899999999999.9999"),  # 899999999999.99991: the largest price
    ],
)
def test_what_is_converted_has_four_places(shop: Bench, price: str, converted: str) -> None:
    land(shop, A=after(0, currency="EUR", **MONEY | {"unit_price": Decimal(price)}))
    shop.run("clean.events")
    assert shop.rows("SELECT unit_price FROM clean.events") == [(Decimal(converted),)]


def test_only_what_is_foreign_and_has_a_price_is_converted(shop: Bench) -> None:
    """The feed has a rate of 2 for the shop's own pound. A view needs no rate: its price
    is left out where there is none. `eur` is EUR.
    """
    land(
        shop,
        own=after(0, currency="GBP", **MONEY),
        silent=after(1, currency=None, **MONEY),
        euro=after(2, currency="eur", unit_price=10),
        free=after(3, currency="EUR"),
        unknown=after(4, currency="USD"),
        refused=after(5, currency="USD", unit_price=10),
        nothing=after(6, currency="USD", unit_price=0),
    )
    assert prices(shop) == {
        "own": (10, None),
        "silent": (10, None),
        "euro": (9, None),
        "free": (None, None),
        "unknown": (None, None),
        "refused": (None, None),
        "nothing": (None, None),
    }


def test_each_repair_is_counted_and_refused_rows_are_not(shop: Bench) -> None:
    """Ids: three. Visits: 30 padding events of D9, and four of D1 (not the one of S, nor that of nobody). Orders: two.
    Currency: one, and one without a rate; a pound is none. The refused row, which would count everywhere, and the copy
    count nowhere.
    """
    loose = MONEY | {"order_id": None}
    land(
        shop,
        **{f"pad{n}": after(n, device_id="D9") for n in range(30)},
        no_id_1=after(0),
        no_id_2=after(1, **loose),
        no_id_3=after(2, currency="EUR", **MONEY),
        no_id_4=after(0),
        no_id_5=after(9, currency="EUR", **loose | {"quantity": 0}),
        A=after(3, session_id="S", **loose),
        B=after(4, currency="GBP", **MONEY),
        C=after(5, device_id=None),
        D=after(6, session_id="S", currency="USD", unit_price=1),
    )
    report = shop.run("clean.events")
    assert report.set_aside == {"exact_duplicate": 1, "quantity_not_positive": 1}
    assert report.repaired == {
        "event_id_assigned": 3,
        "session_assigned": 34,
        "order_assigned": 2,
        "currency_converted": 1,
        "price_left_out": 1,
    }


def test_a_day_without_events_is_an_empty_table(shop: Bench) -> None:
    report = load_day(shop, DAY, DAY)
    assert (report.n_rows, set(report.repaired.values())) == (0, {0})


def test_a_rate_ends_with_the_next_good_one(bench: Bench) -> None:
    """By hand: 0.85 from the 5th until the 10th, then 0.9. In between a rate of nothing, the same rate again, and one
    that comes second for the 5th; another currency ends nothing.
    """
    columns = "rate_date currency rate _file _row _part"
    rates = [
        (date(2025, 1, 10), "EUR", Decimal("0.9")),
        (date(2025, 1, 5), "EUR", Decimal("0.85")),
        (date(2025, 1, 7), "EUR", 0),
        (date(2025, 1, 5), "EUR", Decimal("0.85")),
        (date(2025, 1, 5), "EUR", Decimal("0.86")),
        (date(2025, 1, 8), "USD", Decimal("0.00000001")),
    ]
    bench.fill("raw.rates", columns, *((*rate, "r.csv", line, 1) for line, rate in enumerate(rates, 2)))
    judged = f"SELECT _row, valid_from, valid_until, rate, _rule FROM ({sql_text('clean.rates')}) ORDER BY _row"
    fifth, tenth = date(2025, 1, 5), date(2025, 1, 10)
    found = bench.rows(judged)
    assert [row for row in found if row[-1] is None] == [
        (2, tenth, None, Decimal("0.9"), None),
        (3, fifth, tenth, Decimal("0.85"), None),
        (7, date(2025, 1, 8), None, Decimal("0.00000001"), None),
    ]
    assert {row[0]: row[-1] for row in found if row[-1]} == {
        4: "rate_not_positive",
        5: "exact_duplicate",
        6: "duplicate_rate",
    }
