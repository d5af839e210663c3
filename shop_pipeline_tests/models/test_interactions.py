"""Interactions: what is summed, sorted, kept and refused."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.interactions import Interactions


def test_from_triples_sums_duplicates_and_sorts_ids() -> None:
    """b bought p2 twice, 1 + 2 = 3; the ids come out sorted: a, b and p1, p2."""
    found = Interactions.from_triples(["b", "a", "b"], ["p2", "p1", "p2"], np.array([1, 5, 2]))
    assert list(found.customer_ids) == ["a", "b"]
    assert list(found.product_ids) == ["p1", "p2"]
    np.testing.assert_array_equal(found.matrix.toarray(), [[5, 0], [0, 3]])
    assert found.matrix.dtype == np.float32


def test_from_codes_sorts_ids_and_keeps_those_without_a_triple() -> None:
    """Codes point into ids as given: customer 0 is z, product 2 is a."""
    found = Interactions.from_codes(
        np.array([0, 1]), np.array([2, 0]), np.array([1.0, 2.0]), np.array(["z", "y"]), np.array(["c", "b", "a"])
    )
    assert list(found.customer_ids) == ["y", "z"]
    assert list(found.product_ids) == ["a", "b", "c"]
    np.testing.assert_array_equal(found.matrix.toarray(), [[0, 0, 2], [1, 0, 0]])


def test_codes_and_triples_agree() -> None:
    rng = np.random.default_rng(0)
    customers, products = rng.integers(0, 40, 500), rng.integers(0, 30, 500)
    weights = rng.integers(1, 5, 500).astype(np.float32)
    names = [np.array([f"{kind}{i:02}" for i in range(n)], dtype=object) for kind, n in (("c", 40), ("p", 30))]
    codes = Interactions.from_codes(customers, products, weights, *names)
    triples = Interactions.from_triples(names[0][customers], names[1][products], weights)
    np.testing.assert_array_equal(codes.matrix.toarray(), triples.matrix.toarray())


def test_weights_that_cancel_are_no_interaction() -> None:
    assert Interactions.from_triples(["a", "a"], ["p", "p"], np.array([1, -1])).matrix.nnz == 0


def test_nothing_at_all() -> None:
    assert Interactions.from_triples([], [], np.array([])).matrix.shape == (0, 0)


@pytest.mark.parametrize(
    ("codes", "weights", "ids", "message"),
    [
        ([0, 2], [1, 1], ["a", "b"], "outside"),
        ([0, -1], [1, 1], ["a", "b"], "outside"),
        ([0], [1, 1], ["a", "b"], "length"),
        ([0, 1], [1, np.nan], ["a", "b"], "finite"),
        ([0, 1], [1, np.inf], ["a", "b"], "finite"),
        ([0, 1], [1, 1], ["a", "a"], "unique"),
    ],
)
def test_from_codes_refuses(codes: list[int], weights: list[float], ids: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interactions.from_codes(np.array(codes), np.array(codes), np.array(weights), np.array(ids), np.array(ids))


def matrix_with(data: list[float], indices: list[int], dtype: type = np.float32) -> sp.csr_matrix:
    return sp.csr_matrix((np.array(data, dtype), np.array(indices), np.array([0, len(data)])), shape=(1, 2))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (matrix_with([1, 1], [0, 1], np.float64), "float32"),
        (matrix_with([1, 1], [0, 1]).tocsc(), "csc"),
        (matrix_with([1, 1], [1, 0]), "unsorted"),
        (matrix_with([1, 1], [1, 1]), "duplicate"),
        (matrix_with([1, 0], [0, 1]), "zeros"),
    ],
)
def test_refuses_a_matrix_that_kernels_would_misread(matrix: sp.csr_matrix, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interactions(matrix, np.array(["a"], dtype=object), np.array(["p", "q"], dtype=object))


@pytest.mark.parametrize("products", [["q", "p"], ["p", "p"], ["p"]])
def test_refuses_ids_that_do_not_fit(products: list[str]) -> None:
    with pytest.raises(ValueError, match="product_ids"):
        Interactions(matrix_with([1, 1], [0, 1]), np.array(["a"], dtype=object), np.array(products, dtype=object))
