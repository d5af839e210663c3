"""What sizes of baskets put together by themselves: against counts, by hand, and in shops made of nothing else."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets import frequent_itemsets
from shop_pipeline.models.baskets.rules import all_rules, by_basket_sizes, find_rules
from shop_pipeline.models.baskets.sizes import BySize, fit_sizes, log_tails
from shop_pipeline_tests.models.baskets.made_up import baskets_of

N_ITEMS = 300
MANY = 100_000


def resellers(seed: int, n_baskets: int = 10_000, bring: tuple[int, int] | None = None) -> Baskets:
    """Items by Zipf's law and independent, four or so a basket, and 100 different ones in every hundredth.

    `bring` (i, j): every second basket with item i has j, too.
    """
    rng = np.random.default_rng(seed)
    size = 1 + rng.poisson(3, n_baskets)
    size[rng.random(n_baskets) < 0.01] = 100
    # Drawn one after another without replacement, as in the paper: the first of so many exponential clocks.
    clocks = rng.exponential(size=(n_baskets, N_ITEMS)) * np.arange(1, N_ITEMS + 1)
    is_in = clocks <= np.sort(clocks, axis=1)[np.arange(n_baskets), size - 1][:, None]
    if bring:
        is_in[:, bring[1]] |= is_in[:, bring[0]] & (rng.random(n_baskets) < 0.5)
    return Baskets.from_codes(*np.nonzero(is_in), n_baskets, N_ITEMS)


def test_noise_with_resellers_makes_no_rules() -> None:
    """By Fisher's test alone nearly all pairs are rules: a hundredth of the baskets holds most of the pairs."""
    for seed in range(5):
        baskets = resellers(seed)
        itemsets = frequent_itemsets(baskets, 0.002, 20_000)
        found = find_rules(baskets, itemsets, 0.02, 0.05)
        assert len(found.kept) == 0
        assert found.n_chance > 1000
    rules = all_rules(itemsets)
    is_pair = itemsets.length[rules.antecedents] == 1
    assert (rules.log_p[is_pair] < math.log(1e-4)).mean() > 0.9


def test_p_values_by_size_hold_in_noise_with_resellers() -> None:
    """Pairs of the 30 best sellers, whether they are often together or not: about every twentieth is under .05."""
    shares = []
    for seed in range(10, 16):
        baskets = resellers(seed)
        itemsets = frequent_itemsets(baskets, 0.0005, MANY)
        rules = all_rules(itemsets)
        best = np.argsort(-baskets.item_counts)[:30]
        asked = (itemsets.length[rules.antecedents] == 1) & np.isin(rules.consequent, best)
        asked &= np.isin(itemsets.item[rules.antecedents], best)
        assert asked.sum() == 30 * 29, "no pair is left out because it is rare"
        expected, log_p = by_basket_sizes(baskets, itemsets, rules, asked)
        shares.append((np.exp(log_p[asked]) <= 0.05).mean())
        assert rules.together[asked].sum() / expected[asked].sum() == pytest.approx(1, abs=0.03)
    assert 0.005 < np.mean(shares) < 0.07


def test_a_planted_pair_among_resellers_is_found_and_nothing_else_is() -> None:
    """Not {28, 50} -> 9 either, where 28 only stands in larger baskets."""
    for seed in range(3):
        baskets = resellers(seed, bring=(9, 50))
        itemsets = frequent_itemsets(baskets, 0.002, 20_000)
        kept = find_rules(baskets, itemsets, 0.1, 0.05).kept
        sides = zip(itemsets.members(kept.antecedents).tolist(), kept.consequent.tolist(), strict=True)
        assert sorted((*one, to) for one, to in sides) == [(9, 50), (50, 9)]


def test_the_chances_fit_counts_and_sizes() -> None:
    baskets = resellers(1)
    model = fit_sizes(baskets)
    n_of = np.bincount(model.class_of)
    chance = model.chance[model.kind]
    assert chance @ n_of == pytest.approx(baskets.item_counts, rel=1e-3)
    assert chance.sum(axis=0) == pytest.approx(model.size, rel=5e-3)
    sizes = np.diff(baskets.indptr)
    assert all(np.ptp(sizes[model.class_of == each]) <= 0.25 * model.size[each] for each in range(len(n_of)))


def test_sizes_of_the_baskets_with_an_itemset_are_as_counted() -> None:
    baskets = resellers(2, 1000)
    itemsets = frequent_itemsets(baskets, 0.008, MANY)
    asked = np.random.default_rng(1).random(len(itemsets)) < 0.1
    by_size = BySize.of(baskets, itemsets, asked)
    is_in = np.zeros((1000, N_ITEMS), bool)
    is_in[np.repeat(np.arange(1000), np.diff(baskets.indptr)), baskets.item] = True
    places = np.flatnonzero(asked)
    assert itemsets.length[places].max() >= 3
    for place, members in zip(places, itemsets.members(places), strict=True):
        held = is_in[:, members[members >= 0]].all(axis=1)
        wanted = np.bincount(by_size.model.class_of[held], minlength=len(by_size.model.size))
        assert by_size.held[by_size.row[place]].tolist() == wanted.tolist()


def test_the_other_place_of_a_basket_of_two() -> None:
    """40 items in all pairs, as often: with one of them goes each of the 39 others in as many baskets. In a basket of
    one, nothing goes with it. Of three items the number is on the safe side.
    """
    for n, most in ((40, 1.02), (3, 1.13)):
        pairs = [list(pair) for pair in combinations(range(n), 2)] * 10
        for sets in (pairs, pairs + [[item] for item in range(n)] * 50):
            baskets = baskets_of(sets, n)
            itemsets = frequent_itemsets(baskets, 10 / len(sets), MANY)
            rules = all_rules(itemsets)
            expected, _ = by_basket_sizes(baskets, itemsets, rules, np.ones(len(rules), bool))
            assert len(expected) == n * (n - 1)
            assert ((expected >= 9.99) & (expected <= 10 * most)).all()


def test_tails_are_those_of_the_binomial_and_have_a_logarithm_however_small() -> None:
    k, n, p = np.array([0, 1, 5, 40, 90]), np.array([10, 10, 10, 100, 100]), np.array([0.1, 0.2, 0.1, 0.3, 0.5])
    assert np.exp(log_tails(k, n, n * p)) == pytest.approx(binom.sf(k - 1, n, p), rel=1e-9)
    # All of 1,000: p^1000. 990 of 1,000: the largest term and ten smaller ones.
    small = log_tails(np.array([1000, 990]), np.array([1000, 1000]), np.array([1.0, 1.0]))
    terms = math.fsum(math.comb(1000, j) * 10.0 ** (3 * (990 - j)) * 0.999 ** (1000 - j) for j in range(990, 1001))
    assert small == pytest.approx([1000 * math.log(1e-3), 990 * math.log(1e-3) + math.log(terms)], rel=1e-6)
    assert log_tails(np.array([3]), np.array([3]), np.array([3.0])).tolist() == [0.0]
    assert log_tails(np.array([3]), np.array([3]), np.array([0.0])).tolist() == [-math.inf]
