"""The choice, worked by hand half by all series alike, half by the series itself."""

import numpy as np

from shop_pipeline.models.forecasting.candidates import BASELINE
from shop_pipeline.models.forecasting.choice import choose

NAN = np.nan


def chosen(errors: dict[str, list[float]], kinds: list[int] | None = None) -> list[str]:
    arrays = {name: np.array(values) for name, values in errors.items()}
    n = len(arrays[BASELINE])
    tried = {name: np.ones(n, bool) for name in arrays}
    return choose(arrays, tried, np.array(kinds or [0] * n)).tolist()


def test_what_helped_everybody_counts_more_than_what_helped_here() -> None:
    """e / (e + b): a has 1/3, 1/3, 1/2 (mean .389), b 2/3, 2/3, 3/8 (mean .569).

    Third series: a (.389 + .5) / 2 = .444, b (.569 + .375) / 2 = .472: a, though b was better in it.
    """
    errors = {BASELINE: [2.0, 2.0, 2.0], "a": [1.0, 1.0, 2.0], "b": [4.0, 4.0, 1.2]}
    assert chosen(errors) == ["a", "a", "a"]


def test_a_large_difference_in_one_series_is_followed() -> None:
    """b has 0 in the third: mean .444, score .222. a has 9/10 there: mean .522, score .711."""
    errors = {BASELINE: [2.0, 2.0, 1.0], "a": [1.0, 1.0, 9.0], "b": [4.0, 4.0, 0.0]}
    assert chosen(errors)[2] == "b"


def test_what_the_baseline_meets_exactly_is_no_measure_for_others() -> None:
    """b has 1/2, as good as the baseline, in the two dead series and a has 1; in the living one a has 1/3, b 2/5."""
    errors = {BASELINE: [0.0, 0.0, 3.0], "a": [0.1, 0.1, 1.5], "b": [0.0, 0.0, 2.0]}
    assert chosen(errors) == ["b", "b", "a"]


def test_kinds_are_chosen_apart() -> None:
    errors = {BASELINE: [2.0, 2.0, 2.0, 2.0], "a": [1.0, 1.0, 1.9, 3.0], "b": [1.5, 1.5, 1.0, 1.0]}
    assert chosen(errors, [0, 0, 1, 1]) == ["a", "a", "b", "b"]


def test_ties_go_to_the_first_and_the_unknown_to_the_baseline() -> None:
    errors = {BASELINE: [2.0, NAN, 0.0], "a": [1.0, NAN, 0.0], "b": [1.0, NAN, 0.0]}
    assert chosen(errors)[:2] == ["a", BASELINE]


def test_a_model_is_chosen_only_where_it_was_tried() -> None:
    errors = {BASELINE: np.array([2.0, 2.0]), "a": np.array([1.0, 1.0])}
    tried = {BASELINE: np.ones(2, bool), "a": np.array([True, False])}
    assert choose(errors, tried, np.zeros(2)).tolist() == ["a", BASELINE]
