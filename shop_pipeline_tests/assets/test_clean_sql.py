"""The SQL of the tables of `clean` that refuse rows: a raw row planted for each row rule; clean frames.

Each planted row breaks one rule; the test of completeness takes the rules from the contracts. Clean raw rows set
nothing aside. Loads are padded with clean rows, because a share of more than 5 % would refuse the load.
"""

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shop_pipeline.checks import GateRefused
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import Bench

DAY = date(2025, 1, 10)
NOON = datetime(2025, 1, 10, 12)
AFTER_NOON = NOON + timedelta(seconds=59)
EVENT = {
    "event_at": NOON,
    "event_date": DAY,
    "event_type": "purchase",
    "product_id": "P1",
    "event_id": "planted",
    "customer_id": "C1",
    "order_id": "O1",
    "quantity": 1,
    "unit_price": 2,
    "currency": "GBP",
    "is_service": False,
    "_file": "f.csv",
    "_row": 900,
    "_part": 1,
}
PLACE = {"_file": "f.csv", "_row": 900, "_part": 1}
PRODUCT = {"product_id": "planted", "unit_price": 2, "unit_cost": 1, "attributes": "{}"} | PLACE
CUSTOMER = {"customer_id": "planted", "name": "Ann", "birth_year": 1990} | PLACE
RATE = {"currency": "EUR", "rate_date": DAY, "rate": 0.8} | PLACE
STOCK = {"product_id": "P1", "stock_date": DAY, "on_hand": 5, "on_order": 2, "lead_time_days": 3.0} | PLACE
TICKET = {"ticket_id": "planted", "customer_id": "C1", "opened_at": NOON, "closed_at": AFTER_NOON, "satisfaction": 4.0}
TICKET |= PLACE
MARKET = {"category": "planted", "period_date": DAY, "market_revenue": 100, "competitor_price": 5} | PLACE
TEMPLATES = {
    "clean.events": EVENT,
    "clean.products": PRODUCT,
    "clean.customers": CUSTOMER,
    "clean.rates": RATE,
    "clean.stock": STOCK,
    "clean.tickets": TICKET,
    "clean.market": MARKET,
}
PADDING = 60

