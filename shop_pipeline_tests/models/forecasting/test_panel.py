"""A panel refuses what can't be, and cuts itself back to an earlier clock with everything that was known then."""

import numpy as np
import pytest

from shop_pipeline.models.forecasting.panel import Panel

Y = np.array([[np.nan, 2.0, np.nan, 4.0, 5.0], [1.0, 2.0, 3.0, 4.0, 5.0], [np.nan] * 5])


def panel() -> Panel:
    return Panel(Y, 2, 3, {"price": np.arange(24.0).reshape(3, 8)})


def test_a_cut_knows_the_past_and_the_covariates_of_its_own_horizon() -> None:
    cut = panel().cut(2)
    np.testing.assert_array_equal(cut.y, Y[:, :2])
    np.testing.assert_array_equal(cut.known["price"][0], [0, 1, 2, 3, 4])
    assert (cut.n_series, cut.n_periods, cut.season, cut.horizon) == (3, 2, 2, 3)


def test_early_periods_may_be_left_off() -> None:
    late = panel().since(2)
    np.testing.assert_array_equal(late.y, Y[:, 2:])
    np.testing.assert_array_equal(late.known["price"][0], [2, 3, 4, 5, 6, 7])
    for begin in (-1, 5):
        with pytest.raises(ValueError, match="0 to 4"):
            panel().since(begin)


def test_rows_by_position_or_mask() -> None:
    for index in (np.array([1]), np.array([False, True, False])):
        found = panel().rows(index)
        np.testing.assert_array_equal(found.y, Y[[1]])
        assert found.known["price"][0, 0] == 8


def test_series_begin_with_their_first_value() -> None:
    assert panel().begins.tolist() == [1, 0, 5]
    assert panel().seen.sum() == 8


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"y": np.zeros((2, 3), np.float32)}, "float64"),
        ({"y": np.zeros(3)}, "row per series"),
        ({"y": np.zeros((2, 0))}, "at least one column"),
        ({"y": np.full((1, 5), np.inf)}, "infinite"),
        ({"season": 0}, "season"),
        ({"horizon": 0}, "horizon"),
        ({"known": {"price": np.zeros((3, 5))}}, "price"),
    ],
)
def test_refused(change: dict[str, object], word: str) -> None:
    arguments: dict[str, object] = {"y": Y, "season": 2, "horizon": 3} | change
    with pytest.raises(ValueError, match=word):
        Panel(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("until", [0, 6])
def test_no_cut_outside_of_the_history(until: int) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        panel().cut(until)
