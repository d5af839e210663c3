"""Histories counted from dated amounts, worked by hand, and what they refuse."""

import numpy as np
import pytest

from shop_pipeline.models.value.purchases import Purchases
from shop_pipeline_tests.models.value.buyers import purchases_of

LINES = [
    # customer, day, amount
    ("ann", 3, 10.0),  # first day: 10 + 5, one purchase
    ("ann", 3, 5.0),
    ("ann", 7, 8.0),  # 8 - 2 = 6, the first repeat
    ("ann", 7, -2.0),
    ("ann", 9, 12.0),  # the second: mean of the repeats (6 + 12) / 2 = 9
    ("ann", 10, -4.0),  # a day with a return only is no purchase
    ("ann", 12, 99.0),  # after the end
    ("bob", 5, 7.0),  # bought once
    ("cat", 4, 0.0),  # a free sample
    ("dan", 11, 3.0),  # after the end: not known yet
    ("eve", 2, -1.0),  # never bought
]
CUSTOMER, DAY, AMOUNT = (np.array(column) for column in zip(*LINES, strict=True))


def test_days_are_counted_not_lines_and_returns_are_no_visit() -> None:
    ids, found = Purchases.from_days(CUSTOMER, DAY, AMOUNT, 10)
    assert ids.tolist() == ["ann", "bob"]
    np.testing.assert_array_equal(found.frequency, [2, 0])
    np.testing.assert_array_equal(found.recency, [9 - 3, 0])
    np.testing.assert_array_equal(found.age, [10 - 3, 10 - 5])
    np.testing.assert_array_equal(found.spend, [9, np.nan])


def test_a_free_day_counts_only_when_asked_for() -> None:
    ids, found = Purchases.from_days(CUSTOMER, DAY, AMOUNT, 10, count_free=True)
    assert ids.tolist() == ["ann", "bob", "cat"]
    assert found.age.tolist() == [7, 5, 6]


def test_dates_and_any_order_of_the_lines_give_the_same_bits() -> None:
    rng = np.random.default_rng(1)
    customer, day = rng.integers(0, 50, 2000), rng.integers(0, 40, 2000)
    amount = rng.lognormal(size=2000)
    mixed = rng.permutation(2000)
    ids, found = Purchases.from_days(customer, day, amount, 35)
    dates = day[mixed].astype("datetime64[D]")
    again_ids, again = Purchases.from_days(customer[mixed], dates, amount[mixed], np.datetime64(35, "D"))
    np.testing.assert_array_equal(ids, again_ids)
    for name in ("frequency", "recency", "age", "spend"):
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))


def test_no_lines_are_no_customers() -> None:
    ids, found = Purchases.from_days(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 9)
    assert len(ids) == len(found) == 0


def test_a_longer_unit_makes_shorter_times() -> None:
    weeks = purchases_of([2], [14], [21]).per(7)
    assert (weeks.recency[0], weeks.age[0], weeks.frequency[0]) == (2, 3, 2)


def test_part_takes_masks_and_positions() -> None:
    found = purchases_of([0, 1, 2], [0, 3, 4], [5, 6, 7])
    assert found.part(found.frequency > 0).age.tolist() == [6, 7]
    assert found.part(np.array([2, 0])).age.tolist() == [7, 5]


def test_equal_histories_are_found_with_their_number() -> None:
    found = purchases_of([1, 0, 1, 1, 0], [3, 0, 3, 2, 0], [9, 9, 9, 9, 8])
    positions, counts = found.distinct()
    histories = zip(*(a[positions].tolist() for a in (found.frequency, found.recency, found.age)), strict=True)
    assert dict(zip(histories, counts.tolist(), strict=True)) == {
        (0, 0, 8): 1,
        (0, 0, 9): 1,
        (1, 2, 9): 1,
        (1, 3, 9): 2,
    }


@pytest.mark.parametrize(
    ("frequency", "recency", "age", "spend", "said"),
    [
        (1.5, 1, 2, 3, "no whole number"),
        (-1, 0, 2, np.nan, "no whole number"),
        (1, 3, 2, 3, "0 <= recency <= age"),
        (1, 1, np.inf, 3, "0 <= recency <= age"),
        (1, np.nan, 2, 3, "0 <= recency <= age"),
        (0, 1, 2, np.nan, "recency above 0 without"),
        (1, 1, 2, np.nan, "without a spend"),
        (1, 1, 2, -3, "without a spend"),
        (0, 0, 2, 3, "a spend without"),
    ],
)
def test_histories_that_cannot_be_are_refused_with_their_position(
    frequency: float, recency: float, age: float, spend: float, said: str
) -> None:
    with pytest.raises(ValueError, match=f"1 customers have .*{said}.*position 1"):
        Purchases(*np.array([[1.0, 1, 2, 3], [frequency, recency, age, spend]]).T)


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="of one length"):
        Purchases(np.zeros(2), np.zeros(2), np.zeros(3), np.full(2, np.nan))
