"""Labels that stay: permutations, splits, merges, clusters that go and come."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from shop_pipeline.models.arrays import IntArray
from shop_pipeline.models.segments.kmeans import fit_kmeans
from shop_pipeline.models.segments.labels import match_labels
from shop_pipeline_tests.models.segments.planted import blobs, feature_names


def groups(*sizes_and_labels: tuple[int, int]) -> IntArray:
    return np.concatenate([np.full(size, label) for size, label in sizes_and_labels]).astype(np.int32)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_labels_survive_a_permutation(order: tuple[int, ...]) -> None:
    old = groups((5, 7), (3, 2), (9, 4))
    new = np.array(order, np.int32)[groups((5, 0), (3, 1), (9, 2))]
    assert match_labels(old, new, {2, 4, 7}) == dict(zip(order, (7, 2, 4), strict=True))


def test_the_first_labels_count_from_1_by_size() -> None:
    """Nobody had a label; sizes 2, 5, 5: clusters 1 and 2 tie, the smaller number is first."""
    new = groups((2, 0), (5, 1), (5, 2))
    assert match_labels(np.full(12, -1, np.int32), new, ()) == {1: 1, 2: 2, 0: 3}


def test_the_larger_part_of_a_split_keeps_the_label() -> None:
    """10 customers become 7 and 3: Dice 14 / 17 and 6 / 13. The 3 are new: 5 is the first label after 4."""
    assert match_labels(groups((10, 4)), groups((7, 0), (3, 1)), {1, 2, 3, 4}) == {0: 4, 1: 5}


def test_two_that_merge_keep_the_label_of_the_larger() -> None:
    assert match_labels(groups((7, 1), (3, 2)), groups((10, 0)), {1, 2}) == {0: 1}


def test_a_label_that_is_gone_never_comes_back() -> None:
    """3 was given long ago. Two customers of 1 are now among four who were noise: Dice 4 / 16 is no continuation."""
    old, new = groups((10, 1), (4, -1)), groups((8, 0), (6, 1))
    assert match_labels(old, new, {1, 2, 3}) == {0: 1, 1: 4}


def test_half_is_enough_and_less_is_not() -> None:
    """Sizes 4 and 4 with 2 shared: Dice 2 * 2 / 8 = 0.5; with 1 shared 0.25."""
    assert match_labels(groups((4, 1), (2, -1)), groups((2, -1), (4, 0)), {1}) == {0: 1}
    assert match_labels(groups((4, 1), (3, -1)), groups((3, -1), (4, 0)), {1}) == {0: 2}


def test_the_pairs_together_are_best_and_not_each_alone() -> None:
    """Old 1 (16) and 2 (6); new 0 has 10 of 1 and all of 2, new 1 the other 6 of 1.

    Dice: 1-0 is 20 / 32 = 0.625, the best of all, but then 2 is gone and 1 new; 1-1 and 2-0 are 12 / 22 = 0.545 each.
    """
    old, new = groups((10, 1), (6, 1), (6, 2)), groups((10, 0), (6, 1), (6, 0))
    assert match_labels(old, new, {1, 2}) == {0: 2, 1: 1}


def test_noise_is_never_a_cluster() -> None:
    everybody = np.full(5, -1, np.int32)
    assert match_labels(everybody, everybody, {3}) == {}
    assert match_labels(groups((5, 3)), everybody, {3}) == {}
    nobody = np.zeros(0, np.int32)
    assert match_labels(nobody, nobody, ()) == {}


def test_a_model_that_is_learned_again_keeps_its_labels() -> None:
    """Six refits, each from 300 customers of whom half are others than before, their clusters numbered anew."""
    rng = np.random.default_rng(0)
    rows, clusters = blobs(3, rng, n=1200)
    model, used = fit_kmeans(feature_names(6), rows[:300], 3, rng), {1, 2, 3}
    model = model.relabelled({0: 1, 1: 2, 2: 3})
    first = model.score(rows).segment
    for month in range(6):
        new = fit_kmeans(feature_names(6), rows[month * 150 : month * 150 + 300], 3, np.random.default_rng(month))
        permuted = new.relabelled(dict(zip(range(3), rng.permutation(3).tolist(), strict=True)))
        matched = match_labels(model.score(rows).segment, permuted.score(rows).segment, used)
        model = permuted.relabelled(matched)
        used |= set(matched.values())
    np.testing.assert_array_equal(model.score(rows).segment, first)
    assert used == {1, 2, 3}
    assert len(set(zip(clusters.tolist(), first.tolist(), strict=True))) == 3
