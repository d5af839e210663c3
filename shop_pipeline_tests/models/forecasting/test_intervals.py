"""Bounds and sums of errors: worked by hand, recovered from simulated errors, and their coverage on M4 Weekly."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from scipy.stats import norm
from scipy.stats import t as student

from shop_pipeline.models.forecasting.error_shape import ErrorShape, groups_alike
from shop_pipeline.models.forecasting.intervals import PRICE_OF_CHOICE, interval_bounds
from shop_pipeline.models.forecasting.smoothing import theta_forecast

REAL_DATA = os.environ.get("SHOP_REAL_DATA")


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def covered(bounds, actual):
    return np.mean((actual >= bounds[0]) & (actual <= bounds[1]))


def price_of(errors):
    """Whoever chooses no model pays for it all the same: bounds are wider by this."""
    return 1 + PRICE_OF_CHOICE / np.median(ErrorShape.of(errors, np.ones(errors.shape[1])).freedom)


def normal_errors(rng, sigma, steps=14, windows=3):
    """(W, n, H) with standard deviation sigma of the series times the root of the step."""
    root = np.sqrt(np.arange(1, steps + 1))
    return rng.normal(size=(windows, len(sigma), steps)) * sigma[:, None] * root


def test_bounds_are_the_normal_ones_where_errors_are_normal(rng):
    """Truth: +- z sigma sqrt(step). 2,000 series of one size, so that the pool knows it well."""
    errors = normal_errors(rng, np.full(2000, 3.0))
    found = interval_bounds(np.full((2000, 14), 500.0), errors, np.ones(2000))
    for level in (0.8, 0.95):
        truth = norm.ppf((1 + level) / 2) * 3 * np.sqrt(np.arange(1, 15)) * price_of(errors)
        np.testing.assert_allclose(np.median(found[level][1], axis=0) - 500, truth, rtol=0.06)
        np.testing.assert_allclose(500 - np.median(found[level][0], axis=0), truth, rtol=0.06)


@pytest.mark.parametrize("windows", [1, 2, 3, 8])
def test_new_windows_are_covered_as_said_though_each_series_has_its_own_spread(rng, windows):
    """Spreads differ by a factor of 10 and the scale says nothing of them; without own ones a third would be missed.

    With few windows rather too wide: each was held against the spread that one window less had told, and a price is
    paid for a choice that nobody made here.
    """
    sigma = np.geomspace(1, 10, 1000)
    found = interval_bounds(
        np.full((1000, 14), 900.0), normal_errors(rng, sigma, windows=windows), np.ones(1000), lowest=None
    )
    new = 900 + normal_errors(rng, sigma, windows=1)[0]
    assert 0.78 <= covered(found[0.8], new) <= (0.92 if windows == 1 else 0.84)
    assert 0.93 <= covered(found[0.95], new) <= (1.0 if windows == 1 else 0.97)
    if windows > 2:
        for part in (slice(0, 300), slice(700, 1000)):
            assert 0.73 <= covered([bound[part] for bound in found[0.8]], new[part]) <= 0.89


def test_skewed_errors_have_skewed_bounds(rng):
    """An exponential variable less its mean: the quantiles are -log(1 - p) - 1."""
    errors = rng.exponential(size=(3, 3000, 7)) - 1
    low, high = interval_bounds(np.full((3000, 7), 50.0), errors, np.ones(3000))[0.8]
    assert np.median(50 - low) == pytest.approx((1 + np.log(0.9)) * price_of(errors), abs=0.05)
    assert np.median(high - 50) == pytest.approx((-np.log(0.1) - 1) * price_of(errors), rel=0.06)


def test_bounds_are_ordered_and_above_the_floor(rng):
    """Groups, masked errors, series without errors, forecasts of 0, and ones far above all that was ever off."""
    errors = rng.gamma(0.2, 5, (3, 300, 7)) - 1
    errors[rng.random(errors.shape) < 0.3] = np.nan
    errors[:, :20] = np.nan
    y_hat = rng.gamma(0.3, 3, (300, 7))
    y_hat[20:40] = 0
    found = interval_bounds(y_hat, errors, rng.uniform(0, 2, 300), group=rng.integers(0, 4, 300))
    (low_80, high_80), (low_95, high_95) = found[0.8], found[0.95]
    assert (low_95 >= 0).all()
    assert (low_95 <= low_80).all()
    assert (low_80 <= high_80).all()
    assert (high_80 <= high_95).all()


def test_below_the_floor_nothing_is_missed_so_80_percent_lie_below_the_upper_bound(rng):
    """Nothing is sold on half of the days, and else an exponential amount of mean 1.

    Four of five days are below -log(0.2 / 0.5) = 0.92, nine of ten below -log(0.1 / 0.5) = 1.61.
    """
    demand = rng.exponential(size=(4, 1000, 28)) * (rng.random((4, 1000, 28)) < 0.5)
    low, high = interval_bounds(np.full((1000, 28), 0.5), demand[:3] - 0.5, np.ones(1000))[0.8]
    assert (low == 0).mean() > 0.95
    assert np.median(high) == pytest.approx(0.92, abs=0.08)
    assert covered((low, high), demand[3]) == pytest.approx(0.8, abs=0.03)


def test_what_nobody_knows_is_nan():
    """No forecast for the first series; no error and no scale for the second; the third is sure."""
    errors = np.zeros((2, 3, 4))
    errors[:, 1] = np.nan
    y_hat = np.array([[np.nan] * 4, [5.0] * 4, [7.0] * 4])
    low, high = interval_bounds(y_hat, errors, np.array([np.nan, np.nan, 0.0]))[0.95]
    assert np.isnan(low[:2]).all()
    assert np.isnan(high[:2]).all()
    np.testing.assert_array_equal(low[2], y_hat[2])
    np.testing.assert_array_equal(high[2], y_hat[2])


def test_a_series_without_errors_has_those_of_its_group(rng):
    errors = rng.normal(size=(3, 400, 7)) * np.where(np.arange(400) < 200, 1.0, 8.0)[:, None]
    errors[:, [0, 399]] = np.nan
    shape = ErrorShape.of(errors, np.ones(400), np.repeat([0, 1], 200))
    assert shape.is_pooled.sum() == 2
    # The mean absolute value of a normal variable is sqrt(2 / pi).
    assert shape.spread[0] == pytest.approx(np.sqrt(2 / np.pi), rel=0.05)
    assert shape.spread[399] == pytest.approx(8 * np.sqrt(2 / np.pi), rel=0.05)


def test_a_small_group_borrows_from_the_nearest(rng):
    """Ten errors are no shape: group 1 has that of 0, which is nearer than 5."""
    errors = rng.normal(size=(2, 201, 5))
    shape = ErrorShape.of(errors, np.ones(201), np.array([1] + [0] * 100 + [5] * 100))
    assert list(shape.group[[0, 1, 200]]) == [0, 0, 1]


def test_few_errors_are_believed_less():
    """Four pairs of window and series count 4, and Student's shape with the least of 1.5 degrees of freedom 20."""
    shape = ErrorShape.of(np.array([[[-2.0], [-1], [1], [2]]]), np.ones(4))
    # One window: no other to tell a spread from, so it is the group's mean absolute error, 1.5.
    seen = np.quantile(np.array([-2, -1, 1, 2]) / 1.5, 0.8)
    # In mean absolute errors of a normal variable, sqrt(2 / pi) each.
    expected = (4 * seen + 20 * student.ppf(0.8, 1.5) / np.sqrt(2 / np.pi)) / 24
    np.testing.assert_allclose(shape.quantiles(np.array([0.8])), np.full((4, 1), expected), rtol=0.01)


