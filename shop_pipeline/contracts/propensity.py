"""Churn, purchases of a category, amounts: learned models, their judgement, and the scores.

Not here: the models (`models/propensity`), and what they learn from (`customer_features.py`).
"""

from .mart import mart
from .table import Column, ForeignKey, Rule, Table

TARGETS = ("churn", "category", "amount")

_BUYER = ForeignKey(("customer_id",), "features.rfm", ("customer_id",))
_CUSTOMER = Column("customer_id", "VARCHAR", "customer of features.rfm")
_MODEL = Column("model", "VARCHAR", "the model that foretold it: the champion, or the naive rule if none beat it")
_PROBABILITY = Column("probability", "DOUBLE", "calibrated", minimum=0, maximum=1)


NOBODY_IS_LEFT_OUT = Rule(
    "nobody_is_left_out",
    "SELECT customer_id FROM features.rfm WHERE EXISTS (FROM {batch})"
    " AND customer_id NOT IN (SELECT customer_id FROM {batch})",
    "every buyer is scored, or there is no model",
)


PROPENSITY_MODELS = Table(
    "models",
    "propensity_models",
    "one number of a published model: scaling, coefficient, calibration, node of a tree; or of how a model was judged",
    (
        Column("target", "VARCHAR", "what is foretold", values=TARGETS),
        Column("model", "VARCHAR", "model"),
        Column(
            "part",
            "VARCHAR",
            "what the number is; figure: on the judged cut (position 0 the value, 1 and 2 its 95 % interval);"
            " judgement: about the figures; category: one that pairs are made with, and its buyers at the judged cut",
        ),
        Column("position", "BIGINT", "its place among the numbers of the part", minimum=0),
        Column("feature", "VARCHAR", "the feature, figure or category that it belongs to; empty where to none"),
        Column("value", "DOUBLE", "the number"),
    ),
    ("target", "model", "part", "feature", "position"),
    rules=(
        Rule(
            "values_are_finite",
            "SELECT target, model, part, position FROM {batch} WHERE NOT isfinite(value)",
            "no NaN, no infinity",
        ),
        Rule(
            "deviations_are_above_nothing",
            "SELECT target, model, feature FROM {batch} WHERE part = 'deviation' AND value <= 0",
            "features are divided by them",
        ),
        Rule(
            "calibration_keeps_the_order",
            "SELECT target, model, value FROM {batch} WHERE part = 'calibration_slope' AND value < 0",
            "a higher score never means a lower probability",
        ),
        Rule(
            "one_published_per_target",
            "SELECT target FROM {batch} WHERE target IS NOT NULL GROUP BY target"
            " HAVING count(DISTINCT model) FILTER (part NOT IN ('figure', 'judgement')) <> 1",
            "what is foretold is foretold by one model",
        ),
    ),
)

PROPENSITY_EVALUATION = mart(
    "propensity_evaluation",
    "one figure of one model, on customers at a later cut than it learned from",
    (
        Column("target", "VARCHAR", "what was foretold", values=TARGETS),
        Column("model", "VARCHAR", "model"),
        Column("metric", "VARCHAR", "figure; those against naive are differences, better below 0"),
        Column("value", "DOUBLE", "its value"),
        Column("ci_low", "DOUBLE", "lower end of the 95 % bootstrap interval", required=False),
        Column("ci_high", "DOUBLE", "upper end", required=False),
        Column("is_published", "BOOLEAN", "this model fills the mart"),
        Column("beats_baseline", "BOOLEAN", "its loss is below the naive rule's with the whole interval"),
        Column("n_customers", "BIGINT", "customers (for category: pairs with a category) who were judged", minimum=1),
        Column("share", "DOUBLE", "of them, those to whom it happened; 1 for amounts", minimum=0, maximum=1),
        Column("horizon_days", "INTEGER", "length of the window that was foretold", minimum=1),
        Column("split_at", "TIMESTAMP", "the cut (UTC): the window begins there"),
    ),
    ("target", "model", "metric"),
    rules=(
        Rule(
            "interval_holds_value",
            "SELECT target, model, metric FROM {batch} WHERE ci_low > ci_high OR NOT isfinite(value)",
            "a number, and low <= high",
        ),
        Rule(
            "one_published",
            "SELECT target FROM {batch} WHERE is_published GROUP BY target HAVING count(DISTINCT model) > 1",
            "one model is published for each target",
        ),
        Rule(
            "published_beats_the_naive_rule",
            "SELECT target, model FROM {batch} WHERE is_published AND NOT beats_baseline AND model NOT LIKE 'naive%'",
            "a model that does not beat the naive rule is not published",
        ),
        Rule(
            "calibrated_within_bounds",
            "SELECT target, model, metric, value FROM {batch} WHERE is_published AND"
            " (metric = 'calibration_slope' AND NOT value BETWEEN 0.5 AND 2 OR metric = 'calibration_error' AND"
            " value > 0.1)",
            "on the judged cut, the published model's slope lies in 0.5 to 2 and its error is at most a tenth",
            "WARN",
        ),
        Rule(
            "amounts_within_bounds",
            "SELECT model, metric, value, ci_low, ci_high FROM {batch} WHERE is_published AND target = 'amount' AND"
            " (metric = 'coverage' AND (ci_high < 0.75 OR ci_low > 0.85) OR metric = 'bias' AND (ci_high < -0.2 OR"
            " ci_low > 0.2))",
            "on the judged cut, the published model's 80 % interval held 75 % to 85 % and the sum was right to a fifth,"
            " or chance may be why not: the whole 95 % interval of the figure would have to lie outside",
            "WARN",
        ),
    ),
)

