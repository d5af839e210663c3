"""Interactions shaped as in shops: Zipf products, log-normal customers, no structure.

Belongs here: generators that several benchmarks share. Does not belong here: a shop with known truth
(`shop_pipeline.simulate`).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def interactions(n_customers: int, n_products: int, n_entries: int, rng: np.random.Generator) -> sp.csr_matrix:
    """A float32 CSR matrix with exactly n_entries entries, weights 1 + Poisson(0.6).

    Products are as popular as 1 / rank^0.8, in random order of position; customers as active as exp(normal).
    """
    if n_entries > n_customers * n_products // 4:
        raise ValueError(f"{n_entries} entries are too many for {n_customers} x {n_products}")
    popularity = rng.permutation(1 / np.arange(1, n_products + 1) ** 0.8)
    chances = np.cumsum(popularity / popularity.sum())
    activity = rng.lognormal(0, 1, n_customers)
    activity /= activity.sum()
    keys = np.empty(0, np.int64)
    while len(keys) < n_entries:
        draws = int((n_entries - len(keys)) * 1.3) + 1000
        customers = np.repeat(np.arange(n_customers, dtype=np.int64), rng.multinomial(draws, activity))
        products = np.minimum(np.searchsorted(chances, rng.random(draws)), n_products - 1)
        keys = np.unique(np.concatenate([keys, customers * n_products + products]))
    keys = np.sort(rng.permutation(keys)[:n_entries])
    weights = (1 + rng.poisson(0.6, n_entries)).astype(np.float32)
    return sp.csr_matrix((weights, np.divmod(keys, n_products)), shape=(n_customers, n_products))
