"""ABC and XYZ: borders worked by hand."""

import numpy as np
import pytest

from shop_pipeline.models.inventory.abc import abc_classes, cumulated_shares
from shop_pipeline.models.inventory.xyz import coefficient_of_variation, xyz_classes


def classes(*revenue: float) -> str:
    return "".join(abc_classes(np.array(revenue, dtype=float), 0.8, 0.95))


def test_shares_follow_falling_revenue() -> None:
    # 50 + 30 + 15 + 5 = 100, given in another order.
    shares = cumulated_shares(np.array([15.0, 50.0, 5.0, 30.0]))
    np.testing.assert_allclose(shares, [0.95, 0.5, 1.0, 0.8])


def test_who_reaches_a_border_exactly_is_the_last_of_its_class() -> None:
    assert classes(15, 50, 5, 30) == "BACA"


def test_who_crosses_a_border_belongs_to_the_better_class() -> None:
    # Before the second there is 79 %, before the third 94 %, before the fourth 99 %.
    assert classes(79, 15, 5, 1) == "AABC"


def test_a_product_that_brings_nearly_all_is_a() -> None:
    assert classes(1, 98, 1) == "CAC"


def test_equal_products_are_in_order() -> None:
    # Shares .2, .4, .6, .8, 1: the first four bring the 80 %, before the last one there are 80 % of the 95 %.
    assert classes(1, 1, 1, 1, 1) == "AAAAB"


def test_borders_are_not_missed_by_rounding() -> None:
    # 8 of 10 tenths: .1 summed up eight times is below .8 in floating point.
    assert classes(*[0.1] * 10) == "A" * 8 + "BB"


def test_who_brings_nothing_is_c_and_takes_nothing_from_others() -> None:
    # What came back is no share: with the -20, 80 of 80 would be 100 % after the first.
    assert classes(0, 80, 20, -20) == "CABC"
    np.testing.assert_allclose(cumulated_shares(np.array([0.0, 80.0, 20.0, -20.0])), [1, 0.8, 1, 1])


def test_a_shop_without_revenue_is_all_c() -> None:
    assert classes(0, 0) == "CC"
    np.testing.assert_array_equal(cumulated_shares(np.zeros(2)), [1, 1])


def test_shares_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValueError, match="A <= B"):
        abc_classes(np.ones(2), 0.9, 0.5)
    with pytest.raises(ValueError, match="X <= Y"):
        xyz_classes(np.ones(2), 1.0, 0.5)


def test_variation_is_deviation_over_mean() -> None:
    # Mean 4, deviations 2, 2, 2, 2: 2 / 4. A week without an answer does not count: mean 3, deviations 1, 1.
    weekly = np.array([[2.0, 6, 2, 6], [2, np.nan, 4, np.nan], [7, 7, 7, 7]])
    np.testing.assert_allclose(coefficient_of_variation(weekly), [0.5, 1 / 3, 0])


def test_variation_needs_two_weeks_and_a_sale() -> None:
    weekly = np.array([[np.nan, np.nan], [5, np.nan], [0, 0]])
    np.testing.assert_array_equal(coefficient_of_variation(weekly), [np.nan] * 3)


def test_borders_of_variation_belong_to_the_better_class() -> None:
    found = xyz_classes(np.array([0, 0.5, 0.51, 1.0, 1.01, np.nan]), 0.5, 1.0)
    assert "".join(found) == "XXYYZZ"
