"""Whether a rule may be chance: Fisher's exact test, and the correction for all rules that were looked at.

Here: p-values and Benjamini and Hochberg's q-values, both as logarithms. Not here: the sums (`significance_kernel`),
and which hypotheses there are (`rules`).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from shop_pipeline.models.arrays import AnyArray, DoubleArray
from shop_pipeline.models.baskets.significance_kernel import sum_tails


def log_p_values(
    together: AnyArray, antecedent: AnyArray, consequent: AnyArray, among: AnyArray, log_factorial: DoubleArray
) -> DoubleArray:
    """(n,) log P(at least `together` of `among` baskets have both), if the two had nothing to do with one another.

    One-sided Fisher's exact test: with `antecedent` and `consequent` baskets given, the number with both is
    hypergeometric. Nothing is approximated, and no p-value is too small for a logarithm.
    """
    # Copies: of arrays of one kind alone, compiled once.
    k, a, b, n = (np.array(counts, np.int64, order="C") for counts in (together, antecedent, consequent, among))
    return sum_tails(k, a, b, n, log_factorial)


def log_factorials(most: int) -> DoubleArray:
    """(most + 1,) log 0!, log 1! ..."""
    return np.asarray(gammaln(np.arange(1.0, most + 2)), np.float64)


def log_q_values(log_p: AnyArray, n_hypotheses: int) -> DoubleArray:
    """(n,) log of the smallest false discovery rate at which each is discovered (Benjamini and Hochberg 1995).

    q = min over the p-values from p on of p x hypotheses / rank, and at most 1. Hypotheses beyond the n count with a
    p-value of 1. Raises `ValueError` for fewer hypotheses than p-values.
    """
    if n_hypotheses < len(log_p):
        raise ValueError(f"{len(log_p)} p-values of {n_hypotheses} hypotheses")
    # Equal p-values have equal q-values, in whatever order.
    order = np.argsort(log_p)
    scaled = log_p[order] + np.log(max(n_hypotheses, 1)) - np.log(np.arange(1, len(log_p) + 1))
    found = np.empty(len(log_p))
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 0)
    return found
