"""Lists for customers on a hand-made matrix: who gets one, what is left out, where each place comes from and why.

Customers per product: P4 3 (C3, C5, C6), P1 2 (C1, C2), P3 2 (C4, C6), P2 1 (C2), P5 1 (C4); so the popular order is
P4, P1, P3 (equal, by id), P2, P5 (equal, by id). The only likeness is P1 - P2. Lists have 3 places.
"""

from datetime import timedelta

import pytest

from shop_pipeline.assets.recommendations import build_recommendations
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NAME = "marts.recommendations"
COLUMNS = "customer_id, rank, product_id, model, fallback_level, reason_code, reason_product_ids, reason_share"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    before, after = AS_OF - timedelta(days=1), AS_OF + timedelta(days=1)
    bench.fill("clean.products", "product_id", *((f"P{n}",) for n in range(1, 6)))
    bench.fill(
        "clean.customers",
        "customer_id first_event_at is_registered signed_up_at",
        *((f"C{n}", before, False, None) for n in range(1, 7)),
        ("C7", after, False, None),
        ("C8", None, True, after),
        ("C9", None, True, before),
    )
    bench.fill(
        "features.interactions",
        "customer_id product_id weight n_events last_event_at",
        ("C1", "P1", 1.0, 1, before),
        ("C2", "P1", 1.0, 1, before),
        ("C2", "P2", 1.0, 1, before),
        ("C3", "P4", 3.0, 1, before),
        ("C4", "P3", 2.0, 1, before),
        ("C4", "P5", 0.5, 1, before),
        ("C5", "P4", 0.1, 1, before),
        ("C6", "P4", 0.1, 1, before),
        ("C6", "P3", 0.1, 1, before),
    )
    bench.fill(
        "models.item_neighbours", "product_id rank linked_product_id weight", ("P1", 1, "P2", 0.7), ("P2", 1, "P1", 0.7)
    )
    return bench


def crown(bench: Bench, model: str) -> None:
    bench.fill("models.evaluation", "model metric k is_champion value", (model, "ndcg", 10, True, 0.5))


def lists(bench: Bench) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for customer, product in bench.rows(f"SELECT customer_id, product_id FROM {NAME} ORDER BY customer_id, rank"):
        found.setdefault(customer, []).append(product)
    return found


def test_the_champion_fills_up_with_popular_products(shop: Bench) -> None:
    """C1 has P1, so P2 is its own; behind it the popular ones without P1. C2 has both ends of the one likeness, C3 to
    C6 none: popular only, without what they have. C9 has done nothing yet: the popular list itself. C7 and C8 come
    after the clock.
    """
    crown(shop, "item_neighbours")
    built = shop.build(build_recommendations, NAME)
    assert lists(shop) == {
        "C1": ["P2", "P4", "P3"],
        "C2": ["P4", "P3", "P5"],
        "C3": ["P1", "P3", "P2"],
        "C4": ["P4", "P1", "P2"],
        "C5": ["P1", "P3", "P2"],
        "C6": ["P1", "P2", "P5"],
        "C9": ["P4", "P1", "P3"],
    }
    told = {"labels_taken": "wholesale", "labels_left_out": "bot, staff, test", "customers_left_out": 0}
    assert built.metadata == {"champion": "item_neighbours", "customers": 7, **told}


def test_levels_and_reasons(shop: Bench) -> None:
    """0 the champion's own, with the customer's product behind it and its whole share; 1 behind it; 2 popular only."""
    crown(shop, "item_neighbours")
    shop.build(build_recommendations, NAME)
    found = shop.rows(f"SELECT {COLUMNS} FROM {NAME} WHERE customer_id IN ('C1', 'C9') ORDER BY 1, 2")
    filler = ("popular", None, None)
    assert found == [
        ("C1", 1, "P2", "item_neighbours", 0, "similar_to_yours", ["P1"], pytest.approx(1.0)),
        ("C1", 2, "P4", "popularity", 1, *filler),
        ("C1", 3, "P3", "popularity", 1, *filler),
        ("C9", 1, "P4", "popularity", 2, *filler),
        ("C9", 2, "P1", "popularity", 2, *filler),
        ("C9", 3, "P3", "popularity", 2, *filler),
    ]
    assert shop.rows(f"SELECT DISTINCT fallback_level FROM {NAME} WHERE customer_id IN ('C2', 'C3', 'C4')") == [(2,)]


def test_popularity_fills_the_table_when_nothing_beats_it(shop: Bench) -> None:
    """Without an evaluation there is no champion: the boring rule. Known customers have it as the model, level 0."""
    built = shop.build(build_recommendations, NAME)
    assert built.metadata["champion"] == "popularity"
    assert lists(shop)["C3"] == ["P1", "P3", "P2"]
    levels = shop.rows(f"SELECT customer_id, fallback_level FROM {NAME} GROUP BY ALL ORDER BY 1")
    assert levels == [*((f"C{n}", 0) for n in range(1, 7)), ("C9", 2)]
    assert shop.rows(f"SELECT DISTINCT model, reason_code FROM {NAME}") == [("popularity", "popular")]


def test_factors_rank_by_their_dot_product(shop: Bench) -> None:
    """C1 = (1, 0): P2 0.9, P3 0.5, P4 0.1, P5 0 -> P2, P3, P4, P1 left out. No products stand behind a taste."""
    crown(shop, "als")
    customers = {
        "C1": [1.0, 0.0],
        "C2": [0.0, 1.0],
        "C3": [1.0, 1.0],
        "C4": [1.0, 0.0],
        "C5": [1.0, 0.0],
        "C6": [1.0, 0.0],
    }
    products = {"P1": [1.0, 0.2], "P2": [0.9, 0.1], "P3": [0.5, 0.3], "P4": [0.1, 0.9], "P5": [0.0, 0.4]}
    for entity, vectors in (("customer", customers), ("product", products)):
        shop.fill(
            "models.als_factors", "entity id factors", *((entity, id_, vector) for id_, vector in vectors.items())
        )
    shop.build(build_recommendations, NAME)
    found = lists(shop)
    assert found["C1"] == ["P2", "P3", "P4"]
    assert found["C2"] == ["P4", "P5", "P3"]
    assert found["C9"] == ["P4", "P1", "P3"]
    reasons = f"SELECT DISTINCT reason_code, reason_product_ids, reason_share FROM {NAME} WHERE customer_id = 'C1'"
    assert shop.rows(reasons) == [("your_taste", None, None)]
    scores = shop.rows(f"SELECT score FROM {NAME} WHERE customer_id = 'C1' ORDER BY rank")
    assert [score for (score,) in scores] == pytest.approx([0.9, 0.5, 0.1])


def test_who_has_seen_everything_gets_no_list(shop: Bench) -> None:
    everything = (("C4", f"P{n}", 0.1, 1, AS_OF - timedelta(days=1)) for n in (1, 2, 4))
    shop.fill("features.interactions", "customer_id product_id weight n_events last_event_at", *everything)
    shop.build(build_recommendations, NAME)
    assert "C4" not in lists(shop)


def test_without_interactions_the_table_is_empty_and_says_why(bench: Bench) -> None:
    built = bench.build(build_recommendations, NAME)
    assert bench.rows(f"FROM {NAME}") == []
    assert built.metadata == {"note": "no interactions: nothing to learn from"}
