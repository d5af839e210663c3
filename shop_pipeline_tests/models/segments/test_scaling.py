"""Scaling: constants by hand, kept constants, odd features, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from shop_pipeline.models.segments.scaling import Scaling, _skewness, fit_scaling

FEATURES = ("spend", "share", "change")


def customers(n: int = 1000, seed: int = 0) -> np.ndarray:
    """Spend with a long tail, a share without one, and a change that may be negative but is as skewed as the spend."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.lognormal(4, 1, n), rng.random(n), rng.lognormal(4, 1, n) - 50])


def test_constants_by_hand() -> None:
    """0, 2, 4, 6, 8: no tail among five, not skewed; mean 4, variance (16 + 4 + 0 + 4 + 16) / 5 = 8."""
    found = fit_scaling(["x"], np.array([[8.0], [0], [2], [4], [6]]))
    assert not found.is_log[0]
    assert (found.low[0], found.high[0], found.centre[0]) == (0, 8, 4)
    assert found.scale[0] == pytest.approx(np.sqrt(8), rel=1e-15)
    np.testing.assert_allclose(found.transform(np.array([[8.0], [4]])), [[np.sqrt(2)], [0]], rtol=1e-15)


def test_a_long_tail_gets_a_logarithm_by_hand() -> None:
    """e^0 - 1 ... e^4 - 1 become 0, 1, 2, 3, 4 with the mean 2 and the variance 2."""
    tail = fit_scaling(["x"], np.expm1(np.arange(5.0))[:, None])
    assert tail.is_log[0]
    assert tail.centre[0] == pytest.approx(2)
    assert tail.scale[0] == pytest.approx(np.sqrt(2))


def test_only_a_long_tail_that_is_nowhere_negative_gets_a_logarithm() -> None:
    np.testing.assert_array_equal(fit_scaling(FEATURES, customers()).is_log, [True, False, False])


def test_a_slight_tail_gets_none_even_if_it_would_lessen_it() -> None:
    """A gamma variable with the shape 8 has the skewness 2 / sqrt(8) = 0.71; its logarithm has about -0.3."""
    values = np.random.default_rng(0).gamma(8, 1, (20_000, 1))
    assert abs(skew(np.log1p(values[:, 0]))) < skew(values[:, 0])
    assert not fit_scaling(["x"], values).is_log[0]


def test_skewness_is_that_of_scipy() -> None:
    values = customers()[:, 0]
    assert _skewness(values) == pytest.approx(skew(values), rel=1e-12)


def test_scaled_features_have_mean_0_and_spread_1() -> None:
    values = customers()
    scaled = fit_scaling(FEATURES, values).transform(values)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-12)


def test_the_tail_ends_at_one_in_200() -> None:
    """Of 1 to 1,000 the limits are the 5th and the 995th value; who is beyond counts as being there."""
    found = fit_scaling(["x"], np.arange(1.0, 1001)[:, None])
    assert (found.low[0], found.high[0]) == (5, 995)
    scaled = found.transform(np.array([[995.0], [1e9], [5], [-1e9]]))[:, 0]
    assert scaled[0] == scaled[1]
    assert scaled[2] == scaled[3]


def test_what_very_few_do_is_not_cut_off() -> None:
    """Three of 1,000 customers have a ticket: within the limits of one in 200, nobody would."""
    tickets = np.zeros((1000, 1))
    tickets[:3] = 1
    scaled = fit_scaling(["n_tickets"], tickets).transform(tickets)[:, 0]
    assert scaled[0] > scaled[-1]


def test_scoring_uses_the_constants_and_never_the_customers_it_is_given() -> None:
    values = customers()
    found = fit_scaling(FEATURES, values)
    together = found.transform(values)
    for one in (0, 17, 999):
        np.testing.assert_array_equal(found.transform(values[one : one + 1]), together[one : one + 1])
    np.testing.assert_array_equal(found.transform(values * 3)[:1], found.transform(values[:1] * 3))


def test_the_values_given_are_left_alone() -> None:
    values = customers()
    before = values.copy()
    fit_scaling(FEATURES, values).transform(values)
    np.testing.assert_array_equal(values, before)


def test_constants_come_back_from_the_table_with_all_bits() -> None:
    values = customers()
    found = fit_scaling(FEATURES, values)
    again = Scaling.from_numbers(reversed(found.numbers()), FEATURES)
    assert again.features == FEATURES
    np.testing.assert_array_equal(again.transform(values), found.transform(values))


def test_a_missing_constant_is_named() -> None:
    numbers = [number for number in fit_scaling(FEATURES, customers()).numbers() if number[:2] != ("scale", "share")]
    with pytest.raises(ValueError, match="the model lacks scale, share"):
        Scaling.from_numbers(numbers, FEATURES)


def test_the_order_of_customers_says_nothing() -> None:
    values = customers()
    shuffled = values[np.random.default_rng(3).permutation(len(values))]
    assert fit_scaling(FEATURES, values).numbers() == fit_scaling(FEATURES, shuffled).numbers()


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e12])
@pytest.mark.parametrize("n", [1, 2, 1000])
def test_a_feature_that_is_the_same_for_all_is_0(value: float, n: int) -> None:
    found = fit_scaling(["x"], np.full((n, 1), value))
    np.testing.assert_array_equal(found.transform(np.array([[value], [value + 5]])), [[0], [0]])


def test_values_that_differ_by_rounding_only_stay_small() -> None:
    values = -np.array([[0.1 + 0.2], [0.3], [0.3]])
    assert np.abs(fit_scaling(["x"], values).transform(values)).max() < 1e-9


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_what_no_distance_can_be_taken_of_is_refused_by_name(bad: float) -> None:
    values = customers()
    values[[7, 9], 1] = bad
    found = fit_scaling(FEATURES, customers())
    for refuse in (lambda: fit_scaling(FEATURES, values), lambda: found.transform(values)):
        with pytest.raises(
            ValueError, match="share is not a finite number for 2 of 1000 customers, first at position 7"
        ):
            refuse()


def test_a_table_of_other_features_is_refused() -> None:
    with pytest.raises(ValueError, match=r"3 features need a table with as many columns, not one of shape \(1000, 2\)"):
        fit_scaling(FEATURES, customers()[:, :2])
    with pytest.raises(ValueError, match="at least one customer"):
        fit_scaling(FEATURES, customers()[:0])
