"""Who is tried on what, combinations, and the floor."""

import numpy as np
import pytest

from shop_pipeline.models.forecasting.candidates import (
    BASELINE,
    COMBINATIONS,
    NAMES,
    forecast_many,
    is_slow,
    tried,
)
from shop_pipeline.models.forecasting.panel import Panel


def panel(n: int = 6, periods: int = 84) -> Panel:
    y = np.random.default_rng(13).poisson(20.0, (n, periods)).astype(np.float64)
    return Panel(y, 7, 7)


def everywhere(found: Panel, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {name: np.ones(found.n_series, bool) for name in names}


def test_slow_is_a_sale_in_less_than_every_1_32_open_periods() -> None:
    """Of 84 days: sold on 64 (1.3125), on 63 (1.333), never; on every open day of a week of five."""
    y = np.zeros((4, 84))
    y[0, :64] = y[1, :63] = 1
    y[3] = np.where(np.arange(84) % 7 < 5, 9.0, 0.0)
    assert is_slow(Panel(y, 1, 7))[:3].tolist() == [False, True, True]
    assert not is_slow(Panel(y, 7, 7))[3]


def test_dear_models_for_dear_series_that_are_not_slow() -> None:
    y = panel().y.copy()
    y[2] = 0
    y[2, ::9] = 1
    dear = np.array([True, False, True, False, False, False])
    rows = tried(Panel(y, 7, 7), dear)
    assert rows.keys() == set(NAMES)
    assert rows["ets"].tolist() == [True, False, False, False, False, False]
    assert rows["tsb"].tolist() == [False, False, True, False, False, False]
    assert rows["theta"].all()
    with pytest.raises(ValueError, match="dear"):
        tried(Panel(y, 7, 7), dear[:3])


def test_combinations_are_medians_of_their_members() -> None:
    series = panel()
    found = forecast_many(series, everywhere(series, NAMES), 0)
    for name, members in COMBINATIONS.items():
        np.testing.assert_array_equal(found[name], np.median([found[member] for member in members], axis=0))


def test_a_combination_alone_is_the_same_and_a_silent_member_takes_no_part() -> None:
    """With 20 values, the searched models are silent, and theta is left."""
    series = panel()
    alone = forecast_many(series, everywhere(series, ("combination_dear",)), 0)
    assert alone.keys() == {"combination_dear"}
    np.testing.assert_array_equal(
        alone["combination_dear"], forecast_many(series, everywhere(series, NAMES), 0)["combination_dear"]
    )
    short = panel(periods=20)
    found = forecast_many(short, everywhere(short, ("combination_dear", "theta")), 0)
    np.testing.assert_array_equal(found["combination_dear"], found["theta"])


def test_rows_that_were_not_asked_for_are_unknown() -> None:
    series = panel()
    found = forecast_many(series, {"ses": np.arange(6) == 2}, 0)
    assert np.isnan(found["ses"][[0, 1, 3, 4, 5]]).all()
    assert np.isfinite(found["ses"][2]).all()


def test_a_falling_series_is_not_forecast_below_zero_unless_it_may_be() -> None:
    y = (59.0 - np.arange(60))[None]
    rows = {"trend": np.ones(1, bool)}
    assert (forecast_many(Panel(y, 1, 5), rows, 0)["trend"] == 0).all()
    below = forecast_many(Panel(y, 1, 5, non_negative=False), rows, 0)["trend"]
    np.testing.assert_allclose(below[0], [-1, -2, -3, -4, -5])


def test_the_baseline_is_a_candidate() -> None:
    series = panel()
    np.testing.assert_array_equal(forecast_many(series, everywhere(series, (BASELINE,)), 0)[BASELINE], series.y[:, -7:])
