"""The search for settings, on models whose value and duration are written down: what is tried, in which order, and when
it stops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from shop_pipeline.models.evaluation.settings_search import Limits, search_settings
from shop_pipeline.models.evaluation.trials import Candidate, Outcome, Settings
from shop_pipeline.models.interactions import Size

SIZE = Size(1000, 100, 10_000)


@dataclass
class Weighed:
    """As much of a recommender as the search asks of one."""

    n_bytes: int

    def memory_bytes(self, size: Size) -> int:
        assert size == SIZE
        return self.n_bytes


@dataclass
class World:
    """A clock that only trials move, and a record of them."""

    values: dict[str, Any]
    """By model: a function of the settings, or a number."""
    seconds: dict[str, float]
    now: float = 100.0
    tried: list[tuple[str, Settings]] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def attempt(self, name: str, settings: Settings, left: float) -> Outcome | None:
        self.tried.append((name, settings))
        if self.seconds[name] > left:
            self.now += left
            return None
        self.now += self.seconds[name]
        value = self.values[name]
        found = value(settings) if callable(value) else value
        return Outcome(found, found - 0.1, found + 0.1, self.seconds[name], 0.0)

    def names(self) -> list[str]:
        return [name for name, _ in self.tried]


def candidate(n_bytes: Any = 1, **space: tuple[Any, ...]) -> Candidate:
    """The defaults are in the middle; `n_bytes` may depend on the settings."""
    defaults = {name: values[len(values) // 2] for name, values in space.items()}
    return Candidate(
        lambda settings: Weighed(n_bytes(settings) if callable(n_bytes) else n_bytes),  # type: ignore[arg-type, return-value]
        space,
        defaults,
    )


def test_climbs_along_each_setting_to_the_best_and_stops_there() -> None:
    """One peak at a = 5, b = 2, from a = 3, b = 1: every neighbour of the peak was tried, and nothing twice."""
    world = World({"hill": lambda s: 1 - 0.1 * abs(s["a"] - 5) - 0.2 * abs(s["b"] - 2)}, {"hill": 1.0})
    hill = candidate(a=(1, 2, 3, 4, 5), b=(0, 1, 2))
    search = search_settings({"hill": hill}, world.attempt, SIZE, Limits(1000, 10), world.clock)
    assert search.best_settings() == {"hill": {"a": 5, "b": 2}}
    assert search.trials[0].settings == {"a": 3, "b": 1}
    settings = [tuple(one.items()) for _, one in world.tried]
    assert len(settings) == len(set(settings)) < 15
    assert {(("a", 4), ("b", 2)), (("a", 5), ("b", 1))} <= set(settings)
    assert [(trial.trial, trial.is_best) for trial in search.trials] == [
        (number, number == search.ranking()[0].trial) for number in range(1, len(settings) + 1)
    ]


def test_a_direction_that_gained_is_followed_first() -> None:
    """From a = 3, up is better every time: nothing else is tried until the top."""
    world = World({"hill": lambda s: s["a"] / 10}, {"hill": 1.0})
    hill = candidate(b=(0, 1, 2), a=(1, 2, 3, 4, 5))
    search_settings({"hill": hill}, world.attempt, SIZE, Limits(1000, 10), world.clock)
    ups = [place for place, (_, one) in enumerate(world.tried) if one == {"a": 4, "b": 1}]
    assert world.tried[ups[0] + 1][1] == {"a": 5, "b": 1}


def test_every_default_comes_first_the_cheapest_first() -> None:
    """By the seconds that are expected, and else by memory."""
    world = World(dict.fromkeys("abc", 0.5), dict.fromkeys("abc", 1.0))
    models = {"a": candidate(3, x=(1, 2, 3)), "b": candidate(1, x=(1, 2, 3)), "c": candidate(2, x=(1, 2, 3))}
    search_settings(models, world.attempt, SIZE, Limits(1000, 10), world.clock)
    assert world.names()[:3] == ["b", "c", "a"]
    world.tried.clear()
    search_settings(models, world.attempt, SIZE, Limits(1000, 10), world.clock, expected_seconds={"b": 9})
    assert world.names()[:3] == ["c", "a", "b"]


def test_the_leader_gets_most_of_the_time_and_the_hopeless_is_last() -> None:
    """Of 20 seconds of search, the leader has 12 or 13, the second the rest; the third is far behind."""
    wide = {"x": tuple(range(101))}
    world = World(
        {"leader": lambda s: 0.5 + s["x"] / 1000, "second": lambda s: 0.45 + s["x"] / 1000, "far": 0.01},
        dict.fromkeys(("leader", "second", "far"), 1.0),
    )
    models = {name: candidate(**wide) for name in ("leader", "second", "far")}
    search_settings(models, world.attempt, SIZE, Limits(23.5, 10), world.clock)
    searched = world.names()[3:]
    assert len(searched) == 20
    assert searched.count("leader") in (12, 13)
    assert searched.count("far") == 0


def test_models_without_a_chance_are_searched_when_nothing_else_is_left() -> None:
    """The bad default of a good model: found, because the leader has nothing more to try."""
    world = World({"flat": 0.5, "late": lambda s: {1: 0.1, 2: 0.9, 3: 0.1}[s["x"]]}, {"flat": 1.0, "late": 1.0})
    late = Candidate(lambda _: Weighed(1), {"x": (1, 2, 3)}, {"x": 1})  # type: ignore[arg-type, return-value]
    search = search_settings({"flat": candidate(), "late": late}, world.attempt, SIZE, Limits(1000, 10), world.clock)
    assert [(trial.model, trial.value) for trial in search.ranking()] == [("late", 0.9), ("flat", 0.5)]


def test_nothing_is_started_that_would_end_too_late() -> None:
    """4 seconds a trial and 10 in all: the third is not started, and says so; less than two trials are left over."""
    world = World({"slow": lambda s: s["x"] / 10}, {"slow": 4.0})
    search = search_settings({"slow": candidate(x=(1, 2, 3, 4, 5))}, world.attempt, SIZE, Limits(10, 10), world.clock)
    assert [trial.status for trial in search.trials] == ["done", "done", "out_of_time"]
    assert search.trials[2].value != search.trials[2].value
    assert len(world.tried) == 2
    assert world.now <= 110


def test_larger_settings_are_expected_to_take_longer() -> None:
    """Twice the memory, twice the time: of 9 seconds 4 are gone, and 8 do not fit into 5."""
    world = World({"slow": lambda s: s["x"]}, {"slow": 4.0})
    slow = Candidate(lambda s: Weighed(s["x"]), {"x": (1, 2)}, {"x": 1})  # type: ignore[arg-type, return-value]
    search = search_settings({"slow": slow}, world.attempt, SIZE, Limits(9, 10), world.clock)
    assert [trial.status for trial in search.trials] == ["done", "out_of_time"]
    assert len(world.tried) == 1


def test_what_is_broken_off_ends_the_search_of_its_model_alone() -> None:
    world = World({"quick": lambda s: s["x"] / 10, "endless": 0.9}, {"quick": 1.0, "endless": 1e9})
    models = {"quick": candidate(1, x=(1, 2, 3)), "endless": candidate(2, x=(1, 2, 3))}

    def attempt(name: str, settings: Settings, left: float) -> Outcome | None:
        return world.attempt(name, settings, min(left, 20))

    search = search_settings(models, attempt, SIZE, Limits(100, 10), world.clock)
    told = [(trial.model, trial.settings["x"], trial.status) for trial in search.trials]
    assert told == [("quick", 2, "done"), ("endless", 2, "out_of_time"), ("quick", 3, "done")]
    assert search.best_settings() == {"quick": {"x": 3}}


def test_time_is_kept_for_what_follows() -> None:
    """10 seconds, one per trial, and one more is to be kept for each trial made: 5 trials."""
    world = World({"hill": lambda s: s["x"]}, {"hill": 1.0})
    hill = candidate(x=tuple(range(21)))
    search_settings(
        {"hill": hill}, world.attempt, SIZE, Limits(10.5, 10), world.clock, reserve=lambda trials: 1.0 * len(trials)
    )
    assert len(world.tried) == 5


def test_too_large_is_never_run_and_the_nearest_that_fits_is() -> None:
    """Memory x * 10 against 25, from x = 4: 2 fits and is two steps away; 3 and 4 are not run."""
    world = World({"big": lambda s: s["x"] / 10}, {"big": 1.0})
    big = Candidate(lambda s: Weighed(s["x"] * 10), {"x": (1, 2, 3, 4)}, {"x": 4})  # type: ignore[arg-type, return-value]
    search = search_settings({"big": big}, world.attempt, SIZE, Limits(1000, 25), world.clock)
    told = [(trial.settings["x"], trial.status, trial.memory_bytes) for trial in search.trials]
    assert told == [(4, "too_large", 40), (2, "done", 20), (3, "too_large", 30), (1, "done", 10)]
    assert [one["x"] for _, one in world.tried] == [2, 1]
    assert search.best_settings() == {"big": {"x": 2}}


def test_a_model_of_which_nothing_fits_has_no_best() -> None:
    world = World({"big": 1.0, "small": 0.1}, {"big": 1.0, "small": 1.0})
    search = search_settings(
        {"big": candidate(100, x=(1, 2, 3)), "small": candidate(1)}, world.attempt, SIZE, Limits(9, 10), world.clock
    )
    assert [(trial.model, trial.status) for trial in search.trials] == [("small", "done"), ("big", "too_large")]
    assert list(search.best_settings()) == ["small"]


def test_equal_models_are_in_the_order_of_their_names() -> None:
    world = World({"b": 0.5, "a": 0.5}, {"b": 1.0, "a": 1.0})
    search = search_settings({"b": candidate(), "a": candidate()}, world.attempt, SIZE, Limits(9, 10), world.clock)
    assert [trial.model for trial in search.ranking()] == ["a", "b"]


def test_a_value_that_is_no_number_never_wins() -> None:
    """The defaults of `a` have none: one step up is its best, and it comes after `b`; `c`, without any, is last."""
    world = World({"a": lambda s: {1: 0.2, 2: np.nan, 3: 0.4}[s["x"]], "b": 0.5, "c": np.nan}, dict.fromkeys("abc", 1))
    models = {"a": candidate(x=(1, 2, 3)), "b": candidate(), "c": candidate()}
    search = search_settings(models, world.attempt, SIZE, Limits(100, 9), world.clock)
    assert [(trial.model, trial.value) for trial in search.ranking()] == [("b", 0.5), ("a", 0.4), ("c", -np.inf)]


def test_what_a_model_raises_is_raised() -> None:
    def attempt(name: str, settings: Settings, left: float) -> Outcome:
        raise ValueError("interactions without times")

    with pytest.raises(ValueError, match="without times"):
        search_settings({"a": candidate()}, attempt, SIZE, Limits(9, 10), lambda: 0.0)


def test_a_default_outside_the_space_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x: the default 4 is not among \(1, 2\)"):
        Candidate(lambda _: Weighed(1), {"x": (1, 2)}, {"x": 4})  # type: ignore[arg-type, return-value]