# Table -> rule -> changes to the planted row (one dict per variant).
PLANTED: dict[str, dict[str, list[dict[str, Any]]]] = {
    "clean.events": {
        # The copy stands on another line of another file; with an id and without.
        "exact_duplicate": [{"event_id": "E0", "order_id": "O0"}, {"event_id": None, "order_id": "O0", "_row": 901}],
        "duplicate_event_id": [{"event_id": "E1", "unit_price": 3}],
        "unknown_event_type": [{"event_type": "teleport"}],
        "missing_product": [{"product_id": None}, {"product_id": None, "event_type": "review"}],
        "unknown_product": [{"product_id": "nowhere"}, {"product_id": "nowhere", "event_type": "view"}],
        "quantity_not_positive": [
            {"quantity": 0},
            {"quantity": -1},
            {"quantity": None},
            {"event_type": "view", "quantity": -1},
        ],
        "missing_price": [{"unit_price": None}, {"unit_price": None, "event_type": "refund"}],
        "negative_price": [{"unit_price": -0.01}, {"unit_price": -1, "event_type": "view"}],
        "no_shop_event": [{"event_type": "other"}, {"event_type": "other", "product_id": None, "unit_price": -1}],
        # There are rates of raw.rates, but none is clean.
        "amount_too_large": [{"quantity": 1_000_000, "unit_price": 1_000_000}],
        "unknown_currency": [{"currency": "EUR"}, {"currency": "eur", "event_type": "refund"}],
    },
    "clean.products": {
        "older_version": [{"product_id": "P1", "valid_from": datetime(2020, 1, 1)}],
        "negative_price": [{"unit_price": -1}, {"unit_cost": -1}],
        "broken_attributes": [{"attributes": "{'a': 1}"}],
    },
    "clean.customers": {
        "exact_duplicate": [{"customer_id": "C1"}],
        "duplicate_customer": [{"customer_id": "C1", "name": "Bo"}],
        "impossible_birth_year": [{"birth_year": 1899}, {"birth_year": datetime.now().year + 1}],
    },
    "clean.rates": {
        "exact_duplicate": [{}],
        "duplicate_rate": [{"rate": 0.9}],
        "rate_not_positive": [{"rate": 0}, {"rate": -0.8}, {"rate": 0, "currency": "USD"}],
    },
    "clean.stock": {
        "exact_duplicate": [{"product_id": "P0"}],
        # A copy in a file that comes earlier by name.
        "older_count": [{"product_id": "P0", "on_hand": 4, "_file": "e.csv"}],
        "no_such_product": [{"product_id": "nowhere"}],
        "in_the_future": [{"stock_date": datetime.now().date() + timedelta(days=2)}],
        "impossible_figure": [{"on_order": -1}, {"lead_time_days": -0.5}, {"lead_time_days": float("nan")}],
    },
    "clean.tickets": {
        "exact_duplicate": [{"ticket_id": "T0"}],
        "older_state": [{"ticket_id": "T0", "closed_at": None, "_file": "e.csv"}],
        "duplicate_ticket": [{"ticket_id": "T0", "customer_id": "C2", "_row": 1}],
        "in_the_future": [
            {"opened_at": datetime.now() + timedelta(days=2), "closed_at": None},
            {"closed_at": datetime.now() + timedelta(days=2)},
        ],
        "closed_before_opened": [{"closed_at": NOON - timedelta(seconds=1)}],
        "impossible_mark": [{"satisfaction": mark} for mark in (-0.5, 1000.5, float("nan"))],
    },
    "clean.market": {
        # The same path in another writing.
        "exact_duplicate": [{"category": "a > 0"}, {"category": " a>0 > "}],
        "older_figure": [{"category": "a > 0", "market_revenue": 90, "_file": "e.csv"}],
        "empty_category": [{"category": ""}, {"category": " > "}, {"category": "\u00a0"}],
        "in_the_future": [{"period_date": datetime.now().date() + timedelta(days=2)}],
        "impossible_figure": [{"market_revenue": -1}, {"competitor_price": -0.5}, {"period_date": "-infinity"}],
    },
}
CASES = [
    (table, rule, change) for table, rules in PLANTED.items() for rule, changes in rules.items() for change in changes
]


def visit_of(visitor: str, begins: datetime) -> str:
    """The id of a visit that the source does not name: of the device, or of the customer behind an @."""
    return f"visit-{hashlib.md5(f'{visitor}@{begins}'.encode()).hexdigest()}"


def insert(bench: Bench, name: str, row: dict[str, Any]) -> None:
    bench.fill(name, " ".join(row), tuple(row.values()))


@pytest.fixture
def raw(bench: Bench) -> Bench:
    """Sixty clean rows in each of raw.events, .products, .customers, .rates, .stock, .tickets, .market, from 0 on."""
    numbers = range(PADDING)
    events = [EVENT | {"event_id": f"E{n}", "order_id": f"O{n}", "_row": n + 2, "_file": "e.csv"} for n in numbers]
    # E0's twin without an id is told by its content.
    events.append(EVENT | {"event_id": None, "order_id": "O0", "_row": 99, "_file": "e.csv"})
    products = [PRODUCT | {"product_id": f"P{n}", "valid_from": NOON, "_row": n + 2} for n in numbers]
    customers = [CUSTOMER | {"customer_id": f"C{n}", "_row": n + 2} for n in numbers]
    rates = [RATE | {"rate_date": DAY - timedelta(days=n), "_row": n + 2} for n in numbers]
    stock = [STOCK | {"product_id": f"P{n}", "_row": n + 2} for n in numbers]
    tickets = [TICKET | {"ticket_id": f"T{n}", "_row": n + 2} for n in numbers]
    feeds = {"events": events, "products": products, "customers": customers, "rates": rates, "stock": stock}
    market = [MARKET | {"category": f"a > {n}", "_row": n + 2} for n in numbers]
    feeds |= {"tickets": tickets, "market": market}
    for name, rows in feeds.items():
        bench.fill(f"raw.{name}", " ".join(rows[0]), *(tuple(row.values()) for row in rows))
    bench.fill("clean.products", "product_id", *((f"P{n}",) for n in numbers))
    bench.fill("clean.prices", "product_id version", *((f"P{n}", 1) for n in numbers))
    return bench


