"""Seeded shops for the tests of this folder: candidates, likenesses, rankings, histories.

Here: making them, and the checks that hold for every list. Not here: what is expected of a step (its test module).
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import scipy.sparse as sp

from shop_pipeline.models.lists.candidates import Candidates, Lists
from shop_pipeline.models.recommenders.popularity_kernel import Rankings, rankings
from shop_pipeline.models.recommenders.state import Links


def candidates_of(rows: list[list[tuple[int, float]]], width: int) -> Candidates:
    """From (product, score) pairs, best first; two parts that add a quarter and three quarters of each score."""
    products, scores = np.full((len(rows), width), -1, np.int32), np.full((len(rows), width), np.nan, np.float32)
    for row, pairs in enumerate(rows):
        for place, (product, score) in enumerate(pairs):
            products[row, place], scores[row, place] = product, score
    portions = np.nan_to_num(scores)[:, :, None] * np.array([0.25, 0.75], np.float32)
    return Candidates(products, scores, portions, products.copy())


def random_candidates(n_lists: int, width: int, n_ids: int, rng: np.random.Generator, levels: int = 9) -> Candidates:
    """Lists of 0 to `width` candidates; few levels of scores, so that there are ties, which stand by position."""
    rows = []
    for _ in range(n_lists):
        own = rng.permutation(n_ids)[: rng.integers(0, width + 1)]
        scores = rng.integers(1, levels + 1, len(own)) / 8
        order = np.lexsort((own, -scores))
        rows.append([(int(own[at]), float(scores[at])) for at in order])
    return candidates_of(rows, width)


def random_links(n_ids: int, k: int, rng: np.random.Generator) -> Links:
    """0 to k links per product, largest first, with weights in quarters or anything from 0 to 1."""
    targets, weights = np.full((n_ids, k), -1, np.int32), np.full((n_ids, k), np.nan, np.float32)
    for product in range(n_ids):
        others = np.delete(rng.permutation(n_ids), product)[: rng.integers(0, k + 1)]
        targets[product, : len(others)] = others
        drawn = rng.integers(0, 5, len(others)) / 4 if product % 2 else rng.random(len(others))
        weights[product, : len(others)] = -np.sort(-drawn)
    return Links(targets, weights)


def dense_likeness(links: Links) -> np.ndarray:
    """float32 (n_ids, n_ids), the larger of both directions."""
    dense = np.zeros((len(links.targets), len(links.targets)), np.float32)
    for product, (targets, weights) in enumerate(zip(links.targets, links.weights, strict=True)):
        for target, weight in zip(targets[targets >= 0], weights[targets >= 0], strict=True):
            dense[product, target] = max(dense[product, target], weight)
            dense[target, product] = max(dense[target, product], weight)
    return dense


def random_rankings(n_groups: int, n_products: int, share_ranked: float, rng: np.random.Generator) -> Rankings:
    """Each group ranks about `share_ranked` of the products; counts are small, so that there are ties."""
    counts = rng.integers(1, 6, (n_groups, n_products)) * (rng.random((n_groups, n_products)) < share_ranked)
    return rankings(sp.csr_matrix(counts.astype(np.float32)))


def assert_same(left: Lists, right: Lists) -> None:
    for field in fields(Lists):
        np.testing.assert_array_equal(getattr(left, field.name), getattr(right, field.name), field.name)


def assert_whole(lists: Lists) -> None:
    """No gaps, no product twice, padding as the shape says, types as the shape says."""
    for field, dtype in zip(fields(Lists), ("int32", "float32", "float32", "int32", "int32", "bool"), strict=True):
        assert getattr(lists, field.name).dtype == dtype, field.name
    is_there = lists.products >= 0
    assert (is_there[:, :-1] >= is_there[:, 1:]).all()
    np.testing.assert_array_equal(np.isnan(lists.scores), ~is_there)
    np.testing.assert_array_equal(lists.sources >= 0, is_there)
    assert not lists.portions[~is_there].any()
    assert not lists.relevance_ranks[~is_there].any()
    assert not lists.is_filler[~is_there].any()
    ordered = np.sort(lists.products, axis=1)
    assert not ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any()
