"""Clean rows of the tables about lifetime value, and the bad rows that have to be planted by hand.

C1 is the one customer who bought (`customer_rows.py`), and buys to sell on: valued by the model that has beaten the
naive rule for such customers. Another model has for ordinary ones. The books hold 10 of C1 and 3 of postage.
"""

from dataclasses import dataclass
from typing import Any

from shop_pipeline_tests.checks.rows import Plant, Row, last, row

NAN, INFINITE = float("nan"), float("inf")
PARAMETERS, VALUE = "models.clv_parameters", "marts.customer_value"
EVALUATION, CALIBRATION, BOOKS = "marts.clv_evaluation", "marts.clv_calibration", "marts.revenue_reconciliation"
MODEL, OTHER, NAIVE = "bg_nbd+gamma_gamma", "nbd+gamma_gamma", "past_rate"
FACTS, WINNER = "facts_are_those_of_rfm", "only_a_winner_is_published"


@dataclass(frozen=True)
class Added(Plant):
    """Rows beside the last one that differ from it: a customer alone can't be out of order."""

    added: tuple[Row, ...] = ()

    def spoil(self, rows: list[Row]) -> list[Row]:
        found = super().spoil(rows)
        return found + [found[-1] | change for change in self.added]


def _part(part: str, gross: int, returned: int, valued: int | None) -> Row:
    money = {"gross_revenue": gross, "returned_revenue": returned, "net_revenue": gross - returned}
    return row(BOOKS, part=part, valued_revenue=valued, **money)


def _judged(group: str, model: str, *, published: bool) -> Row:
    won = published and model != NAIVE
    return row(
        EVALUATION, customer_group=group, model=model, baseline=NAIVE, beats_baseline=won, is_published=published
    )


GOOD: dict[str, list[Row]] = {
    PARAMETERS: [
        row(PARAMETERS, model="bg_nbd", parameter=name, problem=None, is_used=True) for name in ("r", "alpha")
    ],
    VALUE: [
        row(
            VALUE,
            customer_id="C1",
            customer_group="wholesale",
            model=OTHER,
            value_tier="silver",
            monetary_value=None,
            frequency=0,
            recency_days=0,
            age_days=29,
            net_revenue=10,
        )
    ],
    EVALUATION: [
        _judged("ordinary", MODEL, published=True),
        _judged("wholesale", OTHER, published=True),
        _judged("ordinary", NAIVE, published=False),
    ],
    CALIBRATION: [row(CALIBRATION, model=model, decile=decile) for decile in (1, 2) for model in (MODEL, NAIVE)],
    BOOKS: [_part("wholesale", 20, 10, 10), _part("service", 3, 0, None)],
}


def _each(column: str, *values: Any) -> list[Plant]:
    return [last(**{column: value}) for value in values]


