"""Association rules: measures by hand, what is redundant and what is chance, planted pairs, and the known counts."""

from __future__ import annotations

import os
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets import Itemsets, frequent_itemsets
from shop_pipeline.models.baskets.redundancy import log_p_improvements
from shop_pipeline.models.baskets.rules import Rules, all_rules, count_hypotheses, find_rules
from shop_pipeline.models.baskets.significance import log_q_values
from shop_pipeline.simulate import ShopConfig
from shop_pipeline.simulate.shop import make_shop, make_streams
from shop_pipeline_tests.models.baskets.made_up import baskets_of, noise

REAL = os.environ.get("SHOP_REAL_DATA")
MANY = 100_000
# Ten baskets of bread 0, butter 1, jam 2, salt 3.
BREAKFAST = [[0, 1], [0, 1, 2], [0, 1, 2], [0, 1, 2, 3], [0], [0, 2], [3], [3], [1, 3], []]


def by_sides(rules: Rules, itemsets: Itemsets) -> dict[tuple[tuple[int, ...], int], int]:
    """Position of each rule, by antecedents and consequent."""
    rows = itemsets.members(rules.antecedents).tolist()
    sides = zip(rows, rules.consequent.tolist(), strict=True)
    told = {(tuple(item for item in row if item >= 0), to): at for at, (row, to) in enumerate(sides)}
    assert len(told) == len(rules)
    return told


def test_measures_by_hand() -> None:
    """Bread is in 6 of 10, butter in 5, both in 4; {butter, jam} is in 3, with bread in all 3.

    bread -> butter: confidence 4/6, lift 4/6 / (5/10), leverage .4 - .6 x .5, conviction (1 - .5) / (1 - 4/6).
    """
    itemsets = frequent_itemsets(baskets_of(BREAKFAST, 4), 0.1, MANY)
    rules = all_rules(itemsets)
    at = by_sides(rules, itemsets)
    told = [rules.support, rules.confidence, rules.lift, rules.leverage, rules.conviction, rules.improvement]
    assert [each[at[(0,), 1]] for each in told] == pytest.approx([0.4, 4 / 6, 4 / 3, 0.1, 1.5, 4 / 6 - 0.5])
    # Butter alone goes with bread in 4 of 5 baskets, jam in all 4 of its: no improvement on jam.
    assert [each[at[(1, 2), 0]] for each in told] == pytest.approx([0.3, 1, 1 / 0.6, 0.12, np.inf, 0])
    assert np.exp(rules.log_p[at[(2,), 0]]) == pytest.approx(hypergeom.sf(3, 10, 4, 6))


def test_every_rule_of_frequent_itemsets_is_there_once_and_improves_on_the_best_more_general_one() -> None:
    itemsets = frequent_itemsets(noise(300, [0.5, 0.5, 0.4, 0.4, 0.3, 0.2], seed=4), 0.01, MANY)
    rules = all_rules(itemsets)
    at = by_sides(rules, itemsets)
    assert len(rules) == sum(length for length in itemsets.length.tolist() if length > 1)
    for (antecedents, consequent), rule in at.items():
        general = [
            rules.confidence[at[part, consequent]]
            for length in range(1, len(antecedents))
            for part in combinations(antecedents, length)
        ]
        assert rules.best[rule] == max([*general, rules.with_consequent[rule] / 300])


def test_each_antecedent_is_tested_among_the_baskets_with_the_others() -> None:
    baskets = noise(300, [0.5, 0.5, 0.4, 0.3], seed=8)
    itemsets = frequent_itemsets(baskets, 0.001, MANY)
    rules = all_rules(itemsets)
    found = log_p_improvements(itemsets, np.ones(len(rules), bool))
    sets = [set(baskets.item[b:e].tolist()) for b, e in zip(baskets.indptr, baskets.indptr[1:], strict=False)]

    def p(one: int, to: int, others: set[int]) -> float:
        among = [each for each in sets if others <= each]
        k = sum({one, to} <= each for each in among)
        return float(hypergeom.sf(k - 1, len(among), *(sum(i in each for each in among) for i in (one, to))))

    for (antecedents, to), rule in by_sides(rules, itemsets).items():
        worst = max(p(one, to, set(antecedents) - {one}) for one in antecedents)
        assert np.exp(found[rule]) == pytest.approx(worst, rel=1e-9)
    assert log_p_improvements(itemsets, np.zeros(len(rules), bool)).max(initial=0) == 0


