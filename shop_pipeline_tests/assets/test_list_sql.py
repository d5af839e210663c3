"""The lists that a shop shows, on hand-worked rows: what may not be shown is in none of them, and no rank is missing.

Five products. P2 is out of stock and P4 is blocked; every list below would have them at its head.
"""

from datetime import datetime, timedelta

import pytest

from shop_pipeline.assets.recommenders.similarities import PRODUCTS, _of_products
from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

HIDDEN = {"P2", "P4"}
LISTS = {
    "marts.popular_products": "product_id",
    "marts.home_page_recommendations": "product_id",
    "marts.similar_products": "similar_product_id",
    "marts.product_page_recommendations": "shown_product_id",
    "marts.email_recommendations": "product_id",
}
"""In the order in which they are made, with the column that people see."""


@pytest.fixture
def shop(bench: Bench) -> Bench:
    bench.set(timezone="UTC", blocked_categories=["toys"], email_length=2, customer_measures=["jaccard", "cosine"])
    titles = (
        ("P1", "mug", None),
        ("P2", "cup", None),
        ("P3", "pot", None),
        ("P4", "doll", "toys > dolls"),
        ("P5", "tea", None),
    )
    bench.fill("clean.products", "product_id title category is_listed", *((*title, True) for title in titles))
    bench.fill("clean.prices", "product_id version", *((product, 1) for product, *_ in titles))
    bench.fill("clean.stock", "product_id stock_date on_hand", ("P2", AS_OF.date() - timedelta(days=1), 0))
    columns = "customer_id email_consent country"
    bench.fill("clean.customers", columns, ("C1", True, "DE"), ("C2", False, None), ("C3", False, None))
    bench.run("features.product_rules")
    return bench


def fill_models(shop: Bench) -> None:
    """What is learned still has the hidden products, and has them first."""
    weights = (("P2", 9), ("P4", 8), ("P1", 3), ("P3", 2), ("P5", 1))
    rows = [("C1", product, weight, 1) for product, weight in weights]
    shop.fill("features.interactions", "customer_id product_id weight n_events", *rows)
    columns = "product_id measure rank similar_product_id score n_common_customers"
    alike = [
        (page, measure, rank, other, 1 / rank, 2)
        for page, measure in (("P1", "content"), ("P1", "cosine"), ("P1", "bought_with"), ("P3", "cosine"))
        for rank, other in enumerate(("P2", "P4", "P5"), 1)
    ]
    alike += [("P1", "content", 4, "P3", 0.1, 2), ("P2", "cosine", 1, "P1", 0.5, 2)]
    shop.fill("models.product_similarity", columns, *alike)
    events = [
        (f"E{product}", "purchase", AS_OF - timedelta(days=1), "C1", product, f"O{product}")
        for product in ("P1", "P2", "P4")
    ]
    shop.fill("clean.events", "event_id event_type event_at customer_id product_id order_id", *events)


LIST = "customer_id rank product_id reason_code reason_product_ids is_holdout"


def fill_recommendations(shop: Bench) -> None:
    shop.fill(
        "marts.recommendations",
        LIST,
        ("C1", 1, "P3", "similar_to_yours", ["P1", "P5"], False),
        ("C1", 2, "P5", "popular", None, False),
        ("C1", 3, "P1", "popular", None, False),
        ("C2", 1, "P5", "your_taste", ["P4"], True),
    )


@pytest.fixture
def full(shop: Bench) -> Bench:
    """The shop with all its lists made."""
    fill_models(shop)
    fill_recommendations(shop)
    for name in LISTS:
        shop.run(name)
    return shop


def test_what_may_not_be_shown_never_appears(full: Bench) -> None:
    """P2 is out of stock, P4 is blocked, and P5 stands in each list: without it, a list would prove nothing."""
    for name, column in LISTS.items():
        shown = {product for (product,) in full.rows(f"SELECT {column} FROM {name}")}
        assert ("P5" in shown, shown & HIDDEN) == (True, set()), name


def test_ranks_have_no_gap_where_the_rules_bite(full: Bench) -> None:
    for name in LISTS:
        key = ", ".join(column for column in TABLES[name].key if column != "rank")
        found = full.rows(f"SELECT list(rank ORDER BY rank) FROM {name} GROUP BY {key}")
        assert all(ranks == list(range(1, len(ranks) + 1)) for (ranks,) in found), name


def test_every_list_of_products_promises_to_show_only_what_may_be_shown() -> None:
    """Every mart that ranks products, but for one that only says how good models are, has the rule."""
    ranked = {name for name, table in TABLES.items() if table.schema == "marts" and "rank" in table.key} - {
        "marts.similar_customers"
    }
    promised = {
        name for name, table in TABLES.items() if any(rule.name == "only_shown_products" for rule in table.rules)
    }
    assert ranked <= promised
    assert set(LISTS) <= promised


