"""marts.customer_360 and marts.service_desk on hand-worked rows: who is there, and what is told of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline_tests.assets.conftest import AS_OF, Bench
from shop_pipeline_tests.assets.sold_lines import ask, give_back, open_shop, sell

MONEY = "gross_revenue::FLOAT, returned_revenue::FLOAT, net_revenue::FLOAT, margin::FLOAT"
LATER = AS_OF + timedelta(hours=1)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """C1 buys; N only signed up, LATE does so after the clock, and NEW comes then, signed up nobody knows when."""
    open_shop(bench, "C1")
    columns = "customer_id is_registered signed_up_at first_event_at"
    bench.fill(
        "clean.customers", columns, ("N", True, None, None), ("LATE", True, LATER, LATER), ("NEW", True, None, LATER)
    )
    return bench


def page(bench: Bench, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    bench.run("marts.customer_360")
    return bench.rows(f"SELECT {columns} FROM marts.customer_360 WHERE {where} ORDER BY customer_id")


def desk(bench: Bench, columns: str, where: str = "customer_id = 'C1'") -> list[tuple[Any, ...]]:
    page(bench, "customer_id")
    bench.run("marts.service_desk")
    return bench.rows(f"SELECT {columns} FROM marts.service_desk WHERE {where} ORDER BY customer_id")


def predict(bench: Bench) -> None:
    """What the models say of C1."""
    members = (("C1", "rfm", "loyal", "Loyal"), ("C1", "kmeans", "2", "Bargain hunters"), ("C1", "dbscan", "0", "Core"))
    bench.fill("marts.customer_segments", "customer_id method segment segment_label", *members)
    profiles = (("kmeans", "2", "Bargain hunters", "爱打折"), ("rfm", "loyal", "Loyal", "忠诚"), ("rfm", "2", "", ""))
    bench.fill("marts.segment_profiles", "method segment segment_label segment_label_zh", *profiles)
    bench.fill("marts.customer_value", "customer_id p_alive clv value_tier", ("C1", 0.75, 120.4, "gold"))
    bench.fill("marts.churn_scores", "customer_id probability top_reasons contributions", ("C1", 0.256, [], []))


def test_every_customer_known_before_the_clock_has_a_row(shop: Bench) -> None:
    sell(shop, "A", "S", 5, 10)
    sell(shop, "B", "S", 3, 10)
    sell(shop, "Z", "LATE", -1, 10)
    told = page(shop, "customer_id, n_orders, first_order_at, last_order_at, labels, is_left_out, is_wholesale")
    first, last_one = datetime(2025, 2, 24), datetime(2025, 2, 26)
    assert told == [
        ("C1", 0, None, None, [], False, False),
        ("N", 0, None, None, [], False, False),
        ("S", 2, first, last_one, ["staff"], True, False),
        ("W", 0, None, None, ["wholesale"], False, True),
    ]
    assert page(shop, "wholesale_rule", "is_wholesale") == [("bulk_units",)]


def test_a_cost_that_is_too_large_for_money_is_not_known(shop: Bench) -> None:
    """As in features.purchases: the margin is A's."""
    sell(shop, "A", "C1", 9, 40, unit_cost=10)
    sell(shop, "B", "C1", 9, 40, quantity=10**10, unit_cost=99_999)
    assert page(shop, "margin::INT, revenue_with_cost::INT", "customer_id = 'C1'") == [(30, 40)]


