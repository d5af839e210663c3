"""Labels of customers, one rule after the other, on a few hand-worked rows; and what the models make of them.

Wholesale here: 10 units a line, 8 times the middle customer's order, 3 products an order; bulk: 24 units over 3 lines.
"""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from shop_pipeline.assets.features import _shape
from shop_pipeline.assets.gated import Built, Run
from shop_pipeline.assets.recommenders.audience import labels_told
from shop_pipeline.assets.session import run_variables
from shop_pipeline.contracts.visitors import LABEL_RULES
from shop_pipeline.names import Label
from shop_pipeline.sections import Customers
from shop_pipeline.settings import ShopSettings
from shop_pipeline_tests.assets.conftest import AS_OF, Bench, Row

NAME = "clean.customer_labels"
BEFORE = AS_OF - timedelta(days=1)
LINE = "event_id order_id line_number product_id customer_id line_at quantity gross_amount is_service is_return"
USUAL = {"line_at": BEFORE, "is_service": False, "is_return": False}
EVENT = "event_id event_type event_at customer_id product_id session_id"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.set(wholesale_products_per_order=3, wholesale_bulk_lines=3)
    # The middle of these five customers' orders is 10, whatever C6 buys: with C6 it is still 10.
    people(bench, *(f"C{n}" for n in range(1, 7)))
    for n in range(1, 6):
        order(bench, f"C{n}", [(1, 10)], f"M{n}")
    return bench


def people(shop: Bench, *ids: str) -> None:
    shop.fill("clean.customers", "customer_id first_event_at", *((id_, BEFORE) for id_ in ids))


def order(shop: Bench, customer: str, lines: Iterable[tuple[int, int]], order_id: str = "O1", **given: object) -> None:
    """One line per product P1, P2 ...: (units, amount)."""
    at, is_service, is_return = (given.get(name, usual) for name, usual in USUAL.items())
    rows: list[Row] = [
        (f"{order_id}-{n}", order_id, n, f"P{n}", customer, at, units, amount, is_service, is_return)
        for n, (units, amount) in enumerate(lines, 1)
    ]
    shop.fill("clean.order_lines", LINE, *rows)


def returned(shop: Bench, sale: str, quantity: int, amount: int, **given: object) -> None:
    columns = {"return_event_id": f"R-{sale}", "sale_event_id": sale, "quantity": quantity, "amount": amount}
    columns |= {"returned_at": BEFORE} | given
    shop.fill("clean.returns", " ".join(columns), tuple(columns.values()))


def labels(shop: Bench) -> list[Row]:
    shop.run(NAME)
    return shop.rows(f"SELECT customer_id, label, rule, value, threshold FROM {NAME} ORDER BY 1, 2")


@pytest.mark.parametrize(
    ("lines", "rule", "value", "threshold"),
    [
        # 10 units and 80 = 8 x 10. One unit or one pound less is one sign only.
        ([(10, 80)], "units_per_line", 10, 10),
        ([(9, 80)], None, 0, 0),
        ([(10, 79)], None, 0, 0),
        # 3 products with the median of 2, 10 and 30 units.
        ([(2, 1), (10, 1), (30, 1)], "units_per_line", 10, 10),
        ([(2, 1), (9, 1), (30, 1)], None, 0, 0),
        # 3 products for 21 + 21 + 38 = 80.
        ([(1, 21), (1, 21), (1, 38)], "order_value", 8, 8),
        # Groceries: many products, few units, a usual amount. A watch: dear and alone. Candles: many, and cheap.
        ([(1, 5)] * 5, None, 0, 0),
        ([(1, 900)], None, 0, 0),
        ([(23, 9)], None, 0, 0),
        # Two dozen, but of one thing; two dozen of two things make one sign and no bulk: 3 lines are wanted.
        ([(24, 9)], None, 0, 0),
        ([(24, 9), (24, 9)], None, 0, 0),
    ],
)
def test_wholesale_takes_two_signs(
    shop: Bench, lines: list[tuple[int, int]], rule: str | None, value: float, threshold: float
) -> None:
    order(shop, "C6", lines)
    assert labels(shop) == ([("C6", "wholesale", rule, value, threshold)] if rule else [])


