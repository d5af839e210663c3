"""Products that nobody has: what they are linked to, and their places in lists, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.models.lists import newcomers as module
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.lists.newcomers import Newcomers, NewcomersConfig, newcomers, with_newcomers
from shop_pipeline.models.similarity.content import ProductFeatures
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
    both = newcomers(FEATURES, SHOP, ids("x", "y", "z"), NewcomersConfig(n_neighbours=2))
    np.testing.assert_allclose(both.links.toarray(), [[0.6, 1, 0], [0.96, 0.8, 0], [0, 0, 0], [0, 0, 0]], rtol=1e-6)
    one = newcomers(FEATURES, SHOP, ids("x", "y", "z"), NewcomersConfig(n_neighbours=1))
    np.testing.assert_allclose(one.links.toarray(), [[0, 1, 0], [0.96, 0, 0], [0, 0, 0], [0, 0, 0]], rtol=1e-6)


def test_a_product_keeps_the_links_to_the_most_alike() -> None:
    """Of x (.6) and y (1), product 0 keeps y; of x (.96) and y (.8), product 1 keeps x."""
    found = newcomers(FEATURES, SHOP, ids("x", "y"), NewcomersConfig(most_per_product=1))
    np.testing.assert_allclose(found.links.toarray(), [[0, 1], [0.96, 0], [0, 0], [0, 0]], rtol=1e-6)


def test_the_nearest_are_those_of_dense_algebra(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    rows = rng.random((70, 30)) * (rng.random((70, 30)) < 0.3)
    rows /= np.maximum(np.linalg.norm(rows, axis=1), 1e-9)[:, None]
    known, new = [f"p{at:04}" for at in range(50)], [f"x{at:04}" for at in range(20)]
    features = features_of(dict(zip(known + new, rows.tolist(), strict=True)))
    shop = interactions_of(np.ones((2, 50)))
    monkeypatch.setattr(module, "_NEWCOMERS_PER_TASK", 3)
    found = newcomers(features, shop, ids(*new), NewcomersConfig(n_neighbours=5)).links.toarray()
    cosines = features.matrix.toarray()[:50] @ features.matrix.toarray()[50:].T
    fifth = np.sort(cosines, axis=0)[-5]
    np.testing.assert_allclose(found, np.where((cosines >= fifth) & (cosines > 0), cosines, 0), rtol=1e-5)


def test_ids_that_are_not_new_or_not_sorted_are_refused() -> None:
    for wrong in (ids("p0000", "x"), ids("y", "x"), ids("x", "x")):
        with pytest.raises(ValueError, match="new_ids"):
            newcomers(FEATURES, SHOP, wrong)


def test_settings_out_of_range_are_refused() -> None:
    for settings in ({"n_neighbours": 0}, {"most_per_product": 0}, {"trust": 0.0}, {"trust": 1.5}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            NewcomersConfig(**settings)  # type: ignore[arg-type]


def candidates_of(products: list[list[int]], scores: list[list[float]]) -> Candidates:
    """Two parts: a quarter of each score is the first one's."""
    listed, worth = np.array(products, np.int32), np.array(scores, np.float32)
    portions = np.nan_to_num(worth)[:, :, None] * np.array([0.25, 0.75], np.float32)
    return Candidates(listed, worth, portions, listed.copy())


# Four products; newcomers 0, 1, 2 stand at positions 4, 5, 6.
LINKS = np.array([[0.5, 0, 0], [0.75, 1, 0], [0.75, 0.5, 0], [0, 0, 0.25]], np.float32)
NEW = Newcomers(sp.csr_matrix(LINKS), ids("x", "y", "z"))


