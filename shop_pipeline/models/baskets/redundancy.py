"""Which rules say no more than a more general one, with fewer antecedents and the same consequent.

Here: the best confidence of all more general rules, and whether what a rule adds to it may be chance. Not here: the
rules (`rules`).

A rule's improvement is its confidence less the best of theirs (Bayardo, Agrawal and Gunopulos 2000, "Constraint-based
rule mining in large, dense databases"); rules without any are redundant. That is what `is.redundant` of the R package
arules calls redundant, with the rule of no antecedents among the more general ones: its confidence is the consequent's
support, so that a rule with a lift of 1 or less is redundant, too. All more general rules of a frequent rule are
frequent, and none is missed.

Any antecedent that has nothing to do with the matter raises the confidence of every second rule by chance. So each one
has to show that it adds something (Webb 2007, "Discovering significant patterns": productive rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray
from shop_pipeline.models.baskets.itemsets import Itemsets
from shop_pipeline.models.baskets.lattice import ROOT, Level, levels
from shop_pipeline.models.baskets.significance import log_factorials, log_p_values


def best_more_general(level: Level, before: Level, best_before: DoubleArray) -> DoubleArray:
    """(n, length) the best confidence of a more general rule, for each itemset and consequent of `level`.

    `best_before` is that of `before`, the rule itself included. What is more general lacks one antecedent at least: the
    best is that of the rules that lack exactly one, or of what is more general than they.
    """
    row = np.searchsorted(before.itemset, level.without)
    best = np.full(level.without.shape, -np.inf)
    for consequent in range(level.length):
        for left_out in range(level.length):
            if left_out != consequent:
                column = consequent - (left_out < consequent)
                np.maximum(best[:, consequent], best_before[row[:, left_out], column], out=best[:, consequent])
    return best


def improvement(confidence: AnyArray, best: AnyArray) -> DoubleArray:
    """Confidence less the best of the more general rules.

    Equal shares are equal as floats, because division rounds correctly: 1 / 2 and 2 / 4 differ by exactly 0.
    """
    return np.asarray(confidence - best, np.float64)


def log_p_improvements(itemsets: Itemsets, is_asked: BoolArray) -> DoubleArray:
    """(rules,) log of the largest p-value with which an antecedent adds nothing to the others; 0 where not asked.

    In the order of `rules.all_rules`. For each antecedent x it is Fisher's exact test of x and the consequent, among
    the baskets with all other antecedents; for a single antecedent those are all baskets.
    """
    log_factorial = log_factorials(itemsets.n_baskets)
    found, count = np.where(is_asked, -np.inf, 0.0), itemsets.count
    for part in parts_of(itemsets, is_asked):
        among = np.where(part.others == ROOT, itemsets.n_baskets, count[part.others])
        counts = (count[part.all_items], count[part.antecedents], count[part.others_and_consequent], among)
        found[part.rule] = np.maximum(found[part.rule], log_p_values(*counts, log_factorial))
    return found


@dataclass(frozen=True)
class Part:
    """Some rules without one of their antecedents; all arrays are (n,), and all but the first are places of itemsets.

    `rule` are their places in the order of `rules.all_rules`, each at most once.
    """

    rule: AnyArray
    all_items: AnyArray
    antecedents: AnyArray
    others_and_consequent: AnyArray
    others: AnyArray


def parts_of(itemsets: Itemsets, is_asked: BoolArray) -> Iterator[Part]:
    """The rules that are asked for, without each of their antecedents."""
    begin, before = 0, None
    for level in levels(itemsets):
        if before is not None:
            asked = is_asked[begin : begin + level.item.size].reshape(level.item.shape)
            for consequent, left_out in permutations(range(level.length), 2):
                rows = np.flatnonzero(asked[:, consequent])
                without_it = level.without[rows, left_out]
                row = np.searchsorted(before.itemset, without_it)
                others = before.without[row, consequent - (left_out < consequent)]
                rule = begin + rows * level.length + consequent
                yield Part(rule, level.itemset[rows], level.without[rows, consequent], without_it, others)
            begin += level.item.size
        before = level
