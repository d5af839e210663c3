"""Sums of a forecast over lead times, and days of cover: worked by hand."""

import numpy as np

from shop_pipeline.models.inventory.demand import days_of_cover, expected_demand

Y_HAT = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 6.0], [0.0, 0.0, 0.0]])


def found(days: list[int]) -> list[float]:
    return expected_demand(Y_HAT, np.array(days)).tolist()


def test_demand_is_summed_over_the_days_of_each_product() -> None:
    assert found([0, 2, 3]) == [0, 0, 0]
    assert found([2, 3, 1]) == [3, 6, 0]


def test_behind_the_horizon_the_mean_goes_on() -> None:
    # 6 in three days, then 2 a day.
    assert found([5, 4, 100]) == [10, 8, 0]


def test_cover_is_the_day_on_which_expected_demand_has_used_it_up() -> None:
    # 1 on the first day, half of the second day's 2; two days of nothing and half a day of 6; nobody asks for any.
    assert days_of_cover(Y_HAT, np.array([2.0, 3.0, 5.0])).tolist() == [1.5, 2.5, np.inf]


def test_cover_goes_on_behind_the_horizon() -> None:
    # 6 last three days, 4 more two days at 2 a day.
    assert days_of_cover(Y_HAT, np.array([10.0, 6.0, 1.0])).tolist() == [5, 3, np.inf]


def test_nothing_covers_nothing_and_unknown_is_unknown() -> None:
    cover = days_of_cover(Y_HAT, np.array([np.nan, 0.0, 0.0]))
    np.testing.assert_array_equal(cover, [np.nan, 0, 0])