BY_HAND: dict[tuple[str, str], list[Plant]] = {
    (PARAMETERS, "parameters_are_finite_and_positive"): [
        *_each("value", 0.0, -0.5, NAN, INFINITE),
        last(value=NAN, parameter="elasticity"),
    ],
    (PARAMETERS, "errors_are_finite"): [
        *_each("standard_error", -0.5, NAN, INFINITE),
        *_each("log_likelihood", NAN, -INFINITE),
    ],
    (PARAMETERS, "a_fit_with_a_problem_is_not_used"): [last(problem="a goes to 0")],
    (PARAMETERS, "a_model_is_used_as_a_whole"): [last(is_used=False)],
    (VALUE, "every_customer_with_a_purchase_is_valued"): [last(customer_id="C3")],
    (VALUE, FACTS): [
        last(customer_group="ordinary", model=NAIVE),
        *(last(**{name: value}) for name, value in (("frequency", 1), ("recency_days", 1), ("age_days", 28))),
        last(monetary_value=10.0),
        last(net_revenue=11),
    ],
    (VALUE, "values_are_finite"): [
        *(
            last(**{name: INFINITE})
            for name in ("expected_purchases_90d", "clv", "clv_high", "clv_yearly_margin", "cvs")
        ),
        last(cvs=NAN),
        last(clv_yearly_margin=NAN),
    ],
    (VALUE, "interval_is_ordered"): [last(clv_low=0.6)],
    # Silver is .5: bronze is above it, or as much; gold is .6, within silver of .5 and .7.
    (VALUE, "tiers_follow_value"): [
        Added(added=({"customer_id": "C3", "value_tier": "bronze", "clv": 0.6},)),
        Added(added=({"customer_id": "C3", "value_tier": "bronze", "clv": 0.5},)),
        Added(added=({"customer_id": "C3", "value_tier": "gold", "clv": 0.6}, {"customer_id": "C2", "clv": 0.7})),
    ],
    (VALUE, "one_model_per_group"): [Added(added=({"customer_id": "C3", "model": "another"},))],
    # The winner of another group, and a model that was not judged.
    (VALUE, WINNER): _each("model", MODEL, "pareto_nbd+gamma_gamma"),
    (EVALUATION, "values_are_finite"): [*_each("value", NAN, INFINITE), last(ci_low=-INFINITE), last(ci_high=INFINITE)],
    (EVALUATION, "interval_is_ordered"): [last(ci_low=0.6)],
    (EVALUATION, "one_published_per_group"): [Plant({0: {"is_published": False}}), last(is_published=True)],
    (EVALUATION, WINNER): [Plant({0: {"beats_baseline": False}})],
    # The last two rows are the tenths 2 of either model.
    (CALIBRATION, "known_value(customer_group)"): [Plant({at: {"customer_group": "nonsense"} for at in range(4)})],
    (CALIBRATION, "key(customer_group, model, decile)"): [last(decile=1)],
    (CALIBRATION, "in_range(expected_revenue)"): [Plant({1: {"expected_revenue": -0.5}})],
    (CALIBRATION, "sums_are_finite"): [
        *(last(**{name: INFINITE}) for name in ("expected_purchases", "expected_revenue", "actual_revenue")),
        last(actual_revenue=NAN),
    ],
    (CALIBRATION, "expectations_rise"): [last(expected_revenue=0.4)],
    (CALIBRATION, "models_meet_the_same_customers"): [
        last(n_customers=2, expected_revenue=1.0),
        last(actual_purchases=1.0),
    ],
    (BOOKS, "key(part)"): [Plant({0: {"part": "service", "valued_revenue": None}})],
    (BOOKS, "parts_add_up_to_booked_revenue"): [last(gross_revenue=4, net_revenue=4)],
    (BOOKS, "net_is_gross_less_returned"): [last(gross_revenue=4), last(returned_revenue=1)],
    (BOOKS, "valued_revenue_is_in_its_part"): [
        Plant({0: {"valued_revenue": 9}}),
        Plant({0: {"valued_revenue": None}}),
        last(valued_revenue=3),
    ],
}

ALSO: dict[tuple[str, str], set[str]] = {
    # A fact that can't be is none of features.rfm, and neither is a customer who bought nothing.
    **{
        (VALUE, rule): {FACTS}
        for rule in (
            "in_range(frequency)",
            "in_range(recency_days)",
            "in_range(age_days)",
            "every_customer_with_a_purchase_is_valued",
            "tiers_follow_value",
        )
    },
    (VALUE, "known_value(customer_group)"): {FACTS, WINNER},
    (VALUE, "foreign_key(customer_id) -> clean.customers"): {FACTS, "every_customer_with_a_purchase_is_valued"},
    (VALUE, "in_range(clv_high)"): {"interval_is_ordered"},
    (VALUE, "one_model_per_group"): {FACTS, WINNER},
    (EVALUATION, "known_value(customer_group)"): {"one_published_per_group"},
    (CALIBRATION, "in_range(n_customers)"): {"models_meet_the_same_customers"},
    (CALIBRATION, "in_range(actual_purchases)"): {"models_meet_the_same_customers"},
    (BOOKS, "in_range(gross_revenue)"): {"net_is_gross_less_returned"},
    (BOOKS, "in_range(returned_revenue)"): {"net_is_gross_less_returned"},
}
