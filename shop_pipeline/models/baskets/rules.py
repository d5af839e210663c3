"""Association rules with one item as consequent: from frequent itemsets to what is bought together, and how sure it is.

Here: the rules, their measures, and which are worth telling. Not here: the itemsets (`itemsets`), Fisher's test
(`significance`), what large baskets put together (`sizes`), and what a more general rule says (`redundancy`).

The hypotheses, each "this item has nothing to do with that set of items", or no more than with a part of the set, are
all pairs of a frequent itemset and a frequent item outside of it. Who belongs to them is told by supports that Fisher's
test takes as given. The rules that reach the support or the confidence would be no such family: they are chosen by the
very count that is tested, and among rules that are kept because they are frequent chance looks significant. Pairs that
are not frequent together are not searched, and count with a p-value of 1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, IntArray
from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets import Itemsets
from shop_pipeline.models.baskets.lattice import ROOT, levels
from shop_pipeline.models.baskets.redundancy import (
    Part,
    best_more_general,
    improvement,
    log_p_improvements,
    parts_of,
)
from shop_pipeline.models.baskets.significance import log_factorials, log_p_values, log_q_values
from shop_pipeline.models.baskets.sizes import NEVER, BySize, log_tails


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

    def where(self, is_wanted: AnyArray) -> Rules:
        """Some of the rules, by truth values or places."""
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
    """Which rules are worth telling (`kept`), and how many were left out on the way.

    `log_p` and `log_q` are of Fisher's test and of all tests; `by_size` is how many baskets would hold both sides by
    the sizes of the baskets alone.

    Of `n_rules` rules of frequent itemsets, `n_confident` have the confidence; of those, `n_redundant` are redundant,
    and of the others `n_chance` may be chance, as a whole or in what one of the antecedents adds. `n_hypotheses` is
    what the correction is for.
    """

    kept: Rules
    log_p: DoubleArray
    log_q: DoubleArray
    by_size: DoubleArray
    n_rules: int
    n_confident: int
    n_redundant: int
    n_chance: int
    n_hypotheses: int

    @property
    def lift_by_basket_size(self) -> DoubleArray:
        """The lift that the sizes of the baskets alone would give."""
        among = self.kept.with_antecedents * self.kept.with_consequent.astype(np.float64)
        return self.by_size * self.kept.n_baskets / among


def by_basket_sizes(
    baskets: Baskets, itemsets: Itemsets, rules: Rules, is_asked: BoolArray
) -> tuple[DoubleArray, DoubleArray]:
    """(rules,) baskets that would hold both sides by the sizes of the baskets alone, nan where not asked; and the log
    of the largest p-value, of more than that and of what each antecedent adds to it, 0 where not asked.

    An antecedent that adds nothing may still stand in larger baskets. Whoever has the others has the consequent for
    their sake or by the size of the basket; the first is as likely whatever the size: 1 - confidence =
    (1 - first) (1 - by size), for the others alone and for all antecedents.
    """
    is_wanted = np.zeros(len(itemsets), bool)
    is_wanted[rules.antecedents[is_asked]] = True
    for part in parts_of(itemsets, is_asked):
        is_wanted[part.others[part.others != ROOT]] = True
    by_size = BySize.of(baskets, itemsets, is_wanted)
    expected, log_p = np.full(len(rules), np.nan), np.zeros(len(rules))
    expected[is_asked] = by_size.expected(rules.antecedents[is_asked], rules.consequent[is_asked])
    log_p[is_asked] = log_tails(rules.together[is_asked], rules.with_antecedents[is_asked], expected[is_asked])
    for part in parts_of(itemsets, is_asked):
        if len(part.rule) and part.others[0] != ROOT:
            adds = _log_p_adds(part, rules.where(part.rule), expected[part.rule], by_size)
            log_p[part.rule] = np.maximum(log_p[part.rule], adds)
    return expected, log_p


def _log_p_adds(part: Part, rules: Rules, expected: DoubleArray, by_size: BySize) -> DoubleArray:
    """(rules,) log of the p-value with which what is left out of each rule adds nothing but larger baskets."""
    count = by_size.itemsets.count
    among, n = count[part.others], rules.with_antecedents
    fails = 1 - by_size.expected(part.others, rules.consequent) / among
    # Where the consequent is in all such baskets by their size, it is in all that are larger.
    times = np.where(fails > 0, (1 - expected / n) / np.maximum(fails, NEVER), 0)
    return log_tails(rules.together, n, n * (1 - (1 - count[part.others_and_consequent] / among) * times))


def find_rules(baskets: Baskets, itemsets: Itemsets, min_confidence: float, false_discovery_rate: float) -> Found:
    """The rules with the confidence, an improvement on all more general ones, and a q-value of at most the rate.

    Discovered is a rule that is more than chance, more than the sizes of the baskets make of chance, and of which every
    antecedent adds something to the others: its q-value is told from the largest of all these p-values. A single
    antecedent has nothing to add to. `itemsets` are those of `baskets`.
    """
    rules, n_hypotheses = all_rules(itemsets), count_hypotheses(itemsets)
    log_p = rules.log_p
    worst = np.maximum(log_p, log_p_improvements(itemsets, rules.improvement > 0))
    # No q-value is under its p-value: what is over the rate already stays out, and its p-value lets nothing else in.
    may_be = worst <= np.log(false_discovery_rate)
    by_size, log_p_by_size = by_basket_sizes(baskets, itemsets, rules, may_be)
    worst = np.maximum(worst, log_p_by_size)
    log_q = log_q_values(worst, n_hypotheses)
    is_confident = rules.confidence >= min_confidence
    improves = is_confident & (rules.improvement > 0)
    kept = improves & (log_q <= np.log(false_discovery_rate)) & (rules.together > by_size)
    return Found(
        rules.where(kept),
        log_p[kept],
        log_q[kept],
        by_size[kept],
        len(rules),
        int(is_confident.sum()),
        int(is_confident.sum() - improves.sum()),
        int(improves.sum() - kept.sum()),
        n_hypotheses,
    )
