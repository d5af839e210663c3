"""The comparison of models: the cut in time, who is judged, who is champion, and what if there is nobody to judge."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shop_pipeline.assets.recommenders.evaluation import KS, build_evaluation, champion
from shop_pipeline.assets.session import TUNING_TAG
from shop_pipeline.models.evaluation.judge import Evaluation
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

NAME = "models.evaluation"
SPLIT = AS_OF - timedelta(days=28)
EVENT = "event_id event_type event_at customer_id product_id"


def fill(bench: Bench, *events: tuple[str, str, datetime, str | None, str]) -> None:
    """Events as (id, type, at, customer, product), and the customers and products that they name."""
    bench.fill("clean.products", "product_id", *((id_,) for id_ in sorted({event[4] for event in events})))
    bench.fill("clean.events", EVENT, *events)


def trained(n_customers: int = 4) -> list[tuple[str, str, datetime, str | None, str]]:
    """Before the cut: every customer has P1, and one product of their own."""
    at = SPLIT - timedelta(days=1)
    return [
        (f"T{customer}{product}", "purchase", at, f"C{customer}", product)
        for customer in range(n_customers)
        for product in ("P1", f"Q{customer}")
    ]


def test_training_ends_at_the_cut_and_testing_at_the_clock(bench: Bench) -> None:
    """Judged are C0 and C1: they buy after the cut what training knows and they did not have. Not C2: it buys P1 again;
    not C3: it looks, and buys at the clock; not C9: it comes after the cut; and nobody for N, which is new after it.
    The instant of the cut itself is testing.
    """
    later = SPLIT + timedelta(days=3)
    fill(
        bench,
        *trained(),
        ("E1", "purchase", SPLIT, "C0", "Q1"),
        ("E2", "purchase", later, "C1", "Q2"),
        ("E3", "purchase", later, "C2", "P1"),
        ("E4", "view", later, "C3", "Q0"),
        ("E5", "purchase", AS_OF, "C3", "Q1"),
        ("E6", "purchase", later, "C9", "Q1"),
        ("E7", "purchase", later, "C0", "N"),
        ("E8", "refund", later, "C2", "Q3"),
    )
    bench.build(build_evaluation, NAME)
    told = f"SELECT DISTINCT n_customers, split_at, baseline FROM {NAME} WHERE metric = 'ndcg' AND customers = 'all'"
    assert bench.rows(told) == [(2, SPLIT, "popularity")]
    # 3 products are left for each and a list has 5 places or more, so everybody finds everything: C0 Q1, C1 Q2.
    assert bench.rows(f"SELECT DISTINCT value FROM {NAME} WHERE metric = 'recall' AND model = 'popularity'") == [(1.0,)]


def test_every_model_has_every_metric_and_one_is_champion(bench: Bench) -> None:
    fill(bench, *trained(), ("E1", "purchase", SPLIT, "C0", "Q1"))
    bench.build(build_evaluation, NAME)
    counted = bench.rows(f"SELECT model, count(*), bool_or(metric = 'ndcg') FROM {NAME} GROUP BY 1 ORDER BY 1")
    # Content knows nothing of these products, and is left out.
    single = ["als", "item_neighbours", "popularity", "popularity_trending", "sparse_ease", "transitions"]
    assert [model for model, *_ in counted] == single
    assert len({(metrics, has_ndcg) for _, metrics, has_ndcg in counted}) == 1
    assert bench.rows(f"SELECT count(DISTINCT model) FROM {NAME} WHERE is_champion") == [(1,)]


def test_the_clock_is_the_runs_own_again_behind_the_cut(bench: Bench) -> None:
    fill(bench, *trained(), ("E1", "purchase", SPLIT, "C0", "Q1"))
    bench.build(build_evaluation, NAME)
    assert bench.rows("SELECT getvariable('as_of')") == [(AS_OF,)]
    bench.run("marts.model_evaluation")
    assert bench.rows("SELECT DISTINCT as_of FROM marts.model_evaluation") == [(AS_OF,)]


@pytest.mark.parametrize(
    ("events", "note"),
    [
        ([], f"no interactions before {SPLIT}: nothing to train on"),
        ([("E1", "purchase", SPLIT, "C0", "P1")], f"no interactions before {SPLIT}: nothing to train on"),
        (trained(), f"nobody known before {SPLIT} bought anything new between it and {AS_OF}"),
    ],
)
def test_where_nobody_can_be_judged_the_table_is_empty_and_says_why(bench: Bench, events: list[Any], note: str) -> None:
    fill(bench, *events)
    assert bench.build(build_evaluation, NAME).metadata == {"note": note}
    assert bench.rows(f"FROM {NAME}") == []


def scored(value: float, beats: bool | None) -> list[Evaluation]:
    """A model by its NDCG; its recall says the opposite, as do its NDCG at 5 and among some, and must not matter."""
    other = {"n_customers": 9, "beats_baseline": not beats}
    return [
        Evaluation("recall", 10, 1 - value, **other),
        Evaluation("ndcg", 5, 1 - value, **other),
        Evaluation("ndcg", 10, 1 - value, customers="2-4", **other),
        Evaluation("ndcg", 10, value, 9, beats_baseline=beats),
    ]


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        # Better by the mean alone is not enough: the whole interval has to be over zero.
        ({"popularity": (0.1, None), "als": (0.3, False), "item_neighbours": (0.2, False)}, "popularity"),
        ({"popularity": (0.1, None), "als": (0.3, False), "item_neighbours": (0.2, True)}, "item_neighbours"),
        ({"popularity": (0.1, None), "als": (0.3, True), "item_neighbours": (0.2, True)}, "als"),
        # Equal winners: the name decides, so that two runs agree.
        ({"popularity": (0.1, None), "als": (0.2, True), "item_neighbours": (0.2, True)}, "item_neighbours"),
    ],
)
def test_the_champion_beats_popularity_with_its_whole_interval(
    rows: dict[str, tuple[float, bool | None]], best: str
) -> None:
    assert champion({name: scored(*told) for name, told in rows.items()}, chosen=None) == best


@pytest.mark.parametrize(
    ("chosen", "best"),
    [
        # Chosen on the validation period, it needs not be the best on the test period, but it has to beat popularity.
        ("item_neighbours", "item_neighbours"),
        ("als", "popularity"),
        # The data no longer allow it, so that it was not judged.
        ("ease", "popularity"),
        ("popularity", "popularity"),
    ],
)
def test_after_a_search_the_chosen_model_alone_may_be_champion(chosen: str, best: str) -> None:
    rows = {"popularity": (0.1, None), "als": (0.3, False), "nmf": (0.4, True), "item_neighbours": (0.2, True)}
    assert champion({name: scored(*told) for name, told in rows.items()}, chosen) == best


def test_all_lengths_and_classes_are_judged(bench: Bench) -> None:
    """C0 had two products before the cut: all of the one judged are of the class 2-4."""
    fill(bench, *trained(), ("E1", "purchase", SPLIT, "C0", "Q1"))
    bench.build(build_evaluation, NAME)
    assert bench.rows(f"SELECT DISTINCT k FROM {NAME} ORDER BY k") == [(k,) for k in KS]
    assert bench.rows(f"SELECT DISTINCT customers FROM {NAME} ORDER BY 1") == [("2-4",), ("all",)]
    metrics = {metric for (metric,) in bench.rows(f"SELECT DISTINCT metric FROM {NAME}")}
    assert metrics >= {"ndcg", "recall", "precision", "f1", "map", "mrr", "hit_rate", "novelty", "coverage", "gini"}


def test_a_day_judges_the_chosen_model_and_the_tuning_run_all(bench: Bench) -> None:
    fill(bench, *trained(), ("E1", "purchase", SPLIT, "C0", "Q1"))
    columns = "model settings is_chosen"
    bench.fill(
        "marts.model_selection",
        columns,
        ("als", '{"n_factors": 2, "iterations": 2}', True),
        ("item_neighbours", '{"n_neighbours": 3}', False),
        ("popularity", "{}", False),
    )
    judged = f"SELECT DISTINCT model FROM {NAME} ORDER BY 1"
    bench.build(build_evaluation, NAME)
    assert bench.rows(judged) == [("als",), ("popularity",)]
    bench.build(build_evaluation, NAME, {TUNING_TAG: "true"})
    assert bench.rows(judged) == [("als",), ("item_neighbours",), ("popularity",)]


def test_the_hybrid_is_judged_beside_its_parts(bench: Bench) -> None:
    """ALS has no weight: it is neither fitted nor judged."""
    fill(bench, *trained(), ("E1", "purchase", SPLIT, "C0", "Q1"))
    weights = (("item_neighbours", 0.5), ("popularity", 0.5), ("als", 0.0))
    bench.fill("marts.hybrid_weights", "model weight", *weights)
    bench.build(build_evaluation, NAME)
    judged = bench.rows(f"SELECT DISTINCT model FROM {NAME} ORDER BY 1")
    assert judged == [("hybrid",), ("item_neighbours",), ("popularity",)]


def test_a_hybrid_of_one_part_is_that_part(bench: Bench) -> None:
    fill(bench, *trained(), ("E1", "purchase", SPLIT, "C0", "Q1"))
    bench.fill("marts.hybrid_weights", "model weight", ("item_neighbours", 1.0), ("als", 0.0))
    bench.build(build_evaluation, NAME)
    judged = bench.rows(f"SELECT DISTINCT model FROM {NAME} ORDER BY 1")
    assert judged == [("item_neighbours",), ("popularity",)]
