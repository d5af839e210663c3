"""What warns about churn scores and their models, and a healthy table beside each: written all the same."""

import pytest

from shop_pipeline_tests.checks.rows import Row, row
from shop_pipeline_tests.checks.world import GOOD, World

SCORES, EVALUATION = "marts.churn_scores", "marts.propensity_evaluation"
CUSTOMERS = [f"N{n:02}" for n in range(30)]


def broken(world: World, name: str, rows: list[Row]) -> set[str]:
    return {outcome.rule for outcome in world.write(name, rows).outcomes if not outcome.passed}


def scores(probability: float) -> list[Row]:
    return [row(SCORES, customer_id=customer, probability=probability) for customer in CUSTOMERS]


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
    assert broken(crowd, SCORES, scores(0.6)) == {"shares_do_not_jump"}


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