def test_money_is_net_of_what_came_back_before_the_clock(shop: Bench) -> None:
    """A: 4 for 40 at a cost of 6 each, one back: 30 - 18 = 12. B: postage. C: cost unknown, back at the clock: not yet.
    D: all back, for less than was paid: 2 stay, and nothing is left that costs. 5 more came back of nobody knows what.
    Gross 40 + 3 + 20 + 12, returned 10 + 10 + 5; the margin is 12 + 2.
    """
    sell(shop, "A", "C1", 9, 40, quantity=4, unit_cost=6)
    sell(shop, "B", "C1", 9, 3, is_service=True)
    sell(shop, "C", "C1", 8, 20)
    sell(shop, "D", "C1", 7, 12, unit_cost=7)
    give_back(shop, "A", 5, 1, 10)
    give_back(shop, "C", 0, 1, 20)
    give_back(shop, "D", 5, 1, 10)
    give_back(shop, None, 4, 1, 5, customer_id="C1")
    give_back(shop, None, 3, 1, 50)
    assert page(shop, MONEY, "customer_id = 'C1'") == [(75, 25, 50, 14)]
    assert page(shop, "revenue_with_cost::INT", "customer_id = 'C1'") == [(32,)]


def test_without_any_cost_there_is_no_margin(shop: Bench) -> None:
    sell(shop, "A", "C1", 9, 40)
    assert page(shop, MONEY, "customer_id IN ('C1', 'N')") == [(40, 0, 40, None), (0, 0, 0, None)]


def test_a_return_takes_from_who_bought_it(shop: Bench) -> None:
    """Given back by nobody known, and by another customer: the sale was C1's."""
    sell(shop, "A", "C1", 9, 40, quantity=4)
    give_back(shop, "A", 5, 1, 10)
    give_back(shop, "A", 4, 1, 10, customer_id="W")
    assert page(shop, MONEY, "customer_id IN ('C1', 'W')") == [(40, 20, 20, None), (0, 0, 0, None)]


def test_the_sums_are_those_of_the_lines_of_known_customers(shop: Bench) -> None:
    """To the penny, also of who is left out; the rule of the contract asks the same of every run."""
    for number, customer in enumerate(("C1", "W", "S", None)):
        sell(shop, f"A{number}", customer, 9 - number, 0.1 * (number + 1))
    give_back(shop, "A1", 2, 1, 0.05)
    page(shop, "customer_id")
    sums = shop.rows("SELECT sum(gross_revenue)::VARCHAR, sum(net_revenue)::VARCHAR FROM marts.customer_360")
    assert sums == [("0.6000", "0.5500")]


def test_what_the_models_say_stands_beside_the_facts(shop: Bench) -> None:
    sell(shop, "A", "C1", 9, 40)
    predict(shop)
    columns = "segment, persona, p_alive, clv, churn_probability, value_tier"
    assert page(shop, columns, "customer_id IN ('C1', 'W')") == [
        ("loyal", "Bargain hunters", 0.75, 120.4, 0.256, "gold"),
        (None,) * 6,
    ]


def test_favourites_are_those_of_the_features_and_told_of_who_is_left_out_too(shop: Bench) -> None:
    """S: 30 for food, 20 for home and 99 for postage; two orders by search. C1: 10 for each, and equal orders; 99 came
    back. The contract compares them with features.customer_features.
    """
    channels = (("A", "search"), ("B", "search"), ("C", "app"), ("D", "search"), ("E", "app"))
    shop.fill("clean.orders", "order_id channel", *((f"O-{event}", channel) for event, channel in channels))
    sell(shop, "D", "C1", 9, 10)
    sell(shop, "E", "C1", 8, 109, product_id="P4", quantity=2)
    give_back(shop, "E", 5, 1, 99)
    for name in ("features.purchases", "features.rfm", "features.customer_features"):
        shop.duck.execute(f"INSERT INTO {name} {sql_text(name)}")
    sell(shop, "A", "S", 9, 20)
    sell(shop, "B", "S", 8, 30, product_id="P4")
    sell(shop, "C", "S", 7, 99, is_service=True)
    told = page(shop, "favourite_category, favourite_channel", "customer_id IN ('C1', 'S')")
    assert told == [("food", "app"), ("food", "search")]


def test_consents_are_listed(shop: Bench) -> None:
    shop.duck.execute("UPDATE clean.customers SET email_consent = true, phone_consent = true WHERE customer_id = 'C1'")
    assert page(shop, "consents", "customer_id IN ('C1', 'N')") == [(["email", "phone"],), ([],)]