CHURN_SCORES = mart(
    "churn_scores",
    "one buyer, and how probable it is that they buy nothing within the horizon",
    (
        _CUSTOMER,
        _PROBABILITY,
        Column("horizon_days", "INTEGER", "buys nothing for so many days", minimum=1),
        _MODEL,
        Column("top_reasons", "VARCHAR[]", "up to three, the strongest first, in words"),
        Column("contributions", "VARCHAR[]", "the same as feature=value (what it adds to the log-odds)"),
    ),
    ("customer_id",),
    (_BUYER,),
    (
        NOBODY_IS_LEFT_OUT,
        Rule(
            "mean_agrees_with_what_was_seen",
            "SELECT foretold, share FROM (SELECT avg(probability) AS foretold, count(*) AS customers FROM {batch}),"
            " (SELECT max(share) AS share FROM marts.propensity_evaluation WHERE target = 'churn')"
            " WHERE customers >= 20 AND abs(foretold - share) > 0.25",
            "the mean probability is within a quarter of the share that left after the judged cut",
            "WARN",
        ),
        Rule(
            "shares_do_not_jump",
            "SELECT now, before FROM (SELECT avg((probability > 0.5)::INTEGER) AS now, count(*) AS n,"
            " min(as_of) AS clock, min(horizon_days) AS horizon FROM {batch}), (SELECT avg((probability >"
            " 0.5)::INTEGER) AS before, max(as_of) AS earlier, min(horizon_days) AS was FROM marts.churn_scores)"
            " WHERE n >= 20 AND earlier < clock AND was = horizon AND abs(now - before) > 0.2",
            "the share of customers who more likely leave than not changes by a fifth at most since the last run at an"
            " earlier clock with the same horizon",
            "WARN",
        ),
    ),
)

PURCHASE_PROPENSITY = mart(
    "purchase_propensity",
    "one buyer and one of the largest top categories, and how probable a purchase of it is within the horizon",
    (
        _CUSTOMER,
        Column("category", "VARCHAR", "top category"),
        _PROBABILITY,
        Column("horizon_days", "INTEGER", "within so many days", minimum=1),
        _MODEL,
    ),
    ("customer_id", "category"),
    (_BUYER,),
    (
        Rule(
            "one_model",
            "SELECT 1 FROM {batch} HAVING count(DISTINCT model) > 1 OR count(DISTINCT horizon_days) > 1",
            "one model foretold all, over one horizon",
        ),
        NOBODY_IS_LEFT_OUT,
        Rule(
            "every_pair_is_here",
            "SELECT n, wanted FROM (SELECT count(*) AS n, count(DISTINCT customer_id) * count(DISTINCT category)"
            " AS wanted FROM {batch}) WHERE n <> wanted",
            "every customer has every category",
        ),
        Rule(
            "mean_agrees_with_what_was_seen",
            "SELECT foretold, share FROM (SELECT avg(probability) AS foretold, count(DISTINCT customer_id) AS customers"
            " FROM {batch}), (SELECT max(share) AS share FROM marts.propensity_evaluation WHERE target = 'category')"
            " WHERE customers >= 20 AND abs(foretold - share) > 0.02 AND NOT foretold BETWEEN share / 2 AND share * 2",
            "the mean probability is within half and twice the share of pairs that bought after the judged cut",
            "WARN",
        ),
        Rule(
            "shares_do_not_jump",
            "SELECT category, now, before FROM (SELECT category, avg(probability) AS now, count(*) AS n, min(as_of) AS"
            " clock, min(horizon_days) AS horizon FROM {batch} GROUP BY category) JOIN (SELECT category,"
            " avg(probability) AS before, max(as_of) AS earlier, min(horizon_days) AS was FROM"
            " marts.purchase_propensity GROUP BY category) USING (category)"
            " WHERE n >= 20 AND earlier < clock AND was = horizon"
            " AND abs(now - before) > 0.02 AND NOT now BETWEEN before / 1.5 AND before * 1.5",
            "no category's mean probability changes by more than half since the last run at an earlier clock with the"
            " same horizon",
            "WARN",
        ),
    ),
)

PURCHASE_AMOUNTS = mart(
    "purchase_amounts",
    "one buyer, and how much they will spend on the day of their next purchase, if it is within the horizon",
    (
        _CUSTOMER,
        Column("expected_amount", "DOUBLE", "mean of what it may be, net, in the shop's currency", minimum=0),
        Column("amount_low", "DOUBLE", "lower end of the 80 % prediction interval", minimum=0),
        Column("amount_high", "DOUBLE", "upper end", minimum=0),
        Column("horizon_days", "INTEGER", "within so many days", minimum=1),
        _MODEL,
    ),
    ("customer_id",),
    (_BUYER,),
    (
        NOBODY_IS_LEFT_OUT,
        Rule(
            "interval_is_one",
            "SELECT customer_id FROM {batch} WHERE amount_low > amount_high OR NOT isfinite(amount_high)"
            " OR NOT isfinite(expected_amount)",
            "low <= high, all finite",
        ),
        Rule(
            "something_is_expected",
            "SELECT customer_id FROM {batch} WHERE expected_amount <= 0",
            "a purchase is of more than nothing",
        ),
    ),
)

PROPENSITY = (PROPENSITY_MODELS, PROPENSITY_EVALUATION, CHURN_SCORES, PURCHASE_PROPENSITY, PURCHASE_AMOUNTS)
