"""Clean rows of the tables about pricing, and the bad rows that have to be planted by hand.

Of the shop of `world.py` one P1 was kept, sold on 2 January, the first of 30 days up to the clock (`demand_rows.py`).
It cost 10 for nine days, and 8 since 11 January.
"""

from datetime import date

from shop_pipeline_tests.checks.rows import DAY, Plant, Row, last, row

NAN, INFINITE = float("nan"), float("inf")
HISTORY, FORECAST = "marts.price_history", "marts.price_forecast"
ELASTICITY, SUGGESTIONS = "marts.price_elasticity", "marts.price_suggestions"
CHANGED = date(2025, 1, 11)
KINDS = ("units", "revenue", "margin")
PLACES = ("expected_{}_change", "{}_change_low", "{}_change_high")


AT = (-1.5, -2.0, -1.0)


def changes(suggested: float, cost: float = 5.0, current: float = 8.0, at: tuple[float, ...] = AT) -> Row:
    """What follows from a suggestion at an elasticity and both ends of its interval: units, revenue and margin."""
    ratio = suggested / current
    units = [ratio**elasticity - 1 for elasticity in at]
    revenue = [(1 + change) * ratio - 1 for change in units]
    margin = [gain - change * cost / current for gain, change in zip(revenue, units, strict=True)]
    figures = dict(zip(KINDS, (units, revenue, margin), strict=True))
    found = {place.format(kind): figures[kind][end] for kind in KINDS for end, place in enumerate(PLACES)}
    return {"suggested_price": suggested, "unit_cost": cost, "current_price": current} | found


CHANGES = {name: value for name, value in changes(8.5).items() if name.endswith(("change", "low", "high"))}
MARGINS = tuple(name for name in CHANGES if "margin" in name)
KEPT = {"suggested_price": None, "reason_code": "keep_best", **dict.fromkeys(CHANGES)}

GOOD: dict[str, list[Row]] = {
    HISTORY: [
        row(HISTORY, product_id="P1", valid_from=DAY, valid_until=CHANGED, price=10, n_days=9, n_days_in_stock=9)
        | {"known_from": DAY, "previous_price": None, "change": None, "units": 1, "revenue": 10},
        row(HISTORY, product_id="P1", valid_from=CHANGED, valid_until=None, price=8, n_days=21, n_days_in_stock=21)
        | {"known_from": CHANGED, "previous_price": 10, "change": -0.2, "units": 0, "revenue": 0},
    ],
    ELASTICITY: [
        row(ELASTICITY, product_id="P1", elasticity=-1.5, ci_low=-2.0, ci_high=-1.0, n_price_points=2)
        | {"n_days": 30, "n_days_sold": 1, "units": 1, "is_significant": True, "is_reliable": True}
    ],
    FORECAST: [
        row(FORECAST, product_id="P1", ds=date(2025, 2, step), step=step, y_hat=8.0, lo_80=8.0, hi_80=9.0)
        | {"baseline_y_hat": 8.0}
        for step in (1, 2)
    ],
    SUGGESTIONS: [
        row(SUGGESTIONS, product_id="P1", lowest_price=8.0, highest_price=8.8) | {"elasticity": -1.5, **changes(8.5)}
    ],
}

