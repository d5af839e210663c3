"""marts.bought_together: from the stored baskets to rows, what the metadata say, and shops of which nothing is told.

The mining is tested in models/baskets; here is what the asset hands it, and what it makes of the answer.
"""

from typing import Any

import numpy as np
import pytest

from shop_pipeline.assets.basket_examples import bought_together_page
from shop_pipeline.assets.baskets import build_rules
from shop_pipeline.assets.gated import Built, Run
from shop_pipeline.settings import ShopSettings
from shop_pipeline_tests.assets.conftest import Bench

NAME = "marts.bought_together"
MUG, POT, TEA = "P1", "a, b|\n'c'", "茶"
# 200 baskets: mug and pot together in 40, each alone in 10; tea in every second basket, with or without them.
SETS = [[*(both if n < 40 else one), *([TEA] if n % 2 else [])] for n in range(200)
        for both, one in [([MUG, POT], [MUG] if n < 50 else [POT] if n < 60 else ["P4"])]]  # fmt: skip


@pytest.fixture
def shop(bench: Bench) -> Bench:
    products = ((MUG, "Mug"), (POT, None), (TEA, "Tea *"), ("P4", ""))
    bench.fill("clean.products", "product_id title", *products)
    return bench


def put(bench: Bench, sets: list[list[str]]) -> None:
    rows = [(f"O{n:03}", product) for n, products in enumerate(sets) for product in products]
    bench.fill("features.baskets", "order_id product_id quantity", *((*row, 1) for row in rows))


def ready(bench: Bench, verdict: str = "full") -> None:
    columns = "model verdict quantity observed threshold text reason"
    bench.fill("marts.model_readiness", columns, ("association_rules", verdict, "rule_pairs", 0, 1, "no rules", "why"))


def build(bench: Bench, **baskets: Any) -> Built:
    bench.session = type(bench.session)(
        bench.duck, bench.gate, bench.session.paths, ShopSettings.model_validate({"baskets": baskets}), "run-1"
    )
    return bench.build(build_rules, NAME)


def test_the_rules_of_a_shop_by_hand(shop: Bench) -> None:
    """Mug and pot are in 50 of 200 each, in 40 together: lift .8 / .25. All others go with nothing or too seldom."""
    ready(shop)
    put(shop, SETS)
    built = build(shop)
    measures = "support, confidence, lift, leverage, conviction, n_baskets, n_antecedents, improvement"
    told = shop.rows(f"SELECT antecedents, consequents, {measures} FROM {NAME} ORDER BY antecedents")
    by_hand = pytest.approx([0.2, 0.8, 3.2, 0.2 - 0.25 * 0.25, 0.75 / 0.2, 40, 1, 0.8 - 0.25])
    assert [row[:2] for row in told] == [([MUG], [POT]), ([POT], [MUG])]
    assert [list(row[2:]) for row in told] == [by_hand, by_hand]
    assert shop.rows(f"SELECT max(p_value) < 1e-20, bool_and(q_value > p_value) FROM {NAME}") == [(True, True)]
    metadata = built.metadata
    assert (metadata["baskets"], metadata["rules_kept"], metadata["fewest_baskets_of_a_pair"]) == (200, 2, 1)
    left_out = metadata["left_out_as_redundant"] + metadata["left_out_as_chance"]
    assert (metadata["confident_rules"], "note" in metadata) == (2 + left_out, False)


def test_the_page_shows_titles_and_odd_ids_as_text(shop: Bench) -> None:
    ready(shop)
    put(shop, SETS)
    build(shop)
    shown = bought_together_page(_run(shop))["examples"].md_str
    assert shown.splitlines()[2:] == [
        "| who has | also takes | of them | times as often as others | baskets |",
        "| --- | --- | --- | --- | --- |",
        "| a, b&#124; 'c' | Mug | 80.0 % | 3.2 | 40 |",
    ]


def _run(bench: Bench) -> Run:
    return Run(bench.session, bench.rows("SELECT getvariable('as_of')")[0][0], None, {}, None)


def test_a_rule_that_never_fails_has_no_conviction(shop: Bench) -> None:
    ready(shop)
    put(shop, [[MUG, POT]] * 30 + [[TEA]] * 30)
    build(shop)
    assert shop.rows(f"SELECT DISTINCT confidence, conviction FROM {NAME}") == [(1.0, None)]


def test_where_the_support_was_raised_the_metadata_say_so(shop: Bench) -> None:
    ready(shop)
    put(shop, SETS)
    built = build(shop, most_itemsets=4)
    assert built.metadata["frequent_itemsets"] <= 4
    raised = built.metadata["raised"]
    assert raised.startswith("asked for are 1 baskets; single products and pairs had to be in ")
    assert ", there are no longer ones: " in raised


def test_pairs_do_not_give_way_to_longer_itemsets(shop: Bench) -> None:
    """Four products, five pairs and two triples, one of them in three baskets: only the triple has to go."""
    ready(shop)
    put(shop, [[MUG, POT, TEA]] * 20 + [[MUG, POT, "P4"]] * 3)
    built = build(shop, most_itemsets=10)
    assert (
        "asked for are 1 baskets; single products and pairs had to be in 1, longer ones in 4"
        in built.metadata["raised"]
    )
    assert (built.metadata["frequent_itemsets"], built.metadata["fewest_baskets_of_longer_itemsets"]) == (10, 4)


def test_a_rate_of_one_lets_in_nothing_that_sizes_explain(shop: Bench) -> None:
    """The table's contract would refuse it."""
    ready(shop)
    rng = np.random.default_rng(1)
    names = [f"P{n}" for n in range(1, 5)]
    put(shop, [[name for name in names if rng.random() < 0.5] for _ in range(100)])
    build(shop, false_discovery_rate=1.0)
    assert shop.rows(f"SELECT count(*) FILTER (lift <= lift_by_basket_size) FROM {NAME}") == [(0,)]


@pytest.mark.parametrize(
    ("sets", "n_baskets"),
    [([[MUG]] * 20, 20), ([[MUG, POT, TEA]] * 20, 20), ([[MUG], [POT]] * 10, 20)],
)
def test_shops_of_one_product_of_equal_baskets_and_of_single_products_have_no_rules(
    shop: Bench, sets: list[list[str]], n_baskets: int
) -> None:
    ready(shop)
    put(shop, sets)
    built = build(shop)
    assert (shop.rows(f"FROM {NAME}"), built.metadata["baskets"]) == ([], n_baskets)
    assert bought_together_page(_run(shop)) == {}


def test_without_baskets_or_readiness_the_table_is_empty_and_says_why(shop: Bench) -> None:
    assert build(shop).metadata == {"note": "no baskets: nothing was sold and kept"}
    put(shop, SETS)
    ready(shop, "none")
    assert build(shop).metadata == {"note": "no rules: 0 product pairs in 12 orders or more, 1 wanted (why)"}
    assert shop.rows(f"FROM {NAME}") == []
