"""How good forecasts are: the models that were tried on each series, their back-test, and what it comes to by level.

What is measured where: models are chosen by the errors of each series alone, in the windows before the test
(`mase`, `rmsse` of `forecast_candidates`), and published where they beat the baseline alone over all windows, the test
among them (`error`). What is then published adds up: `published` of `forecast_candidates` is that, in each window by
weights from the other windows, and from it come `y_hat` and the bounds of `forecast_backtest`, the errors behind all
intervals and behind the stock plan, and `value` of `forecast_evaluation`. There `chosen` stands beside it: the chosen
models alone, published or not, of which the test window knows nothing.

Here: `models.forecast_candidates`, `models.forecast_backtest` and `marts.forecast_evaluation`. Not here: the series
(`demand_series.py`), and what is published (`demand_foreseen.py`).
"""

from .demand_series import LAST_DAY, LEVEL, UNIQUE_ID
from .mart import mart
from .table import Column, ForeignKey, Rule, Table

BASELINE = "seasonal_naive"
SERIES = ("daily_units", "weekly_units", "daily_revenue")
BOUNDS = ("lo_80", "hi_80", "lo_95", "hi_95")
COMPARED = ("mase", "rmsse", "smape", "wape")
ENOUGH, OFF = 20, 0.15
METRICS = (*COMPARED, "pinball", "coverage_80", "coverage_95")
_KIND = Column("series", "VARCHAR", "what is forecast, and per day or per week", values=SERIES)
_SEEN = ForeignKey(("unique_id",), "features.demand_daily", ("unique_id",))
_INFINITE = " OR ".join(
    f"list_bool_or(list_transform({name}, x -> NOT isfinite(x)))" for name in ("forecasts", "published", *BOUNDS)
)
SCALES = (
    Column(
        "naive_scale",
        "DOUBLE",
        "mean |change| from season to season before the test window, by which MASE divides; null without two seasons",
        required=False,
        minimum=0,
    ),
    Column("squared_scale", "DOUBLE", "mean square of it, by which RMSSE divides", required=False, minimum=0),
)

CANDIDATES = Table(
    "models",
    "forecast_candidates",
    "one model that was tried on one series by rolling-origin back-test",
    (
        _KIND,
        LEVEL,
        UNIQUE_ID,
        Column("model", "VARCHAR", f"model; {BASELINE} is the baseline"),
        Column(
            "mase",
            "DOUBLE",
            "mean absolute scaled error over the windows before the test window; null where it can't be told",
            required=False,
            minimum=0,
        ),
        Column("rmsse", "DOUBLE", "root mean squared scaled error likewise", required=False, minimum=0),
        Column("is_slow", "BOOLEAN", "a slow seller: chosen and judged by RMSSE, all others by MASE"),
        Column("is_chosen", "BOOLEAN", "chosen on those windows, by this series and those alike"),
        Column(
            "is_published",
            "BOOLEAN",
            f"its forecasts are published: the chosen one if its `error` is less than that of {BASELINE} (with fewer"
            f" than four windows also in the test), else {BASELINE}",
        ),
        Column(
            "error",
            "DOUBLE",
            "mean absolute error, of a slow seller root mean squared error, over all windows with the test, in its own"
            " unit; of the chosen model and the baseline only",
            required=False,
            minimum=0,
        ),
        *SCALES,
        Column("cutoffs", "DATE[]", "last day that each window's forecasts know; the last one is the test window's"),
        Column(
            "forecasts",
            "DOUBLE[]",
            "window after window, as many steps of each: what the chosen model and the baseline say of it alone",
            required=False,
        ),
        Column(
            "published",
            "DOUBLE[]",
            "likewise, with parts that add up to the whole, as published; of the published model only",
            required=False,
        ),
        *(
            Column(name, "DOUBLE[]", "bound of each step of the test window, of the published model", required=False)
            for name in BOUNDS
        ),
    ),
    ("series", "unique_id", "model"),
    foreign_keys=(_SEEN,),
    rules=(
        Rule(
            "one_is_chosen_and_one_published",
            "SELECT series, unique_id FROM {batch} GROUP BY ALL HAVING count(*) FILTER (is_chosen) <> 1"
            f" OR count(*) FILTER (is_published) <> 1 OR count(*) FILTER (model = '{BASELINE}') <> 1",
            "every series has the baseline, one chosen model and one published one",
        ),
        Rule(
            "only_a_winner_is_published",
            "SELECT series, unique_id FROM {batch} AS b JOIN (SELECT series, unique_id, error AS to_beat FROM {batch}"
            f" WHERE model = '{BASELINE}') AS naive USING (series, unique_id) WHERE is_published"
            f" AND model <> '{BASELINE}' AND (NOT is_chosen OR coalesce(error >= to_beat, true))",
            "what is published is the baseline, or chosen and better than it",
        ),
        Rule(
            "forecasts_of_who_counts",
            f"SELECT series, unique_id FROM {{batch}} WHERE (is_chosen OR model = '{BASELINE}') <>"
            " (forecasts IS NOT NULL) OR len(forecasts) % len(cutoffs) <> 0 OR is_published <> (published IS NOT NULL)"
            " OR len(published) <> len(forecasts)",
            "the chosen model, the baseline and what is published have forecasts for every window",
        ),
        Rule(
            "numbers_are_finite",
            "SELECT series, unique_id, model FROM {batch} WHERE NOT isfinite(mase) OR NOT isfinite(rmsse)"
            f" OR NOT isfinite(error) OR NOT isfinite(naive_scale) OR NOT isfinite(squared_scale) OR {_INFINITE}",
            "no NaN, no infinity; a vector has gaps where too little was seen",
        ),
    ),
)

