"""Measures of forecasts against numbers worked by hand."""

import numpy as np
import pytest

from shop_pipeline.models.forecasting import metrics

NAN = np.nan


def test_naive_scale_and_mase() -> None:
    """Changes of 1, 3 and 2 average 2; over two periods 4 and 1 average 2.5. Errors 1, 3: MASE 1 and .8."""
    y = np.array([[1.0, 2.0, 5.0, 3.0]])
    assert metrics.naive_scale(y, 1)[0] == 2
    assert metrics.naive_scale(y, 2)[0] == 2.5
    actual, y_hat = np.array([[4.0, 8.0]]), np.array([[5.0, 5.0]])
    assert metrics.mase(actual, y_hat, np.array([2.0]))[0] == 1
    assert metrics.mase(actual, y_hat, np.array([2.5]))[0] == 0.8


def test_a_pair_with_a_masked_value_is_none() -> None:
    """Left are 1 to 2 (1) and 7 to 4 (3)."""
    assert metrics.naive_scale(np.array([[1.0, 2.0, NAN, 7.0, 4.0]]), 1)[0] == 2
    assert np.isnan(metrics.naive_scale(np.array([[1.0, NAN, 7.0]]), 1)[0])


def test_masked_periods_do_not_count() -> None:
    actual, y_hat = np.array([[4.0, NAN, 8.0]]), np.array([[5.0, 500.0, 5.0]])
    assert metrics.mase(actual, y_hat, np.array([2.0]))[0] == 1
    assert metrics.wape(actual, y_hat) == pytest.approx(4 / 12)


def test_windows_are_averaged() -> None:
    """Errors 1, 3 in one window and 0, 0 in the other."""
    actual = np.array([[[4.0, 8.0]], [[1.0, 1.0]]])
    y_hat = np.array([[[5.0, 5.0]], [[1.0, 1.0]]])
    assert metrics.mase(actual, y_hat, np.array([1.0])).tolist() == [1.0]


@pytest.mark.parametrize("scale", [0.0, NAN])
def test_no_ratio_to_a_history_that_never_changed(scale: float) -> None:
    assert np.isnan(metrics.mase(np.ones((1, 2)), np.ones((1, 2)), np.array([scale]))[0])
    assert np.isnan(metrics.rmsse(np.ones((1, 2)), np.ones((1, 2)), np.array([scale]))[0])


def test_rmsse() -> None:
    """Squared changes 1, 9 and 4 average 14/3; squared errors 1 and 9 average 5."""
    assert metrics.squared_naive_scale(np.array([[1.0, 2.0, 5.0, 3.0]]), 1)[0] == pytest.approx(14 / 3)
    found = metrics.rmsse(np.array([[4.0, 8.0]]), np.array([[5.0, 5.0]]), np.array([14 / 3]))
    assert found[0] == pytest.approx(np.sqrt(5 / (14 / 3)))


def test_smape() -> None:
    """200 * 1/9, 200 * 3/13, and 0 for 0 against 0."""
    found = metrics.smape(np.array([[4.0, 8.0, 0.0]]), np.array([[5.0, 5.0, 0.0]]))
    assert found[0] == pytest.approx((200 / 9 + 600 / 13 + 0) / 3)


def test_wape_is_of_sums() -> None:
    """Errors 1, 3 and 4 over 4 + 8 + 8."""
    assert metrics.wape(np.array([[4.0, 8.0], [8.0, NAN]]), np.array([[5.0, 5.0], [12.0, 1.0]])) == 8 / 20
    assert np.isnan(metrics.wape(np.zeros((1, 2)), np.ones((1, 2))))


def test_pinball() -> None:
    """2 too low costs .9 * 2, 1 too high .1 * 1."""
    found = metrics.pinball(np.array([[10.0, 7.0]]), np.array([[8.0, 8.0]]), 0.9)
    assert found[0] == pytest.approx((1.8 + 0.1) / 2)


def test_coverage_counts_the_bounds_themselves() -> None:
    actual = np.array([[1.0, 2.0, 3.0, 4.0, NAN]])
    found = metrics.coverage(actual, np.full((1, 5), 2.0), np.full((1, 5), 3.0))
    assert found[0] == 0.5
