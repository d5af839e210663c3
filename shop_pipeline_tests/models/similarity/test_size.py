"""The size of the similarity step from a sample of events: exact for the whole, and within a factor for a part."""

import numpy as np
import pytest

from shop_pipeline.models.arrays import AnyArray
from shop_pipeline.models.similarity.size import MatrixSize, about_distinct, size_from_sample, size_of

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
    """Pairs: 6 seen in 7 visits, 5 of them on one day and 1 on two; unseen 25 x 0.75 / (2 x 0.75 x 7 / 6 + 0.25 x 5) =
    6.25, so they grow by 12.25 / 6. Customers: A and C on two days, B on one, 5 in all; unseen 0.75 / (4 x 0.75 x 5 / 4
    + 0.25) = 0.19: 3. Products: of a share 6 / 12.25 of the pairs, P3 met once and P2 twice; unseen 0.51 / (2 x 0.51 x
    6 / 5 + 0.49) = 0.30: 3. A has P1 and P2 of day 1 and P3 of day 2, C one product each of days 2 and 3: together
    4 + 1 + 1 + 1 + 1 = 8, apart 14 - 8 = 6.
    """
    size = size_from_sample(*EVENTS, share=0.25)
    growth = 12.25 / 6
    assert size.n_customers == 3
    # 3 and 2 times 2.04, rounded up, but no product has more customers than there are; once 2.04, rounded.
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


def ids(kind: str, n: int, n_ids: int, rng: np.random.Generator) -> AnyArray:
    """n rows over `n_ids` ids: alike, by a gamma of shape 0.5, or by Zipf's law with an exponent."""
    if kind == "uniform":
        return rng.integers(0, n_ids, n)
    frequency = rng.gamma(0.5, 1, n_ids) if kind == "gamma" else np.arange(1.0, n_ids + 1) ** -float(kind)
    return rng.choice(n_ids, n, p=frequency / frequency.sum())


@pytest.mark.parametrize("share", [0.01, 0.1])
@pytest.mark.parametrize(
    ("kind", "n_ids", "factor"),
    [
        ("uniform", 400_000, 1.4),
        ("uniform", 5_000, 1.4),
        ("uniform", 200, 1.4),
        ("gamma", 300_000, 4),
        ("0.7", 400_000, 4),
        ("1.0", 100_000, 4),
        ("1.5", 400_000, 4),
    ],
)
def test_ids_are_told_within_the_stated_factor(kind: str, n_ids: int, factor: float, share: float) -> None:
    """600,000 rows; the ids among them are counted beside it. Never more than the rows, or fewer than were met."""
    rng = np.random.default_rng(7)
    rows = ids(kind, 600_000, n_ids, rng)
    times = np.unique(rng.choice(rows, round(len(rows) * share), replace=False), return_counts=True)[1]
    found, truth = about_distinct(times, share), len(np.unique(rows))
    assert 1 / factor < found / truth < factor
    assert len(times) <= found <= len(rows)


def test_ids_that_are_all_different_are_as_many_as_rows_and_a_whole_is_what_was_met() -> None:
    """1,000 ids met once in a twentieth: f1^2 (1 - q) / (q f1) = 19,000 more."""
    assert about_distinct(np.ones(1000, np.int64), 0.05) == pytest.approx(20_000)
    assert about_distinct(np.array([1, 1, 2, 5]), 1.0) == 4
    assert about_distinct(np.array([2, 5]), 0.1) == 2


def test_unmet_products_take_their_entries_from_those_met_once() -> None:
    """600,000 visits of 180 days over 400,000 products and 500,000 customers at random, a ninth of them sampled.

    The entries stay what they are, one for nearly each visit, and the products are told, too.
    """
    rng = np.random.default_rng(7)
    whole = np.array([rng.integers(0, n, 600_000) for n in (500_000, 400_000, 180)])
    found = size_from_sample(*whole[:, rng.random(600_000) < 1 / 9], share=1 / 9)
    for name, row in (("n_customers", 0), ("n_products", 1)):
        truth = len(np.unique(whole[row]))
        assert 1 / 1.3 < (len(found.degrees) if name == "n_products" else found.n_customers) / truth < 1.3, name
    n_pairs = len(np.unique(whole[0] * 400_000 + whole[1]))
    assert found.n_entries == pytest.approx(n_pairs, rel=0.05)
    assert (np.diff(found.degrees) <= 0).all()
