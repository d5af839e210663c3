"""How good the models are: the search for settings, the choice, the hybrid, and the comparison on the test period.

Not here: the judging (`models/evaluation`), and what is done with the choice (`assets/recommenders`).
"""

from .mart import mart
from .table import Column, Rule, Table

INTERVAL = Rule(
    "interval_holds_value",
    "SELECT {key} FROM {{batch}} WHERE value < ci_low - 1e-12 OR value > ci_high + 1e-12",
    "low <= value <= high",
)


def _interval(key: str) -> Rule:
    return Rule(INTERVAL.name, INTERVAL.sql.format(key=key), INTERVAL.doc)


def _one_chosen(among: str, flag: str) -> Rule:
    sql = f"SELECT n FROM (SELECT count(DISTINCT model) AS n FROM {{batch}} WHERE {flag}) WHERE n > 1"
    return Rule(f"one_{among}", sql, f"no two models are the {among}")


MODEL_TRIALS = mart(
    "model_trials",
    "one model with one choice of settings, tried on the validation period",
    (
        Column("model", "VARCHAR", "model"),
        Column("trial", "INTEGER", "number of the model's trial, from 1; 1 has the default settings", minimum=1),
        Column("settings", "VARCHAR", "the settings, as JSON"),
        Column(
            "status",
            "VARCHAR",
            "done; too_large: would not fit into recommend.memory_gb; out_of_time: would not fit into the budget",
            values=("done", "too_large", "out_of_time"),
        ),
        Column("metric", "VARCHAR", "what was measured"),
        Column("k", "INTEGER", "length of the list", minimum=1),
        Column("value", "DOUBLE", "mean over customers; null where it was not run", required=False, minimum=0),
        Column("ci_low", "DOUBLE", "lower end of the 95 % bootstrap interval", required=False),
        Column("ci_high", "DOUBLE", "upper end", required=False),
        Column("memory_bytes", "BIGINT", "what the fit was said to take", minimum=0),
        Column("is_best", "BOOLEAN", "the best of its model"),
        Column("n_customers", "BIGINT", "customers who were judged", minimum=0),
        Column("split_at", "TIMESTAMP", "start of the validation period (UTC); training ends there"),
    ),
    ("model", "trial"),
    rules=(
        _interval("model, trial"),
        Rule(
            "done_has_a_value",
            "SELECT model, trial FROM {batch} WHERE (status = 'done') <> coalesce(isfinite(value), false)",
            "a value exactly where the trial was run",
        ),
        Rule(
            "one_best_per_model",
            "SELECT model FROM {batch} WHERE model IS NOT NULL GROUP BY model"
            " HAVING count(*) FILTER (is_best) <> least(1, count(*) FILTER (status = 'done'))",
            "each model that was run has one best trial",
        ),
    ),
)

MODEL_SELECTION = mart(
    "model_selection",
    "one model with the settings that the last search found best for it",
    (
        Column("model", "VARCHAR", "model"),
        Column("settings", "VARCHAR", "its settings, as JSON"),
        Column("metric", "VARCHAR", "what was measured"),
        Column("k", "INTEGER", "length of the list", minimum=1),
        Column("value", "DOUBLE", "on the validation period, mean over customers", minimum=0, maximum=1),
        Column("n_trials", "INTEGER", "settings tried", minimum=1),
        Column(
            "is_chosen", "BOOLEAN", "the best of all: the daily run fits it, and publishes it if it beats popularity"
        ),
    ),
    ("model",),
    rules=(_one_chosen("chosen", "is_chosen"),),
)

