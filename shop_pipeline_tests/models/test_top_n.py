"""Top n from factors: against a full sort of the full product."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models import top_n
from shop_pipeline.models.top_n import top_n_from_factors, top_n_memory


def factors(n_customers: int, n_products: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Small integers, so that float32 dot products are exact and there are many ties."""
    rng = np.random.default_rng(seed)
    return tuple(rng.integers(-2, 3, (n, 6)).astype(np.float32) for n in (n_customers, n_products))  # type: ignore[return-value]


@pytest.mark.parametrize("block_bytes", [1, 5_000, 2**22])
@pytest.mark.parametrize("n", [1, 10, 70])
def test_equals_a_full_sort(monkeypatch: pytest.MonkeyPatch, block_bytes: int, n: int) -> None:
    monkeypatch.setattr(top_n, "BLOCK_BYTES", block_bytes)
    customers, products = factors(90, 70)
    products[13] = 0
    customers[5] = 0
    seen = sp.random(90, 70, density=0.1, format="csr", random_state=np.random.default_rng(1), dtype=np.float32)
    positions = np.random.default_rng(2).permutation(90)[:80]
    found = top_n_from_factors(customers, products, positions, n, seen=seen)
    scores = customers @ products.T
    for row, position in enumerate(positions):
        allowed = np.ones(70, bool)
        allowed[seen[position].indices] = False
        allowed[13] = False
        order = [j for j in np.lexsort((np.arange(70), -scores[position])) if allowed[j]]
        expected = [] if position == 5 else order[:n]
        assert found.products[row].tolist() == expected + [-1] * (n - len(expected))
        np.testing.assert_array_equal(found.scores[row][: len(expected)], scores[position, expected])


def test_factors_are_unchanged() -> None:
    customers, products = factors(40, 30)
    before = customers.tobytes(), products.tobytes()
    top_n_from_factors(customers, products, np.arange(40), 5)
    assert (customers.tobytes(), products.tobytes()) == before


def test_memory_is_what_was_announced() -> None:
    customers, products = factors(3000, 5000)
    top_n_from_factors(customers, products, np.arange(3000), 20)
    tracemalloc.start()
    top_n_from_factors(customers, products, np.arange(3000), 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak == pytest.approx(top_n_memory(5000, 3000, 20, 6), rel=0.1)