def test_two_dozen_line_after_line_are_enough(shop: Bench) -> None:
    """Three orders of 24 of P1 at 9: no dear orders, no breadth. With the third still to come, nothing."""
    order(shop, "C6", [(24, 9)], "O1")
    order(shop, "C6", [(24, 9)], "O2")
    order(shop, "C6", [(24, 9)], "O3", line_at=AS_OF)
    assert labels(shop) == []
    shop.duck.execute("UPDATE clean.order_lines SET line_at = ? WHERE order_id = 'O3'", [BEFORE])
    assert labels(shop) == [("C6", "wholesale", "bulk_units", 24, 24)]


def test_the_median_of_all_orders_counts(shop: Bench) -> None:
    """Three usual orders around one large one: the medians are 1 unit (of 1, 1, 1, 50) and 10 pounds."""
    order(shop, "C6", [(50, 900)], "O1")
    for number in (2, 3, 4):
        order(shop, "C6", [(1, 10)], f"O{number}")
    assert labels(shop) == []


def test_what_came_back_by_then_was_not_bought(shop: Bench) -> None:
    """20 units for 100. 11 for 55 came back: 9 units. Of those that come back at the clock nothing is known yet.
    A line that came back whole is no line: C5 is left with its one usual order.
    """
    order(shop, "C6", [(20, 100)])
    returned(shop, "O1-1", 11, 55, returned_at=AS_OF)
    order(shop, "C5", [(30, 900)], "O5")
    returned(shop, "O5-1", 30, 900)
    assert labels(shop) == [("C6", "wholesale", "units_per_line", 20, 10)]
    shop.duck.execute("UPDATE clean.returns SET returned_at = ? WHERE sale_event_id = 'O1-1'", [BEFORE])
    assert labels(shop) == []


def test_a_line_that_came_back_whole_is_none(shop: Bench) -> None:
    """Two orders of 10 units for 80, and three of which nothing is left: those do not count as lines of no unit."""
    for number in range(1, 6):
        order(shop, "C6", [(10, 80)], f"O{number}")
    for number in (3, 4, 5):
        returned(shop, f"O{number}-1", 10, 80)
    assert labels(shop) == [("C6", "wholesale", "units_per_line", 10, 10)]


@pytest.mark.parametrize("given", [{"is_service": True}, {"is_return": True}, {"line_at": AS_OF}])
def test_services_returns_and_the_future_are_no_signs(shop: Bench, given: dict[str, object]) -> None:
    order(shop, "C6", [(100, 900)], **given)
    assert labels(shop) == []


def test_a_shop_that_gives_everything_away_has_no_dear_orders(bench: Bench) -> None:
    people(bench, "C1")
    order(bench, "C1", [(10, 0)])
    assert labels(bench) == []


def visits(shop: Bench, customer: str, bot: int, human: int) -> None:
    """Views of a customer, so many in a visit of a bot and so many in another."""
    shop.fill("clean.sessions", "session_id is_bot", (f"{customer}-bot", True), (f"{customer}-human", False))
    rows = [
        (f"{customer}{n}", "view", BEFORE, customer, "P1", f"{customer}-{'bot' if n < bot else 'human'}")
        for n in range(bot + human)
    ]
    shop.fill("clean.events", EVENT, *rows)


def test_bots_are_those_who_mostly_come_as_bots(bench: Bench) -> None:
    """C1: 3 of 4 events, C2: 2 of 4, which is the half that is asked for; C3: 1 of 3, and more of it at the clock."""
    people(bench, "C1", "C2", "C3")
    for customer, bot, human in (("C1", 3, 1), ("C2", 2, 2), ("C3", 1, 2)):
        visits(bench, customer, bot, human)
    bench.fill("clean.events", EVENT, *((f"L{n}", "view", AS_OF, "C3", "P1", "C3-bot") for n in range(5)))
    assert labels(bench) == [("C1", "bot", "bot_sessions", 0.75, 0.5), ("C2", "bot", "bot_sessions", 0.5, 0.5)]


def test_events_of_no_visit_count_as_a_persons(bench: Bench) -> None:
    people(bench, "C1")
    visits(bench, "C1", 1, 0)
    bench.fill("clean.events", EVENT, *((f"E{n}", "view", BEFORE, "C1", "P1", None) for n in (1, 2)))
    assert labels(bench) == []