def test_places_by_hand() -> None:
    """The list 0: 8, 2: 4, 3: 4, 1: 1. Newcomer 4 has .5 * 8 = 4 from 0 and 3 from 2; 5 has 2 from 2 and 1 from 1;
    6 has 1 from 3. Where scores are equal the smaller position stands first.
    """
    found = with_newcomers(candidates_of([[0, 2, 3, 1, -1, -1, -1, -1]], [[8, 4, 4, 1, NO, NO, NO, NO]]), NEW)
    np.testing.assert_array_equal(found.products, [[0, 2, 3, 4, 5, 1, 6, -1]])
    np.testing.assert_array_equal(found.scores, [[8, 4, 4, 4, 2, 1, 1, NO]])
    np.testing.assert_array_equal(found.sources, [[0, 2, 3, 0, 2, 1, 3, -1]])
    np.testing.assert_array_equal(found.portions[0, :, 0], [2, 1, 1, 1, 0.5, 0.25, 0.25, 0])
    np.testing.assert_array_equal(found.portions[0, :, 1], [6, 3, 3, 3, 1.5, 0.75, 0.75, 0])


def test_a_full_list_is_cut_to_its_width() -> None:
    found = with_newcomers(candidates_of([[0, 2, 3], [3, 1, 0]], [[8, 4, 1], [9, 8, 2]]), NEW)
    np.testing.assert_array_equal(found.products, [[0, 2, 4], [3, 1, 5]])
    np.testing.assert_array_equal(found.scores, [[8, 4, 4], [9, 8, 8]])


def test_of_equal_sources_the_first_is_named() -> None:
    """Newcomer 4 has 3 from 1 and from 2."""
    found = with_newcomers(candidates_of([[1, 2, -1, -1]], [[4, 4, NO, NO]]), NEW)
    np.testing.assert_array_equal(found.products, [[1, 2, 5, 4]])
    np.testing.assert_array_equal(found.sources, [[1, 2, 1, 1]])


def test_hidden_newcomers_are_in_no_list() -> None:
    found = with_newcomers(candidates_of([[0, 1, -1, -1]], [[8, 4, NO, NO]]), NEW, np.array([False, True, True]))
    np.testing.assert_array_equal(found.products, [[0, 1, 5, -1]])
    with pytest.raises(ValueError, match="is_shown_new"):
        with_newcomers(candidates_of([[0]], [[8]]), NEW, np.array([True]))


def test_trust_is_a_share_of_the_score() -> None:
    half = Newcomers(NEW.links, NEW.product_ids, 0.5)
    found = with_newcomers(candidates_of([[0, -1]], [[8, NO]]), half)
    np.testing.assert_array_equal(found.scores, [[8, 2]])
    np.testing.assert_array_equal(found.portions[0, 1], [0.5, 1.5])


def test_without_newcomers_the_lists_stay_as_they_are() -> None:
    given = candidates_of([[0, 2, -1], [-1, -1, -1]], [[8, 4, NO], [NO, NO, NO]])
    nobody = newcomers(FEATURES, SHOP, ids())
    found = with_newcomers(given, nobody)
    for name in ("products", "scores", "portions", "sources"):
        np.testing.assert_array_equal(getattr(found, name), getattr(given, name))


def test_tasks_leave_every_bit_as_it_is_and_the_input_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a plain loop over the definition, on 60 random lists."""
    rng = np.random.default_rng(0)
    links = sp.random(40, 15, density=0.2, format="csr", dtype=np.float32, random_state=rng)
    new = Newcomers(links, ids(*(f"x{at:02}" for at in range(15))))
    products = np.array([rng.permutation(40)[:8] for _ in range(60)])
    scores = -np.sort(-rng.random((60, 8)), axis=1)
    given = candidates_of(products.tolist(), scores.tolist())
    before = given.products.tobytes()
    whole = with_newcomers(given, new)
    monkeypatch.setattr(module, "_LISTS_PER_TASK", 7)
    cut = with_newcomers(given, new)
    assert (whole.products.tobytes(), whole.portions.tobytes()) == (cut.products.tobytes(), cut.portions.tobytes())
    assert given.products.tobytes() == before
    dense = links.toarray()
    for row in range(60):
        worth = {int(p): float(s) for p, s in zip(given.products[row], given.scores[row], strict=True)}
        for newcomer in range(15):
            best = max(np.float32(score) * dense[product, newcomer] for product, score in list(worth.items())[:8])
            if best > 0:
                worth[40 + newcomer] = float(best)
        expected = sorted(worth, key=lambda one: (-worth[one], one))[:8]
        assert whole.products[row].tolist() == expected
