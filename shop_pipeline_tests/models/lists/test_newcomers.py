"""New products: what they are linked to, their places in lists, their likeness to others, worked by hand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.lists import newcomers as module
from shop_pipeline.models.lists.arrange import Balance, Shelf, arrange, lists_memory
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.lists.newcomers import (
    Newcomers,
    NewcomersConfig,
    likeness_with_newcomers,
    newcomers,
    with_newcomers,
)
from shop_pipeline.models.recommenders.hybrid import Hybrid
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline.models.similarity.content import ProductFeatures
from shop_pipeline_tests.models.lists.lists_of import candidates_of, random_candidates
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

NO = np.nan


def ids(*names: str) -> np.ndarray:
    return np.array(names, dtype=object)


def features_of(rows: dict[str, list[float]]) -> ProductFeatures:
    names = sorted(rows)
    matrix = sp.csr_matrix(np.array([rows[name] for name in names], np.float32))
    return ProductFeatures(matrix, ids(*names), tuple(f"f{at}" for at in range(matrix.shape[1])))


# Products p0000 to p0003 of the interactions, of which nobody has p0002; three newcomers.
SHOP = interactions_of(np.array([[1, 1, 0, 0], [0, 0, 0, 2]]))
ALL = np.ones(4, bool)
FEATURES = features_of(
    {
        "p0000": [1, 0, 0],
        "p0001": [0.8, 0.6, 0],
        "p0002": [0.6, 0.8, 0],
        "x": [0.6, 0.8, 0],
        "y": [1, 0, 0],
        "z": [0, 0, 1],
    }
)


def test_links_by_hand() -> None:
    """x: .6 with 0, .48 + .48 with 1; y: 1 with 0, .8 with 1; z is like none. p0002 has no customers, and
    p0003 no features.

    With one neighbour each, x is linked from 1 and y from 0.
    """
    both = newcomers(FEATURES, SHOP, ids("x", "y", "z"), ALL, NewcomersConfig(n_neighbours=2))
    np.testing.assert_allclose(both.links.toarray(), [[0.6, 1, 0], [0.96, 0.8, 0], [0, 0, 0], [0, 0, 0]], rtol=1e-6)
    one = newcomers(FEATURES, SHOP, ids("x", "y", "z"), ALL, NewcomersConfig(n_neighbours=1))
    np.testing.assert_allclose(one.links.toarray(), [[0, 1, 0], [0.96, 0, 0], [0, 0, 0], [0, 0, 0]], rtol=1e-6)
    assert both.positions.tolist() == [4, 5, 6]
    assert both.unknown_ids.tolist() == ["x", "y", "z"]


def test_a_product_keeps_the_links_to_the_most_alike() -> None:
    """Of x (.6) and y (1), product 0 keeps y; of x (.96) and y (.8), product 1 keeps x."""
    found = newcomers(FEATURES, SHOP, ids("x", "y"), ALL, NewcomersConfig(most_per_product=1))
    np.testing.assert_allclose(found.links.toarray(), [[0, 1], [0.96, 0], [0, 0], [0, 0]], rtol=1e-6)


def test_no_link_is_spent_on_what_may_not_be_shown() -> None:
    """12 products of the same content that are gone, and one of cosine .8 that is there: all ten links could go to the
    first, and the newcomer would be in no list.
    """
    shop = interactions_of(np.ones((2, 13)))
    rows = {f"p{at:04}": [1.0, 0.0] for at in range(12)} | {"p0012": [0.8, 0.6], "x": [1.0, 0.0]}
    found = newcomers(features_of(rows), shop, ids("x"), np.arange(13) == 12)
    np.testing.assert_allclose(found.links.toarray()[:, 0], [0] * 12 + [0.8], rtol=1e-6)


def test_a_known_product_can_be_new_and_is_no_source() -> None:
    """p0001 and x are new. p0001: .8 with p0000, and itself is no link; nor is it one for x, which has .6 with p0000.
    p0001 keeps its position; of the others, 0a stands before p0000 by its id, and behind all by its position.
    """
    features = features_of({"p0000": [1, 0], "p0001": [0.8, 0.6], "x": [0.6, 0.8], "0a": [1, 0]})
    found = newcomers(features, SHOP, ids("0a", "p0001", "x"), ALL)
    np.testing.assert_allclose(found.links.toarray(), [[1, 0.8, 0.6], [0] * 3, [0] * 3, [0] * 3], rtol=1e-6)
    assert found.product_ids.tolist() == ["0a", "p0001", "x"]
    assert found.positions.tolist() == [4, 1, 5]
    assert found.positions.dtype == np.int32
    assert found.unknown_ids.tolist() == ["0a", "x"]


def test_the_nearest_are_those_of_dense_algebra(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    rows = rng.random((70, 30)) * (rng.random((70, 30)) < 0.3)
    rows /= np.maximum(np.linalg.norm(rows, axis=1), 1e-9)[:, None]
    known, new = [f"p{at:04}" for at in range(50)], [f"x{at:04}" for at in range(20)]
    features = features_of(dict(zip(known + new, rows.tolist(), strict=True)))
    shop, is_source = interactions_of(np.ones((2, 50))), rng.random(50) < 0.7
    monkeypatch.setattr(module, "_NEWCOMERS_PER_TASK", 3)
    found = newcomers(features, shop, ids(*new), is_source, NewcomersConfig(n_neighbours=5)).links.toarray()
    cosines = features.matrix.toarray()[:50] @ features.matrix.toarray()[50:].T * is_source[:, None]
    fifth = np.sort(cosines, axis=0)[-5]
    np.testing.assert_allclose(found, np.where((cosines >= fifth) & (cosines > 0), cosines, 0), rtol=1e-5)


def test_what_does_not_fit_is_refused() -> None:
    for wrong in (ids("y", "x"), ids("x", "x")):
        with pytest.raises(ValueError, match="new_ids"):
            newcomers(FEATURES, SHOP, wrong, ALL)
    with pytest.raises(ValueError, match="is_source"):
        newcomers(FEATURES, SHOP, ids("x"), ALL[:3])
    for settings in ({"n_neighbours": 0}, {"most_per_product": 0}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            NewcomersConfig(**settings)


def new_at(links: sp.csr_matrix, positions: list[int]) -> Newcomers:
    """Ids that sort as the newcomers are numbered."""
    return Newcomers(links, ids(*(f"x{at:02}" for at in range(len(positions)))), np.array(positions, np.int32))


# Four products; newcomers 0, 1, 2 stand at positions 4, 5, 6.
LINKS = np.array([[0.5, 0, 0], [0.75, 1, 0], [0.75, 0.5, 0], [0, 0, 0.25]], np.float32)
NEW = new_at(sp.csr_matrix(LINKS), [4, 5, 6])
# Product 1 has few customers: it is newcomer 0 itself, as like 0 as .5 and as like 2 as .75. Newcomer 1 is at 4.
FEW = new_at(sp.csr_matrix(np.array([[0.5, 0], [0, 0], [0.75, 0], [0, 0.5]], np.float32)), [1, 4])
NOTHING = sp.csr_matrix((1, 4), dtype=np.float32)


def placed(
    rows: list[list[tuple[int, float]]], width: int, new: Newcomers, seen: list[list[int]] | None = None
) -> Candidates:
    """The lists of customers who have seen these products."""
    matrix = NOTHING if seen is None else sp.csr_matrix(np.array(seen, np.float32))
    seen_rows = np.full(len(rows), -1) if seen is None else np.arange(len(rows))
    return with_newcomers(candidates_of(rows, width), new, matrix, seen_rows)


def test_places_by_hand() -> None:
    """The list 0: 8, 2: 4, 3: 4, 1: 1. Newcomer 4 has .5 * 8 = 4 from 0 and 3 from 2; 5 has 2 from 2 and 1 from 1;
    6 has 1 from 3. Where scores are equal the smaller position stands first. Newcomer 4 is more like 2 (.75) than
    like 0 (.5), and 0 is its source; so is it with 5, as like 1 as can be.
    """
    found = placed([[(0, 8), (2, 4), (3, 4), (1, 1)]], 8, NEW)
    np.testing.assert_array_equal(found.products, [[0, 2, 3, 4, 5, 1, 6, -1]])
    np.testing.assert_array_equal(found.scores, [[8, 4, 4, 4, 2, 1, 1, NO]])
    np.testing.assert_array_equal(found.sources, [[0, 2, 3, 0, 2, 1, 3, -1]])
    np.testing.assert_array_equal(found.portions[0, :, 0], [2, 1, 1, 1, 0.5, 0.25, 0.25, 0])
    np.testing.assert_array_equal(found.portions[0, :, 1], [6, 3, 3, 3, 1.5, 0.75, 0.75, 0])


def test_a_full_list_is_cut_to_its_width() -> None:
    found = placed([[(0, 8), (2, 4), (3, 1)], [(3, 9), (1, 8), (0, 2)]], 3, NEW)
    np.testing.assert_array_equal(found.products, [[0, 2, 4], [3, 1, 5]])
    np.testing.assert_array_equal(found.scores, [[8, 4, 4], [9, 8, 8]])


def test_of_equal_sources_the_first_is_named() -> None:
    """Newcomer 4 has 3 from 1 and from 2."""
    found = placed([[(1, 4), (2, 4)]], 4, NEW)
    np.testing.assert_array_equal(found.products, [[1, 2, 5, 4]])
    np.testing.assert_array_equal(found.sources, [[1, 2, 1, 1]])


def test_a_known_newcomer_keeps_the_larger_of_both_scores() -> None:
    """Product 1 has from 0 and 2: .5 * 8 = 4 and .75 * 4 = 3. Its own score is none, 1, 4 (equal: its own), 6; in the
    last list only its own, and 2 is not there to be its source.
    """
    lists = [
        [(0, 8), (2, 4)],
        [(0, 8), (2, 4), (1, 1)],
        [(0, 8), (1, 4), (2, 4)],
        [(0, 8), (1, 6), (2, 4)],
        [(3, 2), (1, 1)],
    ]
    found = placed(lists, 4, FEW)
    none = [-1, 0]
    np.testing.assert_array_equal(found.products, [*[[0, 1, 2, -1]] * 4, [3, 1, 4, -1]])
    np.testing.assert_array_equal(found.scores, [*[[8, 4, 4, NO]] * 3, [8, 6, 4, NO], [2, 1, 1, NO]])
    np.testing.assert_array_equal(found.sources, [*[[0, 0, 2, -1]] * 2, *[[0, 1, 2, -1]] * 2, [3, 1, 3, none[0]]])
    np.testing.assert_array_equal(found.portions[:, 1, 0], [1, 1, 1, 1.5, 0.25])


def test_what_a_customer_has_seen_does_not_come_in() -> None:
    """Product 1 and 3 were seen by the first, nothing by the second. The third is to be shown 1 again, and with its own
    score, though the rule has a larger one.
    """
    rows, seen = [[(0, 8)], [(0, 8)], [(0, 8), (1, 1)]], [[0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]]
    found = placed(rows, 3, FEW, seen)
    np.testing.assert_array_equal(found.products, [[0, -1, -1], [0, 1, -1], [0, 1, -1]])
    np.testing.assert_array_equal(found.scores, [[8, NO, NO], [8, 4, NO], [8, 1, NO]])
    given = candidates_of([[(0, 8)]], 3)
    two = sp.csr_matrix(np.array(seen, np.float32))
    assert with_newcomers(given, FEW, two, np.array([1])).products.tolist() == [[0, 1, -1]]
    assert with_newcomers(given, FEW, two, np.array([-1])).products.tolist() == [[0, 1, -1]]
    for wrong in (np.array([3]), np.array([-2]), np.array([0, 1])):
        with pytest.raises(ValueError, match="seen_rows"):
            with_newcomers(given, FEW, two, wrong)
    for candidates, of_others in ((candidates_of([[(4, 8)]], 3), two), (given, two[:, :3])):
        with pytest.raises(ValueError, match="other products"):
            with_newcomers(candidates, FEW, of_others, np.array([0]))


def test_one_view_does_not_end_the_life_of_a_newcomer() -> None:
    """p0003 is as like p0001 as .9. Nobody has it; then a stranger to p0001 looks at it once, .01 of a purchase. The
    customer who has p0000 is shown it in the same place, though item neighbours know nothing between the two.
    """
    before = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0.5]])
    after = np.column_stack([before, [0, 0, 0, 0, 0.01]])
    features = features_of({"p0001": [1, 0], "p0003": [0.9, 0.19**0.5]})
    for dense in (before, after):
        shop = interactions_of(dense)
        blend = Hybrid({"neighbours": ItemNeighbours()}).fit(shop, np.random.default_rng(0))
        new = newcomers(features, shop, ids("p0003"), np.arange(dense.shape[1]) < 3)
        found = with_newcomers(blend.blend(np.arange(5), 4), new, shop.matrix, np.arange(5))
        assert found.products[0].tolist() == [1, 3, 2, -1]
        assert found.sources[0].tolist() == [1, 1, 2, -1]
        np.testing.assert_allclose(found.scores[0, 1], 0.9 * found.scores[0, 0], rtol=1e-6)
    assert 3 not in found.products[4]


def test_a_link_of_0_leads_to_nothing() -> None:
    """A newcomer of cosine 0 would be met anew by each of 200 links, past the end of all that is known of it."""
    n_products = 200
    rows, cosines = np.arange(n_products), np.zeros(n_products, np.float32)
    cosines[7] = 0.5
    links = sp.csr_matrix((cosines, (rows, np.zeros(n_products, int))), shape=(n_products, 1))
    assert links.nnz == n_products
    seen = sp.csr_matrix((1, n_products), dtype=np.float32)
    given = candidates_of([[(at, 600 - at) for at in range(n)] for n in (n_products, 7)], 201)
    found = with_newcomers(given, new_at(links, [n_products]), seen, np.array([-1, -1]))
    np.testing.assert_array_equal(found.products[0, :200], rows)
    assert (found.products[0, 200], found.sources[0, 200]) == (n_products, 7)
    np.testing.assert_array_equal(found.products[1], given.products[1])


def test_without_newcomers_the_lists_stay_as_they_are() -> None:
    given = candidates_of([[(0, 8), (2, 4)], []], 3)
    nobody = newcomers(FEATURES, SHOP, ids(), ALL)
    found = with_newcomers(given, nobody, SHOP.matrix, np.array([0, -1]))
    for name in ("products", "scores", "portions", "sources"):
        np.testing.assert_array_equal(getattr(found, name), getattr(given, name))


def test_tasks_leave_every_bit_as_it_is_and_the_input_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a plain loop over the definition: 60 random lists of 40 products; newcomers are five of these, which
    link to nothing, and ten more.
    """
    rng = np.random.default_rng(0)
    dense = rng.integers(0, 9, (40, 15)) / np.float32(8) * (rng.random((40, 15)) < 0.3)
    positions = [0, 11, 12, 30, 39, *range(40, 50)]
    dense[positions[:5]] = 0
    new = new_at(sp.csr_matrix(dense.astype(np.float32)), positions)
    given = random_candidates(60, 8, 40, rng)
    seen, seen_rows = sp.csr_matrix((rng.random((50, 40)) < 0.2).astype(np.float32)), rng.integers(-1, 50, 60)
    before = given.products.tobytes()
    whole = with_newcomers(given, new, seen, seen_rows)
    monkeypatch.setattr(module, "_LISTS_PER_TASK", 7)
    cut = with_newcomers(given, new, seen, seen_rows)
    assert (whole.products.tobytes(), whole.portions.tobytes()) == (cut.products.tobytes(), cut.portions.tobytes())
    assert given.products.tobytes() == before
    for row in range(60):
        listed = given.products[row][given.products[row] >= 0].tolist()
        own = dict(zip(listed, given.scores[row].tolist(), strict=False))
        worth = dict(own)
        for newcomer, position in enumerate(positions):
            if seen_rows[row] >= 0 and position < 40 and seen[seen_rows[row], position]:
                continue
            best = max((own[product] * dense[product, newcomer] for product in own), default=0)
            if best > 0:
                worth[position] = max(float(best), own.get(position, 0))
        expected = sorted(worth, key=lambda one: (-worth[one], one))[:8]
        assert whole.products[row].tolist() == expected + [-1] * (8 - len(expected))
        np.testing.assert_array_equal(whole.scores[row, : len(expected)], [worth[one] for one in expected])


