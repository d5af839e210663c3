"""The calendar of the sample: local days, their UTC midnights, and the shop's own clock.

Here: conversions between local days, UTC seconds and operational time. Not here: who does what when (`buying`,
`browsing`).

Operational time runs faster on busy days: a process of constant rate in it is seasonal in calendar time. Its mean
speed is 1 day per day, so BG/NBD holds exactly with ages in operational days and closely with calendar ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from shop_pipeline.simulate.config import ShopConfig

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Timeline:
    """Local days 0..days-1 of the sample."""

    dates: tuple[date, ...]
    """The local calendar days."""
    midnight: Ints
    """(days + 1,) UTC seconds since 1970 of each local midnight; a day has 23 to 25 hours."""
    intensity: Floats
    """(days,) busyness of each day; mean 1."""

    @property
    def days(self) -> int:
        """Number of local days."""
        return len(self.dates)

    @property
    def clock(self) -> Floats:
        """(days + 1,) operational time in days at each local midnight; ends at `days`."""
        return np.concatenate([[0.0], np.cumsum(self.intensity)])

    def day_of_clock(self, tau: Floats) -> Ints:
        """Local day in which operational time `tau` falls."""
        found = np.searchsorted(self.clock, tau, side="right") - 1
        return np.clip(found, 0, self.days - 1).astype(np.int64)

    def day_of(self, at: Ints) -> Ints:
        """Local day of UTC seconds; -1 before the sample, `days` after it."""
        return (np.searchsorted(self.midnight, at, side="right") - 1).astype(np.int64)

    def moment(self, day: Ints, rng: np.random.Generator) -> Ints:
        """A waking moment of each day, in UTC seconds: evenings most, never within 80 minutes of midnight.

        So a session (at most 30 minutes either side) stays in one local day, which stock-outs rely on.
        """
        length = self.midnight[day + 1] - self.midnight[day]
        fraction = 0.06 + 0.88 * rng.beta(3.0, 2.0, size=day.shape)
        return self.midnight[day] + (fraction * length).astype(np.int64)


def make_timeline(config: ShopConfig) -> Timeline:
    """The days of the config with weekly and yearly seasons and a trend."""
    dates = tuple(config.first_day + timedelta(days=i) for i in range(config.days))
    zone = ZoneInfo(config.timezone)
    starts = [datetime.combine(d, time(), zone) for d in (*dates, config.last_day + timedelta(days=1))]
    midnight = np.array([int(s.astimezone(UTC).timestamp()) for s in starts], dtype=np.int64)
    weekday = np.array([d.weekday() for d in dates])
    day_of_year = np.array([d.timetuple().tm_yday for d in dates])
    wave = 1 + config.yearly_amplitude * np.cos(2 * np.pi * (day_of_year - 349) / 365.25)
    growth = 1 + config.yearly_trend * np.arange(config.days) / 365
    raw = np.asarray(config.weekly)[weekday] * wave * growth
    return Timeline(dates, midnight, raw / raw.mean())
