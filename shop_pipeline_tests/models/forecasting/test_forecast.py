"""From today, by the model of each series."""

import numpy as np
import pytest

from shop_pipeline.models.forecasting.backtest import backtest
from shop_pipeline.models.forecasting.candidates import NAMES, forecast_many
from shop_pipeline.models.forecasting.forecast import forecast, forecast_by
from shop_pipeline.models.forecasting.panel import Panel


def panel() -> Panel:
    return Panel(np.random.default_rng(17).poisson(20.0, (len(NAMES), 98)).astype(np.float64), 7, 7)


def test_each_series_has_its_own_model() -> None:
    series, model = panel(), np.array(NAMES, dtype=object)
    found = forecast(series, model, 0)
    every = forecast_many(series, {name: np.ones(series.n_series, bool) for name in NAMES}, 0)
    for row, name in enumerate(NAMES):
        np.testing.assert_array_equal(found[row], every[name][row])


def test_the_baseline_stands_beside_it() -> None:
    series = panel()
    found = forecast_by(series, np.array(NAMES, dtype=object), 0)
    np.testing.assert_array_equal(found.baseline, series.y[:, -7:])


def test_from_an_earlier_clock_it_is_what_the_back_test_forecast() -> None:
    series = panel()
    tested = backtest(series, 3, np.ones(series.n_series, bool), 0)
    for window, cutoff in enumerate(tested.cutoffs):
        np.testing.assert_array_equal(forecast(series.cut(int(cutoff)), tested.model, 0), tested.y_hat[window])


def test_a_model_with_nothing_to_say_leaves_it_to_the_baseline() -> None:
    """Ten values are too few for a search; of what was never seen nobody knows."""
    y = np.full((2, 30), np.nan)
    y[0, -10:] = np.arange(10)
    found = forecast_by(Panel(y, 7, 7), np.array(["ets", "ets"], dtype=object), 0)
    np.testing.assert_array_equal(found.y_hat[0], y[0, -7:])
    assert np.isnan(found.y_hat[1]).all()
    assert found.model.tolist() == ["seasonal_naive", "ets"]


def test_a_series_that_its_model_forecast_keeps_the_name_of_it() -> None:
    model = np.array(NAMES, dtype=object)
    found = forecast_by(panel(), model, 0)
    assert found.model.tolist() == model.tolist()


def test_a_series_that_boosting_leaves_out_is_named_as_the_baseline_s() -> None:
    """It leaves out what was once below 0, and says so."""
    y = panel().y.copy()
    y[4, 3] = -1
    found = forecast_by(Panel(y, 7, 7), np.full(len(y), "gradient_boosting", dtype=object), 0)
    assert np.flatnonzero(found.model != "gradient_boosting").tolist() == [4]
    np.testing.assert_array_equal(found.y_hat[4], found.baseline[4])


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no such model: prophet"):
        forecast(panel(), np.array(["prophet"] * len(NAMES), dtype=object), 0)