def test_every_row_rule_of_clean_has_a_planted_row() -> None:
    ruled = {name: {rule.name for rule in table.row_rules} for name, table in TABLES.items() if table.schema == "clean"}
    assert {name: rules for name, rules in ruled.items() if rules} == {
        name: set(rules) for name, rules in PLANTED.items()
    }


@pytest.mark.parametrize("table", PLANTED)
def test_a_clean_raw_frame_sets_nothing_aside(raw: Bench, table: str) -> None:
    report = raw.run(table)
    assert report.set_aside == {}
    assert report.n_rows == PADDING + (table == "clean.events")
    assert raw.rows("FROM clean.quarantine") == []


@pytest.mark.parametrize(("table", "rule", "change"), CASES, ids=[f"{t}-{r}-{'-'.join(c)}" for t, r, c in CASES])
def test_a_planted_raw_row_breaks_exactly_its_rule(raw: Bench, table: str, rule: str, change: dict[str, Any]) -> None:
    planted = TEMPLATES[table] | change
    insert(raw, table.replace("clean.", "raw."), planted)
    report = raw.run(table)
    assert report.set_aside == {rule: 1}
    dropped = next(r.dropped for r in TABLES[table].row_rules if r.name == rule)
    found = raw.rows("SELECT rule, file, line, row_json FROM clean.quarantine")
    if dropped:
        assert found == []
        return
    ((named, file, line, record),) = found
    assert (named, file, line) == (rule, "f.csv", planted["_row"])
    told = json.loads(record)
    assert {key: told[key] for key in ("customer_id", "product_id") if key in told} == {
        key: planted[key] for key in ("customer_id", "product_id") if key in told
    }


def test_a_rule_over_its_limit_refuses_the_load(raw: Bench) -> None:
    """5 of 66 events: 7.6 %."""
    for number in range(5):
        insert(raw, "raw.events", EVENT | {"event_id": f"bad{number}", "event_type": "teleport", "_row": 900 + number})
    with pytest.raises(GateRefused) as refused:
        raw.run("clean.events")
    assert [(o.rule, o.n_failed, o.n_rows) for o in refused.value.report.refusing] == [("unknown_event_type", 5, 66)]


def test_of_two_copies_the_first_by_file_and_line_stays(raw: Bench) -> None:
    insert(raw, "raw.events", EVENT | {"event_id": "E1", "unit_price": 9, "_file": "d.csv", "order_id": "O1"})
    raw.run("clean.events")
    assert raw.rows("SELECT unit_price FROM clean.events WHERE event_id = 'E1'") == [(9,)]
    assert raw.rows("SELECT file, line FROM clean.quarantine") == [("e.csv", 3)]


def test_an_id_that_is_stored_on_another_day_is_refused(raw: Bench) -> None:
    """The stored row stays; the one that comes later is the duplicate."""
    raw.fill("clean.events", "event_id event_type event_at event_date", ("E7", "view", NOON, DAY - timedelta(days=9)))
    raw.set(since=DAY, until=DAY)
    report = raw.run("clean.events")
    assert report.set_aside == {"duplicate_event_id": 1}


def test_only_the_days_of_the_run_are_read(raw: Bench) -> None:
    raw.set(since=DAY + timedelta(days=1), until=DAY + timedelta(days=9))
    assert raw.run("clean.events").n_rows == 0


@pytest.mark.parametrize(
    ("change", "order"),
    [
        ({"order_id": "O5"}, "O5"),
        ({"order_id": None, "session_id": "S1"}, "visit:S1"),
        # All other events of C1 are of noon, and so is the visit's name.
        ({"order_id": None, "event_at": NOON + timedelta(minutes=29)}, f"visit:{visit_of('@C1', NOON)}"),
        ({"order_id": None, "customer_id": None, "device_id": "D1"}, f"visit:{visit_of('D1', NOON)}"),
        ({"order_id": None, "customer_id": None, "event_at": AFTER_NOON}, "visit:@2025-01-10 12:00:00"),
        ({"order_id": None, "event_type": "view"}, None),
    ],
)
def test_a_money_event_without_an_order_belongs_to_its_visit(raw: Bench, change: dict[str, Any], order: str) -> None:
    insert(raw, "raw.events", EVENT | change)
    raw.run("clean.events")
    assert raw.rows("SELECT order_id FROM clean.events WHERE event_id = 'planted'") == [(order,)]