def test_hypotheses_are_pairs_of_a_frequent_itemset_and_a_frequent_item_outside() -> None:
    """Of three single items and two pairs: 3 x 2 + 2 x 1."""
    itemsets = frequent_itemsets(baskets_of([[0, 1], [0, 1], [1, 2], [1, 2]], 3), 0.5, MANY)
    assert (len(itemsets), count_hypotheses(itemsets)) == (5, 8)


def test_an_antecedent_that_adds_nothing_is_left_out_with_its_rule() -> None:
    """0 brings 1 along; 2 has nothing to do with either. {0, 2} -> 1 is redundant, or is told from 0 -> 1 by chance."""
    rng = np.random.default_rng(6)
    is_in = rng.random((2000, 3)) < (0.3, 0.1, 0.5)
    is_in[:, 1] |= is_in[:, 0] & (rng.random(2000) < 0.6)
    baskets = Baskets.from_codes(*np.nonzero(is_in), 2000, 3)
    itemsets = frequent_itemsets(baskets, 0.01, MANY)
    found = find_rules(baskets, itemsets, 0.1, 0.05)
    assert set(by_sides(found.kept, itemsets)) == {((0,), 1), ((1,), 0)}
    assert found.n_rules == 3 * 2 + 3
    assert found.n_confident == found.n_redundant + found.n_chance + len(found.kept)
    assert (found.log_q >= found.log_p).all()


def test_two_antecedents_that_only_work_together_are_found() -> None:
    """0 and 1 bring 2 along, neither does alone. Other products are there, too: a basket of three would hold all."""
    rng = np.random.default_rng(6)
    is_in = rng.random((4000, 33)) < (0.3, 0.3, 0.1, *[0.1] * 30)
    is_in[:, 2] |= is_in[:, 0] & is_in[:, 1] & (rng.random(4000) < 0.5)
    baskets = Baskets.from_codes(*np.nonzero(is_in), 4000, 33)
    itemsets = frequent_itemsets(baskets, 0.01, MANY)
    assert ((0, 1), 2) in by_sides(find_rules(baskets, itemsets, 0.1, 0.05).kept, itemsets)


def test_antecedents_that_only_make_up_for_one_another_are_no_rule() -> None:
    """2 is in 30 of 240 baskets without 0 and 1, in none with one of them, and in 4 of 20 with both: each adds to the
    other beyond doubt, but both together are no more than what 34 of 380 let expect.
    """
    sets = [[2]] * 30 + [[]] * 210 + [[0]] * 60 + [[1]] * 60 + [[0, 1, 2]] * 4 + [[0, 1]] * 16
    baskets = baskets_of(sets, 3)
    itemsets = frequent_itemsets(baskets, 0.01, MANY)
    rules = all_rules(itemsets)
    at = by_sides(rules, itemsets)[(0, 1), 2]
    adds = log_p_improvements(itemsets, np.ones(len(rules), bool))
    assert np.exp([adds[at], rules.log_p[at]]) == pytest.approx(
        [hypergeom.sf(3, 80, 4, 20), hypergeom.sf(3, 380, 34, 20)]
    )
    found = find_rules(baskets, itemsets, 0.1, 0.05)
    assert ((0, 1), 2) not in by_sides(found.kept, itemsets)
    assert (found.log_q >= found.log_p).all()


