"""Clean rows of the tables about churn, propensity and amounts, and the bad rows that have to be planted by hand.

C1 is the one buyer of the shop (`customer_rows.py`). A logistic regression of one feature foretells churn; it beat the
naive rule.
"""

from typing import Any

from shop_pipeline_tests.checks.rows import Plant, Row, last, row

NAN, INFINITE = float("nan"), float("inf")
NAIVE, PUBLISHED = "naive_class_rates", "logistic_regression"
BUYER = "foreign_key(customer_id) -> features.rfm"
SCORED = ("marts.churn_scores", "marts.purchase_propensity", "marts.purchase_amounts")


def _number(model: str, part: str, feature: str, value: float) -> Row:
    told: dict[str, Any] = {"target": "churn", "model": model, "part": part, "feature": feature, "value": value}
    return row("models.propensity_models", position=0, **told)


def _figure(model: str, **given: Any) -> Row:
    told = {"target": "churn", "model": model, "ci_low": 0.4, "ci_high": 0.6, "metric": "roc_auc"} | given
    return row("marts.propensity_evaluation", **told)


GOOD: dict[str, list[Row]] = {
    "models.propensity_models": [
        _number(NAIVE, "figure", "roc_auc", 0.5),
        _number(PUBLISHED, "judgement", "is_published", 1),
        _number(PUBLISHED, "intercept", "", -1),
        _number(PUBLISHED, "coefficient", "days_since_last", 0.1),
    ],
    "marts.propensity_evaluation": [_figure(NAIVE), _figure(PUBLISHED, is_published=True, beats_baseline=True)],
    "marts.churn_scores": [row("marts.churn_scores", customer_id="C1", model=PUBLISHED)],
    "marts.purchase_propensity": [
        row("marts.purchase_propensity", customer_id="C1", category=category) for category in ("a", "b")
    ],
    "marts.purchase_amounts": [row("marts.purchase_amounts", customer_id="C1")],
}
BY_HAND: dict[tuple[str, str], list[Plant]] = {
    ("models.propensity_models", "values_are_finite"): [last(value=number) for number in (NAN, INFINITE)],
    # A second model of the target, and none.
    ("models.propensity_models", "one_published_per_target"): [
        last(model="linear_svm"),
        Plant({position: {"part": "figure"} for position in (2, 3)}),
    ],
    ("models.propensity_models", "deviations_are_above_nothing"): [
        last(part="deviation", value=0.0),
        last(part="deviation", value=-0.1),
    ],
    ("models.propensity_models", "calibration_keeps_the_order"): [last(part="calibration_slope", value=-0.1)],
    ("marts.propensity_evaluation", "interval_holds_value"): [last(ci_low=0.7), last(value=NAN), last(value=INFINITE)],
    ("marts.propensity_evaluation", "one_published"): [Plant({0: {"is_published": True}})],
    ("marts.propensity_evaluation", "published_beats_the_naive_rule"): [last(beats_baseline=False)],
    **{(name, "nobody_is_left_out"): [Plant({0: {"customer_id": "C3"}, -1: {"customer_id": "C3"}})] for name in SCORED},
    ("marts.purchase_propensity", "every_pair_is_here"): [last(customer_id="C3")],
    ("marts.purchase_propensity", "one_model"): [last(model="other"), last(horizon_days=2)],
    ("marts.purchase_amounts", "interval_is_one"): [
        last(amount_low=0.6),
        last(amount_high=INFINITE),
        last(expected_amount=INFINITE),
    ],
    ("marts.purchase_amounts", "something_is_expected"): [last(expected_amount=0.0)],
}
ALSO: dict[tuple[str, str], set[str]] = {
    **{(name, "nobody_is_left_out"): {BUYER} for name in SCORED},
    **{(name, BUYER): {"nobody_is_left_out"} for name in SCORED},
    ("marts.purchase_propensity", "every_pair_is_here"): {BUYER},
    ("marts.purchase_propensity", BUYER): {"every_pair_is_here"},
    ("marts.purchase_propensity", "key(customer_id, category)"): {"every_pair_is_here"},
    ("marts.purchase_propensity", "in_range(horizon_days)"): {"one_model"},
    ("marts.purchase_amounts", "in_range(amount_high)"): {"interval_is_one"},
    ("marts.purchase_amounts", "in_range(expected_amount)"): {"something_is_expected"},
}
