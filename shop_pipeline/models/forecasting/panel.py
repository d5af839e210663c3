"""Many series over the same periods, as every model of this package reads them.

Here: `Panel`, its checks, and how it is cut back to an earlier clock. Not here: any model, and no calendar: a period is
a column, whatever it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

import numpy as np

from shop_pipeline.models.arrays import AnyArray, BoolArray, DoubleArray, IntArray

NOTHING_KNOWN: Mapping[str, DoubleArray] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Panel:
    """n series of T periods, and what is known of the periods to come.

    Args:
        y: float64 (n, T), rows are series, columns consecutive periods up to the clock. NaN where the series had not
            begun, or where the period says nothing (out of stock); a period without a sale is 0.
        season: periods after which a pattern repeats (7 for days, 52 for weeks), 1 for none.
        horizon: periods to forecast.
        known: covariates that are known ahead ('price', 'is_promotion', 'is_holiday', 'weekday' ...), float64
            (n, T + horizon) each; NaN where unknown.
        held: names of covariates whose future nobody tells, such as prices: whoever makes the panel holds the last
            value for the periods to come, and so does `cut`, whatever came later.
        non_negative: whether a forecast below 0 is impossible (units, revenue), and is set to 0.
    """

    y: DoubleArray
    season: int
    horizon: int
    known: Mapping[str, DoubleArray] = field(default_factory=lambda: NOTHING_KNOWN)
    non_negative: bool = True
    held: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse panels that can't be."""
        if self.y.dtype != np.float64 or self.y.ndim != 2 or self.y.shape[1] == 0:
            raise ValueError("y is float64 with a row per series and at least one column")
        if np.isinf(self.y).any():
            raise ValueError("a value is infinite")
        if self.season < 1 or self.horizon < 1:
            raise ValueError("season and horizon are whole numbers from 1 on")
        expected = (self.n_series, self.n_periods + self.horizon)
        for name, values in self.known.items():
            if values.dtype != np.float64 or values.shape != expected:
                raise ValueError(f"{name} is float64 {expected}, one column per period seen and to come")

    @property
    def n_series(self) -> int:
        """Rows."""
        return len(self.y)

    @property
    def n_periods(self) -> int:
        """Columns, T."""
        return int(self.y.shape[1])

    @property
    def seen(self) -> BoolArray:
        """Where a value is known, (n, T)."""
        return ~np.isnan(self.y)

    @property
    def begins(self) -> IntArray:
        """The column of each series' first value, int32 (n,); T where nothing was seen."""
        seen = self.seen
        return np.where(seen.any(axis=1), seen.argmax(axis=1), self.n_periods).astype(np.int32)

    def cut(self, until: int) -> Self:
        """The panel as it was after `until` periods; of covariates that are not held, the horizon after stays known."""
        if not 1 <= until <= self.n_periods:
            raise ValueError(f"a cut lies after 1 to {self.n_periods} periods, not {until}")
        known = {name: values[:, : until + self.horizon] for name, values in self.known.items()}
        for name in self.held & known.keys():
            known[name] = np.concatenate([known[name][:, :until], self._last(name, until)], axis=1)
        return replace(self, y=self.y[:, :until], known=known)

    def _last(self, name: str, until: int) -> DoubleArray:
        """A covariate as it was in the last of `until` periods, (n, horizon)."""
        return np.repeat(self.known[name][:, until - 1 : until], self.horizon, axis=1)

    def since(self, begin: int) -> Self:
        """The panel without its first `begin` periods."""
        if not 0 <= begin < self.n_periods:
            raise ValueError(f"0 to {self.n_periods - 1} periods may be left off, not {begin}")
        known = {name: values[:, begin:] for name, values in self.known.items()}
        return replace(self, y=self.y[:, begin:], known=known)

    def rows(self, index: AnyArray) -> Self:
        """The panel of some series, by position or mask."""
        return replace(self, y=self.y[index], known={name: values[index] for name, values in self.known.items()})
