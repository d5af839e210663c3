"""How far lifetime value can be trusted: what models expected against what came, and the books beside it.

Here: `marts.clv_evaluation`, `marts.clv_calibration` and `marts.revenue_reconciliation`. Not here: the values
(`value.py`), and the judging (`models/value/report.py`).
"""

from .mart import mart
from .purchases import GROUP, MONEY
from .table import Column, Rule

NAIVE = "past_rate"
"""The naive rule: each customer goes on as before. A model has to beat it."""
RULE_OF_VALUE = Column("model", "VARCHAR", "model of purchases + model of spend, or the naive rule past_rate")
PARTS = (
    "ordinary",
    "wholesale",
    "nothing_paid",
    "given_back",
    "unmatched_returns",
    "left_out",
    "unknown_customer",
    "service",
)
_SPLIT = Column("split_at", "TIMESTAMP", "start of the period that is held out (UTC); fitting ends there")
_PUBLISHED = Column(
    "is_published",
    "BOOLEAN",
    "fills marts.customer_value for the group; a model only if it still holds on all purchases before the clock, else"
    " the naive rule does",
)
_FEWEST_PURCHASES = 97
"""Of fewer, the number alone scatters by more than a fifth: 1.96 / sqrt(97)."""
SEEN, WANTED = "revenue_coverage", "revenue_coverage_wanted"
"""Metrics: the share of customers whose revenue lay inside their interval, and the one that was to (value.interval)."""

CLV_EVALUATION = mart(
    "clv_evaluation",
    "one metric of one model on the period that is held out, over a group of customers or a class of it",
    (
        GROUP,
        RULE_OF_VALUE,
        Column(
            "customers",
            "VARCHAR",
            "all; who had bought on one day before the period; who had bought again",
            values=("all", "one_time", "repeat"),
        ),
        Column("metric", "VARCHAR", "metric"),
        Column("value", "DOUBLE", "its value"),
        Column("ci_low", "DOUBLE", "lower end of the 95 % bootstrap interval", required=False),
        Column("ci_high", "DOUBLE", "upper end", required=False),
        Column("baseline", "VARCHAR", "the rival", values=(NAIVE,)),
        Column(
            "beats_baseline",
            "BOOLEAN",
            "over all customers of the group the model's squared error in revenue is smaller than the rival's, with"
            " the whole interval of the paired difference, and its sum is between a half and twice what came, or nearer"
            " to it than the rival's",
        ),
        _PUBLISHED,
        Column("n_customers", "BIGINT", "customers who were judged", minimum=1),
        _SPLIT,
    ),
    ("customer_group", "model", "customers", "metric"),
    rules=(
        Rule(
            "values_are_finite",
            "SELECT customer_group, model, metric FROM {batch} WHERE NOT isfinite(value) OR NOT isfinite(ci_low)"
            " OR NOT isfinite(ci_high)",
            "a metric that can't be told has no row",
        ),
        Rule(
            "interval_is_ordered",
            "SELECT customer_group, model, metric FROM {batch} WHERE ci_low > ci_high",
            "low <= high",
        ),
        Rule(
            "one_published_per_group",
            "SELECT customer_group FROM {batch} WHERE customer_group IS NOT NULL GROUP BY 1"
            " HAVING count(DISTINCT model) FILTER (is_published) <> 1",
            "each group that was judged has one model",
        ),
        Rule(
            "only_a_winner_is_published",
            f"SELECT customer_group, model FROM {{batch}} WHERE is_published AND model <> '{NAIVE}'"
            " AND NOT beats_baseline",
            "a model other than the naive rule is published only if it beats it",
        ),
        Rule(
            "calibration_within_bounds",
            "SELECT customer_group, model, ci_low, ci_high FROM {batch} WHERE is_published AND customers = 'all'"
            " AND metric = 'revenue_ratio' AND (ci_low > 1.33 OR ci_high < 0.75)",
            "what is published may have expected the revenue of the period within a third: the interval of expected /"
            " actual meets .75 to 1.33",
            "WARN",
        ),
        Rule(
            "intervals_hold_what_they_say",
            "SELECT seen.customer_group, seen.model, seen.value AS share, wanted.value AS wanted"
            " FROM {batch} AS seen JOIN {batch} AS wanted USING (customer_group, model, customers)"
            f" WHERE seen.is_published AND customers = 'all' AND seen.metric = '{SEEN}' AND wanted.metric = '{WANTED}'"
            " AND seen.value < wanted.value - 0.1 - 1e-9",
            "of the customers, the share inside the published interval is at most a tenth less than value.interval;"
            " more is no fault, for where nearly all bring nothing an interval of nothing holds them",
            "WARN",
        ),
    ),
)