def test_a_series_whose_windows_are_off_as_a_whole_has_wider_ends_than_series_alike(rng):
    """Both kinds are off by as much; of the second kind three windows are three errors, and not 39."""
    errors = np.concatenate([rng.normal(size=(3, 200, 13)), np.repeat(rng.normal(size=(3, 4, 1)), 13, axis=2)], axis=1)
    shape = ErrorShape.of(errors, np.ones(204))
    np.testing.assert_allclose(shape.freedom[200:], 3)
    high = shape.quantiles(np.array([0.8, 0.9, 0.975]))
    assert (high[200:] > 1.1 * np.median(high[:200], axis=0)).all()
    assert (np.diff(high, axis=1) > 0).all()


def chosen_of_means(y, windows, steps):
    """Of means over the last 1, 4, 8 and 26 values, the one that is least off over the windows: its errors, forecast.

    y is (n, T + steps), and the last `steps` are what comes.
    """
    ends = y.shape[1] - steps * np.arange(windows + 1, 0, -1)
    found = np.array([[y[:, end - back : end].mean(axis=1) for back in (1, 4, 8, 26)] for end in ends])
    actual = np.array([y[:, end : end + steps] for end in ends])
    errors = actual[:-1, None] - found[:-1, ..., None]
    best = np.abs(errors).mean(axis=(0, 3)).argmin(axis=0)
    rows = np.arange(len(y))
    return errors[:, best, rows], np.repeat(found[-1, best, rows][:, None], steps, axis=1), actual[-1]


