"""The order of a list: by hand, against plain Python, and what must hold whatever the shop."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from shop_pipeline.models.lists import arrange as module
from shop_pipeline.models.lists.arrange import Balance, Shelf, arrange, likeness_memory, symmetrised
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline_tests.models.lists.lists_of import (
    assert_same,
    assert_whole,
    candidates_of,
    dense_likeness,
    random_candidates,
    random_links,
)

# Four products; 0 and 1 are nearly the same, said by the link of 1 alone; 2 is a little like 0; 3 is like none.
LINKS = Links(np.array([[2], [0], [-1], [-1]], np.int32), np.array([[0.25], [0.75], [np.nan], [np.nan]], np.float32))
NO_MARGIN = np.full(4, np.nan, np.float32)
# Relevance 1, 3/4, 1/2, 1/4.
CANDIDATES = candidates_of([[(0, 4.0), (1, 3.0), (2, 2.0), (3, 1.0)]], 5)


def order(shelf: Shelf, balance: Balance, candidates: Candidates = CANDIDATES, n: int = 4) -> list[int]:
    return arrange(candidates, n, shelf, balance).products[0].tolist()


def test_diversity_by_hand() -> None:
    """Diversity 1/2, values (r - likeness) / 2. First 0. Then 1: .375 - .375; 2: .25 - .125; 3: .125 - 0, equal to 2,
    which is more relevant. Then 1: 0, 3: .125. Then 1.
    """
    assert order(Shelf(NO_MARGIN, LINKS), Balance(diversity=0.5)) == [0, 2, 3, 1]


def test_a_little_diversity_by_hand() -> None:
    """Diversity 1/4: after 0, product 1 has .5625 - .1875 = .375, and 2 has .375 - .0625 = .3125."""
    assert order(Shelf(NO_MARGIN, LINKS), Balance(diversity=0.25)) == [0, 1, 2, 3]


def test_only_diversity_by_hand() -> None:
    """Diversity 1: relevance counts only among equals. After 0: -.75, -.25, 0. Then 2 before 1."""
    assert order(Shelf(NO_MARGIN, LINKS), Balance(diversity=1)) == [0, 3, 2, 1]


def test_margin_by_hand() -> None:
    """Margin 1/2: 1 + 0, .75 + .5, .5 + .25 and .25 + .5; of the last two the more relevant comes first."""
    shelf = Shelf(np.array([0, 1, 0.5, 1], np.float32))
    assert order(shelf, Balance(margin=0.5)) == [1, 0, 2, 3]


def test_an_unknown_margin_is_the_mean_of_the_known_candidates() -> None:
    """0 and 1 are known, .5 for the others; product 4 is no candidate. So 1 + 0, .75 + .5, .5 + 1, .25 + .5."""
    shelf = Shelf(np.array([0, np.nan, 1, np.nan, 0.01], np.float32))
    assert order(shelf, Balance(margin=1)) == [2, 1, 0, 3]


def test_margins_count_from_0_to_1() -> None:
    """With -9 as it is, the mean would be -4 and the second product last; with 9 the last would be first."""
    shelf = Shelf(np.array([-9, np.nan, 0.5, 9], np.float32))
    assert order(shelf, Balance(margin=0.25)) == [0, 1, 2, 3]


def test_without_a_known_margin_it_says_nothing() -> None:
    assert order(Shelf(NO_MARGIN), Balance(margin=1)) == [0, 1, 2, 3]


def test_all_that_is_known_is_carried_along() -> None:
    candidates = replace(CANDIDATES, sources=np.array([[10, 11, 12, 13, -1]], np.int32))
    lists = arrange(candidates, 6, Shelf(NO_MARGIN, LINKS), Balance(diversity=0.5))
    np.testing.assert_array_equal(lists.products, [[0, 2, 3, 1, -1, -1]])
    np.testing.assert_array_equal(lists.scores, [[4, 2, 1, 3, np.nan, np.nan]])
    np.testing.assert_array_equal(lists.portions[0, :, 0], [1, 0.5, 0.25, 0.75, 0, 0])
    np.testing.assert_array_equal(lists.portions[0, :, 1], [3, 1.5, 0.75, 2.25, 0, 0])
    np.testing.assert_array_equal(lists.sources, [[10, 12, 13, 11, -1, -1]])
    np.testing.assert_array_equal(lists.relevance_ranks, [[1, 3, 4, 2, 0, 0]])
    assert not lists.is_filler.any()


def test_scores_that_are_not_above_0_keep_their_order() -> None:
    """A share of the best means nothing there: relevance is 0 for all, and the margin decides."""
    below = candidates_of([[(0, -1.0), (1, -2.0), (2, -3.0), (3, -4.0)]], 4)
    assert order(Shelf(NO_MARGIN), Balance(), below) == [0, 1, 2, 3]
    assert order(Shelf(np.array([0, 0, 1, 0.5], np.float32)), Balance(margin=0.1), below) == [2, 3, 0, 1]


def by_hand(candidates: Candidates, n: int, shelf: Shelf, balance: Balance) -> np.ndarray:
    """The rule in plain Python, one pair at a time."""
    likeness = dense_likeness(shelf.alike).astype(float)
    rows = np.full((len(candidates.products), n), -1)
    for row, (products, scores) in enumerate(zip(candidates.products, candidates.scores, strict=True)):
        own = [int(product) for product in products if product >= 0]
        margins = [min(max(float(shelf.margin[product]), 0.0), 1.0) for product in own]
        known = [margin for margin in margins if margin == margin]
        usual = sum(known) / len(known) if known else 0.0
        picked: list[int] = []
        while len(picked) < min(n, len(own)):
            best = None
            for at, product in enumerate(own):
                if product in picked:
                    continue
                margin = margins[at] if margins[at] == margins[at] else usual
                gain = (1 - balance.diversity) * (float(scores[at]) / float(scores[0])) + balance.margin * margin
                near = max((float(likeness[other, product]) for other in picked), default=0.0)
                key = (gain - balance.diversity * near, float(scores[at]), -product)
                best = max(best, (key, product)) if best else (key, product)
            picked.append(best[1])
        rows[row, : len(picked)] = picked
    return rows


@pytest.mark.parametrize("balance", [Balance(0.3, 0), Balance(0.5, 0.25), Balance(1, 0), Balance(0, 1), Balance(1, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_as_plain_python_does_it(balance: Balance, seed: int) -> None:
    """Scores and likenesses in quarters and eighths make ties, which go by score and then by position."""
    rng = np.random.default_rng(seed)
    candidates, links = random_candidates(60, 25, 40, rng), random_links(40, 12, rng)
    margin = np.where(rng.random(40) < 0.3, np.nan, rng.integers(-1, 6, 40) / 4).astype(np.float32)
    lists = arrange(candidates, 10, Shelf(margin, links), balance)
    np.testing.assert_array_equal(lists.products, by_hand(candidates, 10, Shelf(margin, links), balance))
    assert_whole(lists)


@pytest.fixture(scope="module")
def shop() -> tuple[Candidates, Shelf]:
    """1,100 lists, more than two threads' tasks of 512; half of the margins known."""
    rng = np.random.default_rng(7)
    margin = np.where(rng.random(200) < 0.5, np.nan, rng.random(200)).astype(np.float32)
    return random_candidates(1100, 40, 200, rng, levels=1000), Shelf(margin, random_links(200, 30, rng))


