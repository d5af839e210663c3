"""Weights that make a rare row speak louder: TF-IDF and BM25, on the sparse matrix as it stands.

Belongs here: one new weight per entry. Does not belong here: similarities of weighted columns (`measures`).

Columns are the documents and rows the terms: for similar products, a customer who buys everything says little about
any product. A row in `df` of N columns has idf = ln((N + 1) / (df + 1/2)), the form of Lucene's BM25 similarity:
Robertson's ln((N - df + 1/2) / (df + 1/2)) with 1 added inside the logarithm, so that it stays above 0 and no entry
loses its weight or turns negative. `implicit.nearest_neighbours` has ln(N / (df + 1)) instead, which is 0 or less for
rows in N - 1 columns and more; all else is the same.
"""

from __future__ import annotations

import numpy as np

from shop_pipeline.models.arrays import AnyArray, DoubleArray, FloatArray, SparseMatrix
from shop_pipeline.models.compiled import compiled
from shop_pipeline.models.similarity.kernel import total_columns


def tfidf_weights(matrix: SparseMatrix) -> FloatArray:
    """sqrt(x) * idf for every entry, float32 (n_entries,) (Salton and Buckley 1988; the root as Lucene's classic tf).

    Raises:
        ValueError: when a weight is not above 0.
    """
    _check_positive(matrix)
    weights = np.sqrt(matrix.data)
    _multiply_rows(matrix.indptr, _idf(matrix), weights)
    return weights


def bm25_weights(matrix: SparseMatrix, k1: float, b: float) -> FloatArray:
    """x (k1 + 1) / (x + k1 (1 - b + b L / mean L)) * idf for every entry, float32 (n_entries,).

    L is the sum of a column's weights (Robertson and Zaragoza 2009, equation 3.15, with idf as above).

    Raises:
        ValueError: when a weight is not above 0.
    """
    _check_positive(matrix)
    lengths = np.zeros(matrix.shape[1])
    total_columns(matrix.indices, matrix.data, lengths)
    saturation = k1 * (1 - b + b * lengths / max(lengths.mean(), np.finfo(float).tiny)) if len(lengths) else lengths
    weights = np.empty_like(matrix.data)
    _saturate(matrix.indices, matrix.data, saturation, k1 + 1, weights)
    _multiply_rows(matrix.indptr, _idf(matrix), weights)
    return weights


def _check_positive(matrix: SparseMatrix) -> None:
    if matrix.data.min(initial=1) <= 0:
        raise ValueError("TF-IDF and BM25 need weights above 0")


def _idf(matrix: SparseMatrix) -> DoubleArray:
    idf: DoubleArray = np.log((matrix.shape[1] + 1) / (np.diff(matrix.indptr) + 0.5))
    return idf


@compiled
def _saturate(indices: AnyArray, data: FloatArray, saturation: DoubleArray, factor: float, weights: FloatArray) -> None:
    for entry in range(len(indices)):
        weights[entry] = data[entry] * factor / (data[entry] + saturation[indices[entry]])


@compiled
def _multiply_rows(indptr: AnyArray, factors: DoubleArray, weights: FloatArray) -> None:
    for row in range(len(factors)):
        for entry in range(indptr[row], indptr[row + 1]):
            weights[entry] *= factors[row]
