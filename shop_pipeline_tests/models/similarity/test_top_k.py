"""Exact cosine, the measure by default: against dense algebra, whatever the blocks and threads, in the memory said."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics.pairwise import cosine_similarity

from shop_pipeline.models.similarity import top_k
from shop_pipeline.models.similarity.measures import Similarity
from shop_pipeline.models.similarity.top_k import Neighbours, memory_at_most, similarity_memory, top_k_neighbours


def random_matrix(shape: tuple[int, int], density: float, seed: int = 0) -> sp.csr_matrix:
    """Weights 1..5, with the first and last row and column empty."""
    rng = np.random.default_rng(seed)
    dense = (rng.random(shape) < density) * rng.integers(1, 6, shape)
    dense[[0, -1]] = 0
    dense[:, [0, -1]] = 0
    return sp.csr_matrix(dense.astype(np.float32))


def reference(matrix: sp.csr_matrix, k: int, min_common: int) -> list[list[tuple[int, float, int]]]:
    """scikit-learn's cosine in float64, and common customers as a product of booleans; sorted in full."""
    dense = matrix.toarray().astype(np.float64)
    cosine = cosine_similarity(dense.T)
    common = (dense != 0).T.astype(int) @ (dense != 0).astype(int)
    np.fill_diagonal(cosine, 0)
    rows = []
    for product in range(dense.shape[1]):
        # Rounded to float32 as the result is, so that equal cosines are ties here as well.
        order = np.lexsort((np.arange(dense.shape[1]), -cosine[product].astype(np.float32)))
        row = [(j, cosine[product, j], common[product, j]) for j in order]
        rows.append([entry for entry in row if entry[1] > 0 and entry[2] >= min_common][:k])
    return rows


def assert_equals_reference(found: Neighbours, expected: list[list[tuple[int, float, int]]]) -> None:
    for product, row in enumerate(expected):
        n = len(row)
        assert (found.products[product, n:] == -1).all()
        assert np.isnan(found.scores[product, n:]).all()
        assert (found.n_common[product, n:] == 0).all()
        np.testing.assert_allclose(found.scores[product, :n], [score for _, score, _ in row], rtol=1e-6)
        assert sorted(zip(found.products[product, :n], found.n_common[product, :n], strict=True)) == sorted(
            (j, count) for j, _, count in row
        )


# The dense one sums over all products, the thin one lists what it meets; k = 60 is more than there are.
@pytest.mark.parametrize("density", [0.3, 0.01])
@pytest.mark.parametrize(("k", "min_common"), [(1, 1), (60, 1), (60, 3)])
def test_equals_dense_cosine(density: float, k: int, min_common: int) -> None:
    matrix = random_matrix((300, 50), density)
    found = top_k_neighbours(matrix, k, Similarity(min_common=min_common))
    assert found.products.shape == (50, k)
    assert (found.products.dtype, found.scores.dtype, found.n_common.dtype) == (np.int32, np.float32, np.int32)
    assert_equals_reference(found, reference(matrix, k, min_common))


def test_best_k_have_the_best_scores() -> None:
    """Scores are compared, because at the last place float32 and float64 may order equals differently."""
    matrix = random_matrix((2000, 300), 0.05)
    found = top_k_neighbours(matrix, 20)
    expected = np.sort(cosine_similarity(matrix.T.toarray()) - np.eye(300), axis=1)[:, :-21:-1]
    np.testing.assert_allclose(found.scores[1:-1], expected[1:-1], atol=1e-6)


def test_sums_over_many_customers_stay_exact() -> None:
    """300,000 fractional weights: float32 sums would be off by 1e-4 here."""
    dense = np.random.default_rng(0).random((300_000, 3), dtype=np.float32) + np.float32(0.1)
    found = top_k_neighbours(sp.csr_matrix(dense), 2)
    expected = np.sort(cosine_similarity(dense.T.astype(np.float64)) - np.eye(3), axis=1)[:, :0:-1]
    np.testing.assert_allclose(found.scores, expected, rtol=1e-7)


def test_ties_go_to_the_smaller_position() -> None:
    matrix = sp.csr_matrix(np.array([[1, 1, 1, 1, 0], [2, 2, 2, 2, 1]], dtype=np.float32))
    found = top_k_neighbours(matrix, 2)
    np.testing.assert_array_equal(found.products, [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]])


