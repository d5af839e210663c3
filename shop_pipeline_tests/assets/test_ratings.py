"""Explicit ratings to biases and factors: which ratings count, which model is kept, and where there are too few."""

from datetime import timedelta

import numpy as np

from shop_pipeline.assets.recommenders.ratings import FEWEST, NAME, build_ratings
from shop_pipeline_tests.assets.conftest import AS_OF, Bench

EVENT = "event_id event_type event_at customer_id product_id rating"


def test_biases_of_a_harsh_and_a_kind_customer(bench: Bench) -> None:
    """C0 gives 1 to everything and C1 5, twenty others 3: the biases have these signs, and the mean is near 3.

    A rating at the clock, one without a customer, and an earlier one of the same pair (all 5) count nothing: with them
    C0 would not be harsh.
    """
    stars = {"C00": 1, "C01": 5}
    before = AS_OF - timedelta(days=2)
    rows = [
        (f"E{c}-{p}", "review", before - timedelta(hours=p), f"C{c:02}", f"P{p}", stars.get(f"C{c:02}", 3))
        for c in range(22)
        for p in range(10)
    ]
    ignored = [(f"A{p}", "review", before - timedelta(days=90), "C00", f"P{p}", 5) for p in range(10)]
    ignored += [(f"B{p}", "review", AS_OF, "C00", f"P{p}", 5) for p in range(10)]
    ignored += [(f"N{p}", "review", before, None, f"P{p}", 5) for p in range(10)]
    bench.fill("clean.events", EVENT, *rows, *ignored)
    built = bench.build(build_ratings, NAME)
    assert built.metadata["ratings"] == 220
    bias = dict(bench.rows(f"SELECT id, bias FROM {NAME} WHERE entity = 'customer'"))
    assert bias["C00"] < -1 < 0 < 1 < bias["C01"]
    assert all(abs(bias[f"C{c:02}"]) < 0.3 for c in range(2, 22))
    ((mean, limits),) = bench.rows(f"SELECT bias, factors FROM {NAME} WHERE entity = 'shop'")
    assert np.isclose(mean, 3)
    assert limits == [1, 5]
    errors = built.metadata["errors_on_the_newest"].value
    assert errors[built.metadata["model"]]["rmse"] == min(one["rmse"] for one in errors.values())


def test_too_few_ratings_are_left_alone(bench: Bench) -> None:
    before = AS_OF - timedelta(days=2)
    bench.fill("clean.events", EVENT, *((f"E{n}", "review", before, f"C{n}", "P1", 4) for n in range(FEWEST - 1)))
    assert bench.build(build_ratings, NAME).metadata == {"note": f"{FEWEST - 1} ratings, {FEWEST} wanted"}
