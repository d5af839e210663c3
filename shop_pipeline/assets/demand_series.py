"""The series that forecasts are made of, out of the tables and into arrays; and the calendar that they stand on.

Here: `features.calendar`, and reading a table of series as a `Panel`. Not here: the series themselves
(`sql/features/demand_daily.sql`, `demand_weekly.sql`), and what is done with them (`demand_backtest.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from ..contracts.demand_series import LAST_DAY
from ..models.arrays import BoolArray, DoubleArray, IntArray
from ..models.forecasting.panel import Panel
from ..models.forecasting.statistical import FEWEST
from ..sections import Demand
from .gated import Built, Run, empty

CALENDAR, DAILY, WEEKLY = "features.calendar", "features.demand_daily", "features.demand_weekly"
WEEK, WEEKS_OF_A_YEAR = 7, 52
FEWEST_WINDOWS = 2
"""One to choose a model on, and one to judge it."""
HELD = frozenset({"price", "is_promotion"})
"""Nobody tells what they will be: the last ones stay."""


@dataclass(frozen=True)
class Kind:
    """What is forecast: the table and column of its past, its levels, and the days of one period."""

    series: str
    past: str
    measure: str
    days: int
    levels: tuple[str, ...]


UNITS = Kind("daily_units", DAILY, "units", 1, ("all", "category", "product"))
WEEKLY_UNITS = Kind("weekly_units", WEEKLY, "units", WEEK, ("all", "category", "product"))
REVENUE = Kind("daily_revenue", DAILY, "revenue", 1, ("all", "category"))
KINDS = (UNITS, WEEKLY_UNITS, REVENUE)


@dataclass(frozen=True)
class Past:
    """The series of a kind, a row each, in the order of the temporary table `positions`.

    `parent` is the row of the series that one is a part of, -1 for the shop; `revenue` what each brought before
    the test window; `first` the day, or the Monday, of the first column.
    """

    kind: Kind
    panel: Panel
    parent: IntArray
    revenue: DoubleArray
    first: date

    @property
    def positions(self) -> str:
        """A temporary table: position, level, unique_id, parent_id."""
        return positions_of(self.kind)

    def day_before(self, period: int) -> date:
        """The last day before a period (0 is the first column)."""
        return self.first + timedelta(days=self.kind.days * period - 1)


def positions_of(kind: Kind) -> str:
    return f"positions_of_{kind.series}"


def build_calendar(run: Run) -> Built:
    """The days of the series and of the longest forecast, with the public holidays of the shop's country."""
    began, last_day = run.duck.execute(f"SELECT min(ds), {LAST_DAY} FROM {DAILY}").fetchone() or (None, None)
    if began is None:
        return empty(CALENDAR, {"note": "no sale: no day to forecast"})
    demand = run.session.settings.demand
    ahead = max(demand.horizon_days, WEEK * demand.horizon_weeks)
    days = pd.date_range(began, last_day + timedelta(days=ahead))
    names = _holidays(demand.holiday_country, {day.year for day in days})
    told = [names.get(day.date()) for day in days]
    frame = pd.DataFrame(
        {"ds": days, "holiday": pd.Series(told, dtype="string"), "is_holiday": [bool(n) for n in told]}
    )
    run.duck.register("found_calendar", frame)
    metadata = {"country": demand.holiday_country or "none: see demand.holiday_country", "holidays": len(names)}
    return Built("SELECT * FROM found_calendar", metadata=metadata)


def _holidays(country: str | None, years: Iterable[int]) -> dict[date, str]:
    if country is None:
        return {}
    import holidays

    return dict(holidays.country_holidays(country, years=years, language="en_US"))


def read_past(run: Run, kind: Kind) -> Past | str:
    """The series of a kind up to the clock; a note for people where they are too short to be judged."""
    shape = run.duck.execute(f"SELECT min(ds), (max(ds) - min(ds)) // {kind.days} + 1 FROM {kind.past}").fetchone()
    first, n_periods = shape or (None, 0)
    if first is None:
        return "no sale: nothing to forecast"
    season, horizon = season_and_horizon(kind, run.session.settings.demand, n_periods)
    if horizon < 1:
        return f"{n_periods} periods: too few to choose a model and to judge it"
    _place(run, kind, first + timedelta(days=kind.days * (n_periods - horizon)))
    rows = run.duck.execute(
        f"SELECT s.revenue, coalesce(above.position, -1)::INTEGER AS parent FROM {positions_of(kind)} AS s"
        f" LEFT JOIN {positions_of(kind)} AS above ON above.unique_id = s.parent_id ORDER BY s.position"
    ).fetchnumpy()
    y, held = _read_matrices(run, kind, first, (len(rows["parent"]), n_periods))
    ahead = {
        name: np.concatenate([seen, np.repeat(seen[:, -1:], horizon, axis=1)], axis=1)
        for name, seen in held
        if not np.isnan(seen).all()
    }
    known = ahead | _read_calendar(run, kind, first, (len(y), n_periods + horizon))
    panel = Panel(y, season, horizon, known, held=HELD)
    return Past(kind, panel, np.asarray(rows["parent"], np.int32), np.asarray(rows["revenue"], np.float64), first)