def test_more_pages_in_a_day_than_people_read(bench: Bench) -> None:
    """5 pages of one day. C2 has 4 and a click, C3 5 in one instant, C4 5 on two days, C5 the fifth at the clock."""
    bench.set(bot_pages_per_day=5)
    people(bench, "C1", "C2", "C3", "C4", "C5")
    day, apart = BEFORE.date(), timedelta(minutes=10)
    rows: list[Row] = []
    for customer, kinds, gap in (("C1", "vvvsv", apart), ("C2", "vvvvc", apart), ("C3", "vvvvv", timedelta())):
        names = {"v": "view", "s": "search", "c": "click"}
        rows += [(f"{customer}{n}", names[k], BEFORE + n * gap, day, customer) for n, k in enumerate(kinds)]
    rows += [(f"C4{n}", "view", BEFORE + n * apart, day + timedelta(days=n % 2), "C4") for n in range(5)]
    rows += [(f"C5{n}", "view", AS_OF + (n - 4) * apart, day, "C5") for n in range(5)]
    bench.fill("clean.events", "event_id event_type event_at event_date customer_id", *rows)
    assert labels(bench) == [("C1", "bot", "pages_per_day", 5, 5)]


def accounts(shop: Bench, *rows: tuple[str, str | None, str | None]) -> list[Row]:
    """(id, name, address) of customers of the feed; gives (id, label, rule)."""
    shop.fill("clean.customers", "customer_id name email is_registered", *((*row, True) for row in rows))
    return [row[:3] for row in labels(shop)]


PRIVATE = [(f"P{n}", "Ann Other", f"ann{n}@mail.invented") for n in range(20)]


def test_staff_are_listed_or_write_from_the_shop(bench: Bench) -> None:
    """A subdomain is the shop's too, another domain that ends alike is not. Both rules: the list comes first."""
    bench.set(staff_domains=["shop.internal"], staff_ids=["S1", "S4"])
    assert accounts(
        bench,
        ("S1", None, None),
        ("S2", "Bo Lee", "Bo@Shop.Internal"),
        ("S3", "Bo Lee", "bo@uk.shop.internal"),
        ("S4", "Bo Lee", "bo@shop.internal"),
        ("P1", "Bo Lee", "bo@myshop.internal"),
        ("P2", "Shop Internal", "shop.internal@mail.invented"),
        ("P3", None, None),
    ) == [
        ("S1", "staff", "listed_id"),
        ("S2", "staff", "mail_domain"),
        ("S3", "staff", "mail_domain"),
        ("S4", "staff", "listed_id"),
    ]


@pytest.mark.parametrize("domain", ["example.com", "example.org", "example.net", "x.test", "a.b.invalid"])
def test_nobody_has_an_address_on_a_reserved_domain(bench: Bench, domain: str) -> None:
    """RFC 2606. The 20 private addresses keep it from being the usual one of the shop."""
    assert accounts(bench, *PRIVATE, ("T1", "Ann Other", f"ann@{domain}")) == [("T1", "test", "mail_domain")]


def test_where_most_addresses_are_taken_out_they_prove_nothing(bench: Bench) -> None:
    """2 of 4 addresses on such domains are the half that is allowed, 3 of 5 are more; no address is none of them."""
    rows = [("A", None, "a@mail.invented"), ("B", None, "b@mail.invented"), ("C", None, None)]
    rows += [("T1", None, "c@example.com"), ("T2", None, "d@example.org")]
    assert accounts(bench, *rows) == [("T1", "test", "mail_domain"), ("T2", "test", "mail_domain")]
    assert accounts(bench, ("T3", None, "e@example.com")) == []


@pytest.mark.parametrize(
    ("name", "email", "is_test"),
    [
        ("Test Account", None, True),
        ("ann test", None, True),
        ("Tester", None, True),
        ("测试账号", None, True),
        ("Ann Other", "test@mail.invented", True),
        ("Ann Other", "ann+test@mail.invented", True),
        ("Ann Other", "TEST_01@mail.invented", True),
        ("Ann Testa", "ann.testa@mail.invented", False),
        ("Greatest Latest", "contest@mail.invented", False),
        ("Ann Other", "ann@test-lab.invented", False),
    ],
)
def test_names_and_addresses_that_say_test(bench: Bench, name: str, email: str | None, is_test: bool) -> None:
    expected = [("T1", "test", "test_pattern")] if is_test else []
    assert accounts(bench, *PRIVATE, ("T1", name, email)) == expected


