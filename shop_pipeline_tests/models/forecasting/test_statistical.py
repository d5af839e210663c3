"""What the library gets of a series, and what becomes of what it answers."""

import numpy as np
import pytest
from statsforecast.models import ARIMA, AutoCES, AutoETS, DynamicOptimizedTheta

from shop_pipeline.models.forecasting import statistical

MODELS = {
    statistical.ets_forecast: AutoETS(season_length=1, model="AZN"),
    statistical.dynamic_theta_forecast: DynamicOptimizedTheta(season_length=1),
    statistical.ces_forecast: AutoCES(season_length=1),
    statistical.arima_forecast: ARIMA(order=(3, 1, 0)),
}


@pytest.mark.parametrize("ours", MODELS)
def test_the_last_values_that_were_seen(ours: object) -> None:
    y = 50 + np.cumsum(np.random.default_rng(10).normal(size=(2, 300)), axis=1)
    y[0, [5, 250, 299]] = np.nan
    found = ours(y, 5)  # type: ignore[operator]
    for row in range(2):
        seen = y[row][~np.isnan(y[row])][-statistical.RECENT :]
        np.testing.assert_array_equal(found[row], MODELS[ours].forecast(y=seen, h=5)["mean"])  # type: ignore[index]


@pytest.mark.parametrize("ours", MODELS)
def test_too_few_values_say_nothing_and_a_constant_goes_on(ours: object) -> None:
    y = np.full((3, 40), np.nan)
    y[0, -statistical.FEWEST + 1 :] = np.arange(statistical.FEWEST - 1)
    y[1, -statistical.FEWEST :] = 7
    found = ours(y, 3)  # type: ignore[operator]
    assert np.isnan(found[[0, 2]]).all()
    assert (found[1] == 7).all()


def test_a_series_without_a_fit_says_nothing_and_stops_nobody() -> None:
    """The third differences of a parabola vanish: ARIMA(3, 1, 0) of the library answers NaN, or ends in an error."""
    y = np.stack([np.arange(60.0) ** 2, np.random.default_rng(11).random(60)])
    found = statistical.arima_forecast(y, 3)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize(("error", "stops"), [(Exception("no model able to be fitted"), False), (TypeError(), True)])
def test_only_a_search_that_found_nothing_is_passed_over(error: Exception, stops: bool) -> None:
    class Failing:
        def forecast(self, **_: object) -> dict[str, np.ndarray]:
            raise error

    y = np.random.default_rng(12).random((1, 50))
    if stops:
        with pytest.raises(TypeError):
            statistical._each(y, 2, Failing)
    else:
        assert np.isnan(statistical._each(y, 2, Failing)).all()
