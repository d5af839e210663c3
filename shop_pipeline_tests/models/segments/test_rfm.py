"""RFM: scores by hand, ties, and the table of names."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from shop_pipeline.models.segments.rfm import (
    SEGMENTS,
    TABLE,
    n_bounds_below,
    quintile_bounds,
    rfm_scores,
    segment_of,
)

# Putler, "RFM analysis for successful customer segmentation": recency, and frequency with money; a score of 0 is theirs
# for nothing at all, which no customer with a purchase has.
PUTLER = {
    "champions": ((4, 5), (4, 5)),
    "loyal_customers": ((2, 5), (3, 5)),
    "potential_loyalists": ((3, 5), (1, 3)),
    "new_customers": ((4, 5), (0, 1)),
    "promising": ((3, 4), (0, 1)),
    "need_attention": ((2, 3), (2, 3)),
    "about_to_sleep": ((2, 3), (0, 2)),
    "at_risk": ((0, 2), (2, 5)),
    "cant_lose_them": ((0, 1), (4, 5)),
    "hibernating": ((1, 2), (1, 2)),
    "lost": ((0, 2), (0, 2)),
}
SCORES = range(1, 6)


def test_each_of_the_125_cells_has_one_name_and_each_name_a_cell() -> None:
    """A function gives one name; that there are no cells left over and no names unused is what is to be shown."""
    names = [segment_of(*cell) for cell in product(SCORES, SCORES, SCORES)]
    assert len(names) == 125
    assert set(names) == set(SEGMENTS) == set(PUTLER)


@pytest.mark.parametrize("recency", SCORES)
def test_no_cell_leaves_the_published_ranges(recency: int) -> None:
    for both, name in enumerate(TABLE[recency], start=1):
        (least_r, most_r), (least_fm, most_fm) = PUTLER[name]
        assert least_r <= recency <= most_r, (recency, both, name)
        assert least_fm <= both <= most_fm, (recency, both, name)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ((5, 5, 5), "champions"),
        ((5, 4, 5), "champions"),
        ((4, 5, 5), "loyal_customers"),
        ((5, 1, 1), "new_customers"),
        ((4, 1, 1), "promising"),
        ((3, 3, 3), "need_attention"),
        ((2, 4, 4), "at_risk"),
        ((1, 5, 5), "cant_lose_them"),
        ((1, 4, 4), "cant_lose_them"),
        ((1, 1, 1), "lost"),
        ((2, 1, 1), "hibernating"),
        # One purchase and the most money: the mean of 1 and 5 is 3.
        ((5, 1, 5), "potential_loyalists"),
    ],
)
def test_what_the_names_mean(cell: tuple[int, int, int], name: str) -> None:
    assert segment_of(*cell) == name


def test_frequency_and_money_count_alike_and_halves_favour_neither_end() -> None:
    """Of 25 pairs of scores, 3, 7, 5, 7 and 3 have the mean 1 to 5: the same from below and from above."""
    means = [TABLE[5].index(segment_of(5, f, m)) for f, m in product(SCORES, SCORES)]
    # At recency 5 the names are new (mean 1), potential loyalists (2 and 3), champions (4 and 5).
    assert [means.count(first) for first in (0, 1, 3)] == [3, 7 + 5, 7 + 3]
    assert all(segment_of(r, f, m) == segment_of(r, m, f) for r, f, m in product(SCORES, SCORES, SCORES))


def test_labels_are_there_in_both_languages() -> None:
    for name, segment in SEGMENTS.items():
        assert segment.name == name
        assert segment.english.isascii()
        assert not segment.chinese.isascii()
    assert len({segment.chinese for segment in SEGMENTS.values()}) == len(SEGMENTS)


def test_ten_customers_by_hand() -> None:
    """Days 1 to 10: two customers for each fifth. The bounds are the 2nd, 4th, 6th and 8th value."""
    days = np.array([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    np.testing.assert_array_equal(quintile_bounds(np.sort(days).astype(float)), [2, 4, 6, 8])
    scores = rfm_scores(days, days, days * 1.5)
    np.testing.assert_array_equal(scores.recency, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    np.testing.assert_array_equal(scores.frequency, [5, 5, 4, 4, 3, 3, 2, 2, 1, 1])
    np.testing.assert_array_equal(scores.monetary, scores.frequency)


def test_half_of_all_bought_once() -> None:
    """Ten customers: 1 1 1 1 1 2 2 3 4 9. The 2nd, 4th, 6th and 8th are 1, 1, 2, 3.

    1 exceeds none (score 1), 2 exceeds both ones (3), 3 exceeds 1, 1, 2 (4), 4 and 9 exceed all (5); nobody scores 2.
    """
    frequency = np.array([1, 1, 1, 1, 1, 2, 2, 3, 4, 9])
    scores = rfm_scores(np.arange(10), frequency, np.arange(10))
    np.testing.assert_array_equal(scores.frequency, [1, 1, 1, 1, 1, 3, 3, 4, 5, 5])


def test_equal_values_score_equally_and_the_order_of_customers_says_nothing() -> None:
    rng = np.random.default_rng(0)
    days, frequency, money = rng.integers(0, 30, 500), rng.geometric(0.5, 500), rng.integers(1, 20, 500) * 1.0
    scores = rfm_scores(days, frequency, money)
    for value in np.unique(frequency):
        assert len(np.unique(scores.frequency[frequency == value])) == 1
    assert scores.recency[days == days.min()].min() == 5
    assert (np.diff(scores.monetary[np.argsort(money, kind="stable")]) >= 0).all()
    order = rng.permutation(500)
    np.testing.assert_array_equal(
        rfm_scores(days[order], frequency[order], money[order]).segments(), scores.segments()[order]
    )


def test_segments_of_arrays_are_those_of_single_customers() -> None:
    rng = np.random.default_rng(1)
    scores = rfm_scores(rng.integers(0, 99, 300), rng.geometric(0.4, 300), rng.lognormal(3, 1, 300))
    expected = [
        segment_of(*cell)
        for cell in zip(scores.recency.tolist(), scores.frequency.tolist(), scores.monetary.tolist(), strict=True)
    ]
    assert scores.segments().tolist() == expected


@pytest.mark.parametrize("n", [1, 4])
def test_who_is_like_all_others_is_in_the_middle(n: int) -> None:
    """Twelve purchases, the last 700 days ago: nobody is better or worse, and nobody is new."""
    scores = rfm_scores(np.full(n, 700), np.full(n, 12), np.full(n, 9.5))
    assert {*scores.recency.tolist(), *scores.frequency.tolist(), *scores.monetary.tolist()} == {3}
    assert set(scores.segments()) == {"need_attention"}


def test_one_score_may_be_the_same_of_all() -> None:
    """Each bought once; the scores of days and money are fifths."""
    scores = rfm_scores(np.arange(5), np.ones(5), np.arange(5))
    assert scores.frequency.tolist() == [3] * 5
    assert (scores.recency.tolist(), scores.monetary.tolist()) == ([5, 4, 3, 2, 1], [1, 2, 3, 4, 5])


def test_nobody_is_in_no_segment() -> None:
    nothing = np.zeros(0)
    assert len(rfm_scores(nothing, nothing, nothing).segments()) == 0


def test_bounds_that_are_kept_score_customers_beyond_them() -> None:
    """Bounds 2, 4, 6, 8: 0 and 2 exceed none, 2.5 the first, 100 all four."""
    bounds = np.array([2.0, 4, 6, 8])
    np.testing.assert_array_equal(n_bounds_below(np.array([0, 2, 2.5, 100]), bounds), [0, 0, 1, 4])


def test_what_is_not_a_number_is_refused_by_name() -> None:
    good = np.array([1.0, 2])
    with pytest.raises(ValueError, match="monetary is not a finite number for 1 customers"):
        rfm_scores(good, good, np.array([1, np.nan]))
