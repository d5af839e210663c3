"""features.product_rules and features.repurchases on hand-worked rows: what is shown, and what is bought again."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shop_pipeline.assets.features import _hidden
from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.returns import build_returns
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

RULES = "features.product_rules"
TODAY = date(2025, 2, 28)
"""The last day before the clock."""
STOCK = "product_id stock_date on_hand"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """Products of the catalogue, P1 to P4, and three customers; everything is bought again and again by two buyers."""
    bench.set(timezone="UTC", rebuy_share=0.5, rebuy_buyers=2)
    columns = "product_id category is_listed unit_price unit_cost"
    bench.fill(
        "clean.products",
        columns,
        ("P1", "a > b > c", True, 10, 4),
        ("P2", "a>bb", True, 8, 10),
        ("P3", "a >  b", True, 0, 0),
        ("P4", None, True, 5, None),
    )
    bench.fill("clean.prices", "product_id version", *((f"P{n}", 1) for n in range(1, 6)))
    bench.fill("clean.customers", "customer_id", ("C1",), ("C2",), ("C3",))
    return bench


def rules(bench: Bench) -> dict[str, str | None]:
    """Product -> why it is not shown; None where it is."""
    bench.run(RULES)
    rows = bench.rows(f"SELECT product_id, rule, is_shown FROM {RULES}")
    assert all(is_shown == (rule is None) for _, rule, is_shown in rows)
    return {product: rule for product, rule, _ in rows}


SHOWN = dict.fromkeys(("P1", "P2", "P3", "P4"))


def test_without_rules_all_is_shown(shop: Bench) -> None:
    assert rules(shop) == SHOWN


HEARD = "event_id event_type event_at product_id is_service"


def heard(shop: Bench, *events: tuple[str, datetime, bool]) -> None:
    """Views of a product at a moment, and whether it is sold as a service."""
    stored = shop.rows("SELECT count(*) FROM clean.events")[0][0]
    rows = [(f"H{n}", "view", at, product, service) for n, (product, at, service) in enumerate(events, stored)]
    shop.fill("clean.events", HEARD, *rows)


BEFORE = AS_OF - timedelta(seconds=1)


def test_what_has_left_the_catalogue_is_not_shown(shop: Bench) -> None:
    shop.fill("clean.products", "product_id is_listed", ("P5", False))
    heard(shop, ("P5", BEFORE, False))
    assert rules(shop) == SHOWN | {"P5": "not_listed"}


def test_without_a_catalogue_nothing_has_left_it(shop: Bench) -> None:
    shop.duck.execute("UPDATE clean.products SET is_listed = false")
    heard(shop, *((product, BEFORE, False) for product in SHOWN))
    assert rules(shop) == SHOWN


@pytest.mark.parametrize("is_listed", [True, False])
def test_what_only_the_future_knows_is_not_there(shop: Bench, is_listed: bool) -> None:
    """Six products of one version each, at the clock or after it, or of no day where no feed lists them. Events of
    before it make A and B known; C is named only later, D by a service, E by a service and later by itself, F by none.
    """
    if not is_listed:
        shop.duck.execute("DELETE FROM clean.products")
    shop.fill("clean.products", "product_id is_listed", *((product, is_listed) for product in "ABCDEF"))
    days = dict(zip("ABCDEF", (0, 1, 0, 1, 0, 1), strict=True))
    versions = [(id_, 1, AS_OF + timedelta(days=n) if is_listed else None) for id_, n in days.items()]
    shop.fill("clean.prices", "product_id version valid_from", *versions)
    heard(
        shop,
        *(("A", BEFORE, False), ("B", AS_OF - timedelta(days=9), False), ("B", AS_OF, True), ("C", AS_OF, False)),
        *(("D", BEFORE, True), ("E", BEFORE, True), ("E", AS_OF, False)),
    )
    assert rules(shop) == (SHOWN if is_listed else {}) | {"A": None, "B": None}
    shop.set(as_of=AS_OF + timedelta(seconds=1))
    later = {"A": None, "B": None, "C": None, "E": None}
    assert rules(shop) == (SHOWN | later | {"A": None} if is_listed else later)


def test_a_version_before_the_clock_announces_a_product(shop: Bench) -> None:
    """P6 has one of just before it, and a second of later."""
    shop.fill("clean.products", "product_id is_listed", ("P6", True))
    shop.fill("clean.prices", "product_id version valid_from", ("P6", 1, BEFORE), ("P6", 2, AS_OF))
    assert rules(shop) == SHOWN | {"P6": None}


def test_a_feed_of_the_future_takes_nothing_off_the_shelf(shop: Bench) -> None:
    """The only listed product is not there yet: P1 is not gone."""
    shop.duck.execute("UPDATE clean.products SET is_listed = false")
    shop.fill("clean.products", "product_id is_listed", ("P6", True))
    shop.fill("clean.prices", "product_id version valid_from", ("P6", 1, AS_OF))
    heard(shop, ("P1", BEFORE, False))
    assert rules(shop) == {"P1": None}


def test_a_service_is_not_shown(shop: Bench) -> None:
    """P1 has only been sold as a service, P2 also as a product, P3 as a service from the clock on. A block is told
    first, and what is out of stock after it.
    """
    heard(shop, ("P1", BEFORE, True), ("P1", BEFORE, True), ("P2", BEFORE, True), ("P2", BEFORE, False))
    heard(shop, ("P1", AS_OF, False), ("P3", AS_OF, True))
    shop.fill("clean.stock", STOCK, ("P1", TODAY, 0))
    assert rules(shop) == SHOWN | {"P1": "service"}
    shop.set(blocked_products=["P1"])
    assert rules(shop) == SHOWN | {"P1": "blocked"}


@pytest.mark.parametrize(
    ("blocked", "hidden"),
    [
        ({"blocked_products": ["P4", "P9"]}, {"P4"}),
        ({"blocked_products": [" P4  "]}, {"P4"}),
        ({"blocked_products": ["p4"]}, set()),  # ids are what they are
        ({"blocked_categories": ["a > b"]}, {"P1", "P3"}),  # and not P2's a > bb
        ({"blocked_categories": [" a>b "]}, {"P1", "P3"}),
        ({"blocked_categories": ["A\u00a0>  B"]}, {"P1", "P3"}),
        ({"blocked_categories": ["a > b > c", "a > bb"]}, {"P1", "P2"}),
        ({"blocked_categories": ["a"]}, {"P1", "P2", "P3"}),
        ({"blocked_categories": ["b"]}, set()),
        ({"blocked_products": ["P1"], "blocked_categories": ["a > b > c"]}, {"P1"}),
    ],
)
def test_what_is_blocked_is_not_shown(shop: Bench, blocked: dict[str, Any], hidden: set[str]) -> None:
    shop.set(**blocked)
    assert rules(shop) == SHOWN | dict.fromkeys(hidden, "blocked")


def test_what_is_blocked_in_vain_is_told(shop: Bench) -> None:
    """A warning that names it and refuses nothing; what is not there yet may be blocked before it is."""
    shop.fill("clean.products", "product_id is_listed", ("P6", True))
    shop.fill("clean.prices", "product_id version valid_from", ("P6", 1, AS_OF))
    shop.set(blocked_products=["P4 ", "P6", "P9"], blocked_categories=["A > B", "a > b > d", "aa"])
    outcome = next(found for found in shop.run(RULES).outcomes if found.rule == "blocked_is_known")
    assert (outcome.passed, outcome.severity, outcome.n_failed) == (False, "WARN", 3)
    assert all(name in outcome.sample for name in ("P9", "a > b > d", "aa"))
    run = Run(shop.session, AS_OF, None, {}, None)
    told = {"shown": 1, "blocked": 3, "bought_again_and_again": 0, "blocked_without_match": ["P9", "a > b > d", "aa"]}
    assert _hidden(run) == told
    shop.set(blocked_products=["P4 ", "P6"], blocked_categories=["A > B"])
    assert all(found.passed for found in shop.run(RULES).outcomes)


def test_the_newest_count_tells_what_is_out_of_stock(shop: Bench) -> None:
    """P1 has run out, P2 is back, P3 has one unit, P4 was never counted."""
    shop.fill(
        "clean.stock",
        STOCK,
        ("P1", TODAY - timedelta(days=9), 5),
        ("P1", TODAY - timedelta(days=1), 0),
        ("P2", TODAY - timedelta(days=1), 0),
        ("P2", TODAY, 7),
        ("P3", TODAY, 1),
    )
    assert rules(shop) == SHOWN | {"P1": "out_of_stock"}
    shop.set(show_out_of_stock=True)
    assert rules(shop) == SHOWN


@pytest.mark.parametrize(
    ("timezone", "as_of", "rule"),
    [
        # The count of 28 February is known when that day is over where the shop is.
        ("UTC", datetime(2025, 3, 1), "out_of_stock"),
        ("UTC", datetime(2025, 2, 28, 23, 59), None),
        ("Asia/Tokyo", datetime(2025, 2, 28, 15), "out_of_stock"),
        ("Asia/Tokyo", datetime(2025, 2, 28, 14, 59), None),
        ("America/New_York", datetime(2025, 3, 1, 5), "out_of_stock"),
        ("America/New_York", datetime(2025, 3, 1, 4, 59), None),
    ],
)
def test_a_count_is_known_when_its_day_is_over(shop: Bench, timezone: str, as_of: datetime, rule: str | None) -> None:
    shop.set(timezone=timezone, as_of=as_of)
    shop.fill("clean.stock", STOCK, ("P1", date(2025, 2, 27), 3), ("P1", date(2025, 2, 28), 0))
    assert rules(shop)["P1"] == rule


def test_the_first_rule_is_told(shop: Bench) -> None:
    shop.set(blocked_products=["P1", "P5"])
    shop.fill("clean.products", "product_id is_listed", ("P5", False))
    heard(shop, ("P5", BEFORE, False))
    shop.fill("clean.stock", STOCK, ("P1", TODAY, 0), ("P2", TODAY, 0), ("P5", TODAY, 0))
    assert rules(shop) == SHOWN | {"P1": "blocked", "P2": "out_of_stock", "P5": "not_listed"}


def test_margin_is_the_share_of_the_price_above_cost(shop: Bench) -> None:
    """(10 - 4) / 10, at a loss (8 - 10) / 8; a price of 0 and an unknown cost have none."""
    shop.run(RULES)
    assert shop.rows(f"SELECT product_id, margin FROM {RULES} ORDER BY 1") == [
        ("P1", pytest.approx(0.6)),
        ("P2", pytest.approx(-0.25)),
        ("P3", None),
        ("P4", None),
    ]


def bought(bench: Bench, *purchases: tuple[str | None, str, date]) -> None:
    """One unit each, at noon of the day, on an order of its own."""
    stored = bench.rows("SELECT count(*) FROM clean.order_lines")[0][0]
    rows = [
        (f"E{n}", f"O{n}", n, customer, product, datetime(day.year, day.month, day.day, 12), day, 1)
        for n, (customer, product, day) in enumerate(purchases, stored)
    ]
    columns = "event_id order_id line_number customer_id product_id line_at line_date quantity"
    bench.fill("clean.order_lines", columns, *rows)


def february(day: int) -> date:
    return date(2025, 2, day)


def test_bought_again_and_again(shop: Bench) -> None:
    """P1: C1 on 1, 5 and 11 February (gaps of 4 and 6 days), C2 on 1 and 4 (3 days), C3 once: 2 of 3 buyers, median 4.
    P2: C1 twice on one day is one day: nobody of 2. P3: 1 of 1, but one buyer is too few. P4: 1 of 2, just enough, 10
    days. Nobody's purchases have no buyer.
    """
    shop.set(rebuy_share=0.5)
    bought(
        shop,
        *(("C1", "P1", february(day)) for day in (1, 5, 11)),
        *(("C2", "P1", february(day)) for day in (1, 4)),
        ("C3", "P1", february(1)),
        *(("C1", "P2", february(1)), ("C1", "P2", february(1)), ("C2", "P2", february(1))),
        *(("C1", "P3", february(1)), ("C1", "P3", february(2))),
        *(("C1", "P4", february(1)), ("C1", "P4", february(11)), ("C2", "P4", february(1))),
        *((None, "P2", february(day)) for day in (1, 2, 3)),
    )
    shop.run(RULES)
    columns = "product_id, n_buyers, rebuy_share, rebuy_days, is_rebought"
    assert shop.rows(f"SELECT {columns} FROM {RULES} ORDER BY 1") == [
        ("P1", 3, pytest.approx(2 / 3), 4.0, True),
        ("P2", 2, 0.0, None, False),
        ("P3", 1, 1.0, 1.0, False),
        ("P4", 2, 0.5, 10.0, True),
    ]
    shop.set(rebuy_share=0.51)
    shop.run(RULES)
    assert shop.rows(f"SELECT product_id FROM {RULES} WHERE is_rebought") == [("P1",)]


def test_a_share_of_nothing_asks_for_days_all_the_same(shop: Bench) -> None:
    """With `rebuy_share: 0` a product that nobody bought again has no time after which it could come back."""
    shop.set(rebuy_share=0, rebuy_buyers=1)
    bought(shop, ("C1", "P1", february(1)))
    shop.run(RULES)
    assert shop.rows(f"SELECT n_buyers, is_rebought FROM {RULES} WHERE product_id = 'P1'") == [(1, False)]


def test_whom_the_models_leave_out_tells_nothing(shop: Bench) -> None:
    shop.fill("clean.customer_labels", "customer_id label", ("C1", "staff"), ("C2", "wholesale"))
    bought(shop, ("C1", "P1", february(1)), ("C1", "P1", february(2)), ("C2", "P1", february(3)))
    shop.run(RULES)
    assert shop.rows(f"SELECT n_buyers, rebuy_share FROM {RULES} WHERE product_id = 'P1'") == [(1, 0.0)]


EVENT = "event_id event_type event_at event_date customer_id product_id quantity unit_price order_id"


def returned(bench: Bench, at: datetime) -> None:
    """C1 buys P1 twice, and the second one comes back at `at`. Of C2's two units of the second order one does."""
    first, second = datetime(2025, 2, 1, 12), datetime(2025, 2, 5, 12)
    rows = [
        ("E1", "purchase", first, first.date(), "C1", "P1", 1, 2, "O1"),
        ("E2", "purchase", second, second.date(), "C1", "P1", 1, 2, "O2"),
        ("E3", "refund", at, at.date(), "C1", "P1", 1, 2, "O2"),
        ("E4", "purchase", first, first.date(), "C2", "P1", 2, 2, "O3"),
        ("E5", "purchase", second, second.date(), "C2", "P1", 2, 2, "O4"),
        ("E6", "refund", at, at.date(), "C2", "P1", 1, 2, "O4"),
    ]
    bench.fill("clean.events", EVENT, *rows)
    bench.build(build_returns, "clean.returns")
    bench.run("clean.order_lines")