def test_best_sellers_of_what_is_shown(full: Bench) -> None:
    """P2 and P4 weigh most; C1's order of yesterday makes P1 the one that rises."""
    full.duck.execute("DELETE FROM marts.popular_products")
    columns = "order_id customer_id ordered_at is_return"
    full.fill("clean.orders", columns, ("O1", "C1", AS_OF - timedelta(days=1), False))
    full.run("marts.popular_products")
    assert full.rows("SELECT scope, product_id, score FROM marts.popular_products ORDER BY scope, rank") == [
        *(("all", product, weight) for product, weight in (("P1", 3.0), ("P3", 2.0), ("P5", 1.0))),
        ("trending", "P1", 1.0),
    ]


def test_each_customer_is_of_one_segment(shop: Bench) -> None:
    """By orders before the clock: A none, B one and one at the clock, C two, the newer exactly 90 days ago, D two, a
    second longer ago, E three and wholesale, F one order that was a return. Five of each, with 1, 2, 4 ... of P1.
    """
    edge = AS_OF - timedelta(days=90)
    orders: dict[str, list[tuple[datetime, bool]]] = {
        "A": [],
        "B": [(edge, False), (AS_OF, False)],
        "C": [(edge - timedelta(days=50), False), (edge, False)],
        "D": [(edge - timedelta(days=50), False), (edge - timedelta(seconds=1), False)],
        "E": [(edge, False)] * 3,
        "F": [(edge, True)],
    }
    alike = {kind: [f"{kind}-{n}" for n in range(5)] for kind in orders}
    shop.fill("clean.customers", "customer_id country", *((c, None) for five in alike.values() for c in five))
    labels = [(customer, label) for customer in alike["E"] for label in ("wholesale", "bot")]
    shop.fill("clean.customer_labels", "customer_id label", *labels)
    rows = [
        (f"{customer}-{n}", customer, at, back)
        for kind, placed in orders.items()
        for customer in alike[kind]
        for n, (at, back) in enumerate(placed)
    ]
    shop.fill("clean.orders", "order_id customer_id ordered_at is_return", *rows)
    weights = [(c, "P1", 2.0**n / 5, 1) for n, five in enumerate(alike.values()) for c in five]
    shop.fill("features.interactions", "customer_id product_id weight n_events", *weights)
    shop.run("marts.popular_products")
    found = shop.rows("SELECT scope, score FROM marts.popular_products WHERE scope LIKE 'segment%' ORDER BY 1")
    assert found == [
        ("segment: first-time", 2.0),
        ("segment: lapsed", 8.0),
        ("segment: repeat", 4.0),
        ("segment: visitors", 1.0 + 32.0),
        ("segment: wholesale", 16.0),
    ]


def test_similar_products_keep_their_order(full: Bench) -> None:
    """P5 was third by each measure. A hidden product has its page still."""
    found = full.rows("SELECT product_id, measure, rank, similar_product_id FROM marts.similar_products")
    assert sorted(found) == [
        ("P1", "bought_with", 1, "P5"),
        ("P1", "content", 1, "P5"),
        ("P1", "content", 2, "P3"),
        ("P1", "cosine", 1, "P5"),
        ("P2", "cosine", 1, "P1"),
        ("P3", "cosine", 1, "P5"),
    ]


def test_a_product_page_has_one_kind_of_likeness(full: Bench) -> None:
    """P1 by content, the others, of which the content says nothing, by cosine."""
    columns = "product_id, list, rank, shown_product_id, title"
    assert full.rows(f"SELECT {columns} FROM marts.product_page_recommendations ORDER BY 1, 2, 3") == [
        ("P1", "bought_with", 1, "P5", "tea"),
        ("P1", "similar", 1, "P5", "tea"),
        ("P1", "similar", 2, "P3", "pot"),
        ("P2", "similar", 1, "P1", "mug"),
        ("P3", "similar", 1, "P5", "tea"),
    ]


def test_a_product_page_has_no_more_places_than_a_list(shop: Bench) -> None:
    shop.set(list_length=1)
    fill_models(shop)
    shop.run("marts.similar_products")
    shop.run("marts.product_page_recommendations")
    assert shop.rows("SELECT max(rank) FROM marts.product_page_recommendations") == [(1,)]
    assert shop.rows("SELECT max(rank) FROM marts.similar_products") == [(2,)]


def test_the_home_page_has_the_best_sellers_with_titles(full: Bench) -> None:
    assert full.rows("SELECT list, rank, title FROM marts.home_page_recommendations WHERE list = 'all' ORDER BY 2") == [
        ("all", 1, "mug"),
        ("all", 2, "pot"),
        ("all", 3, "tea"),
    ]
    lists = "SELECT DISTINCT scope AS list FROM marts.popular_products ORDER BY 1"
    assert full.rows("SELECT DISTINCT list FROM marts.home_page_recommendations ORDER BY 1") == full.rows(lists)


def test_an_e_mail_has_the_first_places_and_says_who_may_get_it(full: Bench) -> None:
    """Two places. The reason is the first of the customer's own products, whether it is still shown or not."""
    columns = "customer_id, rank, product_id, title, reason_code, reason_title, is_holdout, has_email_consent"
    assert full.rows(f"SELECT {columns} FROM marts.email_recommendations ORDER BY 1, 2") == [
        ("C1", 1, "P3", "pot", "similar_to_yours", "mug", False, True),
        ("C1", 2, "P5", "tea", "popular", None, False, True),
        ("C2", 1, "P5", "tea", "your_taste", "doll", True, False),
    ]