def test_without_a_wish_the_first_n_stay(shop: tuple[Candidates, Shelf]) -> None:
    candidates, shelf = shop
    lists = arrange(candidates, 10, shelf, Balance())
    for mine, theirs in ((lists.products, candidates.products), (lists.scores, candidates.scores)):
        np.testing.assert_array_equal(mine, theirs[:, :10])
    np.testing.assert_array_equal(lists.portions, candidates.portions[:, :10])
    np.testing.assert_array_equal(lists.relevance_ranks, np.where(candidates.products[:, :10] >= 0, range(1, 11), 0))
    assert_whole(lists)


def test_more_diversity_is_less_likeness(shop: tuple[Candidates, Shelf]) -> None:
    """On average over the lists, the likeness within falls at each step, and so does what is given up: relevance."""
    candidates, shelf = shop
    dense = dense_likeness(shelf.alike)
    likeness, relevance = [], []
    for diversity in (0, 0.1, 0.3, 0.6, 1):
        lists = arrange(candidates, 10, shelf, Balance(diversity=diversity))
        whole = lists.products[lists.products[:, 9] >= 0]
        likeness.append(dense[whole[:, :, None], whole[:, None, :]].mean())
        relevance.append(np.nansum(lists.scores))
    assert (np.diff(likeness) < 0).all()
    assert (np.diff(relevance) < 0).all()


