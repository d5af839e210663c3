"""features.customer_features and .customer_categories on hand-worked lines, and what all of them say at a cut."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from shop_pipeline.assets.gated import Run
from shop_pipeline.assets.held_out import make_at
from shop_pipeline.assets.sql_files import sql_text
from shop_pipeline_tests.assets.conftest import AS_OF, Bench
from shop_pipeline_tests.assets.sold_lines import ask, do, give_back, open_shop, sell

CHAIN = ("features.purchases", "features.rfm", "features.customer_features", "features.customer_categories")


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """C1 bought on Thursday, 21 November, Thursday, 30 January, and Saturday, 22 February."""
    open_shop(bench, "C1", "C2")
    bench.fill("clean.orders", "order_id channel", ("O-A", "email"), ("O-B", "search"), ("O-C", "email"))
    sell(bench, "A", "C1", 100, 20, quantity=2, list_price=12.5)
    sell(bench, "B", "C1", 30, 30, product_id="P4")
    sell(bench, "C", "C1", 7, 30, product_id="P2", quantity=3, list_price=10)
    sell(bench, "D", "C1", 50, 20, product_id="P3")
    give_back(bench, "D", 40, 1, 20)
    return bench


def run(bench: Bench, judged: tuple[str, ...] = ("features.customer_features",)) -> None:
    """Make the four tables; those that are `judged` go through the gate, which takes ten times as long as the rest."""
    for name in CHAIN:
        bench.duck.execute(f"DELETE FROM {name}")
        if name in judged:
            bench.run(name)
        else:
            bench.duck.execute(f"INSERT INTO {name} {sql_text(name)}")


def features(bench: Bench, customer: str = "C1") -> dict[str, Any]:
    if customer not in {known for (known,) in bench.rows("SELECT customer_id FROM features.customer_features")}:
        run(bench)
    found = bench.duck.execute("FROM features.customer_features WHERE customer_id = ?", [customer]).df()
    told: dict[str, Any] = found.iloc[0].to_dict()
    return told


def test_what_a_customer_bought(shop: Bench) -> None:
    """80 for six units on three lines, which list prices of 25 and 30 are known of two; D came back, 20 of 100."""
    told = features(shop)
    assert {name: told[name] for name in ("n_purchases", "days_since_last", "age_days", "mean_gap_days")} == {
        "n_purchases": 3,
        "days_since_last": 6,
        "age_days": 99,
        "mean_gap_days": 93 / 2,
    }
    assert {name: told[name] for name in ("net_revenue", "mean_purchase", "n_products", "n_categories")} == {
        "net_revenue": 80,
        "mean_purchase": 80 / 3,
        "n_products": 3,
        "n_categories": 2,
    }
    assert told["units_per_line"] == 2
    assert told["return_share"] == pytest.approx(0.2)
    assert told["discount_share"] == pytest.approx(1 - 50 / 55)
    assert told["weekend_share"] == pytest.approx(1 / 3)


def test_of_late_is_30_days_that_end_with_the_clock(shop: Bench) -> None:
    """30 January is the first of them, and 1 December the first of 90; the days before them are out."""
    for event, days_ago in (("E", 30.5), ("F", 90), ("G", 90.5)):
        sell(shop, event, "C1", days_ago, 1)
    for name, days_ago in (("in", 30), ("out", 30.5), ("later", 0)):
        do(shop, f"V-{name}", "C1", days_ago, "view", session_id=name)
        do(shop, f"K-{name}", "C1", days_ago, "add_to_cart", session_id=name)
        ask(shop, f"T-{name}", "C1", days_ago)
    do(shop, "V2", "C1", 2, "view", session_id="in")
    told = features(shop)
    assert (told["purchases_30d"], told["purchases_90d"], told["revenue_90d"]) == (2, 4, 62)
    assert (told["views_30d"], told["carts_30d"], told["visits_30d"], told["days_since_visit"]) == (2, 1, 1, 1)
    assert told["n_tickets"] == 2


def test_the_favourite_is_what_most_went_to_and_by_name_if_equal(shop: Bench) -> None:
    """C1: 50 for home, 30 for food, and two of three orders by e-mail. C2: 5 for each, an order by each."""
    shop.fill("clean.orders", "order_id channel", ("O-E", "search"), ("O-F", "app"))
    sell(shop, "E", "C2", 3, 5)
    sell(shop, "F", "C2", 2, 5, product_id="P4")
    assert [features(shop)[name] for name in ("favourite_category", "favourite_channel")] == ["home", "email"]
    assert [features(shop, "C2")[name] for name in ("favourite_category", "favourite_channel")] == ["food", "app"]


def test_what_a_bot_or_the_shop_does_is_no_visit(shop: Bench) -> None:
    """The newest doings are a bot's and a refund's: what is left is the purchase of six days ago."""
    shop.fill("clean.sessions", "session_id is_bot bot_rule", ("B1", True, "rate"))
    do(shop, "V1", "C1", 2, "view", session_id="B1")
    do(shop, "R1", "C1", 1, "refund")
    told = features(shop)
    assert (told["views_30d"], told["visits_30d"], told["days_since_visit"]) == (0, 0, 6)
    assert shop.rows("SELECT sum(views_30d) FROM features.customer_categories") == [(0,)]


def test_one_purchase_and_nothing_known_beside_it(shop: Bench) -> None:
    """The gap is the age, the last visit is the purchase, and without a list price there is no discount."""
    sell(shop, "E", "C2", 11, 8)
    shop.duck.execute("DELETE FROM clean.events WHERE customer_id = 'C2'")
    told = features(shop, "C2")
    assert (told["mean_gap_days"], told["days_since_visit"], told["discount_share"]) == (10, 10, 0)
    assert told["favourite_channel"] is None


@pytest.mark.parametrize(("paid", "share"), [(30, 0), (10, 0.5), (0.1, 0.995)])
def test_who_pays_more_than_the_list_price_has_no_discount(shop: Bench, paid: float, share: float) -> None:
    sell(shop, "E", "C2", 11, paid, list_price=20)
    assert features(shop, "C2")["discount_share"] == pytest.approx(share)


def test_categories_have_what_was_bought_and_what_was_looked_at(shop: Bench) -> None:
    """Home on two days, food on one; of no category, one look of 20 days ago, an old one, and what came back."""
    do(shop, "V1", "C1", 20, "view", product_id="P3")
    do(shop, "V2", "C1", 31, "view", product_id="P3")
    do(shop, "K1", "C1", 6, "add_to_cart", product_id="P2")
    do(shop, "V3", "C2", 6, "view")
    run(shop, judged=("features.customer_categories",))
    assert shop.rows("SELECT * FROM features.customer_categories ORDER BY category") == [
        ("C1", "(none)", 0, 0, 0.0, None, 1, 0),
        ("C1", "food", 1, 1, 30.0, 29.0, 0, 0),
        ("C1", "home", 2, 5, 50.0, 6.0, 0, 1),
    ]


def at_earlier_clock(bench: Bench, days_ago: int) -> dict[str, list[Any]]:
    """The rows of the four tables as `held_out.make_at` makes them."""
    now = Run(bench.session, AS_OF, None, {}, logging.getLogger(__name__))
    split_at = AS_OF - timedelta(days=days_ago)
    made = {name: make_at(now, name, split_at, over=CHAIN[:number]) for number, name in enumerate(CHAIN)}
    return {name: bench.rows(f"FROM {table} ORDER BY ALL") for name, table in made.items()}


def test_at_an_earlier_clock_nothing_later_counts(shop: Bench) -> None:
    """Ten days before the clock C1 had bought A, B and D, and D had come back. The stored tables are those of today.
    What comes then of purchases, returns, looks, and cases changes no row.
    """
    run(shop, judged=())
    before = at_earlier_clock(shop, 10)
    assert [row[0] for row in before["features.purchases"]] == ["A", "B"]
    assert all(before.values())
    for number, days_ago in enumerate((10, 9.5, 1)):
        sell(shop, f"L{number}", "C1", days_ago, 99, product_id="P3")
        sell(shop, f"M{number}", "C2", days_ago, 99)
        give_back(shop, "A", days_ago, 1, 10)
        do(shop, f"V{number}", "C1", days_ago, "view")
        ask(shop, f"T{number}", "C1", days_ago)
    assert at_earlier_clock(shop, 10) == before
    run(shop, judged=())
    assert at_earlier_clock(shop, 10) == before
    assert at_earlier_clock(shop, 9) != before


def test_the_run_at_that_clock_gives_the_same_rows(shop: Bench) -> None:
    do(shop, "V1", "C1", 20, "view", product_id="P3")
    run(shop, judged=())
    cut = at_earlier_clock(shop, 10)
    shop.set(as_of=AS_OF - timedelta(days=10))
    run(shop, judged=CHAIN)
    assert {name: shop.rows(f"FROM {name} ORDER BY ALL") for name in CHAIN} == cut