def test_likeness_of_newcomers_by_hand() -> None:
    """Newcomer 0 is product 1, whose links to 0 (.5) and 2 (.75) replace what its customers say; newcomer 1 follows on
    the four products and is linked to 3 (.5). The rows of the others stay, as does that of a newcomer without links.
    """
    alike = Links(np.array([[1], [3], [-1], [0]], np.int32), np.array([[0.25], [1], [NO], [0.5]], np.float32))
    found = likeness_with_newcomers(alike, FEW)
    np.testing.assert_array_equal(found.targets, [[1, -1], [2, 0], [-1, -1], [0, -1], [3, -1]])
    np.testing.assert_array_equal(found.weights, [[0.25, NO], [0.75, 0.5], [NO, NO], [0.5, NO], [0.5, NO]])
    assert (found.targets.dtype, found.weights.dtype) == (np.int32, np.float32)
    alone = new_at(sp.csr_matrix((4, 1), dtype=np.float32), [1])
    np.testing.assert_array_equal(likeness_with_newcomers(alike, alone).targets, alike.targets)


def test_variants_of_a_best_seller_do_not_fill_a_list() -> None:
    """50 new variants of product 0, of cosine .96, in a list with 19 others of scores from .9 down to .54. With
    diversity .5 a variant is worth (.96 - .96) / 2 = 0 once product 0 is there, and every other at least .27.
    """
    links = np.zeros((20, 50), np.float32)
    links[0] = 0.96
    new = new_at(sp.csr_matrix(links), list(range(20, 70)))
    nothing = sp.csr_matrix((1, 20), dtype=np.float32)
    rows = [[(0, 1.0)] + [(at, 0.92 - 0.02 * at) for at in range(1, 20)]]
    found = with_newcomers(candidates_of(rows, 70), new, nothing, np.array([-1]))
    none = Links(np.full((20, 1), -1, np.int32), np.full((20, 1), NO, np.float32))
    shelf = Shelf(np.full(70, NO, np.float32), likeness_with_newcomers(none, new))
    by_relevance, varied = (arrange(found, 20, shelf, Balance(diversity)).products[0] for diversity in (0, 0.5))
    assert by_relevance.tolist() == [0, *range(20, 39)]
    assert varied.tolist() == list(range(20))


