"""Visits, what comes next in them, and the lists for visitors whom nobody knows, on hand-worked rows.

Weights of the default settings: view 1, add_to_cart 3, purchase 5. The test period is the last 28 days, a list has 3
places.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest

from shop_pipeline.assets.recommenders.session_judgement import NAME as EVALUATION
from shop_pipeline.assets.recommenders.session_judgement import build_evaluation
from shop_pipeline.assets.recommenders.sessions import LINKS, build_links
from shop_pipeline.assets.returns import build_returns
from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline_tests.assets.conftest import AS_OF, Bench, Row

VISITS, MART = "features.visits", "marts.session_recommendations"
EVENT = "event_id event_type event_at event_date customer_id session_id order_id product_id"
ALL = f"SELECT visit_id, product_id, weight FROM {VISITS} ORDER BY ALL"
NOON, DAY = datetime(2025, 2, 1, 12), date(2025, 2, 1)
TRAINED, TESTED = AS_OF - timedelta(days=40), AS_OF - timedelta(days=5)
LIST = f"SELECT rank, next_product_id, score, model FROM {MART} WHERE product_id = ? ORDER BY rank"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.fill("clean.products", "product_id", *((id_,) for id_ in "ABCDEF"))
    return bench


def event(
    number: int, kind: str, product: str | None, *, at: datetime = NOON, customer: str | None = None,
    session: str | None = None, order: str | None = None,
) -> Row:  # fmt: skip
    return (f"E{number}", kind, at, at.date(), customer, session, order, product)


def visits_of(shop: Bench, *events: Row) -> list[Row]:
    shop.fill("clean.events", EVENT, *events)
    shop.run(VISITS)
    return shop.rows(ALL)


def test_a_visit_is_a_session_else_an_order_else_a_customers_day(shop: Bench) -> None:
    """Nobody knows the visitor of S1 and the buyer of O2. An event of nobody without a session or an order is of no
    visit. The order of a session is of its visit."""
    found = visits_of(
        shop,
        event(1, "view", "A", session="S1"),
        event(2, "purchase", "B", session="S1", order="O1"),
        event(3, "purchase", "A", order="O2"),
        event(4, "view", "A", customer="C1"),
        event(5, "view", "B", customer="C1", at=NOON + timedelta(hours=2)),
        event(6, "view", "B", customer="C1", at=NOON + timedelta(days=1)),
        event(7, "view", "C"),
    )
    assert found == [
        ("day: 2025-02-01 C1", "A", 1),
        ("day: 2025-02-01 C1", "B", 1),
        ("day: 2025-02-02 C1", "B", 1),
        ("order: O2", "A", 5),
        ("session: S1", "A", 1),
        ("session: S1", "B", 5),
    ]


def test_a_product_has_the_largest_weight_and_both_ends_of_its_events(shop: Bench) -> None:
    """A: seen, taken into the cart (3), seen again an hour later. B was only taken out of it, which weighs under zero;
    a search has no weight, a fee is no product, and a visit may name none."""
    shop.fill("clean.events", f"{EVENT} is_service", (*event(9, "purchase", "POST", session="S"), True))
    found = visits_of(
        shop,
        event(1, "view", "A", session="S"),
        event(2, "add_to_cart", "A", session="S", at=NOON + timedelta(minutes=30)),
        event(3, "view", "A", session="S", at=NOON + timedelta(hours=1)),
        event(4, "remove_from_cart", "B", session="S"),
        event(5, "search", "C", session="S"),
        event(6, "view", None, session="S"),
    )
    assert found == [("session: S", "A", 3)]
    assert shop.rows(f"SELECT first_event_at, last_event_at FROM {VISITS}") == [(NOON, NOON + timedelta(hours=1))]


def test_a_purchase_counts_with_the_share_that_was_kept_until_the_clock(shop: Bench) -> None:
    """A: one of four units came back, 5 x 3/4; one more comes back at the clock, too late. B came back as a whole."""
    columns = f"{EVENT} quantity unit_price"
    shop.fill("clean.products", "product_id", ("G",))
    shop.fill(
        "clean.events",
        columns,
        (*event(1, "purchase", "A", customer="C1", order="O1"), 4, 1),
        (*event(2, "refund", "A", customer="C1", order="O1", at=NOON + timedelta(days=1)), 1, 1),
        (*event(3, "refund", "A", customer="C1", order="O1", at=AS_OF), 1, 1),
        (*event(4, "purchase", "B", customer="C1", order="O1"), 1, 1),
        (*event(5, "cancel", "B", customer="C1", order="O1", at=NOON + timedelta(days=1)), 1, 1),
    )
    shop.build(build_returns, "clean.returns")
    shop.run(VISITS)
    assert shop.rows(ALL) == [("order: O1", "A", 3.75)]


def test_nothing_at_or_after_the_clock_is_in_a_visit(shop: Bench) -> None:
    moment = timedelta(microseconds=1)
    rows = [(1, "A", AS_OF - moment), (2, "B", AS_OF), (3, "C", AS_OF + moment)]
    found = visits_of(shop, *(event(n, "view", product, session="S", at=at) for n, product, at in rows))
    assert found == [("session: S", "A", 1)]


@pytest.mark.parametrize(
    ("leave_out", "left"),
    [(["bot", "staff"], ["C3"]), (["staff"], ["BOT", "C3"]), (["bot"], ["C1", "C3"]), ([], ["BOT", "C1", "C3"])],
)
def test_bots_and_customers_who_are_left_out_make_no_visit(shop: Bench, leave_out: list[str], left: list[str]) -> None:
    """C1 is of the staff, the visit BOT a bot's, and C3 a wholesale buyer."""
    shop.fill("clean.customer_labels", "customer_id label", ("C1", "staff"), ("C3", "wholesale"))
    shop.fill("clean.sessions", "session_id is_bot", ("BOT", True), ("C3", False))
    shop.set(leave_out=leave_out)
    found = visits_of(
        shop,
        event(1, "view", "A", session="BOT"),
        event(2, "view", "A", session="C1", customer="C1"),
        event(3, "view", "A", session="C3", customer="C3"),
    )
    assert [visit.removeprefix("session: ") for visit, *_ in found] == left


