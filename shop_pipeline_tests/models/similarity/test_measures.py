"""Every measure against dense algebra, worked by hand, and whatever the blocks and threads."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import cosine_similarity

from shop_pipeline.models.similarity.measures import Similarity
from shop_pipeline.models.similarity.top_k import Neighbours, similarity_memory, top_k_neighbours

MEASURES = ("cosine", "asymmetric", "pearson", "euclidean", "jaccard", "tfidf", "bm25")


def random_matrix(shape: tuple[int, int], density: float, *, counts: bool = True) -> sp.csr_matrix:
    """Weights 1..5, or fractions of them, with the first and last row and column empty."""
    rng = np.random.default_rng(1)
    weights = rng.integers(1, 6, shape) * (1 if counts else rng.random(shape))
    dense = (rng.random(shape) < density) * weights
    dense[[0, -1]] = 0
    dense[:, [0, -1]] = 0
    return sp.csr_matrix(dense.astype(np.float32))


def idf(dense: np.ndarray) -> np.ndarray:
    """One column: ln((N + 1) / (df + 1/2)) of each row."""
    return np.log((dense.shape[1] + 1) / ((dense != 0).sum(axis=1) + 0.5))[:, None]


def bm25(dense: np.ndarray, k1: float, b: float) -> np.ndarray:
    lengths = dense.sum(axis=0) / dense.sum(axis=0).mean()
    return dense * (k1 + 1) / (dense + k1 * (1 - b + b * lengths)) * idf(dense)


def dense_scores(dense: np.ndarray, wanted: Similarity) -> np.ndarray:
    """The measure between all columns, by scikit-learn and NumPy in float64, before shrinkage."""
    if wanted.measure == "cosine":
        return cosine_similarity(dense.T)
    if wanted.measure == "tfidf":
        return cosine_similarity((np.sqrt(dense) * idf(dense)).T)
    if wanted.measure == "bm25":
        weighted = bm25(dense, wanted.k1, wanted.b)
        return weighted.T @ weighted
    if wanted.measure == "pearson":
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(np.corrcoef(dense.T))
    if wanted.measure == "euclidean":
        return 1 / (1 + pairwise_distances(dense.T))
    if wanted.measure == "jaccard":
        return 1 - pairwise_distances((dense != 0).T, metric="jaccard")
    squares = np.maximum((dense**2).sum(axis=0), 1e-30)
    return dense.T @ dense / (squares[:, None] ** wanted.alpha * squares[None, :] ** (1 - wanted.alpha))


def expected_scores(matrix: sp.csr_matrix, wanted: Similarity) -> tuple[np.ndarray, np.ndarray]:
    """All similarities that count, 0 elsewhere, and all numbers of common rows."""
    dense = matrix.toarray().astype(np.float64)
    common = (dense != 0).T.astype(int) @ (dense != 0).astype(int)
    with np.errstate(invalid="ignore"):
        shrunk = dense_scores(dense, wanted) * np.nan_to_num(common / (common + wanted.shrinkage))
    shrunk[(common < wanted.min_common) | (shrunk <= 1e-9)] = 0
    np.fill_diagonal(shrunk, 0)
    return shrunk, common


def assert_exact(found: Neighbours, expected: np.ndarray, common: np.ndarray) -> None:
    """The best scores are those of the full matrix, and every neighbour has its own score and common rows."""
    k = found.scores.shape[1]
    best = -np.sort(-expected, axis=1)[:, :k]
    np.testing.assert_allclose(np.nan_to_num(found.scores)[:, : best.shape[1]], best, rtol=2e-6)
    rows, places = np.nonzero(found.products >= 0)
    columns = found.products[rows, places]
    np.testing.assert_allclose(found.scores[rows, places], expected[rows, columns], rtol=2e-6)
    np.testing.assert_array_equal(found.n_common[rows, places], common[rows, columns])
    np.testing.assert_array_equal(np.isnan(found.scores), found.products < 0)


# The dense one sums over all products, the thin one lists what it meets; k = 100 is more than there are.
@pytest.mark.parametrize("density", [0.3, 0.02])
@pytest.mark.parametrize("k", [3, 100])
@pytest.mark.parametrize(("shrinkage", "min_common"), [(0, 1), (7.5, 1), (0, 2)])
@pytest.mark.parametrize("measure", MEASURES)
def test_equals_dense_algebra(measure: str, shrinkage: float, min_common: int, k: int, density: float) -> None:
    matrix = random_matrix((600, 80), density)
    wanted = Similarity(measure, shrinkage, min_common, alpha=0.3)  # type: ignore[arg-type]
    expected, common = expected_scores(matrix, wanted)
    assert (expected > 0).sum() > 30
    assert_exact(top_k_neighbours(matrix, k, wanted), expected, common)


@pytest.mark.parametrize("measure", MEASURES)
def test_fractions_and_settings(measure: str) -> None:
    matrix = random_matrix((300, 60), 0.15, counts=False)
    wanted = Similarity(measure, 2.0, alpha=0.9, k1=50, b=0.2)  # type: ignore[arg-type]
    assert_exact(top_k_neighbours(matrix, 8, wanted), *expected_scores(matrix, wanted))


@pytest.mark.parametrize("measure", MEASURES)
def test_of_customers_on_the_transposed_matrix(measure: str) -> None:
    customers = random_matrix((90, 150), 0.1).T.tocsr()
    wanted = Similarity(measure)  # type: ignore[arg-type]
    assert_exact(top_k_neighbours(customers, 5, wanted), *expected_scores(customers, wanted))


# Two columns, x = (1, 2, 0, 0, 0) and y = (1, 0, 0, 0, 1), and a third without anything in common with them:
# x.y = 1, x.x = 5, y.y = 2, c = 1.
@pytest.mark.parametrize(
    ("wanted", "score"),
    [
        (Similarity("cosine"), 1 / 10**0.5),
        (Similarity("cosine", shrinkage=3), 1 / 10**0.5 / 4),  # c / (c + 3) = 1/4
        (Similarity("asymmetric", alpha=1), 1 / 5),
        (Similarity("asymmetric", alpha=0), 1 / 2),
        (Similarity("euclidean"), 1 / (1 + 5**0.5)),  # |x - y| = |(0, 2, 0, 0, -1)|
        (Similarity("jaccard"), 1 / 3),
        # (5 * 1 - 3 * 2) < 0: no neighbour
        (Similarity("pearson"), None),
        # With N = 3 and df = 2, 1, 0, 1, 1: idf = ln(4 / 2.5) and ln(4 / 1.5). Lengths 3, 2, 1: mean 2.
        (Similarity("bm25", k1=1, b=0.5), (2 / (1 + 1.25)) * (2 / (1 + 1)) * np.log(4 / 2.5) ** 2),
        (
            Similarity("tfidf"),
            np.log(1.6) ** 2
            / ((np.log(1.6) ** 2 + 2 * np.log(8 / 3) ** 2) * (np.log(1.6) ** 2 + np.log(8 / 3) ** 2)) ** 0.5,
        ),
    ],
)
def test_by_hand(wanted: Similarity, score: float | None) -> None:
    matrix = sp.csr_matrix(np.array([[1, 1, 0], [2, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 0]], np.float32))
    found = top_k_neighbours(matrix, 2, wanted)
    if score is None:
        assert (found.products == -1).all()
        return
    np.testing.assert_array_equal(found.products[[0, 2]], [[1, -1], [-1, -1]])
    np.testing.assert_allclose(found.scores[0, 0], score, rtol=1e-6)


def test_alpha_is_the_exponent_of_the_row_itself() -> None:
    """One product of 1 customer, one of 4 who include them: all of the rare one's have the other, a quarter back."""
    matrix = sp.csr_matrix(np.array([[1, 1], [0, 1], [0, 1], [0, 1]], np.float32))
    found = top_k_neighbours(matrix, 1, Similarity("asymmetric", alpha=1))
    np.testing.assert_array_equal(found.scores, [[1], [0.25]])