def test_noise_makes_no_rules() -> None:
    """60 independent items, each in 75 of 1,500 baskets: a pair is in 3.75 in the mean, and a few dozen are in 8 and
    more. Any rule is a false discovery: there may be some in 5 % of 40 shops, and P(5 or more of 40) is under 5 %.

    A correction for the frequent rules alone finds some in most shops: P(Poisson(3.75) >= 8) = 4 %.
    """
    made = [noise(1500, [0.05] * 60, seed) for seed in range(40)]
    mined = [frequent_itemsets(baskets, 8 / 1500, MANY) for baskets in made]
    shops = [find_rules(*shop, 0.05, 0.05) for shop in zip(made, mined, strict=True)]
    assert min(found.n_confident for found in shops) > 50
    assert sum(len(found.kept) > 0 for found in shops) <= 4
    frequent = [all_rules(itemsets).log_p for itemsets in mined]
    assert sum(np.exp(log_q_values(p, len(p)).min()) <= 0.05 for p in frequent) > 20


def test_planted_pairs_are_found_and_no_others_are_as_strong() -> None:
    """The simulator lets a product bring its partner along. All pairs of the strongest rules are planted, and all
    planted pairs that were in 15 baskets are among the rules.
    """
    config = ShopConfig(days=120, customers=1500, products=200, seed=3)
    shop = make_shop(config, make_streams(config))
    partner, lines = shop.catalogue.partner, shop.lines
    baskets = Baskets.from_codes(lines["order"], lines["product"], len(shop.orders), config.products)
    itemsets = frequent_itemsets(baskets, 10 / baskets.n_baskets, MANY)
    kept = find_rules(baskets, itemsets, 0.05, 0.05).kept
    sides = list(by_sides(kept, itemsets))
    planted = {(one, other) for one, other in enumerate(partner.tolist()) if other >= 0}
    pairs = itemsets.members(np.flatnonzero(itemsets.length == 2)).tolist()
    often = itemsets.count[itemsets.length == 2] >= 15
    expected = {(a, b) for (a, b), is_often in zip(pairs, often, strict=True) if is_often and (a, b) in planted}
    assert len(expected) >= 2
    assert expected <= {(antecedents[0], to) for antecedents, to in sides}
    strongest = np.argsort(-kept.lift)[: 2 * len(expected)]
    assert {(*sides[at][0], sides[at][1]) for at in strongest} <= planted


@pytest.mark.parametrize("sets", [[], [[]], [[0]], [[0], [1]], [[0, 1, 2]] * 5])
def test_where_nothing_can_be_told_there_are_no_rules(sets: list[list[int]]) -> None:
    """Also where all baskets are equal: every rule has a lift of 1."""
    baskets = baskets_of(sets, 3)
    itemsets = frequent_itemsets(baskets, 0.2, MANY)
    found = find_rules(baskets, itemsets, 0.1, 0.05)
    assert len(found.kept) == 0
    assert np.isfinite(all_rules(itemsets).leverage).all()


@pytest.mark.skipif(REAL is None, reason="SHOP_REAL_DATA names no folder")
@pytest.mark.parametrize(
    ("support", "confidence", "by_length", "max_lift"),
    [
        (0.006, 0.25, {2: 150, 3: 297, 4: 16}, 3.9565),
        (0.001, 0.8, {3: 29, 4: 229, 5: 140, 6: 12}, 11.2353),
    ],
)
def test_groceries(support: float, confidence: float, by_length: dict[int, int], max_lift: float) -> None:
    """Counts and highest lift as arules has them, one consequent and at least one antecedent."""
    lines = pd.read_csv(Path(REAL or "") / "groceries" / "groceries.csv", dtype=str)
    (basket, ids), (item, names) = (pd.factorize(lines[name]) for name in ("transaction_id", "item"))
    itemsets = frequent_itemsets(Baskets.from_codes(basket, item, len(ids), len(names)), support, MANY)
    rules = all_rules(itemsets)
    rules = rules.where(rules.confidence >= confidence)
    assert Counter((itemsets.length[rules.antecedents] + 1).tolist()) == by_length
    assert rules.lift.max() == pytest.approx(max_lift, abs=5e-5)