def test_an_e_mail_names_nothing_personal() -> None:
    personal = {column.name for column in TABLES["clean.customers"] if column.personal}
    assert not personal & set(TABLES["marts.email_recommendations"].column_names)


def test_similar_customers_are_those_of_the_first_measure_who_are_still_there(shop: Bench) -> None:
    """C9 has been forgotten since they were compared."""
    columns = "customer_id measure rank similar_customer_id score n_common_products"
    shop.fill(
        "models.customer_similarity",
        columns,
        ("C1", "jaccard", 1, "C9", 0.9, 4),
        ("C1", "jaccard", 2, "C3", 0.5, 3),
        ("C1", "jaccard", 3, "C2", 0.25, 2),
        ("C1", "cosine", 1, "C2", 1.0, 2),
        ("C9", "jaccard", 1, "C1", 0.9, 4),
    )
    shop.run("marts.similar_customers")
    told = "customer_id, rank, similar_customer_id, score, n_common_products"
    assert shop.rows(f"SELECT {told} FROM marts.similar_customers ORDER BY 1, 2") == [
        ("C1", 1, "C3", 0.5, 3),
        ("C1", 2, "C2", 0.25, 2),
    ]


def test_without_a_measure_no_customers_are_similar(shop: Bench) -> None:
    shop.set(customer_measures=[])
    shop.fill("models.customer_similarity", "customer_id measure rank similar_customer_id", ("C1", "cosine", 1, "C2"))
    assert shop.run("marts.similar_customers").n_rows == 0


def test_bought_with_is_the_cosine_over_orders(shop: Bench) -> None:
    """P1 stands on O1, O2 and O3, P5 on O1, O2, O4 and alone on O5: 2 / sqrt(3 x 4). P3 shares one order with each,
    which may be chance. A service, what came back and what is sold at the clock are on no order, nor are the orders of
    staff; a visitor's order is as good as any.
    """
    yesterday = AS_OF - timedelta(days=1)
    lines = [
        *(("O1", "P1", "C1"), ("O1", "P5", "C1")),
        *(("O2", "P1", None), ("O2", "P5", None), ("O2", "P5", None)),
        *(("O3", "P1", "C2"), ("O3", "P3", "C2")),
        *(("O4", "P5", "C2"), ("O4", "P3", "C2")),
        ("O5", "P5", "C2"),
        *(("O6", "P1", "C3"), ("O6", "P3", "C3")),
    ]
    columns = "event_id order_id line_number product_id customer_id line_at quantity is_service is_return"
    rows = [
        (f"E{n}", order, n, product, customer, yesterday, 1, False, False)
        for n, (order, product, customer) in enumerate(lines)
    ]
    rows += [
        ("S1", "O1", 90, "POST", "C1", yesterday, 1, True, False),
        ("S2", "O2", 91, "POST", "C1", yesterday, 1, True, False),
        ("R1", "O1", 92, "P3", "C1", yesterday, 1, False, False),
        ("R2", "O1", 93, "P3", "C1", yesterday, 1, False, True),
        ("L1", "O5", 94, "P3", "C2", AS_OF, 1, False, False),
        ("L2", "O2", 95, "P3", None, AS_OF, 1, False, False),
    ]
    shop.fill("clean.order_lines", columns, *rows)
    shop.fill("clean.customer_labels", "customer_id label", ("C3", "staff"))
    matched = "return_event_id match_number sale_event_id quantity returned_at"
    shop.fill("clean.returns", matched, ("R2", 1, "R1", 1, yesterday))
    shop.build(_of_products, PRODUCTS)
    columns = "product_id, similar_product_id, rank, n_common_customers, score"
    assert shop.rows(f"SELECT {columns} FROM {PRODUCTS} WHERE measure = 'bought_with' ORDER BY 1") == [
        ("P1", "P5", 1, 2, pytest.approx(2 / 12**0.5)),
        ("P5", "P1", 1, 2, pytest.approx(2 / 12**0.5)),
    ]


def test_an_order_of_very_many_products_says_nothing(shop: Bench) -> None:
    """Two orders of 201 products are stock lists; with one product less each they count."""
    many = [f"M{n:03}" for n in range(201)]
    shop.fill("clean.products", "product_id", *((product,) for product in many))
    columns = "event_id order_id line_number product_id customer_id line_at quantity"
    yesterday = AS_OF - timedelta(days=1)
    rows = [(f"{o}{p}", o, n, p, "C1", yesterday, 1) for o in ("O1", "O2") for n, p in enumerate(many)]
    shop.fill("clean.order_lines", columns, *rows)
    pairs = f"SELECT count(DISTINCT product_id) FROM {PRODUCTS} WHERE measure = 'bought_with'"
    shop.build(_of_products, PRODUCTS)
    assert shop.rows(pairs) == [(0,)]
    shop.duck.execute("DELETE FROM clean.order_lines WHERE product_id = 'M000'")
    shop.build(_of_products, PRODUCTS)
    assert shop.rows(pairs) == [(200,)]