def test_cases_are_open_that_are_not_closed_before_the_clock(shop: Bench) -> None:
    """One is closed and marked 4, one closed later and marked 1, one open; a fourth is of after the clock. Four others
    had the topic of the third.
    """
    ask(shop, "T1", "C1", 9, closed_at=AS_OF - timedelta(days=8), satisfaction=4, topic="delivery")
    ask(shop, "T2", "C1", 8, closed_at=AS_OF, satisfaction=1, topic="refund")
    ask(shop, "T3", "C1", 7, topic="invoice")
    others_ask(shop, 4, "invoice")
    ask(shop, "T4", "C1", 0, topic="later")
    columns = "n_tickets, n_open_tickets, last_ticket_date::VARCHAR, last_ticket_topic, mean_satisfaction"
    assert desk(shop, columns) == [(3, 2, "2025-02-22", "invoice", 4.0)]
    assert desk(shop, columns, "customer_id = 'N'") == [(0, 0, None, None, None)]


def others_ask(bench: Bench, n: int, topic: str, days_ago: float = 3) -> None:
    """As many people, each twice."""
    for turn in range(2 * n):
        ask(bench, f"{topic}-{turn}", f"other-{turn % n}", days_ago, topic=topic)


@pytest.mark.parametrize(("n_others", "days_ago", "told"), [(4, 3, "invoice"), (3, 3, None), (4, 0, None)])
def test_a_topic_of_fewer_than_five_customers_is_not_told(
    shop: Bench, n_others: int, days_ago: float, told: str | None
) -> None:
    """It may be anything that somebody wrote. Customers count, not cases, and none after the clock."""
    ask(shop, "T1", "C1", 7, topic="invoice")
    others_ask(shop, n_others, "invoice", days_ago)
    ((topic, summary),) = desk(shop, "last_ticket_topic, summary_en")
    assert topic == told
    assert ("invoice" in summary) is (told is not None)


def test_a_rare_topic_does_not_bring_an_older_one_to_the_front(shop: Bench) -> None:
    """The newest case says nothing: the topic of another case is not its."""
    ask(shop, "T1", "C1", 7, topic="invoice")
    ask(shop, "T2", "C1", 6, topic="ann@example.org")
    others_ask(shop, 4, "invoice")
    assert desk(shop, "last_ticket_topic, last_ticket_date::VARCHAR") == [(None, "2025-02-23")]


@pytest.mark.parametrize("character", ["\n", "\r", "\v", "\x1c", "\x85", "\u2028", "\u2029", "\t \r\n"], ids=ascii)
def test_a_line_break_in_what_a_summary_is_made_of_is_a_space(shop: Bench, character: str) -> None:
    """In an order's number, a topic, a persona, a segment and a title: a program that reads by line sees one line."""
    hostile = f"two{character}lines"
    shop.duck.execute("UPDATE clean.products SET title = ? WHERE product_id = 'P2'", [hostile])
    sell(shop, "A", "C1", 9, 40, order_id=hostile)
    ask(shop, "T1", "C1", 7, topic=hostile)
    others_ask(shop, 4, hostile)
    predict(shop)
    shop.duck.execute("UPDATE marts.segment_profiles SET segment_label = $1, segment_label_zh = $1", [hostile])
    shop.fill("marts.recommendations", "customer_id rank product_id is_holdout", ("C1", 1, "P2", False))
    for summary in desk(shop, "summary_en, summary_zh")[0]:
        assert summary.count("two lines") == 5
        assert len(summary.splitlines()) == 1


def test_a_value_of_any_size_is_said(shop: Bench) -> None:
    """No integer of 64 bits holds 10^19."""
    sell(shop, "A", "C1", 9, 40)
    shop.fill("marts.customer_value", "customer_id p_alive clv value_tier", ("C1", 0.75, 1e19, "gold"))
    assert "value gold, 10000000000000000000 GBP expected" in desk(shop, "summary_en")[0][0]


