"""The compiled formulas of every measure: one pair's score, and the bound that spares most pairs theirs.

Belongs here: arithmetic on one pair of columns. Does not belong here: what a measure means and where it comes from
(`measures`), loops over pairs (`kernel`).

All measures are functions of a dot product, a number of common rows and one or two numbers per column. Each has a test
that is linear in both sums, `(sum - shift * shifts[j]) * inverse_norms[j] >= limit`, which every pair passes that
scores at least as much as the worst one kept: so a sweep without branches finds out where to look.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from shop_pipeline.models.arrays import DoubleArray, FloatArray, Integer, Real
from shop_pipeline.models.compiled import compiled

# The first three are a dot product times a factor per column, and their test needs no shift.
COSINE, ASYMMETRIC, DOT, PEARSON, EUCLIDEAN, JACCARD = range(6)
# The test may be off by a few units in the last place of float32; what it lets through is computed in float64.
SLACK = 1.0 - 1e-5
# The smallest normal float32: a similarity of zero is no neighbour.
ABOVE_ZERO = float(np.finfo(np.float32).tiny)
# A difference smaller than this part of what it is taken from is rounding.
ROUNDING = 1e-10


# What a search is for: form, rows of the matrix, alpha, shrinkage, fewest common rows. A plain tuple, because numba
# pickles a class of ours into its cache, and can't read that any more once the class has another name.
Rule: TypeAlias = tuple[int, float, float, float, int]


@compiled
def is_plain(rule: Rule) -> bool:
    """Whether the test is a dot product times a factor, without shift and shrinkage: the fast sweep is for these."""
    form, _, _, shrinkage, _ = rule
    return form <= DOT and shrinkage == 0


@compiled
def score_of(
    rule: Rule, sizes: DoubleArray, shifts: DoubleArray, i: Integer, j: Integer, dot: Real, common: Real
) -> Real:
    """The similarity of columns i and j in float64, rounded once; 0 where there is none.

    The product of squares in the cosine is exact for counts, so that equal cosines are equal bits and tie.
    """
    form, n_rows, alpha, shrinkage, _ = rule
    left, right = sizes[i], sizes[j]
    score: Real = 0.0
    if form == COSINE:
        score = dot / np.sqrt(left * right)
    elif form == DOT:
        score = dot
    elif form == ASYMMETRIC:
        score = dot / (left**alpha * right ** (1 - alpha))
    elif form == JACCARD:
        score = common / (left + right - common)
    elif form == EUCLIDEAN:
        score = 1 / (1 + np.sqrt(max(left + right - 2 * dot, 0.0)))
    else:
        covariance = n_rows * dot - shifts[i] * shifts[j]
        if left * right > 0 and covariance > ROUNDING * n_rows * dot:
            score = covariance / np.sqrt(left * right)
    if shrinkage > 0:
        score *= common / (common + shrinkage)
    return np.float32(score)


@compiled
def first_bound(rule: Rule, shifts: DoubleArray, i: Integer) -> tuple[Real, Real]:
    """Shift and limit of the test while fewer than k neighbours are kept: every score above 0 passes."""
    form, n_rows, _, _, _ = rule
    if form == PEARSON:
        return shifts[i] / n_rows, ABOVE_ZERO
    if form == EUCLIDEAN:
        return 1.0, -np.inf
    return 0.0, ABOVE_ZERO


@compiled
def bound(
    rule: Rule, sizes: DoubleArray, shifts: DoubleArray, inverse_norms: FloatArray, i: Integer, worst: Real
) -> tuple[Real, Real]:
    """Shift and limit of the test once k neighbours are kept, the worst of which scores `worst` above 0."""
    form, n_rows, alpha, _, _ = rule
    least, size = np.float64(worst) * SLACK, sizes[i]
    if form == COSINE:
        return 0.0, least / inverse_norms[i]
    if form == DOT:
        return 0.0, least
    if form == ASYMMETRIC:
        return 0.0, least * size**alpha
    if form == PEARSON:
        return shifts[i] / n_rows, least * np.sqrt(size) / n_rows
    if form == JACCARD:
        # c / (a + b - c) >= s  <=>  c - r b >= r a  with r = s / (1 + s)
        part = least / (1 + least)
        return part, part * size
    # 1 / (1 + d) >= s  <=>  x.y - |y|^2 / 2 >= (|x|^2 - (1 / s - 1)^2) / 2
    farthest = (1 / least - 1) ** 2
    return 1.0, (size - farthest) / 2 - 1e-9 * (size + farthest)


@compiled
def tested_shrinkage(rule: Rule) -> Real:
    """The shrinkage that the test may use. Where the score is no multiple of the tested sum, none is safe."""
    form, _, _, shrinkage, _ = rule
    return shrinkage if form <= PEARSON else 0.0