def season_and_horizon(kind: Kind, demand: Demand, n_periods: int) -> tuple[int, int]:
    """Periods of a season, and of a forecast, that leave two seasons and two windows; 0 ahead where none do.

    A year of weeks is only a season where it was seen twice before two windows; weeks have no shorter one.
    """
    if kind.days == 1:
        return WEEK, min(demand.horizon_days, (n_periods - 2 * WEEK) // FEWEST_WINDOWS)
    if n_periods >= 2 * WEEKS_OF_A_YEAR + FEWEST_WINDOWS * demand.horizon_weeks:
        return WEEKS_OF_A_YEAR, demand.horizon_weeks
    return 1, min(demand.horizon_weeks, (n_periods - 2) // FEWEST_WINDOWS)


def n_windows(past: Past, wanted: int) -> int:
    """Windows of the back-test that leave two seasons ahead of them."""
    panel = past.panel
    return min(wanted, (panel.n_periods - 2 * panel.season) // panel.horizon)


def _place(run: Run, kind: Kind, test_from: date) -> None:
    """Give each series its row, parents first."""
    order = f"list_position({list(kind.levels)}, level), unique_id"
    run.duck.execute(
        f"CREATE OR REPLACE TEMP TABLE {positions_of(kind)} AS SELECT level, unique_id,"
        " any_value(parent_id) AS parent_id,"
        f" coalesce(sum(revenue) FILTER (ds < DATE '{test_from}'), 0)::DOUBLE AS revenue,"
        " bool_and(is_out_of_stock) AS is_never_there,"
        f" (row_number() OVER (ORDER BY {order}) - 1)::INTEGER AS position"
        f" FROM {kind.past} WHERE list_contains({list(kind.levels)}, level) GROUP BY level, unique_id"
    )


def _read_matrices(
    run: Run, kind: Kind, first: date, shape: tuple[int, int]
) -> tuple[DoubleArray, list[tuple[str, DoubleArray]]]:
    """What was sold (NaN before a series began and out of stock), and the held covariates, (n, T) each.

    Of a product that was out of stock in all its weeks, what it sold then is all that is known.
    """
    filled = run.duck.execute(
        f"SELECT position, ((ds - ?) // {kind.days})::INTEGER AS period,"
        f" CASE WHEN NOT is_out_of_stock OR is_never_there THEN past.{kind.measure}::DOUBLE END AS y,"
        " price, is_promotion::DOUBLE AS promoted"
        f" FROM {kind.past} AS past JOIN {positions_of(kind)} USING (unique_id)",
        [first],
    ).fetchnumpy()
    cells = (filled["position"], filled["period"])
    found = []
    for name in ("y", "price", "promoted"):
        matrix = np.full(shape, np.nan)
        matrix[cells] = np.ma.filled(filled.pop(name), np.nan)
        found.append(matrix)
    return found[0], [("price", found[1]), ("is_promotion", found[2])]


def _read_calendar(run: Run, kind: Kind, first: date, shape: tuple[int, int]) -> dict[str, DoubleArray]:
    """Holidays (of a week: how many), and of days the weekday, Monday is 0: the same for every series."""
    rows = run.duck.execute(
        f"SELECT sum(is_holiday::INTEGER)::DOUBLE AS is_holiday, min(isodow(ds) - 1)::DOUBLE AS weekday FROM {CALENDAR}"
        f" WHERE ds >= ? GROUP BY (ds - ?) // {kind.days} ORDER BY min(ds) LIMIT {shape[1]}",
        [first, first],
    ).fetchnumpy()
    names = ("is_holiday", "weekday") if kind.days == 1 else ("is_holiday",)
    return {name: np.broadcast_to(np.ma.filled(rows[name], np.nan), shape) for name in names}


def dear_rows(past: Past, windows: int, most: int) -> BoolArray:
    """The shop, the categories, and the products with the highest revenue: `most` series in all, as a mask.

    None where the first window knows too little for a dear model: then none could be chosen.
    """
    mask = np.zeros(past.panel.n_series, bool)
    if past.panel.n_periods - windows * past.panel.horizon < FEWEST:
        return mask
    above = np.flatnonzero(np.isin(np.arange(len(mask)), past.parent))
    by_worth = np.argsort(-past.revenue, kind="stable")
    mask[np.concatenate([above, by_worth[~np.isin(by_worth, above)]])[:most]] = True
    return mask