def test_without_a_products_feed_the_products_are_those_of_events(bench: Bench) -> None:
    """The title is the newest that an event carried; services are left out."""
    for number, (product, title, minute, service) in enumerate(
        [("P1", "old", 1, False), ("P1", "new", 2, False), ("POST", "postage", 3, True), ("P2", None, 4, False)]
    ):
        at = NOON + timedelta(minutes=minute)
        change = {"product_id": product, "title": title, "event_at": at, "is_service": service, "_row": number + 2}
        insert(bench, "raw.events", EVENT | change | {"event_id": f"E{number}"})
    bench.run("clean.products")
    assert bench.rows("SELECT product_id, title, is_listed FROM clean.products ORDER BY 1") == [
        ("P1", "new", False),
        ("P2", None, False),
    ]


def test_a_title_of_later_than_the_clock_is_not_told(bench: Bench) -> None:
    """P1 is renamed at the clock, P2 gets its first title then; P3 is named only later, and nobody knows it before."""
    moments = (
        *(("P1", "mug", -2), ("P1", "cup", -1), ("P1", "renamed", 0), ("P1", "again", 1)),
        *(("P2", None, -1), ("P2", "named", 0)),
        *(("P3", "first", 0), ("P3", "second", 1)),
    )
    for number, (product, title, minute) in enumerate(moments):
        change = {"product_id": product, "title": title, "event_at": NOON + timedelta(minutes=minute), "_row": number}
        insert(bench, "raw.events", EVENT | change | {"event_id": f"E{number}"})
    bench.set(as_of=NOON)
    bench.run("clean.products")
    titles = [("P1", "cup"), ("P2", None), ("P3", "second")]
    assert bench.rows("SELECT product_id, title FROM clean.products ORDER BY 1") == titles


def test_the_newest_version_of_a_product_stays(bench: Bench) -> None:
    for number, (valid, price) in enumerate([(datetime(2025, 1, 1), 1), (datetime(2025, 2, 1), 2), (None, 3)]):
        change = {"product_id": "P1", "unit_price": price, "valid_from": valid, "_row": number + 2}
        insert(bench, "raw.products", PRODUCT | change)
    assert bench.run("clean.products").set_aside == {"older_version": 2}
    assert bench.rows("SELECT unit_price FROM clean.products") == [(2,)]


def test_the_version_that_holds_at_the_clock_stays(bench: Bench) -> None:
    """P1: of January, February and (after the clock) March, February holds. P2 comes after the clock: its first."""
    versions = (("P1", 1, 1), ("P1", 2, 2), ("P1", 3, 3), ("P2", 4, 4), ("P2", 5, 5))
    for number, (product, month, price) in enumerate(versions):
        change = {
            "product_id": product,
            "unit_price": price,
            "valid_from": datetime(2025, month, 2),
            "_row": number + 2,
        }
        insert(bench, "raw.products", PRODUCT | change)
    bench.run("clean.products")
    assert bench.rows("SELECT product_id, unit_price FROM clean.products ORDER BY 1") == [("P1", 2), ("P2", 4)]


def test_customers_are_those_of_the_feed_and_of_events(bench: Bench) -> None:
    """C1 is in both: the feed's country stays. C2 is in the feed alone. C3 is in events alone: its first country."""
    insert(bench, "raw.customers", CUSTOMER | {"customer_id": "C1", "country": "DE", "email_consent": True})
    insert(bench, "raw.customers", CUSTOMER | {"customer_id": "C2", "_row": 901})
    columns = "event_id event_type customer_id country event_at"
    bench.fill(
        "clean.events",
        columns,
        ("E1", "view", "C1", "FR", NOON),
        ("E2", "view", "C3", "IT", NOON + timedelta(hours=1)),
        ("E3", "view", "C3", "ES", NOON),
        ("E4", "view", None, "PT", NOON),
    )
    bench.run("clean.customers")
    assert bench.rows(
        "SELECT customer_id, country, is_registered, email_consent, sms_consent, first_event_at"
        " FROM clean.customers ORDER BY 1"
    ) == [
        ("C1", "DE", True, True, False, NOON),
        ("C2", None, True, False, False, None),
        ("C3", "ES", False, False, False, NOON),
    ]
