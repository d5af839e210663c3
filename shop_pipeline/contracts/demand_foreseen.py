"""What will be sold: units per day and per week, revenue per day, each with its interval.

Here: `marts.demand_forecast`, `marts.demand_forecast_weekly` and `marts.sales_forecast`. Not here: how good they are
(`demand_judged.py`).
"""

from dataclasses import dataclass

from .demand_judged import BASELINE
from .demand_series import LAST_DAY, LEVEL, LEVELS_LINK, PARENT, UNIQUE_ID
from .mart import mart
from .table import Column, ForeignKey, Rule, Table


@dataclass(frozen=True)
class _Kind:
    """What the three tables differ in: name, back-tested series, and where and as what the past stands."""

    name: str
    series: str
    past: str
    measure: str
    period: str
    first: str
    days: int
    levels: str


_DAYS, _TOMORROW = "features.demand_daily", f"{LAST_DAY} + 1"
_NEXT_WEEK = f"date_trunc('week', {LAST_DAY})::DATE + 7"
_ALL = "'product', 'category', 'all'"
_KINDS = (
    _Kind("demand_forecast", "daily_units", _DAYS, "units", "day", _TOMORROW, 1, _ALL),
    _Kind("demand_forecast_weekly", "weekly_units", "features.demand_weekly", "units", "week", _NEXT_WEEK, 7, _ALL),
    _Kind("sales_forecast", "daily_revenue", _DAYS, "revenue", "day", _TOMORROW, 1, "'category', 'all'"),
)


def _foreseen(kind: _Kind) -> Table:
    bounds = (
        ("lo_80", "80 %", "under"),
        ("hi_80", "80 %", "over"),
        ("lo_95", "95 %", "under"),
        ("hi_95", "95 %", "over"),
    )
    return mart(
        kind.name,
        f"{kind.measure} of one {kind.period} to come, of a series of {kind.past}",
        (
            LEVEL,
            UNIQUE_ID,
            PARENT,
            Column("ds", "DATE", "the day" if kind.days == 1 else "the week's Monday"),
            Column("step", "INTEGER", f"1 is the first {kind.period} of which nothing is known yet", minimum=1),
            Column("y_hat", "DOUBLE", f"{kind.measure} expected; parts add up to the whole", minimum=0),
            *(
                Column(name, "DOUBLE", f"{kind.measure} that an interval of {share} has {what} it", minimum=0)
                for name, share, what in bounds
            ),
            Column("model", "VARCHAR", f"the model behind it; {BASELINE} where no other has beaten it"),
            Column("baseline_y_hat", "DOUBLE", f"what {BASELINE} says", minimum=0),
        ),
        ("unique_id", "ds"),
        foreign_keys=(ForeignKey(("unique_id",), kind.past, ("unique_id",)),),
        rules=_rules(kind),
    )


def _rules(kind: _Kind) -> tuple[Rule, ...]:
    return (
        LEVELS_LINK,
        Rule(
            "forecasts_are_finite",
            "SELECT unique_id, ds FROM {batch}"
            " WHERE NOT isfinite(y_hat) OR NOT isfinite(baseline_y_hat) OR NOT isfinite(hi_95)",
            "no NaN, no infinity",
        ),
        Rule(
            "bounds_are_ordered",
            "SELECT unique_id, ds FROM {batch} WHERE lo_95 > lo_80 OR lo_80 > hi_80 OR hi_80 > hi_95",
            "the wider interval lies around the narrower one",
        ),
        Rule(
            "hierarchy_adds_up",
            "SELECT parent_id, ds FROM (SELECT parent_id, ds, sum(y_hat) AS parts FROM {batch}"
            " WHERE parent_id IS NOT NULL GROUP BY ALL) JOIN (SELECT unique_id AS parent_id, ds, y_hat FROM {batch})"
            " USING (parent_id, ds) WHERE isfinite(parts - y_hat) AND abs(parts - y_hat) > 1e-6 * greatest(1, y_hat)",
            "parts add up to their category, and categories to the shop (to a millionth)",
        ),
        Rule(
            "steps_follow_the_clock",
            f"SELECT unique_id, ds FROM {{batch}} WHERE ds <> {kind.first} + {kind.days} * (step - 1)",
            f"step 1 is the first whole {kind.period} behind the run's clock",
        ),
        Rule(
            "every_series_has_every_step",
            "SELECT unique_id FROM {batch}, (SELECT max(step) AS n_steps FROM {batch}) GROUP BY unique_id"
            " HAVING count(*) <> any_value(n_steps)",
            "the same number of steps for all",
        ),
        Rule(
            "every_series_is_here",
            f"SELECT DISTINCT unique_id FROM {kind.past} WHERE level IN ({kind.levels})"
            " AND EXISTS (FROM {batch}) AND unique_id NOT IN (SELECT unique_id FROM {batch} WHERE unique_id NOT NULL)",
            "no series is left out",
        ),
        Rule(
            "models_are_those_of_the_backtest",
            "SELECT DISTINCT unique_id FROM {batch} AS b LEFT JOIN (SELECT unique_id, model AS published"
            f" FROM models.forecast_candidates WHERE series = '{kind.series}' AND is_published) AS tried"
            f" USING (unique_id) WHERE model <> '{BASELINE}' AND unique_id IS NOT NULL"
            " AND published IS DISTINCT FROM model",
            f"the model that the back-test allows; {BASELINE} where none has beaten it, or where it has nothing to say",
        ),
    )


FORESEEN = tuple(_foreseen(kind) for kind in _KINDS)
