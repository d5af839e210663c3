"""Sums of errors over a lead time, against the laws that the errors were drawn from."""

import numpy as np
import pytest
from scipy.stats import norm

from shop_pipeline.models.forecasting.lead_time import N_DRAWS, LeadTimeErrors, lead_time_errors

N, STEPS = 1500, 28


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_independent_errors_add_up_with_the_root_of_the_days(rng):
    """Normal errors of standard deviation 2, in windows enough to know each spread: the sum of d days has 2 sqrt(d)."""
    days = np.repeat([1, 4, 9], N // 3)
    found = lead_time_errors(rng.normal(0, 2, (12, N, STEPS)), np.ones(N), days)
    for level in (0.1, 0.5, 0.9, 0.98):
        for each in (1, 4, 9):
            truth = norm.ppf(level) * 2 * np.sqrt(each)
            assert np.median(found.quantile(level)[days == each]) == pytest.approx(truth, abs=0.12 * np.sqrt(each) * 2)


def test_errors_that_go_together_add_up_with_the_days(rng):
    """Each window is off by the same on all days: the sum of 9 days has 9 times the spread of a day, and not 3."""
    errors = np.repeat(rng.normal(0, 2, (3, N, 1)), STEPS, axis=2)
    found = lead_time_errors(errors, np.ones(N), np.full(N, 9))
    new = 9 * rng.normal(0, 2, N)
    for level in (0.05, 0.5, 0.9, 0.95):
        assert (new <= found.quantile(level)).mean() == pytest.approx(level, abs=0.04)


def test_new_sums_are_below_a_quantile_as_often_as_it_says_for_every_size_of_series(rng):
    """Skewed errors (a gamma variable less its mean), series of sizes that differ by a factor of 30."""
    sizes, days = np.geomspace(1, 30, N), rng.integers(3, 15, N)
    errors = (rng.gamma(0.5, 2.0, (4, N, STEPS)) - 1) * sizes[:, None]
    found = lead_time_errors(errors[:3], np.ones(N), days)
    new = np.array([of_series[:length].sum() for of_series, length in zip(errors[3], days, strict=True)])
    for level in (0.5, 0.9, 0.95):
        below = new <= found.quantile(level)
        assert below.mean() == pytest.approx(level, abs=0.03)
        assert below[-500:].mean() == pytest.approx(level, abs=0.06)


def test_beyond_the_horizon_sums_are_stretched_by_the_root():
    """By hand: sums over 4 of 4 days, times sqrt(16 / 4) = 2."""
    errors = np.random.default_rng(1).normal(size=(3, 40, 4))
    near, far = (lead_time_errors(errors, np.ones(40), np.full(40, days)) for days in (4, 16))
    np.testing.assert_allclose(far.draws, 2 * near.draws)
    assert far.is_extrapolated.all()
    assert not near.is_extrapolated.any()


def test_masked_days_are_the_mean_of_the_others(rng):
    errors = np.repeat(rng.normal(size=(3, 50, 1)), 6, axis=2)
    masked = errors.copy()
    masked[:, :, 1::3] = np.nan
    found, whole = (lead_time_errors(each, np.ones(50), np.full(50, 6)) for each in (masked, errors))
    np.testing.assert_allclose(found.draws, whole.draws)


def test_who_has_no_errors_borrows_and_who_has_no_scale_either_is_nan(rng):
    errors = rng.normal(0, 3, (3, 300, 14))
    errors[:, :2] = np.nan
    scale = np.ones(300)
    scale[0] = np.nan
    found = lead_time_errors(errors, scale, np.full(300, 5))
    assert np.isnan(found.draws[0]).all()
    assert np.isnan(found.exceedance(np.zeros(300))[0])
    assert found.quantile(0.9)[1] == pytest.approx(norm.ppf(0.9) * 3 * np.sqrt(5), rel=0.1)
    assert list(np.flatnonzero(found.is_pooled)) == [0, 1]


def test_quantiles_and_exceedance_worked_by_hand():
    """Draws 0 .. 199: the quantile (k + 0.5) / 200 is the draw k, and between two it is linear."""
    draws = np.tile(np.arange(N_DRAWS, dtype=float), (2, 1))
    found = LeadTimeErrors(draws, np.zeros(2, bool), np.zeros(2, bool))
    np.testing.assert_allclose(found.quantile(100.5 / 200), [100, 100])
    np.testing.assert_allclose(found.quantile(np.array([0.5, 0.0])), [99.5, 0])
    np.testing.assert_allclose(found.exceedance(np.array([149.5, 500.0])), [0.25, 0])


def test_draws_rise(rng):
    found = lead_time_errors(rng.normal(size=(2, 30, 7)), np.ones(30), rng.integers(1, 20, 30))
    assert (np.diff(found.draws, axis=1) >= 0).all()


@pytest.mark.parametrize("days", [np.zeros(3, int), np.ones(2, int)])
def test_days_that_can_not_be_are_refused(days):
    with pytest.raises(ValueError, match="days are"):
        lead_time_errors(np.ones((2, 3, 4)), np.ones(3), days)
