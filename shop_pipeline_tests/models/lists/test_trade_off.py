"""What lists for more than relevance cost: two customers and four products, every number worked by hand.

Training: customer 0 has products 0, 1 and 2, customer 1 has 0 and 1, customer 2 has 3. So products 0 and 1 have the
same customers (cosine 1), product 2 half of them (cosine 1 / sqrt 2 to both), and product 3 none of them (cosine 0).
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sp

from shop_pipeline.contracts.trade_offs import CURVES, LIST_TRADE_OFFS
from shop_pipeline.models.evaluation.training import Training
from shop_pipeline.models.lists.arrange import Balance, Shelf, arrange
from shop_pipeline.models.lists.candidates import Candidates
from shop_pipeline.models.lists.trade_off import SETTINGS, TradeOff, trade_offs
from shop_pipeline.models.recommenders.state import Links
from shop_pipeline_tests.models.recommenders.recommender_conformance import interactions_of

BOUGHT = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]])
NEWCOMER = 4
MARGIN = np.array([0.1, 0.2, 0.3, np.nan, 0.5], np.float32)
SECOND, THIRD = 1 / np.log2(3), 1 / np.log2(4)


def candidates(*rows: list[tuple[int, float]], width: int = 12) -> Candidates:
    products = np.full((len(rows), width), -1, np.int32)
    scores = np.full((len(rows), width), np.nan, np.float32)
    for at, row in enumerate(rows):
        for place, (product, score) in enumerate(row):
            products[at, place], scores[at, place] = product, score
    return Candidates(products, scores, np.nan_to_num(scores)[:, :, None], products)


def found_by(
    before: Candidates,
    after: Candidates,
    relevant: list[list[int]],
    used: Balance | None = None,
    alike: Links | None = None,
) -> dict[tuple[str, float], TradeOff]:
    dense = np.zeros((len(relevant), 4), np.float32)
    for row, products in enumerate(relevant):
        dense[row, products] = 1
    interactions = interactions_of(BOUGHT)
    training = Training.of(interactions, np.arange(len(relevant)))
    shelf = Shelf(MARGIN, alike)
    held_out = sp.csr_matrix(dense)
    points = trade_offs(before, after, held_out, training, shelf, used or Balance(), np.random.default_rng(0))
    return {(point.curve, point.setting): point for point in points}


def test_rules_are_held_against_the_lists_without_them() -> None:
    """Customer 0 is to find 1, which the rules hide; customer 1 finds 3, which comes up one place by it.

    Before: NDCG 1 / log2(3) for both: 1 is in second place, and so is 3. After: 0, and 1. Scores of 3 + 2 + 1 and
    2 + 1 before, 3 + 1 and 1 after; the margins of 0, 1, 2 and of 0 (3 has none) before, of 0, 2 after.
    """
    before = candidates([(0, 3), (1, 2), (2, 1)], [(0, 2), (3, 1)])
    after = candidates([(0, 3), (2, 1)], [(3, 1)])
    found = found_by(before, after, [[1], [3]])
    without, with_rules = found["rules", 0], found["rules", 1]
    assert (without.ndcg, without.recall) == pytest.approx((SECOND, 1))
    assert (with_rules.ndcg, with_rules.recall) == pytest.approx((0.5, 0.5))
    assert (without.ndcg_loss, with_rules.ndcg_loss) == pytest.approx((0, SECOND - 0.5))
    assert (without.relevance_kept, with_rules.relevance_kept) == pytest.approx((1, (4 + 1) / (6 + 3)))
    assert (without.coverage, with_rules.coverage) == (1, 3 / 4)
    assert without.mean_margin == pytest.approx((0.1 + 0.2 + 0.3 + 0.1) / 4)
    assert with_rules.mean_margin == pytest.approx((0.1 + 0.3) / 2)
    # Pairs 0-1, 0-2 and 1-2 of one list, 0-3 of the other; then 0-2 alone, the list of one product has no pair.
    one = 1 - (1 + 2 / 2**0.5) / 3
    assert without.diversity == pytest.approx((one + 1) / 2)
    assert with_rules.diversity == pytest.approx(1 - 1 / 2**0.5)
    assert (without.is_used, with_rules.is_used, with_rules.n_customers) == (False, True, 2)


def test_diversity_is_paid_with_relevance() -> None:
    """0 and 1 are alike: as soon as diversity counts for enough, 0, 1, 3 becomes 0, 3, 1.

    Who wants 1 then loses 1 / log2(3) - 1 / log2(4). Three candidates for ten places: the sum of scores is the same.
    """
    alike = Links(np.array([[1], [-1], [-1], [-1], [-1]], np.int32), np.array([[1], [0], [0], [0], [0]], np.float32))
    row = [(0, 1.0), (1, 0.9), (3, 0.8)]
    found = found_by(candidates(row, row), candidates(row, row), [[1], [1]], Balance(diversity=0.3), alike)
    curve = [found["diversity", setting] for setting in SETTINGS]
    assert [point.ndcg for point in curve][:2] == pytest.approx([SECOND, SECOND])
    assert found["diversity", 0.5].ndcg == pytest.approx(THIRD)
    loss = found["diversity", 0.5]
    assert (loss.ndcg_loss, loss.loss_ci_low, loss.loss_ci_high) == pytest.approx([SECOND - THIRD] * 3)
    assert [point.setting for point in curve if point.is_used] == [0.3]
    # (1 - d) 0.9 - d against (1 - d) 0.8: d = 0.05 keeps the order (0.805 against 0.76), d = 0.1 turns it.
    assert [point.ndcg_loss > 0 for point in curve] == [False, False, True, True, True, True, True, True]


def eleven(best_margin: int) -> tuple[Candidates, Shelf]:
    """Eleven candidates for ten places; the last is the one that earns something."""
    margin = np.zeros(12, np.float32)
    margin[best_margin] = 0.5
    row = [(product, 1 - product / 100) for product in range(11)]
    return candidates(row), Shelf(margin)


def test_margin_brings_another_product_into_the_list() -> None:
    """Product 10 (score 0.9, margin 0.5) takes the place of 9 (0.91) when 0.9 + 0.5 m > 0.91: from 0.05 on."""
    own, shelf = eleven(10)
    training = Training.of(interactions_of(np.eye(12, dtype=int)), np.array([0]))
    held_out = sp.csr_matrix(([1.0], ([0], [9])), shape=(1, 12))
    points = trade_offs(own, own, held_out, training, shelf, Balance(margin=0.15), np.random.default_rng(0))
    found = {point.setting: point for point in points if point.curve == "margin"}
    assert sorted(found) == sorted({*SETTINGS, 0.15})
    total = sum(1 - product / 100 for product in range(10))
    assert found[0.0].relevance_kept == 1
    assert found[0.05].relevance_kept == pytest.approx((total - 0.91 + 0.9) / total)
    assert found[0.05].mean_margin == pytest.approx(0.5 / 10)
    assert (found[0.0].recall, found[0.05].recall) == (1, 0)
    assert [setting for setting, point in found.items() if point.is_used] == [0.15]
    # One customer tells nothing of the spread.
    assert np.isnan(found[0.05].loss_ci_low)


def test_the_other_weight_stays_as_the_shop_has_it() -> None:
    own, shelf = eleven(10)
    training = Training.of(interactions_of(np.eye(12, dtype=int)), np.array([0]))
    held_out = sp.csr_matrix(([1.0], ([0], [9])), shape=(1, 12))
    used = Balance(diversity=0.1, margin=0.2)
    points = trade_offs(own, own, held_out, training, shelf, used, np.random.default_rng(0))
    for curve in ("diversity", "margin"):
        (point,) = [point for point in points if point.curve == curve and point.is_used]
        listed = arrange(own, 10, shelf, used).products[0]
        assert point.mean_margin == pytest.approx(shelf.margin[listed].mean())


def test_a_newcomer_counts_for_relevance_and_margin_alone() -> None:
    """Position 4 has no column in training: neither a hit of the next customer, nor in a pair, nor covered."""
    own = candidates([(NEWCOMER, 2), (2, 1)], [(3, 1)])
    found = found_by(own, own, [[2], [0, 3]])["rules", 0]
    assert found.ndcg == pytest.approx((SECOND + 1 / (1 + SECOND)) / 2)
    assert found.coverage == 2 / 4
    assert np.isnan(found.diversity)
    assert found.mean_margin == pytest.approx((0.5 + 0.3) / 2)


def test_who_has_nothing_to_find_is_not_judged() -> None:
    own = candidates([(0, 3)], [(1, 2), (2, 1)])
    found = found_by(own, candidates([], [(1, 2)]), [[], [1]])
    assert {point.n_customers for point in found.values()} == {1}
    assert found["rules", 1].relevance_kept == pytest.approx(2 / 3)
    assert found_by(own, own, [[], []]) == {}


def test_empty_lists_lose_nothing_and_narrow_ones_are_as_good() -> None:
    nothing = candidates([], [], width=3)
    found = found_by(nothing, nothing, [[0], [1]])
    assert {(p.ndcg, p.relevance_kept, p.coverage) for p in found.values()} == {(0, 1, 0)}
    assert all(np.isnan(point.diversity) and np.isnan(point.mean_margin) for point in found.values())


def test_each_curve_starts_at_nothing_lost_and_marks_one_setting() -> None:
    rng = np.random.default_rng(5)
    rows = [[(int(p), float(s)) for p, s in zip(rng.permutation(4), (4, 3, 2, 1), strict=True)] for _ in range(3)]
    found = found_by(candidates(*rows), candidates(*rows), [[0], [1, 2], [3]], Balance(0.1, 0.0))
    assert {curve for curve, _ in found} == set(CURVES)
    for curve in CURVES:
        points = [point for point in found.values() if point.curve == curve]
        assert sum(point.is_used for point in points) == 1
        assert points[0].setting == 0
        assert (points[0].relevance_kept, points[0].ndcg_loss) == (1, 0)
        assert [point.setting for point in points] == sorted(point.setting for point in points)
        assert all(point.loss_ci_low <= point.ndcg_loss + 1e-12 <= point.loss_ci_high + 2e-12 for point in points)


def test_candidates_of_other_customers_are_refused() -> None:
    with pytest.raises(ValueError, match="lists for 1 rows held out"):
        found_by(candidates([(0, 1)], [(1, 1)]), candidates([(0, 1)], [(1, 1)]), [[0]])


def test_the_points_have_the_columns_of_the_contract() -> None:
    """Beside those that say of which lists and when, which the frame adds."""
    points = {field.name for field in dataclasses.fields(TradeOff)}
    assert set(LIST_TRADE_OFFS.column_names) - points == {"k", "split_at", "as_of", "run_id"}
    assert points <= set(LIST_TRADE_OFFS.column_names)