BACKTEST = Table(
    "models",
    "forecast_backtest",
    "what was forecast for one day or week of one series, knowing nothing after an earlier day, and what came",
    (
        _KIND,
        LEVEL,
        UNIQUE_ID,
        Column("cutoff", "DATE", "last day that was known"),
        Column("ds", "DATE", "the day, or the week's Monday"),
        Column("step", "INTEGER", "1 is the first after the cutoff", minimum=1),
        Column("model", "VARCHAR", "the model that was chosen on the windows before the test window"),
        Column("is_published", "BOOLEAN", f"its forecasts are published; else those of {BASELINE} are"),
        Column("is_test", "BOOLEAN", "the last window: no model was chosen on it"),
        *SCALES,
        Column("y", "DOUBLE", "what came; null before its first day, and out of stock", required=False),
        Column(
            "y_hat",
            "DOUBLE",
            f"what would have been published: of the model or, where it is not published, of {BASELINE}, and parts add"
            " up; null before the first day",
            required=False,
            minimum=0,
        ),
        Column(
            "chosen_y_hat",
            "DOUBLE",
            "what the model said of this series alone, published or not; null where it had seen too little",
            required=False,
            minimum=0,
        ),
        Column(
            "baseline_y_hat", "DOUBLE", f"what {BASELINE} said; null before the first day", required=False, minimum=0
        ),
        *(
            Column(name, "DOUBLE", "bound of what is published, from the earlier windows' errors", required=False)
            for name in BOUNDS
        ),
    ),
    ("series", "unique_id", "cutoff", "step"),
    foreign_keys=(_SEEN,),
    rules=(
        Rule(
            "one_model_per_series",
            "SELECT series, unique_id FROM {batch} GROUP BY ALL"
            " HAVING count(DISTINCT model) > 1 OR count(DISTINCT is_published) > 1",
            "a series has one model, published or not",
        ),
        Rule(
            "the_last_window_is_the_test",
            "SELECT series, unique_id, cutoff FROM {batch} AS b JOIN (SELECT series, max(cutoff) AS last FROM {batch}"
            " GROUP BY 1) AS ends USING (series) WHERE is_test <> (cutoff = last)",
            "is_test marks the last cutoff",
        ),
        Rule(
            "every_window_is_whole",
            "SELECT series, unique_id, cutoff FROM {batch} AS b JOIN (SELECT series, max(step) AS n_steps FROM {batch}"
            " GROUP BY 1) AS ends USING (series) GROUP BY ALL HAVING count(*) <> any_value(n_steps)",
            "every series and window has the same number of steps",
        ),
        Rule(
            "steps_follow_the_cutoff",
            "SELECT series, unique_id, ds FROM {batch} WHERE ds <> cutoff + 1 + (step - 1) *"
            f" CASE series WHEN 'weekly_units' THEN 7 ELSE 1 END OR ds > {LAST_DAY}",
            "a step is a day or a week, and none is at or after the run's clock",
        ),
        Rule(
            "numbers_are_finite",
            "SELECT series, unique_id, ds FROM {batch} WHERE NOT isfinite(y_hat) OR NOT isfinite(baseline_y_hat)"
            " OR NOT isfinite(y) OR NOT isfinite(naive_scale) OR NOT isfinite(squared_scale)"
            " OR NOT isfinite(chosen_y_hat) OR (y_hat IS NULL) <> (baseline_y_hat IS NULL)"
            " OR chosen_y_hat IS NOT NULL AND baseline_y_hat IS NULL",
            "no NaN, no infinity, and the baseline says something where anything does",
        ),
        Rule(
            "bounds_of_the_test_are_ordered",
            "SELECT series, unique_id, ds FROM {batch} WHERE (is_test AND baseline_y_hat IS NOT NULL) <>"
            " (lo_80 IS NOT NULL) OR lo_80 IS NOT NULL AND NOT coalesce(lo_95 <= lo_80 AND lo_80 <= hi_80"
            " AND hi_80 <= hi_95 AND isfinite(hi_95) AND lo_95 >= 0, false)",
            "the test window has bounds, the wider interval around the narrower one",
        ),
    ),
)