def test_listed_test_accounts_come_first_and_no_pattern_finds_nobody(bench: Bench) -> None:
    bench.set(test_ids=["T1"], test_pattern="")
    assert accounts(bench, *PRIVATE, ("T1", "Test", "a@example.com"), ("T2", "Test", "b@mail.invented")) == [
        ("T1", "test", "listed_id")
    ]


def test_a_customer_may_have_several_labels_and_the_future_has_none(bench: Bench) -> None:
    """S2 signs up at the clock, and S3, of whom no sign-up is told, comes then."""
    bench.set(staff_ids=["S1", "S2", "S3"])
    columns = "customer_id is_registered signed_up_at first_event_at"
    bench.fill("clean.customers", columns, ("S2", True, AS_OF, None), ("S3", True, None, AS_OF))
    assert accounts(bench, *PRIVATE, ("S1", "Test", None)) == [
        ("S1", "staff", "listed_id"),
        ("S1", "test", "test_pattern"),
    ]


def test_the_labels_stand_twice_and_are_the_same() -> None:
    """Settings can't import contracts (they lie below)."""
    assert set(Label.__args__) == set(LABEL_RULES)  # type: ignore[attr-defined]


def test_an_own_pattern_reaches_the_sql() -> None:
    settings = ShopSettings(customers=Customers(test_patterns=["qa", "probe$"]))
    assert run_variables(settings, "r")["test_pattern"] == "(?:qa)|(?:probe$)"
    assert run_variables(ShopSettings(customers=Customers(test_patterns=[])), "r")["test_pattern"] == ""


@pytest.fixture
def labelled(bench: Bench) -> Bench:
    """C1 to C5 with one label or none; C5 once came as a bot, and so did a stranger."""
    bench.fill("clean.products", "product_id", ("P1",))
    people(bench, *(f"C{n}" for n in range(1, 6)))
    given = (("C1", "wholesale"), ("C2", "bot"), ("C3", "staff"), ("C4", "test"), ("C3", "test"))
    bench.fill(NAME, "customer_id label value threshold", *((*one, 1.0, 1.0) for one in given))
    bench.fill("clean.sessions", "session_id is_bot", ("S1", False), ("S2", True))
    bench.fill("clean.events", EVENT, *((f"E{n}", "view", BEFORE, f"C{n}", "P1", "S1") for n in range(1, 6)))
    bench.fill("clean.events", EVENT, *((f"F{n}", "view", BEFORE, "C5", "P1", s) for n, s in ((1, "S2"), (2, None))))
    return bench


def test_models_learn_from_wholesale_and_unlabelled_customers(labelled: Bench) -> None:
    """C5 has three views: one in a visit of a person, one of a bot, one of no visit."""
    labelled.run("features.interactions")
    assert labelled.rows("SELECT customer_id, n_events FROM features.interactions ORDER BY 1") == [("C1", 1), ("C5", 2)]


def test_a_shop_may_leave_out_others(labelled: Bench) -> None:
    """With only wholesale left out, bots teach as well: also C5's view as a bot."""
    labelled.set(leave_out=["wholesale"])
    labelled.run("features.interactions")
    found = labelled.rows("SELECT customer_id, n_events FROM features.interactions ORDER BY 1")
    assert found == [("C2", 1), ("C3", 1), ("C4", 1), ("C5", 3)]
    labelled.set(leave_out=[])
    labelled.run("features.interactions")
    assert labelled.rows("SELECT count(*) FROM features.interactions") == [(5,)]


def test_the_models_say_whom_they_take(labelled: Bench) -> None:
    """C2, C3 (twice) and C4 are three customers."""
    told: list[dict[str, object]] = []

    def look(run: Run) -> Built:
        told.extend((labels_told(run), _shape(run)))
        return Built("SELECT * FROM features.interactions")

    labelled.build(look, "features.interactions")
    expected = {"labels_taken": "wholesale", "labels_left_out": "bot, staff, test", "customers_left_out": 3}
    assert told[0] == expected
    assert told[1].items() >= expected.items()
