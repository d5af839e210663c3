"""models.forecast_backtest and marts.forecast_evaluation on hand-worked back-tests.

Two windows of two days each: the first knows the days to 24 February 2025, the second, which is the test, those to the
26th. P1 sells 2 a day, on the last day 4; P2 1 a day, and is out of stock on the last day.
"""

from datetime import date
from typing import Any

import pytest

from shop_pipeline.contracts import TABLES
from shop_pipeline_tests.assets.conftest import Bench

CANDIDATES, BACKTEST, EVALUATION = "models.forecast_candidates", "models.forecast_backtest", "marts.forecast_evaluation"
NAIVE = "seasonal_naive"
CUTOFFS = [date(2025, 2, 24), date(2025, 2, 26)]
COLUMNS = (
    "series level unique_id model is_chosen is_published naive_scale squared_scale cutoffs forecasts published"
    " lo_80 hi_80 lo_95 hi_95"
)
NO_BOUNDS = (None, None, None, None)


@pytest.fixture
def tried(bench: Bench) -> Bench:
    """For P1 a model is published, for P2 it is chosen and not published. What is published adds up with more."""
    bench.set(timezone="UTC")
    bench.fill("clean.products", "product_id", ("P1",), ("P2",))
    columns = "level unique_id parent_id ds units is_out_of_stock"
    days = [date(2025, 2, day) for day in range(20, 29)]
    for product, sold in (("P1", 2), ("P2", 1)):
        rows = [["product", product, "a", day, sold, False] for day in days]
        rows[-1][4:] = (4, False) if product == "P1" else (1, True)
        bench.fill("features.demand_daily", columns, *map(tuple, rows))
    bounds = ([1.0, 3.0], [2.5, 5.0], [0.0, 2.0], [3.0, 6.0])
    p1, p2 = ("daily_units", "product", "P1"), ("daily_units", "product", "P2")
    bench.fill(
        CANDIDATES,
        COLUMNS,
        (*p1, "theta", True, True, 2.0, 4.0, CUTOFFS, [2.0, 2.0, 3.0, 3.0], [2.5, 2.5, 3.5, 3.5], *bounds),
        (*p1, NAIVE, False, False, 2.0, 4.0, CUTOFFS, [1.0, 1.0, 4.0, 4.0], None, *NO_BOUNDS),
        (*p1, "trend", False, False, 2.0, 4.0, CUTOFFS, None, None, *NO_BOUNDS),
        (*p2, "ses", True, False, 0.5, 0.25, CUTOFFS, [None, None, 2.0, 2.0], None, *NO_BOUNDS),
        (
            *p2,
            NAIVE,
            False,
            True,
            0.5,
            0.25,
            CUTOFFS,
            [1.0, 1.0, 1.5, 1.5],
            [1.0, 1.0, 1.25, 1.25],
            [1.5, 1.5],
            [2.0, 2.0],
            [1.25, 1.25],
            [2.0, 2.0],
        ),
    )
    return bench


def back_tested(bench: Bench, columns: str) -> list[tuple[Any, ...]]:
    bench.run(BACKTEST)
    return bench.rows(f"SELECT {columns} FROM {BACKTEST} ORDER BY unique_id, ds")


def test_windows_are_laid_out_by_day(tried: Bench) -> None:
    columns = "unique_id, cutoff, ds, step, is_test, y, y_hat, chosen_y_hat, baseline_y_hat"
    assert back_tested(tried, columns) == [
        ("P1", CUTOFFS[0], date(2025, 2, 25), 1, False, 2, 2.5, 2, 1),
        ("P1", CUTOFFS[0], date(2025, 2, 26), 2, False, 2, 2.5, 2, 1),
        ("P1", CUTOFFS[1], date(2025, 2, 27), 1, True, 2, 3.5, 3, 4),
        ("P1", CUTOFFS[1], date(2025, 2, 28), 2, True, 4, 3.5, 3, 4),
        ("P2", CUTOFFS[0], date(2025, 2, 25), 1, False, 1, 1, None, 1),
        ("P2", CUTOFFS[0], date(2025, 2, 26), 2, False, 1, 1, None, 1),
        ("P2", CUTOFFS[1], date(2025, 2, 27), 1, True, 1, 1.25, 2, 1.5),
        ("P2", CUTOFFS[1], date(2025, 2, 28), 2, True, None, 1.25, 2, 1.5),
    ]


def test_bounds_are_those_of_what_is_published_on_the_test_window(tried: Bench) -> None:
    found = back_tested(tried, "unique_id, model, is_published, lo_95, lo_80, hi_80, hi_95")
    none = (None,) * 4
    assert found == [
        *[("P1", "theta", True, *none)] * 2,
        ("P1", "theta", True, 0, 1, 2.5, 3),
        ("P1", "theta", True, 2, 3, 5, 6),
        *[("P2", "ses", False, *none)] * 2,
        *[("P2", "ses", False, 1.25, 1.5, 2, 2)] * 2,
    ]