EVALUATION = mart(
    "forecast_evaluation",
    "one measure of the forecasts of one level on the test window of the back-test",
    (
        _KIND,
        LEVEL,
        Column(
            "metric",
            "VARCHAR",
            "mase, rmsse, smape: mean over series; wape: sum of absolute errors by sum of what came; pinball: mean loss"
            " of the four bounds by mean of what came; coverage_80, coverage_95: share of what came that lies in the"
            " interval",
            values=METRICS,
        ),
        Column(
            "value",
            "DOUBLE",
            f"of what is published: of the chosen models or {BASELINE}, with parts that add up",
            minimum=0,
        ),
        Column("baseline", "DOUBLE", f"of {BASELINE}; null where it has no such measure", required=False, minimum=0),
        Column(
            "chosen",
            "DOUBLE",
            "of the models chosen on the earlier windows, each series alone, published or not: what the test window had"
            " no say in; null where there is no such measure",
            required=False,
            minimum=0,
        ),
        Column("beats_baseline", "BOOLEAN", "less error than the baseline", required=False),
        Column("n_series", "BIGINT", "series that it is told from: those older than the test window", minimum=1),
        Column("n_published", "BIGINT", f"of them, those whose model beats {BASELINE} and is published", minimum=0),
        Column("test_from", "DATE", "first day of the test window"),
    ),
    ("series", "level", "metric"),
    rules=(
        Rule(
            "values_are_finite",
            "SELECT series, level, metric FROM {batch} WHERE NOT isfinite(value) OR NOT isfinite(baseline)"
            " OR NOT isfinite(chosen) OR starts_with(metric, 'coverage') AND value > 1",
            "finite, and a share is no more than 1",
        ),
        Rule(
            "errors_are_compared",
            f"SELECT series, level, metric FROM {{batch}} WHERE (metric IN {COMPARED}) <> (baseline IS NOT NULL)"
            f" OR (metric IN {COMPARED}) <> (chosen IS NOT NULL)"
            " OR value IS NOT NULL AND beats_baseline IS DISTINCT FROM (value < baseline)",
            "each error stands beside the chosen models' and the baseline's, and beats the latter where it is less",
        ),
        Rule(
            "published_are_judged",
            "SELECT series, level, metric FROM {batch} WHERE n_published > n_series",
            "no more are published than there are",
        ),
        Rule(
            "intervals_hold_what_they_say",
            "SELECT series, level, metric FROM {batch} WHERE starts_with(metric, 'coverage')"
            f" AND n_series >= {ENOUGH} AND abs(value - split_part(metric, '_', 2)::DOUBLE / 100) > {OFF}",
            f"of levels of {ENOUGH} series and more: the share that lies in an interval is within {OFF} of its name;"
            " the days of a single series go wrong together",
            "WARN",
        ),
    ),
)

DEMAND_JUDGED = (CANDIDATES, BACKTEST, EVALUATION)