CLV_CALIBRATION = mart(
    "clv_calibration",
    "one tenth of a group's customers by the value that a model expected, and what they did in the held-out period",
    (
        GROUP,
        RULE_OF_VALUE,
        Column(
            "decile", "BIGINT", "by expected revenue; 10 are those of whom most was expected", minimum=1, maximum=10
        ),
        Column("n_customers", "BIGINT", "customers", minimum=1),
        Column("expected_purchases", "DOUBLE", "days with a purchase, sum of what was expected", minimum=0),
        Column("actual_purchases", "DOUBLE", "days with a purchase that came", minimum=0),
        Column("expected_revenue", "DOUBLE", "revenue, sum of what was expected", minimum=0),
        Column("actual_revenue", "DOUBLE", "revenue that came, less what of it was given back before the clock"),
        _PUBLISHED,
        _SPLIT,
    ),
    ("customer_group", "model", "decile"),
    rules=(
        Rule(
            "sums_are_finite",
            "SELECT customer_group, model, decile FROM {batch} WHERE NOT isfinite(expected_purchases)"
            " OR NOT isfinite(actual_purchases) OR NOT isfinite(expected_revenue) OR NOT isfinite(actual_revenue)",
            "numbers",
        ),
        Rule(
            "expectations_rise",
            "SELECT customer_group, model, decile FROM (SELECT *, expected_revenue / n_customers AS mean,"
            " lag(mean) OVER (PARTITION BY customer_group, model ORDER BY decile) AS before FROM {batch})"
            " WHERE mean < before * (1 - 1e-9)",
            "of a higher tenth more is expected",
        ),
        Rule(
            "models_meet_the_same_customers",
            "SELECT customer_group FROM (SELECT customer_group, model, sum(n_customers) AS n,"
            " sum(actual_purchases) AS purchases FROM {batch} WHERE customer_group IS NOT NULL GROUP BY ALL)"
            " GROUP BY 1 HAVING min(n) <> max(n) OR min(purchases) <> max(purchases)",
            "all models of a group are held against the same customers and purchases",
        ),
        Rule(
            "calibration_within_bounds",
            "SELECT customer_group, expected, actual FROM (SELECT customer_group, sum(expected_purchases) AS expected,"
            " sum(actual_purchases) AS actual FROM {batch} WHERE is_published GROUP BY 1)"
            f" WHERE actual >= {_FEWEST_PURCHASES} AND abs(expected - actual) > 0.25 * actual",
            "what is published expected the purchases of the period within a quarter of those that came",
            "WARN",
        ),
    ),
)

RECONCILIATION = mart(
    "revenue_reconciliation",
    "one part of the booked revenue before the clock: what lifetime value is told from, and where the rest is",
    (
        Column(
            "part",
            "VARCHAR",
            "ordinary, wholesale: customers with a purchase, what they kept; nothing_paid: customers who kept something"
            " and paid nothing for it on balance; given_back: what is left of the money of lines of which no unit is;"
            " unmatched_returns: of such customers, returns whose sale is not known; left_out: bots, staff, test"
            " accounts (interactions.leave_out); unknown_customer: without a customer; service: postage and fees",
            values=PARTS,
        ),
        Column("n_lines", "BIGINT", "sold lines, and unmatched parts of returns", minimum=1),
        Column("n_customers", "BIGINT", "known customers", minimum=0),
        Column("gross_revenue", MONEY, "sales", minimum=0),
        Column("returned_revenue", MONEY, "what was paid back before the clock", minimum=0),
        Column("net_revenue", MONEY, "sales less that"),
        Column(
            "valued_revenue",
            MONEY,
            "net_revenue of the group in marts.customer_value; null for who is not valued",
            required=False,
        ),
    ),
    ("part",),
    rules=(
        Rule(
            "parts_add_up_to_booked_revenue",
            "SELECT parts, booked FROM (SELECT coalesce(sum(net_revenue), 0) AS parts FROM {batch}),"
            " (SELECT coalesce(sum(booked_amount), 0) AS booked FROM clean.order_lines"
            " WHERE line_at < getvariable('as_of')) WHERE parts <> booked",
            "the parts are the books before the clock, to the last digit",
        ),
        Rule(
            "net_is_gross_less_returned",
            "SELECT part FROM {batch} WHERE net_revenue <> gross_revenue - returned_revenue",
            "in each part",
        ),
        Rule(
            "valued_revenue_is_in_its_part",
            "SELECT part, net_revenue, valued_revenue FROM {batch} WHERE net_revenue IS DISTINCT FROM valued_revenue"
            " AND part IN ('ordinary', 'wholesale') AND EXISTS (FROM marts.customer_value)"
            " OR valued_revenue IS NOT NULL AND part NOT IN ('ordinary', 'wholesale')",
            "what lifetime value calls revenue is the part of its customers, to the last digit",
        ),
    ),
)

VALUE_JUDGED = (CLV_EVALUATION, CLV_CALIBRATION, RECONCILIATION)