def test_weeks_are_seven_days_apart(tried: Bench) -> None:
    """The day before the first Monday is the cutoff."""
    tried.duck.execute(f"DELETE FROM {CANDIDATES}")
    sunday = [date(2025, 2, 9)]
    row = (
        "weekly_units",
        "product",
        "P1",
        NAIVE,
        True,
        True,
        1.0,
        1.0,
        sunday,
        [3.0, 4.0],
        [3.0, 5.0],
        *([[0.0, 9.0]] * 4),
    )
    tried.fill(CANDIDATES, COLUMNS, row)
    week = ("product", "P1", "a", date(2025, 2, 17), 14)
    tried.fill("features.demand_weekly", "level unique_id parent_id ds units", week)
    assert back_tested(tried, "ds, y, y_hat, is_published") == [
        (date(2025, 2, 10), None, 3, False),
        (date(2025, 2, 17), 14, 5, False),
    ]


def test_measures_are_those_of_the_books(tried: Bench) -> None:
    """On the test window P1 is published off by 1.5 and .5, its chosen model by 1 and 1, its baseline by 2 and 0; P2 by
    1/4, 1 and 1/2 on the one day that has a demand.

    MASE, scales 2 and 1/2: (1/2 + .25/.5) / 2, (1/2 + 1/.5) / 2 and (1/2 + .5/.5) / 2. RMSSE: (sqrt(1.25/4) +
    sqrt(.0625/.25)) / 2, (sqrt(1/4) + sqrt(1/.25)) / 2 and (sqrt(2/4) + sqrt(.25/.25)) / 2. sMAPE: of P1 200 (1.5/5.5 +
    .5/7.5) / 2, of P2 50/2.25; of the models 200 (1/5 + 1/7) / 2 and 200/3; of the baseline 200 (2/6) / 2 and 100/2.5.
    WAPE: (2 + .25) / 7, (2 + 1) / 7 and (2 + .5) / 7. Pinball of the bounds at .025, .1, .9, .975: of P1, where 2 came,
    .025 x 2, .1 x 1, .1 x .5, .025 x 1; where 4 came, .025 x 2, .1 x 1, .1 x 1, .025 x 2; of P2, of which less came
    than any bound, .975 x .25, .9 x .5, .1 x 1, .025 x 1.
    In the 80 % interval are both days of P1 and not P2's, in the 95 % interval likewise.
    """
    tried.run(BACKTEST)
    tried.run(EVALUATION)
    columns = "metric, value, chosen, baseline, beats_baseline, n_series, n_published"
    found = tried.rows(f"SELECT {columns} FROM {EVALUATION}")
    smape = ((1.5 / 5.5 + 0.5 / 7.5) * 100 + 50 / 2.25) / 2
    loss = (0.05 + 0.1 + 0.05 + 0.025) + (0.05 + 0.1 + 0.1 + 0.05) + (0.975 / 4 + 0.45 + 0.1 + 0.025)
    expected = {
        "mase": (0.5, 1.25, 0.75),
        "rmsse": (((1.25 / 4) ** 0.5 + 0.5) / 2, 1.25, (0.5**0.5 + 1) / 2),
        "smape": (smape, ((200 / 5 + 200 / 7) / 2 + 200 / 3) / 2, (200 / 6 + 40) / 2),
        "wape": (2.25 / 7, 3 / 7, 2.5 / 7),
        "pinball": (loss / 4 / 7, None, None),
        "coverage_80": (2 / 3, None, None),
        "coverage_95": (2 / 3, None, None),
    }
    assert {metric for metric, *_ in found} == set(expected)
    for metric, value, chosen, baseline, beats, n_series, n_published in found:
        assert (value, chosen, baseline) == pytest.approx(expected[metric], rel=1e-6), metric
        assert (beats, n_series, n_published) == (None if baseline is None else value < baseline, 2, 1), metric


def test_what_a_model_can_not_say_is_left_to_the_baseline(tried: Bench) -> None:
    """P2's model says nothing in the test either: its MASE is the baseline's, 1, beside P1's 1/2."""
    tried.duck.execute(f"UPDATE {CANDIDATES} SET forecasts = [NULL, NULL, NULL, NULL] WHERE model = 'ses'")
    tried.run(BACKTEST)
    tried.run(EVALUATION)
    assert tried.rows(f"SELECT chosen FROM {EVALUATION} WHERE metric = 'mase'") == [(0.75,)]


def test_a_series_that_never_changed_has_no_scaled_error(tried: Bench) -> None:
    tried.duck.execute(f"UPDATE {CANDIDATES} SET naive_scale = 0, squared_scale = 0 WHERE unique_id = 'P2'")
    tried.run(BACKTEST)
    tried.run(EVALUATION)
    found = tried.rows(f"SELECT value, n_series, n_published FROM {EVALUATION} WHERE metric = 'mase'")
    assert found == [(0.5, 1, 1)]


@pytest.mark.parametrize(("value", "n_series", "warned"), [(0.64, 20, True), (0.66, 20, False), (0.64, 19, False)])
def test_intervals_that_hold_too_little_are_said(bench: Bench, value: float, n_series: int, warned: bool) -> None:
    """Of 80 % within .15, and only where there are series enough."""
    columns = "series level metric value n_series n_published"
    row = ("daily_units", "product", "coverage_80", value, n_series, 0)
    bench.fill(EVALUATION, columns, row)
    (rule,) = (rule for rule in TABLES[EVALUATION].rules if rule.severity == "WARN")
    found = bench.rows(rule.sql.format(batch=EVALUATION))
    assert found == ([("daily_units", "product", "coverage_80")] if warned else [])
