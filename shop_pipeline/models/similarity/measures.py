"""What it means for two columns to be alike: the measures, their settings, and what each needs of the matrix.

Belongs here: the definition of every measure, with its source. Does not belong here: the arithmetic of a pair
(`formulas`), the weights of entries (`weighting`), the search (`top_k`).

All are over columns i and j of a sparse matrix whose missing entries are 0; x.y is the dot product, c the number of
rows with an entry in both, n the number of rows. Only pairs with c of at least `min_common` and a score above 0 count.

| measure | score |
|---|---|
| cosine | x.y / sqrt(x.x y.y) (Sarwar, Karypis, Konstan and Riedl 2001, section 3.1.1) |
| asymmetric | x.y / ((x.x)^alpha (y.y)^(1 - alpha)), row i from its own side (Aiolli 2013, section 4.1) |
| pearson | (n x.y - sx sy) / sqrt((n x.x - sx^2) (n y.y - sy^2)), with sx the sum of x |
| euclidean | 1 / (1 + |x - y|) |
| jaccard | c / (entries of i + entries of j - c): presence alone counts |
| tfidf | the cosine of columns weighted by TF-IDF |
| bm25 | the dot product of columns weighted by BM25, as in implicit's `BM25Recommender` |

Pearson is over all rows, zeros included: the cosine of the centred columns, from sums alone. Over the common rows alone
it would be undefined for c = 1 and +1 or -1 for c = 2, which is what most pairs of a shop have. With weights above 0, a
correlation above 0 needs a common row, so that none is missed; with negative ones, pairs without a common row are left
out. Euclidean distances too are over all rows, but pairs without a common row are left out: to be near 0 is to have few
entries, and would make all rare columns alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, SparseMatrix
from shop_pipeline.models.similarity import formulas
from shop_pipeline.models.similarity.formulas import Rule
from shop_pipeline.models.similarity.kernel import sum_columns, total_columns
from shop_pipeline.models.similarity.weighting import bm25_weights, tfidf_weights

Measure: TypeAlias = Literal["cosine", "asymmetric", "pearson", "euclidean", "jaccard", "tfidf", "bm25"]

_FORMS = {
    "cosine": formulas.COSINE,
    "asymmetric": formulas.ASYMMETRIC,
    "pearson": formulas.PEARSON,
    "euclidean": formulas.EUCLIDEAN,
    "jaccard": formulas.JACCARD,
    "tfidf": formulas.COSINE,
    "bm25": formulas.DOT,
}
# Of n x.x: a column whose variance is a smaller part is constant but for rounding.
_NO_VARIANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Similarity:
    """A measure and its settings.

    Raises:
        ValueError: for settings out of range.
    """

    measure: Measure = "cosine"
    """How alike two columns are; see the head of the module."""
    shrinkage: float = 0.0
    """Multiplies each score by c / (c + shrinkage) (Koren 2008, "Factorization meets the neighborhood", equation 2):
    raise it against high scores that rest on few common rows.
    """
    min_common: int = 1
    """Fewest common rows for a neighbour."""
    alpha: float = 0.5
    """Asymmetric only, 0 to 1: 1 is the share of i's rows that have j, which favours popular j; 0 the share of j's
    rows that have i, which favours rare ones; 0.5 is the cosine.
    """
    k1: float = 1.2
    """BM25 only, above 0: raising it lets repeated purchases count for more."""
    b: float = 0.75
    """BM25 only, 0 to 1: raising it lets entries of columns with much weight count for less."""

    def __post_init__(self) -> None:
        if self.measure not in _FORMS:
            raise ValueError(f"there is no measure {self.measure!r}; there are {', '.join(_FORMS)}")
        if self.min_common < 1:
            raise ValueError(f"min_common is {self.min_common}, and must be 1 or more")
        if not (0 <= self.shrinkage < np.inf and 0 <= self.alpha <= 1 and 0 < self.k1 < np.inf and 0 <= self.b <= 1):
            raise ValueError(f"a setting is out of range: {self}")

    @property
    def form(self) -> int:
        return _FORMS[self.measure]

    @property
    def weighs_entries(self) -> bool:
        """Whether it needs another weight for each entry: 4 bytes for each."""
        return self.measure in ("tfidf", "bm25")

    @property
    def shifts_columns(self) -> bool:
        """Whether it needs a second number for each column: 8 bytes for each."""
        return self.form > formulas.DOT or self.shrinkage > 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A matrix made ready for one measure, and what `formulas` needs of each column.

    Args:
        weights: of the entries, float32 (n_entries,).
        degrees: number of entries, int64 (n_columns,).
        sizes: squared norm; n times the variance for Pearson, the number of entries for Jaccard.
        shifts: sum for Pearson, half the squared norm for Euclid, the number of entries for Jaccard, 0 for others with
            shrinkage; empty for the rest.
        inverse_norms: the factor in the test.
    """

    weights: FloatArray
    degrees: AnyArray
    sizes: DoubleArray
    shifts: DoubleArray
    inverse_norms: FloatArray
    rule: Rule


def prepare(matrix: SparseMatrix, similarity: Similarity) -> Prepared:
    """Weigh the entries and sum up the columns; the matrix is not changed."""
    weights = _weights(matrix, similarity)
    degrees, sizes = np.zeros(matrix.shape[1], np.int64), np.zeros(matrix.shape[1])
    sum_columns(matrix.indices, weights, degrees, sizes)
    shifts = np.zeros(len(sizes) if similarity.shifts_columns else 0)
    if similarity.measure == "pearson":
        total_columns(matrix.indices, weights, shifts)
        sizes = _variances(matrix.shape[0], sizes, shifts)
    elif similarity.measure == "euclidean":
        np.multiply(sizes, 0.5, out=shifts)
    elif similarity.measure == "jaccard":
        sizes[:] = shifts[:] = degrees
    return Prepared(weights, degrees, sizes, shifts, _inverse_norms(sizes, similarity), _rule(matrix, similarity))


def _weights(matrix: SparseMatrix, similarity: Similarity) -> FloatArray:
    if similarity.measure == "tfidf":
        return tfidf_weights(matrix)
    if similarity.measure == "bm25":
        return bm25_weights(matrix, similarity.k1, similarity.b)
    data: FloatArray = matrix.data
    return data


def _variances(n_rows: int, squares: DoubleArray, totals: DoubleArray) -> DoubleArray:
    """n x.x - (sum of x)^2, exact for counts; 0 where only rounding is left."""
    variances: DoubleArray = n_rows * squares - totals**2
    variances[variances <= _NO_VARIANCE * n_rows * squares] = 0
    return variances


def _inverse_norms(sizes: DoubleArray, similarity: Similarity) -> FloatArray:
    """The factor of each column in the test; 0, which passes no test, for those without size."""
    if similarity.form in (formulas.DOT, formulas.EUCLIDEAN, formulas.JACCARD):
        return np.ones(len(sizes), np.float32)
    exponent = 1 - similarity.alpha if similarity.measure == "asymmetric" else 0.5
    with np.errstate(divide="ignore"):
        inverse = (sizes**-exponent).astype(np.float32)
    inverse[sizes == 0] = 0
    return inverse


def _rule(matrix: SparseMatrix, similarity: Similarity) -> Rule:
    alpha, shrinkage = float(similarity.alpha), float(similarity.shrinkage)
    return similarity.form, float(matrix.shape[0]), alpha, shrinkage, int(similarity.min_common)
