"""The size of the similarity step from a sample of events: exact for the whole, and within a factor for a part."""

import numpy as np
import pytest

from shop_pipeline.models.similarity_size import MatrixSize, size_from_sample, size_of

# Customer, product, day: A has P1 (on two days), P2 and P3; B has P1; C has P1 and P2.
EVENTS = np.array(
    [
        ("A", "P1", "1"), ("A", "P1", "1"), ("A", "P2", "1"), ("A", "P1", "2"), ("A", "P3", "2"),
        ("B", "P1", "1"), ("C", "P1", "2"), ("C", "P2", "3"),
    ]
).T  # fmt: skip


def test_a_whole_matrix_worked_by_hand() -> None:
    """Degrees: P1 3, P2 2, P3 1. Multiply-adds: 3^2 + 1^2 + 2^2 = 14."""
    pairs = np.unique(EVENTS[:2], axis=1)
    for size in (size_of(*pairs), size_from_sample(*EVENTS, share=1.0)):
        assert size.degrees.tolist() == [3, 2, 1]
        assert (size.n_customers, size.n_entries, size.multiply_adds) == (3, 6, 14.0)


def test_a_quarter_worked_by_hand() -> None:
    """Pairs: 6 seen, 5 of them on one day and 1 on two; Chao: 6 + 5 x 4 / (2 x 2) = 11, under 4 x 6, so they grow by
    11 / 6. Customers: A and C on two days, B on one; Chao: 3 + 1 x 0 / 6 = 3. A has P1 and P2 of day 1 and P3 of day 2,
    C one product each of days 2 and 3: together 4 + 1 + 1 + 1 + 1 = 8, apart 14 - 8 = 6.
    """
    size = size_from_sample(*EVENTS, share=0.25)
    growth = 11 / 6
    assert size.n_customers == 3
    # 3, 2 and 1 times 11/6, rounded up, but no product has more customers than there are.
    assert size.degrees.tolist() == [3, 3, 2]
    assert size.multiply_adds == pytest.approx(8 * growth + 6 * growth**2)


def test_no_events_have_no_size() -> None:
    size = size_from_sample(*np.zeros((3, 0), str), share=0.5)
    assert (size.n_entries, size.n_customers, size.multiply_adds) == (0, 0, 0.0)


def test_growth_is_of_the_customers_who_are_there() -> None:
    """Twice the events: degrees double, and the squares of the customers' products quadruple."""
    grown = MatrixSize(np.array([3, 2, 1]), 3, 14.0).grown(2)
    assert grown.degrees.tolist() == [6, 4, 2]
    assert (grown.n_customers, grown.multiply_adds) == (3, 56.0)


def test_a_sixth_of_the_days_tells_the_size_within_a_factor_of_two() -> None:
    """2,000 customers with gamma activity come on some of 60 days and see a few of 200 products; every sixth day is
    sampled. The whole is counted beside it.
    """
    rng = np.random.default_rng(7)
    activity = rng.gamma(1, 1 / 10, 2000)
    came = [(c, d) for c in range(2000) for d in np.flatnonzero(rng.random(60) < activity[c])]
    rows = [(c, p, d) for c, d in came for p in rng.integers(0, 200, 1 + rng.poisson(2))]
    whole = np.array(rows).T
    part = whole[:, whole[2] % 6 == 0]
    truth, found = size_of(*np.unique(whole[:2], axis=1)), size_from_sample(*part, share=1 / 6)
    for name in ("n_customers", "n_entries", "multiply_adds"):
        assert 0.5 < getattr(found, name) / getattr(truth, name) < 2, name
