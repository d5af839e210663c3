"""What comes next after one product: questions from visits by hand, lists after each product, and the choice."""

from __future__ import annotations

import numpy as np
import pytest

from shop_pipeline.models.evaluation.next_product import (
    Questions,
    after_each,
    best_rival,
    judge_lists,
    questions,
)
from shop_pipeline.models.interactions import Interactions
from shop_pipeline.models.recommenders.item_neighbours import ItemNeighbours
from shop_pipeline.models.recommenders.popularity import Popularity
from shop_pipeline.models.recommenders.transitions import Transitions, TransitionsConfig
from shop_pipeline.models.recommenders.user_neighbours import UserNeighbours
from shop_pipeline.models.top_n import TopN

A, B, C, D, E = range(5)
Entry = tuple[int, int, float]


def ask(entries: list[Entry], n_most: int = 100, seed: int = 7) -> set[tuple[int, tuple[int, ...]]]:
    """Each question as its known product and the products to be found."""
    visits, products, times = (np.array(column) for column in zip(*entries, strict=True))
    found = questions(visits, products, times.astype(np.float64), 5, n_most, np.random.default_rng(seed))
    return {(int(source), tuple(row.indices)) for source, row in zip(found.sources, found.targets, strict=True)}


def test_a_visit_of_two_steps_asks_for_the_second() -> None:
    assert ask([(1, B, 2.0), (1, A, 1.0)]) == {(A, (B,))}


def test_of_a_longer_visit_one_step_is_drawn() -> None:
    """A, then B and C at once, then D: after A both come, after either of them D. Nothing comes after D."""
    visit = [(1, A, 1.0), (1, C, 2.0), (1, B, 2.0), (1, D, 3.0)]
    drawn = [ask(visit, seed=seed) for seed in range(40)]
    assert all(len(one) == 1 for one in drawn)
    assert set().union(*drawn) == {(A, (B, C)), (B, (D,)), (C, (D,))}


def test_an_order_asks_for_all_others_of_one_line() -> None:
    order = [(1, A, 1.0), (1, B, 1.0), (1, C, 1.0)]
    assert set().union(*(ask(order, seed=seed) for seed in range(40))) == {(A, (B, C)), (B, (A, C)), (C, (A, B))}


def test_a_visit_of_one_product_asks_nothing_and_visits_are_kept_apart() -> None:
    """Visits 1 and 3 hold one product each; what follows in the table is another visit's."""
    assert ask([(1, A, 1.0), (2, B, 1.0), (2, C, 2.0), (3, D, 3.0)]) == {(B, (C,))}


def test_no_visit_no_question() -> None:
    nothing = np.empty(0, np.int64)
    found = questions(nothing, nothing, np.empty(0), 5, 10, np.random.default_rng(0))
    assert (found.sources.shape, found.targets.shape) == ((0,), (0, 5))


def test_at_most_so_many_visits_are_asked_and_the_seed_decides_which() -> None:
    """20 visits from A to one of B .. E, 3 of which are asked; the order of the rows does not count."""
    visits = np.repeat(np.arange(20), 2)
    products = np.column_stack([np.full(20, A), np.arange(20) % 4 + 1]).ravel()
    times, shuffled = np.tile([1.0, 2.0], 20), np.random.default_rng(1).permutation(40)

    def found(order: np.ndarray, seed: int) -> Questions:
        return questions(visits[order], products[order], times[order], 5, 3, np.random.default_rng(seed))

    first, again = found(np.arange(40), 7), found(shuffled, 7)
    assert first.targets.shape == (3, 5)
    np.testing.assert_array_equal(first.targets.toarray(), again.targets.toarray())
    assert len({tuple(found(np.arange(40), seed).targets.indices) for seed in range(9)}) > 1


def visits() -> Interactions:
    """V1: A then B; V2: A then B, C; V3: C alone; V4: C and A at once. A and C have three visits, B two, D none."""
    rows = [(0, A, 1), (0, B, 2), (1, A, 1), (1, B, 2), (1, C, 3), (2, C, 1), (3, A, 1), (3, C, 1)]
    visit, product, time = (np.array(column) for column in zip(*rows, strict=True))
    ids = np.array(["V1", "V2", "V3", "V4"], dtype=object), np.array(list("abcd"), dtype=object)
    return Interactions.from_codes(visit, product, np.ones(8), *ids, time.astype(np.float64))


