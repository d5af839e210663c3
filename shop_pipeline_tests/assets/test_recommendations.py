"""Lists for customers on a hand-made matrix: who gets one, what is left out, where each place comes from and why.

The steps have tests of their own (models/lists, models/recommenders/test_hybrid.py); here is what the asset hands them.

Customers per product: P4 3 (C3, C5, C6), P1 2 (C1, C2), P3 2 (C4, C6), P2 1 (C2), P5 1 (C4); so the popular order is
P4, P1, P3 (equal, by id), P2, P5 (equal, by id). The only likeness is P1 - P2. Lists have 3 places.
"""

import hashlib
from datetime import timedelta

import pytest

from shop_pipeline.assets.recommenders.recommendations import build_recommendations
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NAME = "marts.recommendations"
COLUMNS = "customer_id, rank, product_id, model, fallback_level, reason_code, reason_product_ids, reason_share"


@pytest.fixture
def shop(bench: Bench) -> Bench:
    before, after = AS_OF - timedelta(days=1), AS_OF + timedelta(days=1)
    bench.fill("clean.products", "product_id", *((f"P{n}",) for n in range(1, 6)))
    bench.fill("features.product_rules", "product_id is_shown", *((f"P{n}", True) for n in range(1, 6)))
    # Somebody had to do with all of them long ago: none is new.
    bench.fill("clean.events", "event_at product_id", *((AS_OF - timedelta(days=99), f"P{n}") for n in range(1, 6)))
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


def held_out(ids: list[str], share: float = 0.05, name: str = "lists") -> set[str]:
    """Those whose hash, taken as a share of all hashes, is below the share: the first 32 bits of MD5."""
    return {id_ for id_ in ids if int(hashlib.md5(f"{name}:{id_}".encode()).hexdigest()[:8], 16) < share * 2**32}


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
    shown = {"products_hidden": 0, "newcomers": 0, "held_out": len(held_out([f"C{n}" for n in (1, 2, 3, 4, 5, 6, 9)]))}
    assert built.metadata == {
        "champion": "item_neighbours", "parts": "item_neighbours 1", "customers": 7, **shown, **told
    }  # fmt: skip


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
    """C1 = (1, 0): P2 0.9, P3 0.5, P4 0.1, P5 0 -> P2, P3, P4, P1 left out. All of the taste comes from P1."""
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
    assert shop.rows(reasons) == [("your_taste", ["P1"], pytest.approx(1))]
    # Over the best of the customer's list: 0.9, 0.5 and 0.1 by 0.9.
    scores = shop.rows(f"SELECT score FROM {NAME} WHERE customer_id = 'C1' ORDER BY rank")
    assert [score for (score,) in scores] == pytest.approx([1, 5 / 9, 1 / 9])


def test_who_has_seen_everything_gets_no_list(shop: Bench) -> None:
    everything = (("C4", f"P{n}", 0.1, 1, AS_OF - timedelta(days=1)) for n in (1, 2, 4))
    shop.fill("features.interactions", "customer_id product_id weight n_events last_event_at", *everything)
    shop.build(build_recommendations, NAME)
    assert "C4" not in lists(shop)


def test_without_interactions_the_table_is_empty_and_says_why(bench: Bench) -> None:
    built = bench.build(build_recommendations, NAME)
    assert bench.rows(f"FROM {NAME}") == []
    assert built.metadata == {"note": "no interactions: nothing to learn from"}


def crown_hybrid(bench: Bench, **weights: float) -> None:
    crown(bench, "hybrid")
    bench.fill("marts.hybrid_weights", "model weight", *weights.items())


def test_the_hybrid_blends_its_parts(shop: Bench) -> None:
    """C1's list from the neighbours is P2 alone (1 by its best); from the rival P4 3, P3 2, P2 1, P5 1 customers, by 3.
    With .25 and .75: P2 .25 + .75 / 3 = .5, P4 .75, P3 .5, P5 .25. Of P2's parts both are .25:
    the first by name leads, the neighbours.
    """
    crown_hybrid(shop, item_neighbours=0.25, popularity=0.75)
    built = shop.build(build_recommendations, NAME)
    assert built.metadata["parts"] == "item_neighbours 0.25, popularity 0.75"
    columns = "product_id, score, model, fallback_level, reason_code, reason_product_ids, reason_share, relevance_rank"
    assert shop.rows(f"SELECT {columns} FROM {NAME} WHERE customer_id = 'C1' ORDER BY rank") == [
        ("P4", pytest.approx(0.75), "hybrid", 0, "popular", None, None, 1),
        # Half of the score is what the neighbours say for P1.
        ("P2", pytest.approx(0.5), "hybrid", 0, "similar_to_yours", ["P1"], pytest.approx(0.5), 2),
        ("P3", pytest.approx(0.5), "hybrid", 0, "popular", None, None, 3),
    ]


