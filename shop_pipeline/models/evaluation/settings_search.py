"""In which order settings are tried, and when to stop: a search along coordinates, shared out among models.

Belongs here: what to try next. Does not belong here: fitting and judging (`tuning`): a trial is a call of `attempt`.

Every model's defaults come first, the cheapest first, so that each has a figure. Then the leader gets most of the time
and the others with a chance a share of it; those without one come last. A model goes up or down one step in one setting
from its best so far; where no step is better it is finished, so a small shop's search ends long before its budget. By
the clock, two searches may differ in how far they come, never in what a trial finds.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from shop_pipeline.models.evaluation.trials import Candidate, Outcome, Search, Settings, Trial
from shop_pipeline.models.interactions import Size

# The share of the time for models other than the leader.
EXPLORATION = 0.4
# A model below this share of the leader's value is searched only when no other is left: settings rarely gain that much.
CHANCE = 0.6

# Fits and judges a model in so many seconds; None if it did not finish within them.
Attempt: TypeAlias = Callable[[str, Settings, float], "Outcome | None"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the search may take."""

    seconds: float
    memory_bytes: int


def nothing_reserved(trials: Sequence[Trial]) -> float:  # noqa: ARG001
    """Leave no time for what follows."""
    return 0.0


def search_settings(
    candidates: Mapping[str, Candidate],
    attempt: Attempt,
    size: Size,
    limits: Limits,
    clock: Callable[[], float],
    *,
    expected_seconds: Mapping[str, float] | None = None,
    reserve: Callable[[Sequence[Trial]], float] = nothing_reserved,
) -> Search:
    """Try settings until no model gains, or the time is up.

    Args:
        attempt: given the model's name, settings, and the seconds that are left.
        size: of the training interactions, for the models' memory.
        clock: seconds from any start.
        expected_seconds: of a model's first trial, where known; one that is expected to exceed what is left is not
            started, an unknown one is.
        reserve: seconds to leave for what follows the search, given the trials so far.
    """
    expected = expected_seconds or {}
    courses = [_Course(name, candidate, size) for name, candidate in candidates.items()]
    courses.sort(key=lambda one: (expected.get(one.name, 0.0), one.memory(one.candidate.defaults), one.name))
    deadline, trials = clock() + limits.seconds, list[Trial]()
    # All first trials, and then one at a time.
    queue = iter(courses)
    while (course := next(queue, None) or _most_promising(courses)) is not None:
        left = deadline - clock() - reserve(trials)
        trial = course.advance(attempt, limits.memory_bytes, left, expected.get(course.name, 0.0))
        if trial is not None:
            trials.append(trial)
    best = {id(course.best) for course in courses}
    return Search(tuple(replace(trial, is_best=id(trial) in best) for trial in trials))


@dataclass
class _Course:
    """One model's way through its space."""

    name: str
    candidate: Candidate
    size: Size
    best: Trial | None = None
    is_open: bool = True
    search_seconds: float = 0.0
    n_trials: int = 0
    _tried: set[tuple[object, ...]] = field(default_factory=set)
    _last_gain: tuple[str, int] | None = None

    def memory(self, settings: Settings) -> int:
        return self.candidate.make(settings).memory_bytes(self.size)

    def advance(self, attempt: Attempt, memory_limit: int, left: float, expected: float) -> Trial | None:
        """Try the next settings, if there are any."""
        settings, step = self._next(memory_limit)
        if settings is None:
            self.is_open = False
            return None
        self._tried.add(self._key(settings))
        self.n_trials += 1
        told = Trial(self.name, self.n_trials, settings, "too_large", self.memory(settings))
        if told.memory_bytes > memory_limit:
            return told
        found = attempt(self.name, settings, left) if max(self._predicted(told, expected), 0.0) < left else None
        if found is None:
            self.is_open = False
            return replace(told, status="out_of_time")
        return self._learn(told, found, step)

    def _learn(self, told: Trial, found: Outcome, step: tuple[str, int] | None) -> Trial:
        # A value that is no number compares as neither better nor worse, and must not stay the best for that.
        value = -np.inf if np.isnan(found.value) else found.value
        trial = replace(
            told, status="done", value=value, ci_low=found.ci_low, ci_high=found.ci_high,
            fit_seconds=found.fit_seconds, recommend_seconds=found.recommend_seconds,
        )  # fmt: skip
        if self.best is not None:
            self.search_seconds += trial.seconds
        if self.best is None or trial.value > self.best.value:
            self.best, self._last_gain = trial, step
        return trial

    def _predicted(self, told: Trial, expected: float) -> float:
        """As long as the trial from which this is a step, and longer in proportion where it takes more memory."""
        if self.best is None:
            return expected
        return self.best.seconds * max(1.0, told.memory_bytes / max(1, self.best.memory_bytes))

    def _key(self, settings: Settings) -> tuple[object, ...]:
        return tuple(settings[name] for name in self.candidate.space)

    def _next(self, memory_limit: int) -> tuple[Settings | None, tuple[str, int] | None]:
        """The next settings that were not tried, and the step that leads there from the best."""
        if self.best is None:
            return self._first(memory_limit), None
        for name, direction in self._steps():
            values = self.candidate.space[name]
            place = values.index(self.best.settings[name]) + direction
            if 0 <= place < len(values):
                settings = self.best.settings | {name: values[place]}
                if self._key(settings) not in self._tried:
                    return settings, (name, direction)
        return None, None

    def _steps(self) -> list[tuple[str, int]]:
        """One up and one down in each setting; what gained last comes first."""
        steps = [(name, direction) for name in self.candidate.space for direction in (1, -1)]
        return sorted(steps, key=lambda step: step != self._last_gain)

    def _first(self, memory_limit: int) -> Settings | None:
        """The defaults; where they are too large, the fewest steps away that are not."""
        defaults = self.candidate.defaults
        if not self._tried:
            return defaults
        space = self.candidate.space
        home = {name: values.index(defaults[name]) for name, values in space.items()}
        places = itertools.product(*(range(len(values)) for values in space.values()))
        for place in sorted(places, key=lambda one: sum(abs(a - b) for a, b in zip(one, home.values(), strict=True))):
            settings = defaults | {name: space[name][at] for name, at in zip(space, place, strict=True)}
            if self._key(settings) not in self._tried and self.memory(settings) <= memory_limit:
                return settings
        return None


def _most_promising(courses: Sequence[_Course]) -> _Course | None:
    """The leader, or of the others with a chance the one that had the least time, if they had less than their share."""
    unfitted = [one for one in courses if one.is_open and one.best is None]
    if unfitted:
        return unfitted[0]
    values = {one.name: one.best.value for one in courses if one.best is not None}
    top = max(values.values(), default=0.0)
    unfinished = [one for one in courses if one.is_open]
    contenders = [one for one in unfinished if values[one.name] >= CHANCE * top] or unfinished
    if not contenders:
        return None
    leader = max(contenders, key=lambda one: (values[one.name], one.name))
    others = [one for one in contenders if one is not leader]
    spent = sum(one.search_seconds for one in courses)
    theirs = sum(one.search_seconds for one in courses if one is not leader)
    if others and theirs <= EXPLORATION * spent:
        return min(others, key=lambda one: (one.search_seconds, one.name))
    return leader