def test_a_visit_of_very_many_products_is_left_out_as_a_whole(shop: Bench) -> None:
    shop.set(basket_products=2)
    sold = [("O1", "ABC"), ("O2", "AB")]
    rows = [event(n * 9 + at, "purchase", p, order=o) for n, (o, ps) in enumerate(sold) for at, p in enumerate(ps)]
    assert visits_of(shop, *rows) == [("order: O2", "A", 5), ("order: O2", "B", 5)]


def walks(start: datetime, name: str, ways: Iterable[str]) -> list[Row]:
    """One visit per way: its products are seen a minute apart."""
    return [
        (f"{name}{n}-{step}", "view", start + timedelta(minutes=step), start.date(), None, f"{name}{n}", None, product)
        for n, way in enumerate(ways)
        for step, product in enumerate(way)
    ]


def walked(shop: Bench, tested: Iterable[str]) -> None:
    """Before the test period: 6 visits go from A to B, 6 from C to D, 10 see E alone and 9 F alone."""
    known = ["AB"] * 6 + ["CD"] * 6 + ["E"] * 10 + ["F"] * 9
    shop.fill("clean.events", EVENT, *walks(TRAINED, "S", known), *walks(TESTED, "T", tested))
    shop.run(VISITS)


def values(shop: Bench) -> dict[str, float]:
    return dict(shop.rows(f"SELECT model, value FROM {EVALUATION} WHERE metric = 'ndcg'"))


def test_the_best_on_the_visits_of_the_test_period_is_champion(shop: Bench) -> None:
    """After A popularity lists E, F, B, C, D: B is third, 1 / log2 4 = .5; after C E, F, A, B, D: D is fifth,
    1 / log2 6 = .38685. Both rivals have the one that follows first. Of equals the last by name stands."""
    walked(shop, ["AB"] * 6 + ["CD"] * 6)
    built = shop.build(build_evaluation, EVALUATION)
    expected = {"popularity": pytest.approx((0.5 + 0.38685) / 2, abs=1e-5), "item_neighbours": 1, "transitions": 1}
    assert values(shop) == expected
    asked = "SELECT DISTINCT model, n_visits, split_at, beats_baseline FROM models.session_evaluation"
    assert shop.rows(f"{asked} WHERE is_champion AND metric = 'ndcg'") == [
        ("transitions", 12, AS_OF - timedelta(days=28), True)
    ]
    assert built.metadata["champion"] == "transitions"
    assert built.metadata["ndcg_at_10_transitions"] == "1.0000 (1.0000 to 1.0000)"