HYBRID_WEIGHTS = mart(
    "hybrid_weights",
    "one model that the hybrid was tried with, and the weight that it got on the validation period",
    (
        Column("model", "VARCHAR", "model"),
        Column("weight", "DOUBLE", "what its best score adds; 0: it is no part of the hybrid", minimum=0),
        Column("value", "DOUBLE", "of the model alone, mean over customers", minimum=0),
        Column("hybrid_value", "DOUBLE", "of the hybrid, over the same customers", maximum=1),
        Column("ci_low", "DOUBLE", "lower end of the 95 % bootstrap interval of hybrid_value", required=False),
        Column("ci_high", "DOUBLE", "upper end; both null for a single customer", required=False),
        Column("metric", "VARCHAR", "what was measured"),
        Column("k", "INTEGER", "length of the list", minimum=1),
        Column("n_customers", "BIGINT", "customers who were judged", minimum=1),
        Column("split_at", "TIMESTAMP", "start of the validation period (UTC); training ended there"),
    ),
    ("model",),
    rules=(
        Rule(
            "not_worse_than_its_best_part",
            "SELECT model, value, hybrid_value FROM {batch} WHERE value > hybrid_value + 1e-9",
            "on the validation period no part alone is better than the hybrid",
        ),
        Rule(
            "weights_are_finite",
            "SELECT model, weight FROM {batch} WHERE NOT isfinite(weight)",
            "a number",
        ),
        Rule(
            "interval_holds_value",
            "SELECT model FROM {batch} WHERE hybrid_value < ci_low - 1e-12 OR hybrid_value > ci_high + 1e-12",
            "low <= hybrid_value <= high",
        ),
        Rule(
            "has_a_part",
            "SELECT total FROM (SELECT sum(weight) AS total FROM {batch}) WHERE total = 0",
            "at least one model has a weight above 0",
        ),
    ),
)

_JUDGEMENT = (
    Column("value", "DOUBLE", "mean over customers; shares are 0 to 1, novelty is in bits", minimum=0),
    Column("ci_low", "DOUBLE", "lower end of the 95 % bootstrap interval", required=False),
    Column("ci_high", "DOUBLE", "upper end", required=False),
    Column("baseline", "VARCHAR", "the rival"),
    Column("beats_baseline", "BOOLEAN", "the paired difference to the rival is over zero with its whole interval"),
    Column("is_champion", "BOOLEAN", "the model that fills marts.recommendations"),
    Column("n_customers", "BIGINT", "customers with something to find", minimum=0),
    Column("split_at", "TIMESTAMP", "start of the test period (UTC); training ends there"),
)
_METRIC = (
    Column("model", "VARCHAR", "model"),
    Column("metric", "VARCHAR", "metric"),
    Column("k", "INTEGER", "length of the list", minimum=1),
)
_CUSTOMERS = Column(
    "customers", "VARCHAR", "how many products they had before the test period: 0, 1, 2-4, 5-19, 20+; or all"
)


def _judged_rules(key: str) -> tuple[Rule, ...]:
    return (
        _interval(key),
        _one_chosen("champion", "is_champion"),
        Rule(
            "shares_are_shares",
            f"SELECT {key}, value FROM {{batch}} WHERE metric <> 'novelty' AND value > 1",
            "every metric but novelty lies between 0 and 1",
        ),
    )


EVALUATION = Table(
    "models",
    "evaluation",
    "one metric of one model on the test period, over all customers or a class of them",
    (*_METRIC, _CUSTOMERS, *_JUDGEMENT),
    ("model", "metric", "k", "customers"),
    rules=_judged_rules("model, metric, k, customers"),
)

MODEL_EVALUATION = mart(
    "model_evaluation",
    "one metric of one model on the test period",
    (*_METRIC, *_JUDGEMENT),
    ("model", "metric", "k"),
    rules=_judged_rules("model, metric, k"),
)

MODEL_EVALUATION_BY_ACTIVITY = mart(
    "model_evaluation_by_activity",
    "one metric of one model on the test period, over customers who had so many products before it",
    (*_METRIC, _CUSTOMERS, *_JUDGEMENT),
    ("model", "metric", "k", "customers"),
    rules=_judged_rules("model, metric, k, customers"),
)

JUDGED = (MODEL_TRIALS, MODEL_SELECTION, HYBRID_WEIGHTS, MODEL_EVALUATION, MODEL_EVALUATION_BY_ACTIVITY)
