"""What warns about scores of customers and their models, and a healthy table beside each: written all the same."""

from datetime import timedelta
from typing import Any

import pytest

from shop_pipeline_tests.checks.rows import MOMENT, Row, row
from shop_pipeline_tests.checks.world import GOOD, World

SCORES, EVALUATION = "marts.churn_scores", "marts.propensity_evaluation"
PAIRS = "marts.purchase_propensity"
NEXT_DAY = MOMENT + timedelta(days=1)
CUSTOMERS = [f"N{n:02}" for n in range(30)]


def broken(world: World, name: str, rows: list[Row]) -> set[str]:
    return {outcome.rule for outcome in world.write(name, rows).outcomes if not outcome.passed}


def scores(probability: float, **given: Any) -> list[Row]:
    return [row(SCORES, customer_id=customer, probability=probability, **given) for customer in CUSTOMERS]


def pairs(of_a: float, of_b: float, **given: Any) -> list[Row]:
    return [
        row(PAIRS, customer_id=customer, category=category, probability=probability, **given)
        for customer in CUSTOMERS
        for category, probability in (("a", of_a), ("b", of_b))
    ]


def see(world: World, target: str, share: float) -> None:
    """After the judged cut, it happened to this share."""
    world.duck.execute(f"UPDATE {EVALUATION} SET target = ?, share = ?", [target, share])


@pytest.fixture
def crowd(world: World) -> World:
    """Thirty buyers, of whom half were seen to leave (the rows of world.GOOD say .5); the last run foretold .4."""
    buyer = GOOD["features.rfm"][0]
    world.duck.execute("DELETE FROM features.rfm")
    columns = ", ".join(buyer)
    for customer in CUSTOMERS:
        values = list((buyer | {"customer_id": customer}).values())
        world.duck.execute(f"INSERT INTO features.rfm ({columns}) VALUES ({', '.join('?' * len(values))})", values)
        known = row("clean.customers", customer_id=customer, birth_year=1990)
        world.duck.execute(
            f"INSERT INTO clean.customers ({', '.join(known)}) VALUES ({', '.join('?' * len(known))})",
            list(known.values()),
        )
    assert broken(world, SCORES, scores(0.4)) == set()
    return world


@pytest.mark.parametrize(("probability", "warns"), [(0.45, set()), (0.1, {"mean_agrees_with_what_was_seen"})])
def test_the_mean_is_held_against_what_was_seen(crowd: World, probability: float, warns: set[str]) -> None:
    """.5 left: .45 is within a quarter of it, .1 is not."""
    assert broken(crowd, SCORES, scores(probability)) == warns


def test_a_jump_since_the_last_run_is_told(crowd: World) -> None:
    """Nobody was likelier to leave than not, and now everybody is."""
    assert broken(crowd, SCORES, scores(0.6, as_of=NEXT_DAY)) == {"shares_do_not_jump"}


@pytest.mark.parametrize("given", [{"as_of": NEXT_DAY, "horizon_days": 60}, {}, {"as_of": MOMENT - timedelta(days=1)}])
def test_scores_that_cannot_be_compared_are_not(crowd: World, given: dict[str, Any]) -> None:
    """Of another horizon; made again at the same clock; of a day that is filled in later."""
    assert broken(crowd, SCORES, scores(0.6, **given)) == set()


@pytest.mark.parametrize(
    ("of_a", "of_b", "share", "warns"),
    [
        (0.10, 0.20, 0.15, False),
        (0.10, 0.20, 0.31, True),
        (0.10, 0.20, 0.07, True),
        # Twice and more, of next to nothing.
        (0.01, 0.02, 0.005, False),
    ],
)
def test_the_mean_of_pairs_is_held_against_what_was_seen(
    crowd: World, of_a: float, of_b: float, share: float, warns: bool
) -> None:
    see(crowd, "category", share)
    assert broken(crowd, PAIRS, pairs(of_a, of_b)) == ({"mean_agrees_with_what_was_seen"} if warns else set())


@pytest.mark.parametrize(
    ("now", "given", "warns"),
    [
        ((0.14, 0.25), {}, False),
        # 1.5 times .1 is .15.
        ((0.16, 0.20), {}, True),
        ((0.10, 0.13), {}, True),
        ((0.16, 0.20), {"horizon_days": 60}, False),
        ((0.16, 0.20), {"as_of": MOMENT}, False),
    ],
)
def test_a_jump_of_one_category_is_told(
    crowd: World, now: tuple[float, float], given: dict[str, Any], warns: bool
) -> None:
    see(crowd, "category", 0.15)
    assert broken(crowd, PAIRS, pairs(0.1, 0.2)) == set()
    told = pairs(*now, **({"as_of": NEXT_DAY} | given))
    assert broken(crowd, PAIRS, told) == ({"shares_do_not_jump"} if warns else set())


@pytest.mark.parametrize(
    ("metric", "low", "value", "high", "warns"),
    [
        ("coverage", 0.70, 0.73, 0.76, False),
        ("coverage", 0.70, 0.72, 0.74, True),
        ("coverage", 0.86, 0.88, 0.90, True),
        ("bias", 0.15, 0.25, 0.35, False),
        ("bias", 0.21, 0.25, 0.35, True),
        ("bias", -0.40, -0.30, -0.21, True),
    ],
)
def test_amounts_are_held_within_bounds(
    world: World, metric: str, low: float, value: float, high: float, warns: bool
) -> None:
    """What chance may have done is no warning, nor is what a model did that is not published."""
    told = {"target": "amount", "metric": metric, "value": value, "ci_low": low, "ci_high": high}
    rows = [each | told for each in GOOD[EVALUATION]]
    assert broken(world, EVALUATION, rows) == ({"amounts_within_bounds"} if warns else set())
    for each in rows:
        each["is_published"] = False
    assert broken(world, EVALUATION, rows) == set()


@pytest.mark.parametrize(
    ("metric", "value", "warns"),
    [
        ("calibration_slope", 0.9, False),
        ("calibration_slope", 0.4, True),
        ("calibration_slope", 2.1, True),
        ("calibration_error", 0.05, False),
        ("calibration_error", 0.2, True),
    ],
)
def test_calibration_is_held_within_bounds(world: World, metric: str, value: float, warns: bool) -> None:
    """Of the published model only: the naive rule of the other row has the same figure."""
    rows = [each | {"metric": metric, "value": value, "ci_low": None, "ci_high": None} for each in GOOD[EVALUATION]]
    assert broken(world, EVALUATION, rows) == ({"calibrated_within_bounds"} if warns else set())
    for each in rows:
        each["is_published"] = False
    assert broken(world, EVALUATION, rows) == set()
