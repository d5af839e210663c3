"""Association rules with one item as consequent: from frequent itemsets to what is bought together, and how sure it is.

Here: the rules, their measures, and which are worth telling. Not here: the itemsets (`itemsets`), the test
(`significance`), and what a more general rule says (`redundancy`).

The hypotheses, each "this item has nothing to do with that set of items", or no more than with a part of the set, are
all pairs of a frequent itemset and a frequent item outside of it. Who belongs to them is told by supports that Fisher's
test takes as given. The rules that reach the support or the confidence would be no such family: they are chosen by the
very count that is tested, and among rules that are kept because they are frequent chance looks significant. Pairs that
are not frequent together are not searched, and count with a p-value of 1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from shop_pipeline.models.arrays import BoolArray, DoubleArray, IntArray
from shop_pipeline.models.baskets.itemsets import Itemsets
from shop_pipeline.models.baskets.lattice import levels
from shop_pipeline.models.baskets.redundancy import best_more_general, improvement, log_p_improvements
from shop_pipeline.models.baskets.significance import log_factorials, log_p_values, log_q_values


@dataclass(frozen=True)
class Rules:
    """n rules over `n_baskets` baskets; all arrays are (n,).

    `antecedents` are places in the itemsets that they were told from, `consequent` positions of items. The counts are
    baskets with both sides (`together`), with the antecedents and with the consequent. `best` is the highest confidence
    of a more general rule.
    """

    antecedents: IntArray
    consequent: IntArray
    together: IntArray
    with_antecedents: IntArray
    with_consequent: IntArray
    best: DoubleArray
    n_baskets: int

    def __len__(self) -> int:
        return len(self.antecedents)

    def where(self, is_wanted: BoolArray) -> Rules:
        """Some of the rules, in the same order."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "n_baskets"}
        return Rules(**{name: values[is_wanted] for name, values in arrays.items()}, n_baskets=self.n_baskets)

    @property
    def support(self) -> DoubleArray:
        return self.together / self.n_baskets

    @property
    def confidence(self) -> DoubleArray:
        return self.together / self.with_antecedents

    @property
    def lift(self) -> DoubleArray:
        """Confidence against the consequent's support (Brin, Motwani, Ullman and Tsur 1997, "interest")."""
        return self.confidence / (self.with_consequent / self.n_baskets)

    @property
    def leverage(self) -> DoubleArray:
        """Support over that of independence (Piatetsky-Shapiro 1991)."""
        return self.support - self.with_antecedents / self.n_baskets * (self.with_consequent / self.n_baskets)

    @property
    def conviction(self) -> DoubleArray:
        """How much more often the rule would fail by chance (Brin and others 1997); infinite where it never fails."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (1 - self.with_consequent / self.n_baskets) / (1 - self.confidence)
        return np.where(self.together == self.with_antecedents, np.inf, found)

    @property
    def improvement(self) -> DoubleArray:
        return improvement(self.confidence, self.best)

    @property
    def log_p(self) -> DoubleArray:
        """Fisher's exact test of antecedents and consequent, one-sided."""
        among = np.full(len(self), self.n_baskets)
        log_factorial = log_factorials(self.n_baskets)
        return log_p_values(self.together, self.with_antecedents, self.with_consequent, among, log_factorial)


def all_rules(itemsets: Itemsets) -> Rules:
    """Every rule whose items are frequent together, of two items and more, whatever its confidence."""
    rules = _room_for(int(itemsets.length[itemsets.length > 1].sum()), itemsets.n_baskets)
    before, best, end = None, np.empty((0, 0)), 0
    for level in levels(itemsets):
        together = itemsets.count[level.itemset][:, None]
        with_antecedents = itemsets.count[level.without] if level.length > 1 else np.int32(itemsets.n_baskets)
        general = np.full(level.item.shape, -np.inf)
        if before is not None:
            general = best_more_general(level, before, best)
            begin, end = end, end + level.item.size
            rules.antecedents[begin:end] = level.without.ravel()
            rules.consequent[begin:end] = level.item.ravel()
            rules.together[begin:end] = together.repeat(level.length)
            rules.with_antecedents[begin:end] = with_antecedents.ravel()
            rules.with_consequent[begin:end] = itemsets.single_counts[level.item].ravel()
            rules.best[begin:end] = general.ravel()
        before, best = level, np.maximum(together / with_antecedents, general)
    return rules


def _room_for(n_rules: int, n_baskets: int) -> Rules:
    """To be filled; no copy is made of what may be the largest arrays of all."""
    antecedents, consequent, together, with_antecedents, with_consequent = np.empty((5, n_rules), np.int32)
    best = np.empty(n_rules)
    return Rules(antecedents, consequent, together, with_antecedents, with_consequent, best, n_baskets)


def count_hypotheses(itemsets: Itemsets) -> int:
    """Pairs of a frequent itemset and a frequent item outside of it."""
    return len(itemsets) * int((itemsets.length == 1).sum()) - int(itemsets.length.sum())


@dataclass(frozen=True)
class Found:
    """Which rules are worth telling (`kept`, with p- and q-values), and how many were left out on the way.

    Of `n_rules` rules of frequent itemsets, `n_confident` have the confidence; of those, `n_redundant` are redundant,
    and of the others `n_chance` may be chance, as a whole or in what one of the antecedents adds. `n_hypotheses` is
    what the correction is for.
    """

    kept: Rules
    log_p: DoubleArray
    log_q: DoubleArray
    n_rules: int
    n_confident: int
    n_redundant: int
    n_chance: int
    n_hypotheses: int


def find_rules(itemsets: Itemsets, min_confidence: float, false_discovery_rate: float) -> Found:
    """The rules with the confidence, an improvement on all more general ones, and a q-value of at most the rate.

    Discovered is a rule that is more than chance and of which every antecedent adds something to the others: its
    q-value is told from the largest of all these p-values. A single antecedent has nothing to add to.
    """
    rules, n_hypotheses = all_rules(itemsets), count_hypotheses(itemsets)
    log_p = rules.log_p
    log_q = log_q_values(np.maximum(log_p, log_p_improvements(itemsets, rules.improvement > 0)), n_hypotheses)
    is_confident = rules.confidence >= min_confidence
    improves = is_confident & (rules.improvement > 0)
    kept = improves & (log_q <= np.log(false_discovery_rate))
    return Found(
        rules.where(kept),
        log_p[kept],
        log_q[kept],
        len(rules),
        int(is_confident.sum()),
        int(is_confident.sum() - improves.sum()),
        int(improves.sum() - kept.sum()),
        n_hypotheses,
    )