def test_memory_that_is_said_holds_the_copy_with_newcomers() -> None:
    """As tracemalloc sees it, for wide candidates and short lists: then it is both copies that count. The threads
    themselves are some 20 kB, and no array.
    """
    rng = np.random.default_rng(0)
    n_lists, width, n_products, n_parts = 5000, 60, 100, 2
    new = new_at(
        sp.random(n_products, 10, density=0.1, format="csr", dtype=np.float32, random_state=rng), [*range(100, 110)]
    )
    scores = -np.sort(-rng.random((n_lists, width), np.float32))
    seen = sp.csr_matrix((1, n_products), dtype=np.float32)
    shelf, nobody = Shelf(np.full(110, NO, np.float32)), np.full(n_lists, -1)
    said = lists_memory(n_lists, width, 5, n_parts, 110, 0, n_newcomers=10)

    def make() -> None:
        products = np.argsort(rng.random((n_lists, n_products), np.float32))[:, :width].astype(np.int32)
        portions = np.repeat(scores[:, :, None], n_parts, axis=2)
        tracemalloc.start()
        found = Candidates(products.copy(), scores.copy(), portions.copy(), products.copy())
        found = with_newcomers(found, new, seen, nobody)
        arrange(found, 5, shelf, Balance())

    make()  # what loading the compiled code leaves is no list
    tracemalloc.stop()
    make()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lists_memory(n_lists, width, 5, n_parts, 110, 0) < peak <= said + 2**15
