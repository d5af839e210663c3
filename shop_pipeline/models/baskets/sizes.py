"""What the sizes of the baskets alone put together: where some are large, all items go with one another.

Here: the chances of each item by size of basket, how often a rule holds by them, and the p-value of more. Not here:
Fisher's test, for which all baskets are alike (`significance`).

An order of 500 items holds more of everything. If a thousandth of the baskets are such, any two items are together
several times as often as independent ones in equal baskets, and Fisher's test finds that to be no chance. It is none,
but says nothing about the two. Here each basket keeps its size, and items are drawn into it one after another until it
is full: P(item i is in a basket of size s) = 1 - exp(-x_i y_s) (Rosen 1972, "Asymptotic theory for successive sampling
with varying probabilities without replacement"), with one x for each item and one y for each size, so that items are
expected as often, and baskets as large, as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammaln

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, IntArray
from shop_pipeline.models.baskets.baskets import Baskets
from shop_pipeline.models.baskets.itemsets import Itemsets
from shop_pipeline.models.baskets.sizes_kernel import count_sizes

MOST_STEPS, TOLERANCE = 500, 1e-4
CHUNK = 32_768
NEVER = 1e-290
"""Where SciPy's tail is as small, its logarithm is taken from its largest term instead."""


@dataclass(frozen=True)
class SizeModel:
    """`chance[kind[i], h]` is P(item i is in a basket of class h) by sizes alone; `size` (classes,) is the mean size.

    `class_of` (n_baskets,) is the class of each basket.
    """

    chance: DoubleArray
    kind: IntArray
    size: DoubleArray
    class_of: IntArray


def fit_sizes(baskets: Baskets) -> SizeModel:
    """The chances that fit the counts of the items and the sizes of the baskets; items with equal counts are alike."""
    sizes = np.diff(baskets.indptr)
    _, class_of = np.unique(np.searchsorted(baskets.size_classes, sizes, side="right"), return_inverse=True)
    n_of = np.bincount(class_of).astype(np.float64)
    size = np.bincount(class_of, sizes) / n_of
    counts, kind = np.unique(baskets.item_counts, return_inverse=True)
    n_kind = np.bincount(kind).astype(np.float64)
    chance = _balanced(counts.astype(np.float64), n_kind, size, n_of)
    return SizeModel(chance, kind.astype(np.int32), size, class_of.astype(np.int32))


def _balanced(counts: DoubleArray, n_kind: DoubleArray, size: DoubleArray, n_of: DoubleArray) -> DoubleArray:
    """(kinds, classes) chances of which the sums are `counts` over all baskets, and `size` over all items."""
    root = np.sqrt(max(float(counts @ n_kind), 1.0))
    x, y = counts / root, size / root
    for _ in range(MOST_STEPS):
        # Sums by NumPy: those of BLAS may depend on the number of threads.
        y = y * size / np.maximum((-np.expm1(-np.outer(x, y)) * n_kind[:, None]).sum(axis=0), NEVER)
        factor = counts / np.maximum((-np.expm1(-np.outer(x, y)) * n_of).sum(axis=1), NEVER)
        x = x * factor
        if not (np.abs(factor - 1)[counts > 0] > TOLERANCE).any():
            break
    return np.asarray(-np.expm1(-np.outer(x, y)))


@dataclass(frozen=True)
class BySize:
    """What sizes alone let expect of some itemsets: `held[row[n], h]` baskets of class h hold itemset n."""

    model: SizeModel
    itemsets: Itemsets
    held: IntArray
    row: IntArray

    @classmethod
    def of(cls, baskets: Baskets, itemsets: Itemsets, is_wanted: BoolArray) -> BySize:
        """`is_wanted` (n_itemsets,) are the itemsets that will be asked for."""
        model, wanted = fit_sizes(baskets), np.flatnonzero(is_wanted).astype(np.int32)
        row = np.full(len(itemsets), -1, np.int32)
        row[wanted] = np.arange(len(wanted), dtype=np.int32)
        is_needed, above = is_wanted.copy(), wanted
        while len(above):
            above = itemsets.parent[above]
            above = above[above >= 0]
            is_needed[above] = True
        held = np.zeros((len(wanted), len(model.size)), np.int32)
        if len(wanted):
            tree = (itemsets.item, itemsets.length, row, is_needed)
            count_sizes(*tree, *_holders(baskets), baskets.item, baskets.indptr, model.class_of, held)
        return cls(model, itemsets, held, row)

    def expected(self, antecedents: IntArray, consequent: IntArray) -> DoubleArray:
        """(rules,) baskets with both sides that are expected among those with the antecedents, by their sizes.

        Of the s places of such a basket k are taken, and the others are for what is not among the antecedents. So y
        is less than for any basket of the class, by about (s - k) / (s less the antecedents' chances); the expected
        number is a little too large where a basket holds most of all items.
        """
        model, length = self.model, self.itemsets.length
        chance_of = np.vstack([model.chance, np.zeros(len(model.size))])
        kind = np.append(model.kind, len(model.chance))  # -1 is no item
        found = np.empty(len(antecedents))
        for part in _chunks(len(antecedents)):
            members = kind[self.itemsets.members(antecedents[part])]
            taken = sum(chance_of[column] for column in members.T)
            places = np.maximum(model.size - length[antecedents[part]][:, None], 0)
            share = np.minimum(places / np.maximum(model.size - taken, NEVER), 1)
            chance = 1 - (1 - chance_of[kind[consequent[part]]]) ** share
            found[part] = (self.held[self.row[antecedents[part]]] * chance).sum(axis=1)
        return found


def _holders(baskets: Baskets) -> tuple[IntArray, AnyArray]:
    """The baskets with each item, one item after another, and where each begins."""
    # Sorted numbers that hold two each, as in `itemsets`.
    basket, n = np.repeat(np.arange(baskets.n_baskets), np.diff(baskets.indptr)), baskets.n_baskets
    holders = np.sort(baskets.item * np.int64(n) + basket) % max(n, 1)
    return holders.astype(np.int32), np.concatenate([[0], np.cumsum(baskets.item_counts)]).astype(np.int64)


def _chunks(n: int) -> Iterator[slice]:
    return (slice(begin, begin + CHUNK) for begin in range(0, n, CHUNK))


def log_tails(together: AnyArray, tries: AnyArray, expected: DoubleArray) -> DoubleArray:
    """(n,) log P(at least `together` of `tries`), binomial with that mean.

    The number of baskets is a sum of trials with different chances. Beyond the mean its tail is never above that of the
    binomial with their mean chance (Hoeffding 1956, "On the distribution of the number of successes in independent
    trials", theorem 5). Under 1e-290 the sum is bounded by its largest term and a geometric series.
    """
    k, n = np.asarray(together, np.float64), np.asarray(tries, np.float64)
    p = np.clip(expected / n, 0, 1)
    tail = np.where(k <= 0, 1.0, betainc(np.maximum(k, 1), n - k + 1, p))
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + k * np.log(p)
        largest += np.where(k < n, (n - k) * np.log1p(-p), 0)
        bound = largest - np.log1p(-(n - k) * p / ((k + 1) * (1 - p)))
        return np.where(tail > NEVER, np.log(tail), bound)