def test_after_a_product_come_its_nearest() -> None:
    """Cosines: A and B share two visits, 2 / sqrt(3 x 2); A and C two, 2 / 3; B and C one, 1 / sqrt(6)."""
    found = after_each(ItemNeighbours().fit(visits(), np.random.default_rng(0)), 2)
    assert found.products.tolist() == [[B, C], [A, C], [A, B], [-1, -1]]
    near = [[2 / 6**0.5, 2 / 3], [2 / 6**0.5, 6**-0.5], [2 / 3, 6**-0.5], [np.nan] * 2]
    np.testing.assert_allclose(found.scores, near, rtol=1e-6)


def test_after_a_product_come_its_followers() -> None:
    """Without powers and reversed pairs, counts: A to B twice, A to C once at once and .5 two steps on; B to C once;
    C to A once at once. B follows nothing after C."""
    config = TransitionsConfig(decay=0.5, reversed_weight=0, source_power=0, target_power=0, shrinkage=0)
    found = after_each(Transitions(config).fit(visits(), np.random.default_rng(0)), 2)
    assert found.products.tolist() == [[B, C], [C, -1], [A, -1], [-1, -1]]
    np.testing.assert_allclose(found.scores[:, 0], [2, 1, 1, np.nan])
    assert found.scores[0, 1] == 1.5


def test_the_popular_come_after_everything_but_themselves() -> None:
    """A and C have three visits, B two; D, of no visit, gets the list as well, and stands in none."""
    found = after_each(Popularity().fit(visits(), np.random.default_rng(0)), 2)
    assert found.products.tolist() == [[C, B], [A, C], [A, B], [A, C]]
    assert found.scores.tolist() == [[3, 2], [3, 3], [3, 2], [3, 3]]


def test_a_model_of_known_customers_is_refused() -> None:
    model = UserNeighbours().fit(visits(), np.random.default_rng(0))
    with pytest.raises(TypeError, match="UserNeighbours can't serve somebody"):
        after_each(model, 2)


def lists(*rows: list[int]) -> TopN:
    """Lists of two after each of five products; the same for those that are not given."""
    products = np.array([*rows, *[[D, E]] * (5 - len(rows))], np.int32)
    return TopN(products, np.tile(np.array([2, 1], np.float32), (5, 1)))


def asked() -> Questions:
    """Eight visits: from A to B, four times, and from B to C, four times."""
    visits, products = np.repeat(np.arange(8), 2), np.array([A, B] * 4 + [B, C] * 4)
    return questions(visits, products, np.tile([1.0, 2.0], 8), 5, 100, np.random.default_rng(0))


def test_lists_are_judged_by_the_visits_that_had_their_product() -> None:
    """After A `right` has B first (NDCG 1), after B it has C second (1 / log2 3). `half` knows what comes after A
    alone: 1 and 0. The baseline, with D and E after everything, finds nothing."""
    found = judge_lists(
        {"popularity": lists(), "half": lists([B, C]), "right": lists([B, C], [D, C])}, asked(), k=2, seed=7
    )
    value = {name: next(row.value for row in rows if row.metric == "ndcg") for name, rows in found.items()}
    assert value == {"popularity": 0, "half": 0.5, "right": pytest.approx((1 + np.log(2) / np.log(3)) / 2)}
    assert best_rival(found, "ndcg", 2) == "right"
    assert best_rival({name: found[name] for name in ("popularity", "half")}, "ndcg", 2) == "half"


def test_who_does_not_beat_the_popular_is_not_the_best() -> None:
    """The baseline finds what comes after B. Alone after A, the rival is as good in the mean: the interval holds 0."""
    found = judge_lists({"popularity": lists([D, E], [C, D]), "half": lists([B, C])}, asked(), k=2, seed=7)
    assert best_rival(found, "ndcg", 2) == "popularity"
    assert best_rival({"popularity": found["popularity"]}, "ndcg", 2) == "popularity"