def test_the_links_are_of_the_champion_and_of_all_visits(shop: Bench) -> None:
    """In the test period A follows on F: the judged models could not know, the links do."""
    walked(shop, ["AB"] * 6 + ["CD"] * 6 + ["FA"] * 2)
    shop.build(build_evaluation, EVALUATION)
    assert shop.build(build_links, LINKS).metadata["champion"] == "transitions"
    found = shop.rows(f"SELECT product_id, next_product_id, model FROM {LINKS} WHERE rank = 1 ORDER BY 1")
    # What came before counts a fifth: B and D have nothing else, A has F so, behind B. Nothing was seen with E.
    assert found == [(one, other, "transitions") for one, other in ("AB", "BA", "CD", "DC", "FA")]


def test_what_the_test_period_teaches_is_not_known_when_it_is_judged(shop: Bench) -> None:
    """From A all go to D, as nobody did before: nothing that learned from it finds it, and popularity, which has D
    fifth, is not beaten. It fills the links: 18 visits had D, 10 had E, 9 F, 6 B and C."""
    walked(shop, ["AD"] * 12)
    shop.build(build_evaluation, EVALUATION)
    assert values(shop) == {"popularity": pytest.approx(0.38685, abs=1e-5), "item_neighbours": 0, "transitions": 0}
    assert shop.build(build_links, LINKS).metadata["champion"] == "popularity"
    found = shop.rows(f"SELECT rank, next_product_id, weight, model FROM {LINKS} WHERE product_id = 'A' AND rank <= 3")
    assert sorted(found) == [(1, "D", 18, "popularity"), (2, "E", 10, "popularity"), (3, "F", 9, "popularity")]


def test_visits_at_the_clock_change_neither_judgement_nor_links(shop: Bench) -> None:
    walked(shop, ["AB"] * 6 + ["CD"] * 6)
    shop.build(build_evaluation, EVALUATION)
    shop.build(build_links, LINKS)
    before = [shop.rows(f"FROM {name} ORDER BY ALL") for name in (EVALUATION, LINKS)]
    shop.fill("clean.events", EVENT, *walks(AS_OF, "U", ["AD", "AF", "CB"] * 9))
    shop.run(VISITS)
    shop.build(build_evaluation, EVALUATION)
    shop.build(build_links, LINKS)
    assert [shop.rows(f"FROM {name} ORDER BY ALL") for name in (EVALUATION, LINKS)] == before


def test_a_visit_that_began_before_the_test_period_asks_nothing(shop: Bench) -> None:
    """Twelve visits straddle the cut: their first product is known to training."""
    cut = AS_OF - timedelta(days=28, minutes=1)
    walked(shop, ["AB"] * 6)
    shop.fill("clean.events", EVENT, *walks(cut, "X", ["CDA"] * 12))
    shop.run(VISITS)
    shop.build(build_evaluation, EVALUATION)
    assert shop.rows(f"SELECT DISTINCT n_visits FROM {EVALUATION}") == [(6,)]


@pytest.mark.parametrize(
    ("tested", "note"),
    [
        (["AB"] * 5, "5 visits to judge by, 6 wanted (with fewer than 6 pairs"),
        # G is new: training does not know it.
        (["AG"] * 20, "0 visits to judge by, 6 wanted"),
    ],
)
def test_with_too_few_visits_nobody_is_judged_and_popularity_fills(shop: Bench, tested: list[str], note: str) -> None:
    shop.fill("clean.products", "product_id", ("G",))
    walked(shop, tested)
    assert shop.build(build_evaluation, EVALUATION).metadata["note"].startswith(note)
    shop.build(build_links, LINKS)
    assert shop.rows(f"SELECT DISTINCT model FROM {LINKS}") == [("popularity",)]


def test_without_visits_before_the_cut_or_at_all_the_tables_are_empty_and_say_why(shop: Bench) -> None:
    assert shop.build(build_links, LINKS).metadata == {"note": "no visits: nothing to learn from"}
    shop.fill("clean.events", EVENT, *walks(TESTED, "T", ["AB"] * 9))
    shop.run(VISITS)
    assert shop.build(build_evaluation, EVALUATION).metadata == {
        "note": "no visits before 2025-02-01 00:00:00: nothing to train on"
    }


def test_a_shop_of_too_few_steps_gets_no_links(shop: Bench) -> None:
    walked(shop, ["AB"] * 6)
    columns = "model verdict quantity observed threshold text reason"
    verdict = ("session_transitions", "none", "left_products", 0, 1, "no transitions between products", "because")
    shop.fill("marts.model_readiness", columns, verdict)
    note = "no transitions between products: 0 products that visits went on from 16 times or more, 1 wanted (because)"
    assert shop.build(build_evaluation, EVALUATION).metadata == {"note": note}
    assert shop.build(build_links, LINKS).metadata == {"note": note}


