"""Public holidays: a planted effect is found by all series together, noise has none, and forecasts carry it."""

import numpy as np
import pytest

from shop_pipeline.models.forecasting.candidates import BASELINE, forecast_many
from shop_pipeline.models.forecasting.holiday_effect import HolidayEffect
from shop_pipeline.models.forecasting.panel import Panel

T, H, N = 364, 14, 20
WEEK = np.array([0.6, 0.8, 1.0, 1.0, 1.2, 1.6, 0.8])
DAYS = np.array([30, 75, 131, 180, 222, 290, 345, T + 3])
"""Seven seen, on several weekdays, and one to come."""


def holidays(days: np.ndarray = DAYS, n: int = N) -> np.ndarray:
    values = np.zeros(T + H)
    values[days] = 1
    return np.broadcast_to(values, (n, T + H))


def sales(effect: float, level: float = 4.0) -> np.ndarray:
    """Means of each series and day: a week, and `effect` times as much on holidays."""
    return level * WEEK[np.arange(T + H) % 7] * np.where(holidays()[0] > 0, effect, 1.0) * np.ones((N, 1))


def panel(effect: float, seed: int = 3, known: bool = True) -> Panel:
    y = np.random.default_rng(seed).poisson(sales(effect)[:, :T]).astype(np.float64)
    return Panel(y, 7, H, {"is_holiday": holidays()} if known else {})


@pytest.mark.parametrize("effect", [0.0, 0.4, 2.5])
def test_a_planted_effect_is_found(effect: float) -> None:
    """Seven holidays of 20 series at 80 units a day: about .04 of sampling error each, .02 of their mean."""
    assert HolidayEffect.of(panel(effect)).factor == pytest.approx(effect, abs=0.02 + 0.04 * effect)


def test_exactly_by_hand() -> None:
    """The same sales each day but half of it on holidays: nothing varies, nothing is shrunk."""
    y = np.where(holidays()[:, :T] > 0, 5.0, 10.0)
    found = HolidayEffect.of(Panel(y, 7, H, {"is_holiday": holidays()}))
    assert found.factor == pytest.approx(0.5)
    np.testing.assert_allclose(found.put_on(np.full((1, H), 10.0))[0], [10, 10, 10, 5, *[10] * 10])


def test_noise_has_next_to_no_effect() -> None:
    """Without an effect the plain mean of seven ratios of 20 units a day is .07 off on average, ours a third."""
    factors = []
    for seed in range(30):
        y = np.random.default_rng(seed).poisson(sales(1.0, level=1.0)[:, :T]).astype(np.float64)
        factors.append(HolidayEffect.of(Panel(y, 7, H, {"is_holiday": holidays()})).factor)
    assert np.abs(np.array(factors) - 1).mean() < 0.04


def test_two_holidays_teach_nothing_but_are_left_out() -> None:
    known = holidays(DAYS[:2])
    found = HolidayEffect.of(Panel(panel(0.0).y, 7, H, {"is_holiday": known}))
    assert found.factor == 1
    assert np.isnan(found.without(panel(0.0)).y[:, DAYS[:2]]).all()


@pytest.mark.parametrize(
    "ordinary",
    [
        panel(0.4, known=False),
        Panel(panel(0.4).y, 1, H, {"is_holiday": holidays()}),
        Panel(panel(0.4).y, 7, H, {"is_holiday": holidays(np.arange(0, T, 5))}),
        Panel(panel(0.4).y, 7, H, {"is_holiday": np.full((N, T + H), np.nan)}),
    ],
    ids=["not known", "no season", "weeks that have one", "unknown"],
)
def test_without_days_that_are_holidays_nothing_is_done(ordinary: Panel) -> None:
    found = HolidayEffect.of(ordinary)
    assert found.without(ordinary) is ordinary
    assert (found.put_on(np.ones((2, H))) == 1).all()


def test_models_of_one_series_foretell_the_holiday_and_the_baseline_repeats() -> None:
    """The shop is shut on holidays. Without the calendar each model forecast an ordinary day, 4 units of each."""
    series, rows = panel(0.0), {name: np.ones(N, bool) for name in ("trend", "recent_mean", "ets", BASELINE)}
    found, blind = (forecast_many(each, rows, 0) for each in (series, panel(0.0, known=False)))
    truth = sales(0.0)[:, T:]
    for name in ("trend", "recent_mean", "ets"):
        assert found[name][:, 3].mean() < 0.1
        assert blind[name][:, 3].mean() > 2
        assert np.abs(found[name] - truth).mean() < np.abs(blind[name] - truth).mean()
    np.testing.assert_array_equal(found[BASELINE], blind[BASELINE])


def test_nothing_of_the_future_is_learned() -> None:
    """Cut back to day 200, the factor is that of a panel that had never seen more."""
    y = panel(0.4).y.copy()
    y[:, 200:] *= 50
    early, later = (HolidayEffect.of(each.cut(200)) for each in (panel(0.4), Panel(y, 7, H, panel(0.4).known)))
    assert early.factor == later.factor