@pytest.mark.parametrize("windows", [3, 5])
@pytest.mark.parametrize("together", [0.0, 0.7, 0.95])
def test_single_series_of_a_chosen_model_are_covered_as_said(rng, windows, together):
    """Truth: first-order autoregressions, each shop with one series only, as its sum is.

    Before, 95 % held .75 to .86 of what came where errors went together, for the ends were the largest errors seen.
    """
    noise, steps = rng.normal(size=(400, 30 + 13 * (windows + 1))), 13
    y = lfilter([1], [1, -together], noise)
    errors, y_hat, came = chosen_of_means(y, windows, steps)
    inside = {0.8: [], 0.95: []}
    for row in range(len(y)):
        found = interval_bounds(y_hat[[row]], errors[:, [row]], np.ones(1), lowest=None)
        for level, each in inside.items():
            each.append(covered(found[level], came[[row]]))
    assert 0.75 <= np.mean(inside[0.8]) <= 0.85
    assert 0.92 <= np.mean(inside[0.95]) <= 0.97


def test_growth_with_the_step_never_falls(rng):
    """Spreads 1, 3, 2, 4: the two in the middle are 2.5 each."""
    errors = rng.choice([-1.0, 1.0], (3, 50, 4)) * np.array([1.0, 3, 2, 4])
    growth = ErrorShape.of(errors, np.ones(50)).growth
    np.testing.assert_allclose(growth, [np.array([1, 2.5, 2.5, 4]) / 2.5])


def test_groups_are_shares_without_a_sale():
    y = np.zeros((4, 20))
    y[0] = 1
    y[1, :12] = 1  # 40 % without
    y[2] = np.nan
    y[2, :2] = [1, 0]  # half of what is known
    np.testing.assert_array_equal(groups_alike(y), [0, 2, 2, 6])


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        (((0, 3, 4), (3,), (3,)), "a window or more"),
        (((2, 3, 4), (2,), (3,)), "scale is"),
        (((2, 3, 4), (3,), (2,)), "group is"),
        (((2, 3, 5), (3,), (3,)), "y_hat is"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(shapes, said):
    errors, scale, group = (np.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=said):
        interval_bounds(np.ones((3, 4)), errors, scale, group=group.astype(int))


@pytest.mark.skipif(REAL_DATA is None, reason="needs the real data of SHOP_REAL_DATA")
def test_coverage_on_m4_weekly():
    """Theta, the last value or their mean, on 359 series: three windows choose and tell the bounds of the real test."""
    folder = Path(REAL_DATA) / "m4_weekly"
    train, test = (pd.read_csv(folder / f"Weekly-{part}.csv").iloc[:, 1:].to_numpy(float) for part in ("train", "test"))
    ends = (~np.isnan(train)).sum(axis=1)
    # All series end in the last column, as those of a shop do.
    y = np.array([np.r_[[np.nan] * 400, row[:end]][-400:] for row, end in zip(train, ends, strict=True)])
    theta = np.array([theta_forecast(y[:, : 400 - 13 * back], 13) for back in (3, 2, 1, 0)])
    last = np.array([np.repeat(y[:, [399 - 13 * back]], 13, axis=1) for back in (3, 2, 1, 0)])
    forecasts = np.array([theta, last, (theta + last) / 2])
    actual = np.array([y[:, 400 - 13 * back :][:, :13] for back in (3, 2, 1)])
    best = np.abs(actual - forecasts[:, :3]).mean(axis=(1, 3)).argmin(axis=0)
    forecasts = forecasts[best, :, np.arange(359)].swapaxes(0, 1)
    errors = actual - forecasts[:3]
    scale = np.nanmean(np.abs(y[:, 52:] - y[:, :-52]), axis=1)
    found = interval_bounds(forecasts[3], errors, scale, group=groups_alike(y))
    assert 0.75 <= covered(found[0.8], test) <= 0.85
    assert 0.92 <= covered(found[0.95], test) <= 0.97


def test_no_series_have_no_bounds():
    low, high = interval_bounds(np.zeros((0, 4)), np.zeros((2, 0, 4)), np.zeros(0))[0.8]
    assert low.shape == high.shape == (0, 4)
