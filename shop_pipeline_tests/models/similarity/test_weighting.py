"""TF-IDF and BM25 beside implicit's: the same but for the idf of the rows."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from implicit.nearest_neighbours import bm25_weight, tfidf_weight

from shop_pipeline.models.similarity.weighting import bm25_weights, tfidf_weights


def random_matrix() -> sp.csr_matrix:
    rng = np.random.default_rng(0)
    return sp.csr_matrix(((rng.random((40, 25)) < 0.3) * rng.integers(1, 6, (40, 25))).astype(np.float32))


def with_our_idf(matrix: sp.csr_matrix, weighted: sp.coo_matrix) -> np.ndarray:
    """implicit's documents are rows, ours columns; its idf is ln(N / (df + 1)), ours ln((N + 1) / (df + 1/2))."""
    frequency, n = np.diff(matrix.indptr)[:, None], matrix.shape[1]
    theirs, ours = np.log(n / (frequency + 1)), np.log((n + 1) / (frequency + 0.5))
    return weighted.T.toarray() / theirs * ours


def dense_with(matrix: sp.csr_matrix, weights: np.ndarray) -> np.ndarray:
    assert weights.dtype == np.float32
    return sp.csr_matrix((weights, matrix.indices, matrix.indptr), shape=matrix.shape).toarray()


def test_tfidf_is_implicits_but_for_idf() -> None:
    matrix = random_matrix()
    expected = with_our_idf(matrix, tfidf_weight(matrix.T))
    np.testing.assert_allclose(dense_with(matrix, tfidf_weights(matrix)), expected, rtol=1e-5)


def test_bm25_is_implicits_but_for_idf() -> None:
    matrix = random_matrix()
    expected = with_our_idf(matrix, bm25_weight(matrix.T, K1=1.7, B=0.6))
    np.testing.assert_allclose(dense_with(matrix, bm25_weights(matrix, 1.7, 0.6)), expected, rtol=1e-5)


def test_a_customer_with_everything_keeps_weights_above_zero() -> None:
    """implicit's idf would be ln(3 / 4) here."""
    matrix = sp.csr_matrix(np.ones((1, 3), np.float32))
    np.testing.assert_allclose(tfidf_weights(matrix), np.full(3, np.log(4 / 3.5)), rtol=1e-6)


def test_raising_k1_lets_repeats_count_for_more_and_b_punishes_heavy_columns() -> None:
    matrix = sp.csr_matrix(np.array([[1, 10], [0, 0]], np.float32))
    small, large = (bm25_weights(matrix, k1, 0.0) for k1 in (0.1, 100.0))
    assert small[1] / small[0] < 1.1 < 5 < large[1] / large[0]
    flat, punished = (bm25_weights(matrix, 1.2, b) for b in (0.0, 1.0))
    assert punished[1] / punished[0] < flat[1] / flat[0]