BY_HAND: dict[tuple[str, str], list[Plant]] = {
    (HISTORY, "prices_are_over_zero"): [last(price=0, change=-1.0)],
    (HISTORY, "prices_follow_one_another"): [
        last(valid_until=date(2025, 2, 1)),
        Plant({0: {"valid_until": date(2025, 1, 10), "n_days": 8, "n_days_in_stock": 8}, -1: {"n_days": 22}}),
        last(previous_price=9),
        last(change=-0.1),
        last(change=None),
    ],
    (HISTORY, "days_add_up"): [last(n_days_in_stock=22), Plant({0: {"n_days": 10}, -1: {"n_days": 20}})],
    (HISTORY, "known_between_its_first_day_and_the_clock"): [
        last(known_from=date(2025, 1, 10)),
        last(known_from=date(2025, 2, 1)),
    ],
    (HISTORY, "totals_reconcile_with_demand"): [last(units=1), last(revenue=1), last(n_days=22)],
    (ELASTICITY, "interval_holds_the_estimate"): [
        last(ci_low=-1.4),
        last(ci_high=-1.6),
        last(ci_low=-INFINITE),
        last(elasticity=NAN),
        last(standard_error=INFINITE),
    ],
    (ELASTICITY, "own_figures_are_whole"): [
        last(own_elasticity=None, own_standard_error=None),
        last(method="group"),
        last(own_standard_error=None),
        last(own_elasticity=NAN),
        last(own_standard_error=INFINITE),
    ],
    (ELASTICITY, "marks_follow_the_interval"): [
        last(is_significant=False),
        last(is_reliable=False),
        last(price_source="paid"),
    ],
    (ELASTICITY, "counts_follow_the_history"): [
        last(n_price_points=3),
        last(n_days=29),
        last(n_days_sold=31, units=31),
        last(units=0),
    ],
    (FORECAST, "prices_are_finite_and_over_zero"): [last(hi_80=INFINITE), last(lo_80=0.0, y_hat=0.0, model="trend")],
    (FORECAST, "bounds_are_ordered"): [last(lo_80=8.5), last(hi_80=7.5)],
    (FORECAST, "baseline_is_todays_price"): [last(baseline_y_hat=7.0, model="trend"), last(y_hat=8.5)],
    (FORECAST, "days_have_no_gap"): [last(step=3, ds=date(2025, 2, 3)), last(ds=date(2025, 2, 3))],
    (SUGGESTIONS, "within_its_limits"): [last(lowest_price=8.6), last(**changes(8.9))],
    # At -2 a higher price loses if a unit costs 4, at -1 a lower one does. Without a cost, 8.5 loses at all of them.
    (SUGGESTIONS, "gains_over_the_whole_interval"): [
        last(**changes(8.5, cost=4.0)),
        last(lowest_price=7.2, **changes(7.6, cost=3.0)),
        last(**changes(8.0)),
        last(margin_change_low=None),
        last(**{"objective": "revenue", "unit_cost": None} | dict.fromkeys(MARGINS)),
    ],
    (SUGGESTIONS, "units_follow_the_elasticity"): [
        last(**changes(8.5, at=at)) for at in ((-1.4, -2.0, -1.0), (-1.5, -1.9, -1.0), (-1.5, -2.0, -0.9))
    ],
    (SUGGESTIONS, "what_rises_with_its_price_is_kept"): [last(elasticity=0.1)],
    (SUGGESTIONS, "money_follows_units"): [
        last(**{name: CHANGES[name] + 0.001}) for name in CHANGES if "units" not in name
    ],
    (SUGGESTIONS, "figures_are_whole"): [
        last(**KEPT | {"expected_units_change": 0.1}),
        last(**KEPT | {"expected_revenue_change": 0.1}),
        last(**KEPT | {"expected_margin_change": 0.1}),
        last(**KEPT | {"objective": "revenue"}),
        last(reason_code="keep_best"),
        last(**KEPT | {"reason_code": "raise_inelastic"}),
        last(reason=" "),
    ],
    (SUGGESTIONS, "follows_its_tables"): [
        last(elasticity=-1.4),
        last(**changes(8.5, current=8.1)),
        last(**KEPT | {"reason_code": "keep_paid_prices"}),
    ],
}

_BY_DEMAND = {"prices_follow_one_another", "totals_reconcile_with_demand"}
_FIGURES = {"units_follow_the_elasticity", "money_follows_units"}
_NO_PRICE = {"prices_are_finite_and_over_zero", "baseline_is_todays_price"}
ALSO: dict[tuple[str, str], set[str]] = {
    # A price is told twice, by its change and by the next one's past; its days and units are those of demand.
    (SUGGESTIONS, "what_rises_with_its_price_is_kept"): {"follows_its_tables"},
    (HISTORY, "in_range(price)"): {"prices_follow_one_another", "prices_are_over_zero"},
    (HISTORY, "in_range(previous_price)"): {"prices_follow_one_another"},
    (HISTORY, "in_range(n_days)"): {"days_add_up", "totals_reconcile_with_demand"},
    (HISTORY, "in_range(units)"): {"totals_reconcile_with_demand"},
    (HISTORY, "key(product_id, valid_from)"): _BY_DEMAND,
    (HISTORY, "foreign_key(product_id) -> clean.products"): _BY_DEMAND,
    **{
        (ELASTICITY, f"in_range({column})"): {"counts_follow_the_history"}
        for column in ("n_price_points", "n_days", "units")
    },
    # What is neither listed nor paid is not reliable.
    (ELASTICITY, "known_value(price_source)"): {"marks_follow_the_interval"},
    (FORECAST, "in_range(step)"): {"days_have_no_gap"},
    (FORECAST, "in_range(y_hat)"): {*_NO_PRICE, "bounds_are_ordered"},
    (FORECAST, "in_range(hi_80)"): {"bounds_are_ordered"},
    (FORECAST, "in_range(baseline_y_hat)"): _NO_PRICE,
    (FORECAST, "key(product_id, ds)"): {"days_have_no_gap"},
    (FORECAST, "foreign_key(product_id) -> marts.price_history"): {"days_have_no_gap"},
    # Figures of a suggestion follow from one another.
    (SUGGESTIONS, "in_range(current_price)"): {"follows_its_tables", *_FIGURES},
    (SUGGESTIONS, "in_range(suggested_price)"): {"within_its_limits", *_FIGURES},
    (SUGGESTIONS, "in_range(unit_cost)"): {"money_follows_units"},
    **{(SUGGESTIONS, f"in_range({place.format('units')})"): _FIGURES for place in PLACES},
    **{(SUGGESTIONS, f"in_range({place.format('revenue')})"): {"money_follows_units"} for place in PLACES},
    (SUGGESTIONS, "in_range(highest_price)"): {"within_its_limits"},
}