def test_more_margin_earns_more(shop: tuple[Candidates, Shelf]) -> None:
    candidates, shelf = shop
    earned = []
    for margin in (0, 0.1, 0.3, 1):
        products = arrange(candidates, 10, shelf, Balance(margin=margin)).products
        earned.append(np.nanmean(shelf.margin[products[products >= 0]]))
    assert (np.diff(earned) > 0).all()


def test_the_first_place_does_not_depend_on_diversity(shop: tuple[Candidates, Shelf]) -> None:
    """Below 1, nothing is above it that it could be like."""
    candidates, shelf = shop
    lists = arrange(candidates, 3, shelf, Balance(diversity=0.9))
    np.testing.assert_array_equal(lists.products[:, 0], candidates.products[:, 0])


def test_a_shorter_list_is_the_beginning_of_a_longer_one(shop: tuple[Candidates, Shelf]) -> None:
    candidates, shelf = shop
    long, short = (arrange(candidates, n, shelf, Balance(0.4, 0.2)).products for n in (20, 7))
    np.testing.assert_array_equal(long[:, :7], short)


def test_the_scale_of_scores_does_not_matter(shop: tuple[Candidates, Shelf]) -> None:
    candidates, shelf = shop
    larger = replace(candidates, scores=candidates.scores * np.float32(1024))
    of_both = [arrange(these, 10, shelf, Balance(0.4, 0.2)).products for these in (candidates, larger)]
    np.testing.assert_array_equal(*of_both)


def test_neither_blocks_nor_threads_change_a_list(
    shop: tuple[Candidates, Shelf], monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates, shelf = shop
    before = candidates.products.copy()
    whole = arrange(candidates, 10, shelf, Balance(0.4, 0.2))
    monkeypatch.setattr(module, "_LISTS_PER_TASK", 7)
    monkeypatch.setattr(module, "thread_count", lambda: 5)
    assert_same(arrange(candidates, 10, shelf, Balance(0.4, 0.2)), whole)
    np.testing.assert_array_equal(candidates.products, before)


def test_nobody_and_nothing() -> None:
    nobody = arrange(candidates_of([], 5), 3, Shelf(NO_MARGIN, LINKS), Balance(0.5, 0.5))
    assert nobody.products.shape == (0, 3)
    assert nobody.portions.shape == (0, 3, 2)
    nothing = arrange(candidates_of([[]], 5), 3, Shelf(NO_MARGIN, LINKS), Balance(0.5, 0.5))
    assert_whole(nothing)
    assert (nothing.products == -1).all()


def test_likeness_is_the_larger_of_both_directions() -> None:
    links = random_links(50, 20, np.random.default_rng(1))
    np.testing.assert_array_equal(symmetrised(links).toarray(), dense_likeness(links))


@pytest.mark.parametrize("n_products", [500, 4000])
def test_memory_of_likeness(n_products: int) -> None:
    """Not more than said, and not less than a third of it."""
    links = random_links(n_products, 40, np.random.default_rng(2))
    tracemalloc.start()
    symmetrised(links)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = likeness_memory(int((links.targets >= 0).sum()))
    assert said / 3 < peak <= said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: Balance(diversity=1.1), "from 0 to 1"),
        (lambda: Balance(margin=-0.1), "from 0 to 1"),
        (lambda: Balance(diversity=float("nan")), "from 0 to 1"),
        (lambda: Shelf(np.zeros(4)), "float64"),
        (lambda: Shelf(np.zeros((4, 1), np.float32)), r"\(4, 1\)"),
        (lambda: Shelf(np.zeros(5, np.float32), LINKS), r"\(4, 1\) for 5"),
        (lambda: Shelf(NO_MARGIN, replace(LINKS, weights=-LINKS.weights)), "outside 0..1"),
        (lambda: Shelf(NO_MARGIN, replace(LINKS, weights=LINKS.weights * 2)), "outside 0..1"),
        (lambda: Shelf(NO_MARGIN, replace(LINKS, weights=LINKS.weights * np.nan)), "outside 0..1"),
        (lambda: Shelf(NO_MARGIN, replace(LINKS, targets=LINKS.targets + 2)), "not among the 4"),
        (lambda: Shelf(NO_MARGIN, replace(LINKS, entity="customer")), "between customers"),
        (lambda: arrange(CANDIDATES, 0, Shelf(NO_MARGIN), Balance()), "n is 0"),
        (lambda: arrange(CANDIDATES, 2, Shelf(NO_MARGIN[:3]), Balance()), "not among the 3"),
    ],
)
def test_what_is_refused(change: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        change()  # type: ignore[operator]
