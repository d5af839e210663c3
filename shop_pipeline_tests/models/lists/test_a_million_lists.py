"""A million customers get their lists block by block, in the memory of one block, which is said before."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models import top_n
from shop_pipeline.models.lists.arrange import Balance, Shelf, arrange, likeness_memory, lists_memory
from shop_pipeline.models.lists.candidates import Candidates, Lists
from shop_pipeline.models.lists.fill import Popular, fill, ranked_to_the_last
from shop_pipeline.models.top_n import top_n_from_factors, top_n_memory
from shop_pipeline_tests.models.lists.lists_of import assert_whole, random_links, random_rankings

N_CUSTOMERS, BLOCK = 1_000_000, 50_000
N_PRODUCTS, N_FACTORS, N_GROUPS, SEEN_EACH = 100, 4, 5, 5
WIDTH, N, K = 15, 5, 10


class Shop:
    """Every second product may be shown, and 1 in 10 customers is unknown to the model."""

    def __init__(self) -> None:
        rng = self.rng = np.random.default_rng(0)
        self.is_shown = np.arange(N_PRODUCTS) % 2 == 0
        self.product_factors = rng.random((N_PRODUCTS, N_FACTORS), np.float32) * self.is_shown[:, None]
        self.shelf = Shelf(rng.random(N_PRODUCTS, np.float32), random_links(N_PRODUCTS, K, rng))
        counts = sp.csr_matrix(rng.integers(0, 9, (1, N_PRODUCTS)).astype(np.float32))
        of_groups = random_rankings(N_GROUPS, N_PRODUCTS, 0.5, rng)
        self.popular = Popular(ranked_to_the_last(counts, N_PRODUCTS), of_groups)
        own = np.sort(rng.integers(0, N_PRODUCTS, (BLOCK, SEEN_EACH), np.int32), axis=1)
        starts = np.arange(0, BLOCK * SEEN_EACH + 1, SEEN_EACH)
        self.seen = sp.csr_matrix((np.ones(own.size, np.float32), own.ravel(), starts), shape=(BLOCK, N_PRODUCTS))

    def block(self) -> Lists:
        """The lists of the next customers; all else that is made for them is gone when this returns."""
        at = np.arange(BLOCK)
        factors = self.rng.random((BLOCK, N_FACTORS), np.float32)
        factors[::10] = 0
        found = top_n_from_factors(factors, self.product_factors, at, WIDTH, self.seen)
        portions = np.nan_to_num(found.scores, copy=True)[:, :, None]
        candidates = Candidates(found.products, found.scores, portions, found.products.copy())
        arranged = arrange(candidates, N, self.shelf, Balance(0.3, 0.1))
        return fill(arranged, self.popular, at % N_GROUPS, self.seen, at, self.is_shown)


def test_a_million_customers_in_the_memory_of_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """As tracemalloc sees it; the compiled loops hold a few kB beside it. Scores are searched in small pieces, so that
    it is the lists that count; those of the block before are still held, as by whoever stores them.
    """
    monkeypatch.setattr(top_n, "BLOCK_BYTES", 2**19)
    made = lists_memory(BLOCK, WIDTH, N, 1, N_PRODUCTS, N_PRODUCTS * (1 + N_GROUPS)) + likeness_memory(N_PRODUCTS * K)
    asked = BLOCK * (N_FACTORS * 4 + SEEN_EACH * 8 + 3 * 8) + top_n_memory(N_PRODUCTS, 0, WIDTH, N_FACTORS)
    said = made + BLOCK * N * 21 + asked
    Shop().block()  # what loading the compiled code leaves is no list
    tracemalloc.start()
    shop = Shop()
    for _ in range(0, N_CUSTOMERS, BLOCK):
        lists = shop.block()
        assert lists.products[:, -1].min() >= 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said / 3 < peak <= said


def test_lists_of_a_block() -> None:
    """What the million are: whole, without what may not be shown, and popular for whom the model does not know."""
    shop = Shop()
    lists = shop.block()
    assert_whole(lists)
    assert (lists.products >= 0).all()
    assert shop.is_shown[lists.products].all()
    np.testing.assert_array_equal(lists.is_filler, np.repeat(np.arange(BLOCK) % 10 == 0, N).reshape(BLOCK, N))