def test_a_part_that_was_not_fitted_is_left_out(shop: Bench) -> None:
    crown_hybrid(shop, item_neighbours=0.5, ease=0.5)
    built = shop.build(build_recommendations, NAME)
    assert (built.metadata["champion"], built.metadata["parts"]) == ("hybrid", "item_neighbours 0.5")
    crown_hybrid_alone = "UPDATE marts.hybrid_weights SET weight = 0 WHERE model = 'item_neighbours'"
    shop.duck.execute(crown_hybrid_alone)
    built = shop.build(build_recommendations, NAME)
    assert (built.metadata["champion"], built.metadata["parts"]) == ("popularity", "popularity 1")


def test_what_may_not_be_shown_is_in_no_list_and_lists_stay_whole(shop: Bench) -> None:
    """Without P4 and P2 three products are left; who has one of them is short, and nobody has a gap."""
    crown(shop, "item_neighbours")
    shop.duck.execute("UPDATE features.product_rules SET is_shown = false WHERE product_id IN ('P2', 'P4')")
    built = shop.build(build_recommendations, NAME)
    assert built.metadata["products_hidden"] == 2
    assert lists(shop) == {
        "C1": ["P3", "P5"],
        "C2": ["P3", "P5"],
        "C3": ["P1", "P3", "P5"],
        "C4": ["P1"],
        "C5": ["P1", "P3", "P5"],
        "C6": ["P1", "P5"],
        "C9": ["P1", "P3", "P5"],
    }


def test_what_is_bought_again_and_due_comes_back(shop: Bench) -> None:
    """C2 has P1 and P2, which speak for each other; P2 is due, P1 is not."""
    crown(shop, "item_neighbours")
    due = (("C2", "P2", True), ("C2", "P1", False))
    shop.fill("features.repurchases", "customer_id product_id is_due", *due)
    shop.build(build_recommendations, NAME)
    found = shop.rows(f"SELECT product_id, reason_code, reason_product_ids FROM {NAME} WHERE customer_id = 'C2'")
    assert found[0] == ("P2", "bought_again", ["P1"])
    assert [product for product, *_ in found] == ["P2", "P4", "P3"]


def test_what_is_due_is_filled_in_too(shop: Bench) -> None:
    """C3 has P4 alone, of which the neighbours know nothing; it is what most have, and due."""
    crown(shop, "item_neighbours")
    shop.fill("features.repurchases", "customer_id product_id is_due", ("C3", "P4", True))
    shop.build(build_recommendations, NAME)
    found = shop.rows(f"SELECT product_id, reason_code FROM {NAME} WHERE customer_id = 'C3' ORDER BY rank")
    assert found == [("P4", "bought_again"), ("P1", "popular"), ("P3", "popular")]


def test_what_nobody_has_may_fill_a_list(shop: Bench) -> None:
    """C4 has P3 and P5; with P1, P2 and P4 hidden only N is left, which is like nothing in any list."""
    crown(shop, "item_neighbours")
    shop.duck.execute("UPDATE features.product_rules SET is_shown = product_id NOT IN ('P1', 'P4')")
    shop.duck.execute("UPDATE clean.products SET category = 'Mugs'")
    shop.fill("clean.products", "product_id category", ("N", "Lamps"))
    shop.fill("raw.products", "product_id", *((id_,) for id_ in ("P1", "P2", "P3", "P4", "P5", "N")))
    shop.fill("features.product_rules", "product_id is_shown", ("N", True))
    shop.build(build_recommendations, NAME)
    found = shop.rows(
        f"SELECT product_id, fallback_level, reason_code FROM {NAME} WHERE customer_id = 'C4' ORDER BY rank"
    )
    assert found == [("P2", 2, "popular"), ("N", 2, "new")]
    # Where the hybrid speaks, too.
    assert lists(shop)["C1"] == ["P2", "P3", "P5"]