def test_the_newest_order_and_what_came_back(shop: Bench) -> None:
    """Two lines on one order; returns of any sale count, and one at the clock does not."""
    sell(shop, "A", "C1", 9, 40)
    sell(shop, "B", "C1", 5, 20, order_id="O9")
    sell(shop, "C", "C1", 5, 2.5, order_id="O9", is_service=True)
    give_back(shop, "A", 4, 1, 40, customer_id="C1")
    give_back(shop, "B", 0, 1, 20, customer_id="C1")
    columns = "last_order_id, last_order_date::VARCHAR, last_order_amount::FLOAT, n_returns, last_return_date::VARCHAR"
    assert desk(shop, columns) == [("O9", "2025-02-24", 22.5, 1, "2025-02-25")]


@pytest.mark.parametrize(("is_holdout", "told"), [(False, ("P2", "pot")), (True, (None, None))])
def test_who_is_held_out_is_advised_nothing(shop: Bench, is_holdout: bool, told: tuple[str | None, ...]) -> None:
    """The desk's word would spoil the comparison with those who are shown a list."""
    lists = (("C1", 1, "P2", is_holdout), ("C1", 2, "P4", is_holdout))
    shop.fill("marts.recommendations", "customer_id rank product_id is_holdout", *lists)
    assert desk(shop, "next_product_id, next_product_title") == [told]


def test_the_row_in_one_line(shop: Bench) -> None:
    shop.duck.execute("UPDATE clean.customers SET sms_consent = true WHERE customer_id = 'C1'")
    sell(shop, "A", "C1", 9, 40, quantity=2)
    sell(shop, "B", "C1", 5, 20)
    give_back(shop, "A", 5, 1, 20, customer_id="C1")
    ask(shop, "T1", "C1", 4, closed_at=AS_OF - timedelta(days=3), satisfaction=4, topic="delivery")
    ask(shop, "T2", "C1", 2, topic="refund")
    others_ask(shop, 4, "refund")
    predict(shop)
    shop.fill("marts.recommendations", "customer_id rank product_id is_holdout", ("C1", 1, "P2", False))
    assert desk(shop, "summary_en, summary_zh") == [
        (
            "customer since 2025-02-20, 2 orders, 40.00 GBP net (20.00 GBP paid back); last order O-B on 2025-02-24,"
            " 20.00 GBP; segment Loyal; persona Bargain hunters; value gold, 120 GBP expected; 26% likely to leave;"
            " 1 of 2 cases open, last on 2025-02-27: refund; mean mark 4.0; next: pot; may be contacted by sms",
            "2025-02-20 起的客户，2 笔订单，净额 40.00 GBP（已退款 20.00 GBP）；最近订单 O-B，2025-02-24，20.00 GBP；"
            "分群 忠诚；画像：爱打折；价值等级 gold，预期 120 GBP；流失概率 26%；2 个工单，1 个未结，最近一次"
            " 2025-02-27：refund；平均满意度 4.0；推荐：pot；可联系方式：短信",
        )
    ]


def test_what_is_not_known_is_not_said(shop: Bench) -> None:
    assert desk(shop, "summary_en, summary_zh", "customer_id IN ('N', 'S')") == [
        ("no order yet; may not be contacted", "尚未下单；不可联系"),
        ("staff; no order yet; may not be contacted", "员工；尚未下单；不可联系"),
    ]


def test_nothing_personal_is_in_what_is_published(shop: Bench) -> None:
    personal = {"name": "Ann Lee", "email": "ann@example.org", "phone": "555-0199", "city": "Leeds", "birth_year": 1987}
    for column, value in personal.items():
        shop.duck.execute(f"UPDATE clean.customers SET {column} = ? WHERE customer_id = 'C1'", [value])
    sell(shop, "A", "C1", 9, 40)
    ask(shop, "T1", "C1", 2, topic="about ann@example.org, 555-0199")
    told = repr(desk(shop, "*") + shop.rows("FROM marts.customer_360"))
    assert "C1" in told
    assert [value for value in personal.values() if str(value) in told] == []
