"""Closed weekdays: seen by all series together, told from bad luck, and forecast as nothing by every model."""

import numpy as np
import pytest

from shop_pipeline.models.forecasting.candidates import NAMES, forecast_many, is_slow, tried
from shop_pipeline.models.forecasting.closed import closed_ahead, closed_phases, open_only
from shop_pipeline.models.forecasting.panel import Panel

SATURDAY = 5


def shop(rate: float = 3.0, n: int = 30, days: int = 140, seed: int = 1) -> np.ndarray:
    """Poisson sales from a Monday on, none on Saturdays."""
    y = np.random.default_rng(seed).poisson(rate, (n, days)).astype(np.float64)
    y[:, SATURDAY::7] = 0
    return y


def test_a_weekday_without_a_sale_of_anybody_is_closed() -> None:
    """The history ends on a Wednesday (day 143), so that the third day ahead is a Saturday."""
    panel = Panel(shop(days=143), 7, 14)
    assert np.flatnonzero(closed_phases(panel)).tolist() == [SATURDAY]
    assert np.flatnonzero(closed_ahead(panel)).tolist() == [2, 9]
    opened = open_only(panel)
    assert np.isnan(opened.y[:, SATURDAY::7]).all()
    assert np.isnan(opened.y).sum() == 30 * 20


def test_one_product_that_sells_on_the_day_opens_it() -> None:
    y = shop()
    y[7, -7 * 3 + SATURDAY] = 1
    panel = Panel(y, 7, 7)
    assert not closed_phases(panel).any()
    assert open_only(panel) is panel


def test_eight_seasons_are_needed_and_earlier_ones_say_nothing() -> None:
    """Open on Saturdays at first: closed after eight without a sale, not after seven. Masked days are no sale."""
    y = np.full((2, 140), 4.0)
    y[0, -7 * 8 :][SATURDAY::7] = 0
    y[1, -7 * 8 :][SATURDAY::7] = np.nan
    assert closed_phases(Panel(y, 7, 7))[SATURDAY]
    y[0, -7 * 8 + SATURDAY] = 1
    assert not closed_phases(Panel(y, 7, 7)).any()


def test_a_shop_with_few_sales_has_no_closed_days_by_chance() -> None:
    """A sale on one day in seven: some weekday of eight weeks has none in most of 200 shops, yet all are open."""
    rng = np.random.default_rng(5)
    shops = rng.poisson(1 / 7, (200, 1, 56)).astype(np.float64)
    empty = (shops.reshape(200, 8, 7).sum(axis=1) == 0).any(axis=1)
    assert empty.mean() > 0.5
    assert sum(closed_phases(Panel(each, 7, 7)).any() for each in shops) == 0


@pytest.mark.parametrize(
    ("y", "season"),
    [
        (np.zeros((3, 140)), 7),
        (np.full((3, 140), np.nan), 7),
        (np.concatenate([np.full((3, 84), 4.0), np.zeros((3, 84))], axis=1), 7),
        (np.zeros((3, 140)), 1),
        (shop(days=5), 7),
    ],
    ids=["never sold", "never seen", "stopped", "no season", "shorter than a season"],
)
def test_what_sold_nothing_at_all_is_not_closed(y: np.ndarray, season: int) -> None:
    assert not closed_phases(Panel(y, season, 7)).any()


def test_every_model_forecasts_none_for_a_closed_day_and_the_others_are_not_lowered() -> None:
    """Rate 3 on six days. With the zeros in, the trend said 2.6 of each day, Saturdays among them."""
    panel = Panel(shop(n=len(NAMES), days=280), 7, 14)
    found = forecast_many(panel, {name: np.ones(len(NAMES), bool) for name in NAMES}, 0)
    closed = closed_ahead(panel)
    assert closed.sum() == 2
    for name, y_hat in found.items():
        assert (y_hat[:, closed] == 0).all(), name
        assert y_hat[:, ~closed].mean() == pytest.approx(3, rel=0.15), name


def test_closed_days_make_nobody_slow_and_earlier_clocks_do_not_know_of_a_closing_to_come() -> None:
    y = np.full((4, 140), 2.0)
    y[:, -7 * 9 :][:, SATURDAY::7] = 0
    panel = Panel(y, 7, 7)
    assert not is_slow(panel).any()
    assert closed_ahead(panel).any()
    before = panel.cut(84)
    assert not closed_ahead(before).any()
    assert (forecast_many(before, tried(before, np.zeros(4, bool)), 0)["recent_mean"] > 1).all()


def test_unknown_stays_unknown_on_closed_days() -> None:
    y = shop()
    y[0] = np.nan
    found = forecast_many(Panel(y, 7, 7), {"mean": np.ones(30, bool)}, 0)["mean"]
    assert np.isnan(found[0]).all()
