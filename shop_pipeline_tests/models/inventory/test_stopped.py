"""Which products are not ordered again."""

import numpy as np
import pytest

from shop_pipeline.models.inventory.stopped import has_stopped, is_hardly_expected


@pytest.mark.parametrize(
    ("sale_days", "span_days", "silent_days", "stopped"),
    [
        # Every second day for 99 days: (99 / 114) ^ 49 = .00099, a day before it is .0015.
        (50, 99, 15, True),
        (50, 99, 14, False),
        # Ten sales in 100 days: (100 / 215) ^ 9 = .00102, (100 / 216) ^ 9 = .00098.
        (10, 100, 115, False),
        (10, 100, 116, True),
        # Two sales never say much: (20 / 384) ^ 1 = .05. A year of silence does.
        (2, 20, 364, False),
        (2, 20, 365, True),
        (1, 0, 364, False),
        (1, 0, 365, True),
        # Sold today, or never.
        (50, 99, 0, False),
        (0, 0, 0, False),
    ],
)
def test_a_silence_is_judged_by_what_went_before(
    sale_days: int, span_days: int, silent_days: int, stopped: bool
) -> None:
    found = has_stopped(np.array([sale_days]), np.array([span_days]), np.array([silent_days]))
    assert found.tolist() == [stopped]


def test_who_sells_as_ever_is_seldom_given_up() -> None:
    """Of 20,000 products that sell on one of ten days, within 400 days about one in a thousand looks as if not."""
    sold = np.random.default_rng(3).random((20_000, 400)) < 0.1
    first, last = sold.argmax(axis=1), 399 - sold[:, ::-1].argmax(axis=1)
    share = has_stopped(sold.sum(axis=1), last - first, 399 - last).mean()
    assert 0.0003 < share < 0.002


def test_a_quarter_without_a_sale_and_next_to_nothing_expected_is_the_end() -> None:
    found = is_hardly_expected(np.array([0.085, 0.1, 0.085, 0.0]), np.array([91, 400, 90, 91]))
    assert found.tolist() == [True, False, False, True]