@pytest.mark.parametrize(("at", "share"), [(AS_OF - timedelta(seconds=1), 0.5), (AS_OF, 1.0)])
def test_what_came_back_before_the_clock_was_not_bought(shop: Bench, at: datetime, share: float) -> None:
    """C1 bought on two days, unless the second is known to have come back; C2 kept a unit of each."""
    returned(shop, at)
    shop.run(RULES)
    assert shop.rows(f"SELECT n_buyers, rebuy_share FROM {RULES} WHERE product_id = 'P1'") == [(2, share)]
    shop.run("features.repurchases")
    days = [("C1", 1 if share < 1 else 2), ("C2", 2)]
    assert shop.rows("SELECT customer_id, n_purchase_days FROM features.repurchases ORDER BY 1") == days


def test_an_earlier_clock_knows_less(shop: Bench) -> None:
    """As the evaluation asks: at the end of 3 February C1 has bought once, and P1 is in stock."""
    bought(shop, ("C1", "P1", february(1)), ("C2", "P1", february(1)), ("C1", "P1", february(4)))
    shop.fill("clean.stock", STOCK, ("P1", february(3), 1), ("P1", february(4), 0))
    told = f"SELECT is_shown, n_buyers, rebuy_share FROM {RULES} WHERE product_id = 'P1'"
    shop.run(RULES)
    assert shop.rows(told) == [(False, 2, 0.5)]
    shop.set(as_of=datetime(2025, 2, 4))
    shop.run(RULES)
    assert shop.rows(told) == [(True, 2, 0.0)]


def test_a_repurchase_is_due_when_the_usual_time_is_over(shop: Bench) -> None:
    """P1: gaps of 3 and 4 days, so 3.5 days after the newest purchase at noon; C3's P2 is not bought again."""
    bought(
        shop,
        *(("C1", "P1", february(1)), ("C1", "P1", february(4))),
        *(("C2", "P1", february(21)), ("C2", "P1", february(25))),
        *(("C3", "P1", february(26)), ("C3", "P2", february(26)), (None, "P1", february(27))),
    )
    shop.run(RULES)
    shop.run("features.repurchases")
    found = shop.rows("SELECT customer_id, product_id, n_purchase_days, due_at, is_due FROM features.repurchases")
    assert sorted(found) == [
        ("C1", "P1", 2, datetime(2025, 2, 8), True),
        ("C2", "P1", 2, datetime(2025, 3, 1), True),  # due at the clock itself
        ("C3", "P1", 1, datetime(2025, 3, 2), False),
    ]
