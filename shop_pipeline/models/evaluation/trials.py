"""What a search for settings tries and finds.

Belongs here: candidates, trials, and the result as a whole. Does not belong here: the order in which settings are tried
(`settings_search`), fitting and judging (`tuning`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from shop_pipeline.models.recommenders.recommender import Recommender

Setting: TypeAlias = "int | float | str | bool"
Settings: TypeAlias = "dict[str, Setting]"
Status: TypeAlias = Literal["done", "too_large", "out_of_time"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model whose needs the data meet.

    Args:
        make: the untrained model with these settings.
        space: for each setting that is searched, its values in such an order that neighbours are alike.
        defaults: all settings; those of the space are among its values.

    Raises:
        ValueError: when a default is not among the values of the space.
    """

    make: Callable[[Settings], Recommender[Any]]
    space: Mapping[str, tuple[Setting, ...]]
    defaults: Settings

    def __post_init__(self) -> None:
        for name, values in self.space.items():
            if name not in self.defaults or self.defaults[name] not in values:
                raise ValueError(f"{name}: the default {self.defaults.get(name)} is not among {values}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial found: a mean over customers with its interval, and what it took."""

    value: float
    ci_low: float
    ci_high: float
    fit_seconds: float
    recommend_seconds: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One model with one choice of settings; the fields are columns of `marts.model_trials`.

    `trial` counts from 1 within the model. `too_large` was never run: `memory_bytes` is above the limit. `out_of_time`
    was not started because it was expected to take longer than was left, or was broken off. Both have NaN as value.
    """

    model: str
    trial: int
    settings: Settings
    status: Status
    memory_bytes: int
    value: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    fit_seconds: float = np.nan
    recommend_seconds: float = np.nan
    is_best: bool = False

    @property
    def seconds(self) -> float:
        """Fitting and listing together."""
        return self.fit_seconds + self.recommend_seconds


@dataclass(frozen=True, slots=True)
class Search:
    """All trials in the order in which they were made; each model that was run has one that `is_best`."""

    trials: tuple[Trial, ...]

    def ranking(self) -> list[Trial]:
        """The best trial of each model that was run, the best model first; equals are in order of their names."""
        best = [trial for trial in self.trials if trial.is_best]
        return sorted(best, key=lambda trial: (-trial.value, trial.model))

    def best_settings(self) -> dict[str, Settings]:
        """The best settings by model, the best model first."""
        return {trial.model: trial.settings for trial in self.ranking()}
