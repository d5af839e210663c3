"""Frequent itemsets: the same as by counting all subsets, whatever the baskets are like, and never too many."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets import frequent_itemsets, least_count, mining_memory
from shop_pipeline.models.baskets.rules import find_rules
from shop_pipeline_tests.models.baskets.made_up import baskets_of, by_members, counted, noise

MANY = 1_000_000


@pytest.mark.parametrize(
    ("n_baskets", "shares", "support"),
    [
        (300, [0.5] * 8, 0.01),  # full: goes over to bits at once
        (2000, [1 / (rank + 1) ** 1.1 / 3 for rank in range(60)], 0.001),  # as in shops: a few sell well
        (1000, [0.004] * 300, 0.001),  # hardly anything together
        (130, [0.9, 0.05, 0.9, 0.05, 0.5, 0.5, 0.3], 0.008),  # words of bits that end inside
    ],
)
def test_all_itemsets_are_found_and_no_other(n_baskets: int, shares: list[float], support: float) -> None:
    baskets = noise(n_baskets, shares, seed=5)
    found = frequent_itemsets(baskets, support, MANY)
    wanted = counted(baskets, found.asked_count)
    assert max(map(len, wanted)) >= 2
    assert by_members(found) == wanted
    assert (found.min_count, found.length.tolist()) == (found.asked_count, [len(each) for each in by_members(found)])


def test_a_few_large_baskets_among_many_small_ones() -> None:
    """20 orders of a reseller with 200 products among 1,000 of customers with three: what is 14 times together is so
    in the large ones.
    """
    rng = np.random.default_rng(2)
    sets = [rng.choice(300, size, replace=False).tolist() for size in [200] * 20 + [3] * 1000]
    found = by_members(frequent_itemsets(baskets_of(sets, 300), 14 / 1020, MANY))
    is_in = np.zeros((1020, 300), np.int64)
    for basket, items in enumerate(sets):
        is_in[basket, items] = 1
    one, other = np.nonzero(np.triu(is_in.T @ is_in >= 14))
    assert {members for members in found if len(members) <= 2} == {
        (int(a), int(b)) if a < b else (int(a),) for a, b in zip(one, other, strict=True)
    }
    assert sum(len(members) > 2 for members in found) > 10
    assert all(is_in[:, members].all(axis=1).sum() == count for members, count in found.items())


@pytest.mark.parametrize("most", [1, 2, 10, 65, 66, 100, 400])
def test_where_there_are_too_many_the_support_of_long_ones_is_the_smallest_that_leaves_so_many(most: int) -> None:
    """11 items and 55 pairs are as frequent as asked: 66 keep them all, and fewer keep no longer ones."""
    baskets = noise(400, [0.6, 0.5, 0.5, 0.4, 0.4, 0.3, 0.3, 0.3, 0.2, 0.2, 0.1], seed=9)
    found = frequent_itemsets(baskets, 0.005, most)
    short, every = counted(baskets, 2, longest=2), counted(baskets, 2)
    assert (len(short), len(found) <= most, found.asked_count) == (66, True, 2)

    def kept(least: int, of_longer: int) -> dict[tuple[int, ...], int]:
        return {key: n for key, n in every.items() if n >= (least if len(key) <= 2 else of_longer)}

    assert by_members(found) == kept(found.min_count, found.min_count_long)
    if most >= len(short):
        assert found.min_count == 2 < found.min_count_long
        assert len(kept(2, found.min_count_long - 1)) > most
    else:
        assert found.min_count > 2
        assert found.min_count_long > 400
        assert len(kept(found.min_count - 1, 401)) > most


def test_equal_baskets_of_500_items_have_too_many_subsets_for_any_support() -> None:
    """2^500 - 1 of them, each in all baskets: what is left is nothing, after as many steps as may be kept."""
    found = frequent_itemsets(baskets_of([range(500)] * 50, 500), 0.5, 1000)
    assert (len(found), found.asked_count, found.min_count) == (0, 25, 51)


def test_two_equal_large_baskets_do_not_hide_what_is_in_three() -> None:
    found = frequent_itemsets(baskets_of([range(300), range(300), [0, 1], [0, 1], [1]], 300), 0.2, 50)
    assert by_members(found) == {(0,): 4, (1,): 5, (0, 1): 4}
    assert found.min_count == 3


@pytest.mark.parametrize(
    ("sets", "n_items", "wanted"),
    [
        ([], 0, {}),
        ([[], []], 3, {}),
        ([[0]], 1, {(0,): 1}),
        ([[0], [0], []], 1, {(0,): 2}),
        ([[2, 0]] * 3, 3, {(0,): 3, (2,): 3, (0, 2): 3}),
    ],
)
def test_small_shops(sets: list[list[int]], n_items: int, wanted: dict[tuple[int, ...], int]) -> None:
    assert by_members(frequent_itemsets(baskets_of(sets, n_items), 0.5, MANY)) == wanted


def test_an_item_that_stands_twice_in_a_basket_counts_once() -> None:
    baskets = Baskets.from_codes(np.array([1, 0, 1, 1]), np.array([2, 0, 0, 2]), 3, 3)
    assert (baskets.item.tolist(), baskets.indptr.tolist()) == ([0, 0, 2], [0, 1, 3, 3])


@pytest.mark.parametrize(
    ("support", "n_baskets", "least"),
    [(0.006, 9835, 60), (0.001, 9835, 10), (0.1, 30, 3), (0.5, 3, 2), (1.0, 7, 7), (1e-9, 5, 1), (0.5, 0, 1)],
)
def test_the_fewest_baskets_that_are_the_share(support: float, n_baskets: int, least: int) -> None:
    """.006 x 9835 = 59.01. As floats .1 x 30 is over 3, but 3 / 30 is .1."""
    assert least_count(support, n_baskets) == least


def test_what_is_no_share_or_no_code_is_refused() -> None:
    baskets = baskets_of([[0]], 1)
    for support in (0.0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="is not over 0 and at most 1"):
            frequent_itemsets(baskets, support, MANY)
    with pytest.raises(ValueError, match="most 0"):
        frequent_itemsets(baskets, 0.5, 0)
    for basket, item, name in ((1, 0, "basket"), (-1, 0, "basket"), (0, 1, "item")):
        with pytest.raises(ValueError, match=f"{name} codes"):
            Baskets.from_codes(np.array([basket]), np.array([item]), 1, 1)


def test_the_same_baskets_give_the_same_bits_and_are_left_as_they_were() -> None:
    baskets = noise(500, [0.3] * 10, seed=1)
    before = baskets.item.copy()
    one, other = (frequent_itemsets(baskets, 0.002, 400) for _ in range(2))
    for name in ("parent", "item", "count", "length", "label"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.array_equal(baskets.item, before)


@pytest.mark.parametrize("most", [100, 100_000])
def test_no_more_memory_is_taken_than_is_told_before(most: int) -> None:
    """What NumPy takes; the compiled walk adds a matrix of bits at most. 100,000 are the larger part of the bound."""
    baskets = noise(20_000, [0.25] * 20, seed=3)
    told = mining_memory(baskets, most)
    pair = baskets_of([[0, 1]] * 9 + [[]] * 9, 2)
    find_rules(pair, frequent_itemsets(pair, 0.1, 10), 0.1, 0.05)  # compiling takes more
    tracemalloc.start()
    found = find_rules(baskets, frequent_itemsets(baskets, 0.0002, most), 0.1, 0.05)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.n_rules > most / 2
    assert told / 8 < peak < told