@pytest.mark.parametrize("density", [0.1, 0.005])
def test_every_block_size_and_number_of_threads_gives_the_same_bits(density: float) -> None:
    matrix = random_matrix((1000, 200), density)
    degrees = np.bincount(matrix.indices, minlength=200)
    whole = top_k_neighbours(matrix, 15, n_threads=1)
    for n_threads in (1, 2, 3):
        fixed = similarity_memory(1000, degrees, 15, n_threads=n_threads).fixed
        for entries in (degrees.max(), degrees.max() + 7, matrix.nnz // 3, matrix.nnz * 2):
            found = top_k_neighbours(matrix, 15, memory_limit_bytes=fixed + 8 * entries, n_threads=n_threads)
            assert found.scores.tobytes() == whole.scores.tobytes()
            assert found.products.tobytes() == whole.products.tobytes()
            assert found.n_common.tobytes() == whole.n_common.tobytes()


def test_a_limit_too_low_is_refused_and_says_what_is_needed() -> None:
    matrix = random_matrix((1000, 200), 0.1)
    with pytest.raises(ValueError, match="1000 bytes are too few") as refused:
        top_k_neighbours(matrix, 15, memory_limit_bytes=1000)
    needed = int(str(refused.value).split()[-3])
    top_k_neighbours(matrix, 15, memory_limit_bytes=needed)


@pytest.mark.parametrize("limit", [400_000, 64 * 2**20])
def test_memory_is_what_was_announced(limit: int) -> None:
    matrix = random_matrix((3000, 2000), 0.02)
    top_k_neighbours(matrix, 50, memory_limit_bytes=limit)
    announced = similarity_memory(3000, np.bincount(matrix.indices, minlength=2000), 50, memory_limit_bytes=limit)
    assert announced.fixed + announced.lists <= limit
    tracemalloc.start()
    top_k_neighbours(matrix, 50, memory_limit_bytes=limit)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak == pytest.approx(announced.peak, rel=0.1)


def test_fewer_threads_work_where_the_limit_has_no_room_for_all() -> None:
    """Sums of one thread take 20 bytes for each of 2,000 products: 64 threads 2.6 MB. They get half of what the limit
    leaves beside the longest list, of at most 120 entries of 8 bytes: room for 4.
    """
    matrix = random_matrix((3000, 2000), 0.02)
    degrees = np.bincount(matrix.indices, minlength=2000)
    assert 0 < degrees.max() <= 120
    announced = similarity_memory(3000, degrees, 50, memory_limit_bytes=400_000, n_threads=64)
    assert announced.n_threads == 4
    assert announced.fixed + announced.lists <= 400_000
    tracemalloc.start()
    found = top_k_neighbours(matrix, 50, memory_limit_bytes=400_000, n_threads=64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak == pytest.approx(announced.peak, rel=0.1)
    assert found.products.tobytes() == top_k_neighbours(matrix, 50).products.tobytes()


@pytest.mark.parametrize("n_threads", [1, 2, 64])
@pytest.mark.parametrize("limit", [200_000, 400_000, 2**20, 64 * 2**20])
def test_without_degrees_memory_is_no_less(monkeypatch: pytest.MonkeyPatch, n_threads: int, limit: int) -> None:
    monkeypatch.setattr(top_k, "thread_count", lambda: n_threads)
    degrees = np.bincount(random_matrix((3000, 2000), 0.02).indices, minlength=2000)
    said = memory_at_most(3000, 2000, int(degrees.sum()), 50, Similarity(), limit)
    assert said >= similarity_memory(3000, degrees, 50, memory_limit_bytes=limit).peak


def test_a_limit_too_low_is_not_refused_before_the_search() -> None:
    """One thread: 2,000 products of 20 + 36 bytes, 3,000 customers of 8; with 70 entries of the largest, 8 each."""
    result = 2000 * 50 * 12
    assert memory_at_most(3000, 2000, 120_000, 50, Similarity(), 1000) == result + 2000 * 56 + 3000 * 8
    assert memory_at_most(3000, 2000, 120_000, 50, Similarity(), 1000, 70) == result + 2000 * 56 + 3000 * 8 + 70 * 8


def test_matrix_is_unchanged() -> None:
    matrix = random_matrix((300, 50), 0.2)
    before = matrix.data.tobytes(), matrix.indices.tobytes(), matrix.indptr.tobytes()
    top_k_neighbours(matrix, 5)
    assert (matrix.data.tobytes(), matrix.indices.tobytes(), matrix.indptr.tobytes()) == before


def test_opposite_products_are_not_neighbours() -> None:
    found = top_k_neighbours(sp.csr_matrix(np.array([[1, -1, 2]], dtype=np.float32)), 2)
    np.testing.assert_array_equal(found.products, [[2, -1], [-1, -1], [0, -1]])


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (4, 3), (4, 0)])
def test_empty(shape: tuple[int, int]) -> None:
    found = top_k_neighbours(sp.csr_matrix(shape, dtype=np.float32), 2)
    assert found.products.shape == (shape[1], 2)
    assert (found.products == -1).all()


@pytest.mark.parametrize(("k", "min_common"), [(0, 1), (1, 0)])
def test_refuses_numbers_below_one(k: int, min_common: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        top_k_neighbours(random_matrix((30, 5), 0.2), k, Similarity(min_common=min_common))