def listed(shop: Bench, *rules: Row, visits: str = "") -> None:
    """The rules of the products, those that are not named being shown, and one visit to each letter of `visits`."""
    hidden = dict(rules)
    columns = "product_id is_shown rule"
    shop.fill("features.product_rules", columns, *((p, p not in hidden, hidden.get(p)) for p in "ABCDEF"))
    shop.fill(VISITS, "visit_id product_id weight", *((f"V{n}", p, 1.0) for n, p in enumerate(visits)))


def link(shop: Bench, product: str, others: str) -> None:
    rows = [(product, n, other, 1 / n, "transitions") for n, other in enumerate(others, 1)]
    shop.fill(LINKS, "product_id rank next_product_id weight model", *rows)


def like(shop: Bench, product: str, others: str, measure: str = "content") -> None:
    rows = [(product, measure, n, other, 1 / (n + 1)) for n, other in enumerate(others, 1)]
    shop.fill("models.product_similarity", "product_id measure rank similar_product_id score", *rows)


def shown_after(shop: Bench, product: str) -> list[Row]:
    shop.run(MART)
    return shop.duck.execute(LIST, [product]).fetchall()


def test_links_that_are_not_shown_make_room_for_the_next(shop: Bench) -> None:
    """After A came C, B, D, E, F; C is sold out, and three are shown."""
    listed(shop, ("C", "out_of_stock"))
    link(shop, "A", "CBDEF")
    assert shown_after(shop, "A") == [
        (1, "B", pytest.approx(1 / 2), "transitions"),
        (2, "D", pytest.approx(1 / 3), "transitions"),
        (3, "E", pytest.approx(1 / 4), "transitions"),
    ]


def test_behind_a_short_list_come_the_popular(shop: Bench) -> None:
    """Of visits, B had three, A and D two, E one. A is the product itself, B stands in the list, C is not shown."""
    listed(shop, ("C", "blocked"), visits="AABBBDDE" + "C" * 9)
    link(shop, "A", "BC")
    expected = [(1, "B", 1, "transitions"), (2, "D", 2, "popularity"), (3, "E", 1, "popularity")]
    assert shown_after(shop, "A") == expected


def test_a_product_without_links_gets_what_is_like_it(shop: Bench) -> None:
    """C's links lead nowhere that is shown, F has none; another measure than content does not count."""
    listed(shop, ("E", "out_of_stock"), visits="AAB")
    link(shop, "C", "E")
    like(shop, "C", "EB")
    like(shop, "F", "ABCD")
    like(shop, "F", "D", measure="cosine")
    assert [(rank, other, model) for rank, other, _, model in shown_after(shop, "F")] == [
        (1, "A", "content"),
        (2, "B", "content"),
        (3, "C", "content"),
    ]
    assert shown_after(shop, "C") == [
        (1, "B", pytest.approx(1 / 3), "content"),
        (2, "A", 2, "popularity"),
    ]


def test_what_is_like_a_product_does_not_mix_with_its_links(shop: Bench) -> None:
    listed(shop)
    link(shop, "A", "B")
    like(shop, "A", "CDE")
    assert [other for _, other, *_ in shown_after(shop, "A")] == ["B"]


def test_a_product_that_is_sold_out_has_a_list_and_one_that_left_the_catalogue_has_none(shop: Bench) -> None:
    listed(shop, ("A", "out_of_stock"), ("B", "blocked"), ("C", "not_listed"), visits="DEF")
    shop.run(MART)
    assert {one for (one,) in shop.rows(f"SELECT DISTINCT product_id FROM {MART}")} == set("ABDEF")
    assert {one for (one,) in shop.rows(f"SELECT DISTINCT next_product_id FROM {MART}")} == set("DEF")


def test_an_empty_shop_has_an_empty_table(bench: Bench) -> None:
    for name in (VISITS, MART):
        bench.run(name)
        assert bench.rows(f"FROM {name}") == []


def test_the_visits_of_an_earlier_clock_are_a_part_of_those_of_a_later_one(shop: Bench) -> None:
    """What judging relies on: the same text, asked at the cut, knows nothing of what came behind it."""
    walked(shop, ["AF"] * 3)
    shop.set(as_of=AS_OF - timedelta(days=28))
    known = shop.rows(f"SELECT visit_id, product_id, last_event_at FROM ({sql_text(VISITS)})")
    assert {visit[:10] for visit, *_ in known} == {"session: S"}
    assert len(known) == 12 * 2 + 19