@pytest.mark.parametrize("n", [1, 2])
def test_blocks_of_customers_change_nothing(shop: Bench, monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    crown_hybrid(shop, item_neighbours=0.25, popularity=0.75)
    shop.build(build_recommendations, NAME)
    whole = shop.rows(f"FROM {NAME} ORDER BY ALL")
    # A list of three places with two parts takes some hundred bytes on its way.
    monkeypatch.setattr("shop_pipeline.assets.recommenders.list_maker.ListMaker.bytes_per_list", 1)
    monkeypatch.setattr("shop_pipeline.assets.recommenders.recommendations.BLOCK_BYTES", n)
    shop.build(build_recommendations, NAME)
    assert shop.rows(f"FROM {NAME} ORDER BY ALL") == whole


def test_a_product_that_nobody_has_yet_stands_behind_the_one_it_is_like(shop: Bench) -> None:
    """N is of P2's shelf and nobody has it. C1's list is P2, so N follows at once; the popular come behind."""
    crown(shop, "item_neighbours")
    shelves = {"P1": "Shirts", "P2": "Mugs", "P3": "Lamps", "P4": "Lamps", "N": "Mugs"}
    shop.fill("clean.products", "product_id", ("N",))
    shop.fill("raw.products", "product_id", *((product,) for product in shelves))
    for product, category in shelves.items():
        shop.duck.execute("UPDATE clean.products SET category = ? WHERE product_id = ?", [category, product])
    shop.fill("features.product_rules", "product_id is_shown", ("N", True))
    built = shop.build(build_recommendations, NAME)
    assert built.metadata["newcomers"] == 1
    found = shop.rows(f"SELECT product_id, reason_code, reason_product_ids FROM {NAME} WHERE customer_id = 'C1'")
    assert found == [("P2", "similar_to_yours", ["P1"]), ("N", "new", ["P1"]), ("P4", "popular", None)]


@pytest.mark.parametrize(("days", "n_new"), [(31, 0), (29, 1)])
def test_what_strangers_alone_bought_for_a_month_is_not_new(shop: Bench, days: int, n_new: int) -> None:
    shop.fill("clean.products", "product_id category", ("N", "Mugs"))
    shop.fill("features.product_rules", "product_id is_shown", ("N", True))
    event = ("E1", "purchase", AS_OF - timedelta(days=days), None, "N")
    shop.fill("clean.events", "event_id event_type event_at customer_id product_id", event)
    assert shop.build(build_recommendations, NAME).metadata["newcomers"] == n_new


def test_one_view_does_not_end_what_is_new(shop: Bench) -> None:
    """C5 has looked at N, so that models know it; for others it still has the score of P2, and stands first by id."""
    shelves = {"P1": "Shirts", "P2": "Mugs", "P3": "Lamps", "P4": "Lamps", "N": "Mugs"}
    shop.fill("clean.products", "product_id", ("N",))
    for product, category in shelves.items():
        shop.duck.execute("UPDATE clean.products SET category = ? WHERE product_id = ?", [category, product])
    shop.fill("raw.products", "product_id", *((product,) for product in shelves))
    shop.fill("features.product_rules", "product_id is_shown", ("N", True))
    view = ("C5", "N", 0.01, 1, AS_OF - timedelta(days=1))
    shop.fill("features.interactions", "customer_id product_id weight n_events last_event_at", view)
    crown(shop, "item_neighbours")
    shop.build(build_recommendations, NAME)
    assert lists(shop)["C1"] == ["N", "P2", "P4"]
    assert "N" not in lists(shop)["C5"]


def test_held_out_customers_are_marked_and_stay_the_same(shop: Bench) -> None:
    """The share is 5 % of all hashes; another name draws others."""
    many = [f"X{n}" for n in range(2000)]
    shop.fill("clean.customers", "customer_id first_event_at", *((id_, AS_OF - timedelta(days=1)) for id_ in many))
    shop.build(build_recommendations, NAME)
    marked = {id_ for (id_,) in shop.rows(f"SELECT DISTINCT customer_id FROM {NAME} WHERE is_holdout")}
    assert marked == held_out([*many, *(f"C{n}" for n in range(1, 10))]) - {"C7", "C8"}
    # 5 % of 2,000 is 100, with a standard deviation of 9.7.
    assert 70 < len(marked) < 130
    shop.set(holdout_name="other")
    shop.build(build_recommendations, NAME)
    others = {id_ for (id_,) in shop.rows(f"SELECT DISTINCT customer_id FROM {NAME} WHERE is_holdout")}
    assert others & set(many) == held_out(many, name="other") != marked


def test_strangers_get_what_is_popular_in_their_country(shop: Bench) -> None:
    """P1 and P3 have two customers each, so P1 stands first by id. In FR, where C9 is, P3 has both and P1 none."""
    shop.duck.execute("UPDATE clean.customers SET country = 'FR' WHERE customer_id IN ('C4', 'C6', 'C9')")
    shop.build(build_recommendations, NAME)
    assert lists(shop)["C9"] == ["P4", "P3", "P1"]
