"""Effective numbers of errors: worked by hand, against the sum over all pairs, and against drawn sizes."""

import numpy as np
import pytest
from scipy.stats import t as student

from shop_pipeline.models.forecasting.freedom import effective_number, student_quantiles


def test_windows_that_are_off_as_a_whole_are_one_error_each():
    """Every correlation within a window is 1, so W windows of H are W^2 H^2 / (W H^2) = W errors, whatever the unit."""
    errors = np.repeat(np.random.default_rng(0).normal(size=(4, 3, 1)), 10, axis=2) * [[1.0], [1e-6], [1e6]]
    np.testing.assert_allclose(effective_number(errors), 4)


def test_by_hand():
    """[3, -1] and [1, 1]: squares 12 / 4 = 3, products (-3 + 1) / 2 = -1, so rho = -1/3: 16 / (4 + 2 * 2 / 9)."""
    assert effective_number(np.array([[[3.0, -1]], [[1, 1]]])) == pytest.approx([16 / (4 + 4 / 9)])


def test_what_is_masked_does_not_count():
    """[2, nan, 2]: only the pair two steps apart is known, with rho = 1: 4 / (2 + 2) = 1. Nothing known: NaN."""
    errors = np.array([[[2.0, np.nan, 2]], [[np.nan] * 3]])
    np.testing.assert_allclose(effective_number(errors), [1])
    assert np.isnan(effective_number(errors[1:])).all()
    np.testing.assert_allclose(effective_number(np.zeros((2, 1, 3))), [6])


def test_as_many_as_the_variance_of_drawn_sizes_says():
    """Autoregressive errors: mean squares of 5 windows vary as 2 / n of n independent normal squares."""
    rng, rho = np.random.default_rng(1), 0.8
    errors = rng.normal(size=(5, 4000, 20))
    for step in range(1, 20):
        errors[..., step] = rho * errors[..., step - 1] + np.sqrt(1 - rho**2) * errors[..., step]
    sizes = (errors**2).mean(axis=(0, 2))
    told = 2 / (sizes.var() / sizes.mean() ** 2)
    assert np.median(effective_number(errors)) == pytest.approx(told, rel=0.15)


def test_quantiles_of_student_in_mean_absolute_errors():
    """Half as many degrees of freedom as errors, 1.5 at least, each within the 5 % that are one step."""
    found = student_quantiles(np.array([1.0, 20, 21]), np.array([0.5, 0.9]))
    np.testing.assert_allclose(found[:, 0], 0, atol=1e-12)
    expected = np.array([student.ppf(0.9, freedom) for freedom in (1.5, 10, 10.5)]) / np.sqrt(2 / np.pi)
    np.testing.assert_allclose(found[:, 1], expected, rtol=0.01)
