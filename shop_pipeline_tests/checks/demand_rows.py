"""Clean rows of the tables about demand, and the bad rows that have to be planted by hand.

Of the shop of `world.py` one unit of P1 was kept, sold at 10 on 2 January: it has sold nothing else since, to the last
day before the clock, 31 January. The weeks from Monday to Sunday are those of 6, 13 and 20 January; the clock is in the
one of the 27th. `trend` has beaten the baseline for P1.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from shop_pipeline_tests.checks.rows import DAY, Plant, Row, last, row

NAN, INFINITE = float("nan"), float("inf")
CALENDAR, DAILY, WEEKLY = "features.calendar", "features.demand_daily", "features.demand_weekly"
CANDIDATES, BACKTEST = "models.forecast_candidates", "models.forecast_backtest"
EVALUATION, SALES = "marts.forecast_evaluation", "marts.sales_forecast"
FORECAST, FORECAST_WEEKLY = "marts.demand_forecast", "marts.demand_forecast_weekly"
NAIVE, LAST_DAY, THIS_MONDAY = "seasonal_naive", date(2025, 1, 31), date(2025, 1, 27)
SHOP: dict[str, Row] = {
    "all": {"level": "all", "unique_id": "all", "parent_id": None},
    "category": {"level": "category", "unique_id": "a", "parent_id": "all"},
    "product": {"level": "product", "unique_id": "P1", "parent_id": "a"},
}


def _past(name: str, days: Iterable[date]) -> list[Row]:
    """The three series; P1 comes last."""
    none = {"price": None, "is_promotion": False, "is_out_of_stock": False}
    if name == WEEKLY:
        none["days_out_of_stock"] = 0
    found = []
    for who in SHOP.values():
        for day in days:
            sold = {"units": 1, "revenue": 10} if day == DAY else {"units": 0, "revenue": 0}
            found.append(
                row(name, ds=day, **who, **sold, **none | {"price": 10.0 if who["level"] == "product" else None})
            )
    return found


def _days(n: int, first: date = DAY, apart: int = 1) -> list[date]:
    return [first + timedelta(days=apart * number) for number in range(n)]


def _tried(series: str, level: str, model: str = NAIVE, *, won: bool = True) -> Row:
    """A model of two windows of two steps."""
    known = {column: SHOP[level][column] for column in ("level", "unique_id")}
    bounds = {"lo_80": [0.0, 0.0], "hi_80": [1.0, 1.0], "lo_95": [0.0, 0.0], "hi_95": [2.0, 2.0]}
    error = 0.5 if model == NAIVE else 0.25
    return row(
        CANDIDATES,
        series=series,
        **known,
        model=model,
        mase=error,
        rmsse=error,
        error=error,
        is_chosen=won,
        is_published=won,
    ) | {
        "cutoffs": [date(2025, 1, 27), date(2025, 1, 29)],
        "forecasts": [0.5, 0.5, 0.5, 0.5],
        "published": [0.5, 0.5, 0.5, 0.5] if won else None,
        **(bounds if won else dict.fromkeys(bounds)),
    }


def _back(level: str, cutoff: date, step: int, *, test: bool) -> Row:
    known = {column: SHOP[level][column] for column in ("level", "unique_id")}
    bounds = {"lo_80": 0.0, "hi_80": 1.0, "lo_95": 0.0, "hi_95": 2.0}
    return row(
        BACKTEST,
        series="daily_units",
        **known,
        cutoff=cutoff,
        ds=cutoff + timedelta(days=step),
        step=step,
        model="trend",
    ) | {"is_published": True, "is_test": test, **(bounds if test else dict.fromkeys(bounds))}


def _ahead(name: str, levels: Iterable[str], first: date, apart: int = 1) -> list[Row]:
    bounds = {"lo_80": 0.0, "hi_80": 1.0, "lo_95": 0.0, "hi_95": 2.0}
    return [
        row(name, **SHOP[level], ds=day, step=step, y_hat=0.5, **bounds, model=_model(name, level))
        for level in levels
        for step, day in enumerate(_days(2, first, apart), 1)
    ]


def _model(name: str, level: str) -> str:
    return "trend" if (name, level) == (FORECAST, "product") else NAIVE


def _judged(metric: str, baseline: float | None) -> Row:
    beats = None if baseline is None else baseline > 0.5
    counts = {"n_series": 2, "n_published": 1}
    return row(EVALUATION, metric=metric, value=0.5, baseline=baseline, chosen=baseline, beats_baseline=beats, **counts)


GOOD: dict[str, list[Row]] = {
    DAILY: _past(DAILY, _days(30)),
    WEEKLY: _past(WEEKLY, _days(3, date(2025, 1, 6), 7)),
    CALENDAR: [
        row(CALENDAR, ds=day, is_holiday=day > LAST_DAY, holiday="Imbolc" if day > LAST_DAY else None)
        for day in _days(31)
    ],
    CANDIDATES: [
        *(_tried(series, level) for series in ("weekly_units", "daily_units") for level in SHOP if level != "product"),
        *(_tried("daily_revenue", level) for level in ("all", "category")),
        _tried("weekly_units", "product"),
        _tried("daily_units", "product", won=False),
        _tried("daily_units", "product", "trend"),
    ],
    BACKTEST: [
        _back(level, date(2025, 1, day), step, test=day == 29)
        for level in ("all", "product")
        for day in (27, 29)
        for step in (1, 2)
    ],
    EVALUATION: [_judged("coverage_80", None), _judged("wape", 0.4), _judged("mase", 0.75)],
    FORECAST: _ahead(FORECAST, SHOP, date(2025, 2, 1)),
    FORECAST_WEEKLY: _ahead(FORECAST_WEEKLY, SHOP, date(2025, 2, 3), 7),
    SALES: _ahead(SALES, ("all", "category"), date(2025, 2, 1)),
}


def _each(column: str, *values: Any) -> list[Plant]:
    return [last(**{column: value}) for value in values]


def _foreseen(name: str, later: date) -> dict[tuple[str, str], list[Plant]]:
    """Plants for a table of forecasts of two steps; `later` is what a third one would be of."""
    n = len(GOOD[name])
    return {
        (name, "levels_link"): [last(parent_id=None)],
        (name, "forecasts_are_finite"): [
            Plant({number: {"y_hat": INFINITE, "baseline_y_hat": INFINITE} for number in range(1, n, 2)}),
            last(baseline_y_hat=INFINITE),
            last(hi_95=INFINITE),
        ],
        (name, "bounds_are_ordered"): [last(lo_95=0.1), last(lo_80=1.5), last(hi_95=0.9)],
        (name, "hierarchy_adds_up"): [last(y_hat=0.6), Plant({1: {"y_hat": 0.4}})],
        (name, "steps_follow_the_clock"): [Plant({number: {"ds": date(2025, 3, 5)} for number in range(1, n, 2)})],
        (name, "every_series_has_every_step"): [last(step=3, ds=later)],
        (name, "every_series_is_here"): [Plant({n - 2 + number: GOOD[name][number] for number in (0, 1)})],
        (name, "models_are_those_of_the_backtest"): [last(model="ets")],
    }


BY_HAND: dict[tuple[str, str], list[Plant]] = {
    (DAILY, "levels_link"): [
        Plant({number: {"parent_id": "all"} for number in range(60, 90)}),
        Plant({number: {"parent_id": None} for number in range(60, 90)}),
        Plant({number: {"parent_id": "P1"} for number in range(30, 60)}),
    ],
    (DAILY, "calendar_is_complete"): [Plant({number: {"ds": date(2025, 1, 1)} for number in (29, 59, 89)})],
    (DAILY, "days_are_of_the_history"): [Plant({number: {"ds": date(2021, 1, 1)} for number in (0, 30, 60)})],
    (DAILY, "children_add_up"): [last(units=1), last(revenue=0.0001), Plant({31: {"revenue": 1}})],
    (DAILY, "reconciles_with_order_lines"): [
        Plant({number: {"units": 2} for number in (0, 30, 60)}),
        Plant({number: {"revenue": 10.0001} for number in (0, 30, 60)}),
        Plant({number: {"revenue": 1} for number in (1, 31, 61)}),
    ],
    (DAILY, "prices_are_over_zero"): _each("price", 0.0, NAN, INFINITE),
    (DAILY, "only_products_have_a_price"): [Plant({0: change}) for change in ({"price": 1.0}, {"is_promotion": True})]
    + [Plant({1: {"is_out_of_stock": True}})],
    (DAILY, "what_was_sold_was_there"): [Plant({60: {"is_out_of_stock": True}})],
    (WEEKLY, "levels_link"): [Plant({number: {"parent_id": None} for number in (6, 7, 8)})],
    (WEEKLY, "calendar_is_complete"): [Plant({number: {"ds": date(2024, 12, 30)} for number in (2, 5, 8)})],
    (WEEKLY, "children_add_up"): [last(units=1), last(revenue=0.0001)],
    (WEEKLY, "reconciles_with_demand_daily"): [
        Plant({number: {"units": 1} for number in (2, 5, 8)}),
        Plant({number: {"revenue": 1} for number in (2, 5, 8)}),
    ],
    (WEEKLY, "prices_are_over_zero"): _each("price", 0.0, NAN, INFINITE),
    (WEEKLY, "only_products_have_a_price"): [Plant({0: {"price": 1.0}}), Plant({0: {"is_promotion": True}})],
    (WEEKLY, "in_range(days_out_of_stock)"): [
        last(days_out_of_stock=-1),
        last(days_out_of_stock=8, is_out_of_stock=True),
    ],
    (WEEKLY, "out_of_stock_on_two_days"): [
        last(is_out_of_stock=True),
        last(days_out_of_stock=4),
        Plant({0: {"days_out_of_stock": 1}}),
    ],
    (CALENDAR, "calendar_is_complete"): [
        Plant({3: {"ds": date(2024, 12, 1)}}),
        Plant({0: {"ds": date(2025, 2, 2)}}),
        last(ds=date(2025, 1, 1), is_holiday=False, holiday=None),
    ],
    (CALENDAR, "holidays_have_names"): [last(holiday=None), last(is_holiday=False)],
    (CANDIDATES, "one_is_chosen_and_one_published"): [
        Plant({-2: {"is_chosen": True}}),
        Plant({-2: {"is_published": True, "published": [0.5] * 4}}),
        Plant({0: {"model": "trend"}}),
    ],
    (CANDIDATES, "only_a_winner_is_published"): [
        last(error=0.5),
        last(error=None),
        Plant({-2: {"is_chosen": True}, -1: {"is_chosen": False, "forecasts": None}}),
    ],
    (CANDIDATES, "forecasts_of_who_counts"): [
        last(forecasts=None),
        last(forecasts=[0.5, 0.5, 0.5], published=[0.5, 0.5, 0.5]),
        last(published=None),
        last(published=[0.5, 0.5]),
    ],
    (CANDIDATES, "numbers_are_finite"): [
        Plant({-2: {"error": INFINITE}}),
        *(last(**{name: INFINITE}) for name in ("mase", "rmsse", "naive_scale", "squared_scale")),
        *(last(**{name: [INFINITE, 0.5, 0.5, 0.5]}) for name in ("forecasts", "published")),
        *(last(**{name: [INFINITE, 0.5]}) for name in ("lo_80", "hi_80", "lo_95", "hi_95")),
    ],
    (BACKTEST, "one_model_per_series"): [last(model="ets"), last(is_published=False)],
    (BACKTEST, "the_last_window_is_the_test"): [
        Plant({number: {"is_test": True, "lo_80": 0, "hi_80": 1, "lo_95": 0, "hi_95": 2} for number in (4, 5)}),
    ],
    (BACKTEST, "every_window_is_whole"): [Plant({1: {"step": 3, "ds": date(2025, 1, 30)}})],
    (BACKTEST, "steps_follow_the_cutoff"): [last(ds=date(2025, 1, 30)), Plant({5: {"ds": date(2025, 2, 1)}})],
    (BACKTEST, "numbers_are_finite"): [
        *(last(**{name: INFINITE}) for name in ("y_hat", "chosen_y_hat", "baseline_y_hat")),
        *(last(**{name: INFINITE}) for name in ("naive_scale", "squared_scale")),
        Plant({-3: {"y_hat": None}}),
        Plant({-3: {"y_hat": None, "baseline_y_hat": None}}),
        *_each("y", NAN, INFINITE),
        Plant({-3: {"baseline_y_hat": None}}),
    ],
    (BACKTEST, "bounds_of_the_test_are_ordered"): [
        last(lo_80=None),
        last(lo_95=0.1),
        last(lo_80=1.5),
        last(hi_80=2.5),
        last(hi_95=INFINITE),
        last(lo_95=-1.0),
        Plant({0: {"lo_80": 0.5}}),
    ],
    (EVALUATION, "values_are_finite"): [
        last(value=INFINITE, baseline=None, chosen=None, metric="pinball", beats_baseline=None),
        last(baseline=INFINITE),
        last(chosen=INFINITE),
        Plant({0: {"value": 1.5}}),
    ],
    (EVALUATION, "errors_are_compared"): [
        last(beats_baseline=False),
        last(beats_baseline=None),
        last(baseline=None, beats_baseline=None),
        last(chosen=None),
        Plant({0: {"baseline": 0.75, "beats_baseline": True}}),
        Plant({0: {"chosen": 0.75}}),
    ],
    (EVALUATION, "published_are_judged"): [last(n_published=3)],
    **_foreseen(FORECAST, date(2025, 2, 3)),
    **_foreseen(FORECAST_WEEKLY, date(2025, 2, 17)),
    **_foreseen(SALES, date(2025, 2, 3)),
}


def _also_foreseen(name: str, past: str) -> dict[tuple[str, str], set[str]]:
    return {
        (name, "in_range(step)"): {"steps_follow_the_clock"},
        (name, "in_range(y_hat)"): {"hierarchy_adds_up"},
        **{(name, f"in_range({bound})"): {"bounds_are_ordered"} for bound in ("lo_80", "hi_80", "hi_95")},
        (name, "key(unique_id, ds)"): {"every_series_has_every_step", "hierarchy_adds_up"},
        (name, f"foreign_key(unique_id) -> {past}"): {"every_series_has_every_step"},
        (name, "every_series_is_here"): {"key(unique_id, ds)", "every_series_has_every_step"},
    }


ALSO: dict[tuple[str, str], set[str]] = {
    **{
        (name, rule): also
        for name, source in ((DAILY, "clean.products"), (WEEKLY, DAILY))
        for rule, also in (
            ("known_value(level)", {"children_add_up", "only_products_have_a_price"}),
            ("key(unique_id, ds)", {"calendar_is_complete"}),
            (f"foreign_key(unique_id) -> {source}", {"calendar_is_complete"}),
            ("levels_link", {"children_add_up"}),
        )
    },
    (DAILY, "in_range(units)"): {"children_add_up"},
    (DAILY, "days_are_of_the_history"): {"calendar_is_complete", "reconciles_with_order_lines"},
    (WEEKLY, "in_range(units)"): {"children_add_up", "reconciles_with_demand_daily"},
    (WEEKLY, "calendar_is_complete"): {"reconciles_with_demand_daily"},
    (WEEKLY, "children_add_up"): {"reconciles_with_demand_daily"},
    (CALENDAR, "key(ds)"): {"calendar_is_complete"},
    (CANDIDATES, "known_value(series)"): {"one_is_chosen_and_one_published"},
    (CANDIDATES, "key(series, unique_id, model)"): {"one_is_chosen_and_one_published"},
    (CANDIDATES, f"foreign_key(unique_id) -> {DAILY}"): {"one_is_chosen_and_one_published"},
    (BACKTEST, "known_value(series)"): {"every_window_is_whole"},
    (BACKTEST, "in_range(step)"): {"steps_follow_the_cutoff"},
    (BACKTEST, "key(series, unique_id, cutoff, step)"): {"every_window_is_whole"},
    (BACKTEST, f"foreign_key(unique_id) -> {DAILY}"): {"every_window_is_whole"},
    (EVALUATION, "known_value(metric)"): {"errors_are_compared"},
    (EVALUATION, "in_range(baseline)"): {"errors_are_compared"},
    (EVALUATION, "in_range(n_series)"): {"published_are_judged"},
    **_also_foreseen(FORECAST, DAILY),
    **_also_foreseen(FORECAST_WEEKLY, WEEKLY),
    # The product that is not there has a model of its own.
    (FORECAST, f"foreign_key(unique_id) -> {DAILY}"): {
        "every_series_has_every_step",
        "models_are_those_of_the_backtest",
    },
    **_also_foreseen(SALES, DAILY),
}