@pytest.mark.parametrize("shrinkage", [0.0, 10.0])
@pytest.mark.parametrize("measure", MEASURES)
def test_ties_go_to_the_smaller_position(measure: str, shrinkage: float) -> None:
    """Columns 0 to 39 are equal, so that all are each other's nearest; 40 and 41 make the rows differ."""
    dense = np.zeros((9, 42), np.float32)
    dense[:3, :40] = [[1], [2], [3]]
    dense[2:6, 40] = 1
    dense[4:7, 41] = 2
    found = top_k_neighbours(sp.csr_matrix(dense), 3, Similarity(measure, shrinkage))  # type: ignore[arg-type]
    np.testing.assert_array_equal(
        found.products[[0, 1, 2, 3, 39]], [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]]
    )
    assert (found.scores[:40] == found.scores[0, 0]).all()


@pytest.mark.parametrize("shrinkage", [0.0, 20.0])
@pytest.mark.parametrize("measure", MEASURES)
def test_every_block_size_and_number_of_threads_gives_the_same_bits(measure: str, shrinkage: float) -> None:
    matrix, wanted = random_matrix((600, 200), 0.05, counts=False), Similarity(measure, shrinkage)  # type: ignore[arg-type]
    degrees = np.bincount(matrix.indices, minlength=200)
    whole = top_k_neighbours(matrix, 10, wanted, n_threads=1)
    for n_threads, entries in ((1, degrees.max()), (2, degrees.max() + 7), (3, matrix.nnz // 3)):
        fixed = similarity_memory(600, degrees, 10, wanted, n_threads=n_threads).fixed
        limit = fixed + 8 * int(entries)
        found = top_k_neighbours(matrix, 10, wanted, memory_limit_bytes=limit, n_threads=n_threads)
        assert found.scores.tobytes() == whole.scores.tobytes()
        assert found.products.tobytes() == whole.products.tobytes()
        assert found.n_common.tobytes() == whole.n_common.tobytes()


@pytest.mark.parametrize("measure", MEASURES)
def test_memory_is_what_was_announced_and_the_matrix_unchanged(measure: str) -> None:
    matrix, wanted = random_matrix((3000, 1500), 0.02), Similarity(measure, 5.0)  # type: ignore[arg-type]
    before = matrix.data.tobytes(), matrix.indices.tobytes(), matrix.indptr.tobytes()
    top_k_neighbours(matrix, 30, wanted)  # compiles
    announced = similarity_memory(3000, np.bincount(matrix.indices, minlength=1500), 30, wanted)
    tracemalloc.start()
    top_k_neighbours(matrix, 30, wanted)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak == pytest.approx(announced.peak, rel=0.1)
    assert (matrix.data.tobytes(), matrix.indices.tobytes(), matrix.indptr.tobytes()) == before


def test_a_product_that_all_have_correlates_with_none() -> None:
    """Its variance is 0, also where float32 weights leave rounding."""
    dense = np.zeros((50, 3), np.float32)
    dense[:, 0] = 0.1
    dense[:5, 1:] = [0.3, 0.7]
    found = top_k_neighbours(sp.csr_matrix(dense), 2, Similarity("pearson"))
    np.testing.assert_array_equal(found.products, [[-1, -1], [2, -1], [1, -1]])


def test_far_products_without_a_common_customer_are_no_euclidean_neighbours() -> None:
    found = top_k_neighbours(sp.csr_matrix(np.eye(4, dtype=np.float32)), 2, Similarity("euclidean"))
    assert (found.products == -1).all()


@pytest.mark.parametrize("measure", ["tfidf", "bm25"])
def test_weights_below_zero_are_refused_where_they_mean_nothing(measure: str) -> None:
    with pytest.raises(ValueError, match="above 0"):
        top_k_neighbours(sp.csr_matrix(np.array([[1, -1]], np.float32)), 1, Similarity(measure))  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (4, 3), (4, 0)])
def test_empty(measure: str, shape: tuple[int, int]) -> None:
    found = top_k_neighbours(sp.csr_matrix(shape, dtype=np.float32), 2, Similarity(measure))  # type: ignore[arg-type]
    assert found.products.shape == (shape[1], 2)
    assert (found.products == -1).all()


@pytest.mark.parametrize(
    "wrong",
    [{"measure": "cosines"}, {"min_common": 0}, {"shrinkage": -1}, {"alpha": 1.1}, {"k1": 0}, {"b": 2},
     {"shrinkage": float("nan")}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no measure|must be|out of range"):
        Similarity(**wrong)  # type: ignore[arg-type]
