"""The weights of the hybrid: on which cut they are learned, over which models, and what if there is nothing to learn.

The search for weights is tested in models/evaluation/test_blend_weights.py; here is what the asset hands it.
"""

from datetime import timedelta

import pytest

from shop_pipeline.assets.recommenders.hybrid import build_weights
from shop_pipeline_tests.assets.conftest import AS_OF, Bench
from shop_pipeline_tests.assets.test_evaluation import EVENT, trained

NAME = "marts.hybrid_weights"
VALIDATION, TEST = AS_OF - timedelta(days=56), AS_OF - timedelta(days=28)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """Four customers with P1 and a product of their own, bought before the validation period."""
    bench.fill("clean.products", "product_id", *((id_,) for id_ in ("P1", "Q0", "Q1", "Q2", "Q3")))
    early = ((*event[:2], VALIDATION - timedelta(days=1), *event[3:]) for event in trained())
    bench.fill("clean.events", EVENT, *early)
    return bench


def buys(bench: Bench, *events: tuple[str, object, str, str]) -> None:
    bench.fill("clean.events", EVENT, *((id_, "purchase", at, *who) for id_, at, *who in events))


def test_weights_are_learned_on_the_validation_period(shop: Bench) -> None:
    """C0 buys in it; C1 before the test period ends, and C2 in it: they are not judged."""
    buys(shop, ("E1", VALIDATION, "C0", "Q1"), ("E2", TEST, "C1", "Q2"), ("E3", AS_OF, "C2", "Q3"))
    built = shop.build(build_weights, NAME)
    told = shop.rows(f"SELECT DISTINCT split_at, n_customers, metric, k FROM {NAME}")
    assert told == [(VALIDATION, 1, "ndcg", 10)]
    assert sum(built.metadata["weights"].data.values()) == pytest.approx(1)


def test_before_a_search_one_model_of_each_family_is_tried(shop: Bench) -> None:
    """But content: nothing is said of these products."""
    buys(shop, ("E1", VALIDATION, "C0", "Q1"))
    shop.build(build_weights, NAME)
    tried = [model for (model,) in shop.rows(f"SELECT model FROM {NAME} ORDER BY 1")]
    assert tried == ["als", "item_neighbours", "popularity_trending", "sparse_ease", "transitions"]


def test_after_a_search_the_best_of_each_family_is_tried(shop: Bench) -> None:
    buys(shop, ("E1", VALIDATION, "C0", "Q1"))
    ranked = {"pure_svd": 0.5, "als": 0.4, "user_neighbours": 0.3, "item_neighbours": 0.2, "popularity": 0.1}
    settings = {"pure_svd": '{"n_factors": 2}'}
    rows = ((model, value, settings.get(model, "{}"), model == "pure_svd") for model, value in ranked.items())
    shop.fill("marts.model_selection", "model value settings is_chosen", *rows)
    shop.build(build_weights, NAME)
    tried = [model for (model,) in shop.rows(f"SELECT model FROM {NAME} ORDER BY 1")]
    assert tried == ["popularity", "pure_svd", "user_neighbours"]


def test_without_a_validation_period_what_was_learned_before_stays(shop: Bench) -> None:
    """With a note; and no weights if nothing was."""
    buys(shop, ("E1", TEST, "C0", "Q1"))
    shop.build(build_weights, NAME)
    assert shop.rows(f"FROM {NAME}") == []
    shop.fill(NAME, "model weight value hybrid_value k n_customers", ("als", 1.0, 0.5, 0.5, 10, 1))
    built = shop.build(build_weights, NAME)
    assert shop.rows(f"SELECT model, weight FROM {NAME}") == [("als", 1.0)]
    assert built.metadata == {"note": f"nobody known before {VALIDATION} bought anything new between it and {TEST}"}
