"""Filling up: by hand, against plain Python, and what must hold whatever is hidden."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.lists import fill as module
from shop_pipeline.models.lists.arrange import Balance, Shelf, arrange
from shop_pipeline.models.lists.candidates import Lists
from shop_pipeline.models.lists.fill import Popular, fill, ranked_to_the_last
from shop_pipeline.models.recommenders.popularity_kernel import rankings
from shop_pipeline_tests.models.lists.lists_of import (
    assert_same,
    assert_whole,
    candidates_of,
    random_candidates,
    random_rankings,
)


def as_shown(rows: list[list[tuple[int, float]]], n: int, n_ids: int) -> Lists:
    """Lists in the order of their candidates."""
    return arrange(candidates_of(rows, n), n, Shelf(np.zeros(n_ids, np.float32)), Balance())


# Five products. Everybody: 4, 3, 2, 1 by 40, 30, 20, 10 customers; nobody has 0. Group 0: 1 with a share of .9; group 1
# ranks nothing.
EVERYBODY = rankings(sp.csr_matrix(np.array([[0, 10, 20, 30, 40]], np.float32)))
GROUPS = rankings(sp.csr_matrix(np.array([[0, 0.9, 0, 0, 0], [0, 0, 0, 0, 0]], np.float32)))
POPULAR = Popular(EVERYBODY, GROUPS)
SEEN = sp.csr_matrix(np.array([[0, 0, 0, 1, 0], [1, 1, 1, 1, 1]], np.float32))
ALL = np.ones(5, bool)


def filled(
    rows: list[list[tuple[int, float]]], groups: list[int], seen_rows: list[int], is_shown: np.ndarray = ALL
) -> Lists:
    return fill(as_shown(rows, 3, 5), POPULAR, np.array(groups), SEEN, np.array(seen_rows), is_shown)


def test_by_hand() -> None:
    """The first has a list of one, and has seen 3: 1 from the group, then 4. The second, a stranger of no group, gets
    what everybody buys. The third has a whole list. The fourth has seen all.
    """
    whole = [(0, 3.0), (1, 2.0), (2, 1.0)]
    lists = filled([[(2, 5.0)], [], whole, [(0, 7.0)]], [0, -1, 0, 1], [0, -1, -1, 1])
    np.testing.assert_array_equal(lists.products, [[2, 1, 4], [4, 3, 2], [0, 1, 2], [0, -1, -1]])
    expected = np.array([[5, 0.9, 40], [40, 30, 20], [3, 2, 1], [7, np.nan, np.nan]], np.float32)
    np.testing.assert_array_equal(lists.scores, expected)
    np.testing.assert_array_equal(lists.sources, lists.products)
    np.testing.assert_array_equal(lists.relevance_ranks, [[1, 0, 0], [0, 0, 0], [1, 2, 3], [1, 0, 0]])
    np.testing.assert_array_equal(
        lists.is_filler, [[False, True, True], [True, True, True], [False, False, False], [False, False, False]]
    )
    assert not lists.portions[lists.is_filler].any()
    np.testing.assert_array_equal(lists.portions[0, 0], [1.25, 3.75])
    assert_whole(lists)


def test_what_may_not_be_shown_is_passed_over() -> None:
    lists = filled([[(2, 5.0)], []], [0, 1], [0, -1], np.array([True, False, True, True, False]))
    np.testing.assert_array_equal(lists.products, [[2, -1, -1], [3, 2, -1]])


def test_a_group_without_a_ranking_gets_what_everybody_buys() -> None:
    np.testing.assert_array_equal(filled([[]], [1], [-1]).products, [[4, 3, 2]])


def test_ranked_to_the_last() -> None:
    """Behind the four that somebody has: 0, which nobody has, and the newcomers 5 and 6."""
    everybody = ranked_to_the_last(sp.csr_matrix(np.array([[0, 10, 20, 30, 40]], np.float32)), 7)
    np.testing.assert_array_equal(everybody.products, [4, 3, 2, 1, 0, 5, 6])
    np.testing.assert_array_equal(everybody.scores, [40, 30, 20, 10, 0, 0, 0])
    is_shown = np.array([True, False, False, False, True, True, False])
    lists = fill(as_shown([[]], 3, 7), Popular(everybody, GROUPS), np.array([-1]), SEEN, np.array([0]), is_shown)
    np.testing.assert_array_equal(lists.products, [[4, 0, 5]])
    np.testing.assert_array_equal(lists.scores, [[40, 0, 0]])


def shop(seed: int, share_shown: float) -> dict[str, Any]:
    """700 customers, 60 products of whom 10 are newcomers, 4 countries whose rankings hold a fifth of the products."""
    rng = np.random.default_rng(seed)
    is_shown = rng.random(60) < share_shown
    lists = arrange(random_candidates(700, 25, 60, rng), 20, Shelf(np.zeros(60, np.float32)), Balance())
    # What was listed was allowed: its hidden products are moved out of the lists, as the hybrid does.
    rows = [
        [(int(p), float(s)) for p, s in zip(*pair, strict=True) if p >= 0 and is_shown[p]]
        for pair in zip(lists.products, lists.scores, strict=True)
    ]
    counts = sp.csr_matrix((rng.integers(0, 9, (1, 50))).astype(np.float32))
    seen = sp.random_array((300, 50), density=0.3, format="csr", dtype=np.float32, rng=rng)
    return {
        "lists": as_shown(rows, 20, 60),
        "popular": Popular(ranked_to_the_last(counts, 60), random_rankings(4, 50, 0.2, rng)),
        "group_of": rng.integers(-1, 4, 700),
        "seen": seen,
        "seen_rows": rng.integers(-1, 300, 700),
        "is_shown": is_shown,
    }


def by_hand(at: int, these: dict[str, Any]) -> tuple[list[int], list[float]]:
    """One list in plain Python."""
    is_there = these["lists"].products[at] >= 0
    products = these["lists"].products[at][is_there].tolist()
    scores = these["lists"].scores[at][is_there].tolist()
    row = these["seen_rows"][at]
    seen = set() if row < 0 else set(these["seen"][[row]].nonzero()[1].tolist())
    popular, group = these["popular"], these["group_of"][at]
    ranked: list[tuple[int, float]] = []
    if group >= 0:
        part = slice(popular.groups.starts[group], popular.groups.starts[group + 1])
        ranked += zip(popular.groups.products[part].tolist(), popular.groups.scores[part].tolist(), strict=True)
    ranked += zip(popular.everybody.products.tolist(), popular.everybody.scores.tolist(), strict=True)
    for product, score in ranked:
        if len(products) < 20 and these["is_shown"][product] and product not in seen and product not in products:
            products.append(product)
            scores.append(score)
    return products, scores


@pytest.mark.parametrize("share_shown", [1.0, 0.6, 0.05])
@pytest.mark.parametrize("seed", range(2))
def test_as_plain_python_does_it(seed: int, share_shown: float) -> None:
    these = shop(seed, share_shown)
    lists = fill(**these)
    for at in range(len(lists.products)):
        products, scores = by_hand(at, these)
        assert lists.products[at].tolist() == products + [-1] * (20 - len(products))
        assert lists.scores[at, : len(scores)].tolist() == scores
    assert_whole(lists)
    own = these["lists"].products >= 0
    np.testing.assert_array_equal(lists.is_filler, (lists.products >= 0) & ~own)
    for field in fields(Lists):
        np.testing.assert_array_equal(getattr(lists, field.name)[own], getattr(these["lists"], field.name)[own])


@pytest.mark.parametrize("share_shown", [1.0, 0.3, 0.05, 0.0])
def test_lengths_are_exact(share_shown: float) -> None:
    """A list is as long as it is wide, or holds every product that is shown and, unless already listed, unseen."""
    these = shop(5, share_shown)
    lists = fill(**these)
    seen = np.zeros((700, 60), bool)
    known = these["seen_rows"] >= 0
    seen[known, :50] = these["seen"].toarray()[these["seen_rows"][known]] != 0
    listed = np.zeros((700, 61), bool)
    np.put_along_axis(listed, these["lists"].products, True, axis=1)  # -1 is the column behind the products
    possible = (these["is_shown"] & (~seen | listed[:, :60])).sum(axis=1)
    np.testing.assert_array_equal((lists.products >= 0).sum(axis=1), np.minimum(possible, 20))
    rows, places = np.nonzero(lists.is_filler)
    assert these["is_shown"][lists.products[lists.products >= 0]].all()
    assert not seen[rows, lists.products[rows, places]].any()
    if share_shown == 0.05:
        assert (lists.products[:, 3] == -1).any()
        assert lists.is_filler.any()


def test_neither_blocks_nor_threads_change_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    these = shop(6, 0.5)
    before = these["lists"].products.copy()
    whole = fill(**these)
    monkeypatch.setattr(module, "_LISTS_PER_TASK", 7)
    monkeypatch.setattr(module, "thread_count", lambda: 5)
    assert_same(fill(**these), whole)
    np.testing.assert_array_equal(these["lists"].products, before)


def test_a_filled_list_stays_as_it_is() -> None:
    these = shop(8, 0.5)
    lists = fill(**these)
    assert_same(fill(**(these | {"lists": lists})), lists)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group_of": np.array([2])}, "group_of leads to a row that is not among the 2"),
        ({"group_of": np.array([0, 0])}, "for 1 lists"),
        ({"seen_rows": np.array([2])}, "seen_rows leads to a row that is not among the 2"),
        ({"seen_rows": np.array([-2])}, "seen_rows"),
        ({"is_shown": np.ones(4, bool)}, "beyond the 4"),
        ({"is_shown": np.ones(4, bool), "seen": sp.csr_matrix((2, 4))}, "not among the 4"),
    ],
)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    asked = {
        "lists": as_shown([[]], 3, 5),
        "popular": POPULAR,
        "group_of": np.array([0]),
        "seen": SEEN,
        "seen_rows": np.array([0]),
        "is_shown": ALL,
    }
    fill(**asked)
    with pytest.raises(ValueError, match=message):
        fill(**(asked | change))


def test_everybody_is_one_ranking() -> None:
    with pytest.raises(ValueError, match="2 rankings"):
        replace(POPULAR, everybody=GROUPS)
