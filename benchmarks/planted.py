"""Interactions with a structure to find: groups of products, and customers who like a few of them.

Belongs here: the generator, and the recall of lists on what it held out. Does not belong here: data without structure
(`synthetic`), a shop with known truth (`shop_pipeline.simulate`).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

PRODUCTS_PER_GROUP = 400
GROUPS_LIKED = 3
SHARE_LIKED = 0.7
SHARE_HELD_OUT = 0.1


def planted(
    n_customers: int, n_products: int, n_entries: int, rng: np.random.Generator
) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Known and held-out entries, float32 CSR, n_entries known ones; weights 1 + Poisson(0.6).

    Products are as popular as 1 / rank^0.8, customers as active as exp(normal). Of a customer's entries, SHARE_LIKED
    are drawn from their groups and the others from all products.
    """
    n_all = round(n_entries / (1 - SHARE_HELD_OUT))
    if n_all > n_customers * n_products // 10:
        raise ValueError(f"{n_entries} entries are too many for {n_customers} x {n_products}")
    activity = rng.lognormal(0, 1, n_customers)
    activity /= activity.sum()
    popularity = rng.permutation(1 / np.arange(1, n_products + 1) ** 0.8)
    n_groups = max(GROUPS_LIKED + 1, n_products // PRODUCTS_PER_GROUP)
    # Groups are runs of positions, and popularity is in random order of position.
    bounds = np.linspace(0, n_products, n_groups + 1).astype(np.int64)
    summed = np.r_[0, np.cumsum(popularity)]
    liked = rng.integers(0, n_groups, (n_customers, GROUPS_LIKED))
    keys = np.empty(0, np.int64)
    while len(keys) < n_all:
        draws = int((n_all - len(keys)) * 1.6) + 1000
        customers = np.repeat(np.arange(n_customers, dtype=np.int64), rng.multinomial(draws, activity))
        group = liked[customers, rng.integers(0, GROUPS_LIKED, draws)]
        is_liked = rng.random(draws) < SHARE_LIKED
        low = np.where(is_liked, summed[bounds[group]], 0)
        high = np.where(is_liked, summed[bounds[group + 1]], summed[-1])
        products = np.searchsorted(summed, low + rng.random(draws) * (high - low), side="right") - 1
        drawn = customers * n_products + np.minimum(products, n_products - 1)
        keys = np.unique(np.concatenate([keys, drawn]))
    keys = np.sort(rng.permutation(keys)[:n_all])
    is_held_out = np.zeros(n_all, bool)
    is_held_out[rng.permutation(n_all)[n_entries:]] = True
    weights = (1 + rng.poisson(0.6, n_all)).astype(np.float32)
    shape = (n_customers, n_products)
    known, held_out = (
        sp.csr_matrix((weights[chosen], np.divmod(keys[chosen], n_products)), shape=shape)
        for chosen in (~is_held_out, is_held_out)
    )
    return known, held_out


def recall(products: np.ndarray, customers: np.ndarray, held_out: sp.csr_matrix) -> float:
    """Mean share of a customer's held-out products that are in their list; customers without any do not count."""
    asked = held_out[customers].astype(bool)
    rows = np.repeat(np.arange(len(customers)), products.shape[1])
    hits = np.asarray(asked[rows, np.maximum(products, 0).ravel()]).reshape(products.shape) & (products >= 0)
    relevant = np.diff(asked.indptr)
    return float((hits.sum(axis=1)[relevant > 0] / relevant[relevant > 0]).mean())
