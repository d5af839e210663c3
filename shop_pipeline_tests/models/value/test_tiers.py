"""Tiers, the customer value score and the yearly margin, worked by hand."""

import numpy as np
import pytest

from shop_pipeline.models.value.tiers import customer_value_score, tiers, yearly_margin

SHARES = {"platinum": 0.05, "gold": 0.15, "silver": 0.3}


def test_each_tier_has_its_share_of_the_highest_values() -> None:
    value = np.random.default_rng(0).permutation(np.arange(20.0))
    found = tiers(value, SHARES, "bronze")
    # 1, 3 and 6 of 20, from the top.
    by_value = found[np.argsort(-value)].tolist()
    assert by_value == ["platinum"] + ["gold"] * 3 + ["silver"] * 6 + ["bronze"] * 10


def test_equal_values_have_the_tier_of_the_last_of_them() -> None:
    # The second place would be gold; it is shared by the second to the fourth.
    assert tiers(np.array([5.0, 7.0, 5.0, 5.0]), {"gold": 0.5}, "bronze").tolist() == [
        "bronze", "gold", "bronze", "bronze",
    ]  # fmt: skip
    # A block that ends where its tier ends stays in it.
    assert tiers(np.array([5.0, 1, 5, 2]), {"gold": 0.5}, "bronze").tolist() == ["gold", "bronze", "gold", "bronze"]


def test_the_order_of_the_customers_decides_nothing() -> None:
    rng = np.random.default_rng(1)
    value = rng.integers(0, 12, 500).astype(float)
    order = rng.permutation(500)
    assert tiers(value[order], SHARES, "bronze").tolist() == tiers(value, SHARES, "bronze")[order].tolist()


def test_who_is_worth_nothing_is_in_the_lowest_tier() -> None:
    # One of 20 is worth something: 19 would be gold and silver by their names alone.
    value = np.where(np.arange(20) == 7, 3.0, 0.0)
    assert np.flatnonzero(tiers(value, SHARES, "bronze") != "bronze").tolist() == [7]
    assert tiers(np.array([-1.0, 0, 0, 2]), {"gold": 0.5, "silver": 0.5}, "bronze").tolist() == [
        "bronze", "bronze", "bronze", "gold",
    ]  # fmt: skip


def test_ends_are_rounded_over_all_shares_so_that_no_tier_loses_by_it() -> None:
    # 10 customers: ends at .5, 2 and 5, and half a customer counts as one.
    found = tiers(10 - np.arange(10.0), SHARES, "bronze").tolist()
    assert found == ["platinum", "gold"] + ["silver"] * 3 + ["bronze"] * 5
    assert tiers(np.array([1.0]), SHARES, "bronze").tolist() == ["silver"]


def test_shares_may_take_all_and_nobody_may_be_there() -> None:
    assert set(tiers(1 + np.arange(10.0), {"a": 0.6, "b": 0.3, "c": 0.1}, "rest").tolist()) == {"a", "b", "c"}
    assert len(tiers(np.zeros(0), SHARES, "bronze")) == 0
    assert tiers(np.arange(2.0), {}, "bronze").tolist() == ["bronze"] * 2


def test_what_can_be_no_tier_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 1 together"):
        tiers(np.arange(3.0), {"a": 0.6, "b": 0.5}, "rest")
    with pytest.raises(ValueError, match="at least 0"):
        tiers(np.arange(3.0), {"a": -0.1}, "rest")
    with pytest.raises(ValueError, match="without a value"):
        tiers(np.array([1.0, np.nan]), SHARES, "bronze")


def test_customer_value_score() -> None:
    # 300 / 200 * 2, and nothing is said where the cost is 0, below 0 or not known.
    found = customer_value_score(np.full(4, 300.0), np.array([200.0, 0.0, -5.0, np.nan]), 2.0)
    np.testing.assert_array_equal(found, [3.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(
        customer_value_score(np.array([6.0, 6]), np.array([2.0, 2]), np.array([1.0, 2])), [3, 6]
    )


def test_yearly_margin() -> None:
    # (900 - 600) / 2.5 a year; 30 within a month is not 360 a year; a loss is one; an unknown cost makes it unknown.
    found = yearly_margin(
        np.array([900.0, 90, 50, 80]), np.array([600.0, 60, 70, np.nan]), np.array([2.5, 1 / 12, 1, 2])
    )
    np.testing.assert_allclose(found, [120.0, 30.0, -20.0, np.nan])
