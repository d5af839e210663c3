"""Lifetime value: the fitted parameters, and the value of each customer.

Not here: what value is told from (`purchases.py`), how far it can be trusted (`value_judged.py`), and the models
(`models/value`).
"""

from .mart import mart
from .purchases import CUSTOMER, GROUP, KNOWN_CUSTOMER, MONEY
from .table import Column, Rule, Table
from .value_judged import NAIVE, RULE_OF_VALUE, VALUE_JUDGED

CLV_PARAMETERS = Table(
    "models",
    "clv_parameters",
    "one number of one model of purchases or of spend, fitted on all that a group of customers bought before the clock",
    (
        GROUP,
        Column("model", "VARCHAR", "model"),
        Column("parameter", "VARCHAR", "its name in the model's paper; time is in days"),
        Column("value", "DOUBLE", "maximum likelihood"),
        Column(
            "standard_error", "DOUBLE", "from the observed information; null where that says nothing", required=False
        ),
        Column("log_likelihood", "DOUBLE", "of the fit", required=False),
        Column("n_customers", "BIGINT", "customers that it was fitted on", minimum=1),
        Column("problem", "VARCHAR", "what is wrong with the fit; null for a good one", required=False),
        Column("is_used", "BOOLEAN", "a part of the model that fills marts.customer_value"),
    ),
    ("customer_group", "model", "parameter"),
    rules=(
        Rule(
            "parameters_are_finite_and_positive",
            "SELECT customer_group, model, parameter, value FROM {batch} WHERE NOT isfinite(value)"
            " OR value <= 0 AND parameter <> 'elasticity'",
            "every one lies between 0 and infinity, both left out; an elasticity may be negative",
        ),
        Rule(
            "errors_are_finite",
            "SELECT customer_group, model, parameter FROM {batch} WHERE NOT isfinite(standard_error)"
            " OR standard_error < 0 OR NOT isfinite(log_likelihood)",
            "a standard error is a number of at least 0, a log-likelihood is a number",
        ),
        Rule(
            "a_fit_with_a_problem_is_not_used",
            "SELECT customer_group, model, problem FROM {batch} WHERE is_used AND problem IS NOT NULL"
            " AND model NOT IN ('nbd', 'gamma_gamma_of_known_mean')",
            "what values are told from has no problem, but for the models of last resort",
        ),
        Rule(
            "a_model_is_used_as_a_whole",
            "SELECT customer_group, model FROM {batch} WHERE model IS NOT NULL AND customer_group IS NOT NULL"
            " GROUP BY ALL HAVING count(DISTINCT is_used) > 1",
            "all parameters of a model are used, or none",
        ),
    ),
)

CUSTOMER_VALUE = mart(
    "customer_value",
    "one customer with a purchase, and what they are worth to the shop from now on",
    (
        CUSTOMER,
        GROUP,
        Column("frequency", "BIGINT", "days with a purchase after the first", minimum=0),
        Column("recency_days", "BIGINT", "days from the first purchase to the last", minimum=0),
        Column("age_days", "BIGINT", "days from the first purchase to the clock", minimum=0),
        Column("monetary_value", "DOUBLE", "mean amount of the days after the first; null for one", required=False),
        Column("net_revenue", MONEY, "what they paid, less what they were paid back"),
        Column(
            "margin",
            "DOUBLE",
            "share of revenue that counts as earned in clv; 1 where none is known",
            minimum=0,
            maximum=1,
        ),
        Column(
            "p_alive",
            "DOUBLE",
            "probability that they have not left for good; 1 under past_rate and nbd, which know no leaving",
            minimum=0,
            maximum=1,
        ),
        Column("expected_purchases_90d", "DOUBLE", "days with a purchase expected in the next 90", minimum=0),
        Column("clv", "DOUBLE", "expected margin within value.horizon_days, discounted to the clock", minimum=0),
        Column(
            "clv_low",
            "DOUBLE",
            "lower end of the interval for what they will bring (value.interval). Where most buy nothing more, both"
            " ends may lie below the mean: it is an interval of one customer's future, not of clv",
            minimum=0,
        ),
        Column("clv_high", "DOUBLE", "upper end", minimum=0),
        Column(
            "clv_yearly_margin",
            "DOUBLE",
            "past revenue less cost per year as a customer: sum of (P_t - C_t) / T; null where no margin is known: no"
            " value.margin, and cost for less than a tenth of the group's revenue",
            required=False,
        ),
        Column(
            "cvs",
            "DOUBLE",
            "customer value score R / C x W; null where no margin is known, and where C is 0",
            required=False,
        ),
        Column(
            "value_tier", "VARCHAR", "tier by clv within the group (value.tiers); bronze is who is in none or worth 0"
        ),
        RULE_OF_VALUE,
    ),
    ("customer_id",),
    foreign_keys=(KNOWN_CUSTOMER,),
    rules=(
        Rule(
            "every_customer_with_a_purchase_is_valued",
            "SELECT customer_id FROM features.rfm WHERE EXISTS (FROM {batch})"
            " AND customer_id NOT IN (SELECT customer_id FROM {batch} WHERE customer_id IS NOT NULL)",
            "all of features.rfm are here, or nobody where the data allow no value",
        ),
        Rule(
            "facts_are_those_of_rfm",
            "SELECT customer_id FROM {batch} AS b LEFT JOIN features.rfm AS rfm USING (customer_id)"
            " WHERE b.customer_id IS NOT NULL AND (rfm.customer_id IS NULL OR b.customer_group <> rfm.customer_group"
            " OR b.frequency <> rfm.frequency OR b.recency_days <> rfm.recency_days OR b.age_days <> rfm.age_days"
            " OR b.monetary_value IS DISTINCT FROM rfm.monetary_value OR b.net_revenue <> rfm.net_revenue)",
            "group, purchases and revenue are what features.rfm says, to the last digit",
        ),
        Rule(
            "values_are_finite",
            "SELECT customer_id FROM {batch} WHERE NOT isfinite(expected_purchases_90d) OR NOT isfinite(clv)"
            " OR NOT isfinite(clv_high) OR NOT isfinite(clv_yearly_margin) OR NOT isfinite(cvs)",
            "numbers",
        ),
        Rule("interval_is_ordered", "SELECT customer_id FROM {batch} WHERE clv_low > clv_high", "low <= high"),
        Rule(
            "tiers_follow_value",
            # Bronze first, then by value: each tier begins above where the one before it has ended.
            "SELECT customer_group, value_tier FROM (SELECT customer_group, value_tier, least_value, lag(most_value)"
            " OVER (PARTITION BY customer_group ORDER BY value_tier <> 'bronze', least_value, most_value) AS before"
            " FROM (SELECT customer_group, value_tier, min(clv) AS least_value, max(clv) AS most_value FROM {batch}"
            " WHERE value_tier IS NOT NULL GROUP BY ALL)) WHERE before >= least_value",
            "within a group, everybody in a higher tier is worth more than everybody in a lower one, equal values have"
            " one tier, and bronze is the lowest",
        ),
        Rule(
            "one_model_per_group",
            "SELECT customer_group FROM {batch} WHERE customer_group IS NOT NULL GROUP BY 1"
            " HAVING count(DISTINCT model) > 1",
            "customers of a group are compared by one model",
        ),
        Rule(
            "only_a_winner_is_published",
            f"SELECT customer_id, model FROM {{batch}} WHERE model <> '{NAIVE}' AND customer_group IS NOT NULL"
            " AND (customer_group, model) NOT IN (SELECT (customer_group, model) FROM marts.clv_evaluation"
            " WHERE is_published)",
            "a model other than the naive rule is the very one that was judged for that group and has beaten it"
            " (marts.clv_evaluation)",
        ),
        Rule(
            "tier_shares_hold",
            # How many customers a tier has is given by value.tiers. What they are worth together is not.
            "SELECT customer_group, value_tier, now, earlier FROM (SELECT customer_group, value_tier,"
            " worth / nullif(sum(worth) OVER own, 0) AS now, was / nullif(sum(was) OVER own, 0) AS earlier,"
            " least(sum(n) OVER own, sum(n_earlier) OVER own) AS n FROM (SELECT customer_group, value_tier,"
            " coalesce(sum(clv) FILTER (is_now), 0) AS worth, coalesce(sum(clv) FILTER (NOT is_now), 0) AS was,"
            " count(*) FILTER (is_now) AS n, count(*) FILTER (NOT is_now) AS n_earlier FROM"
            " (SELECT customer_group, value_tier, clv, true AS is_now FROM {batch} UNION ALL"
            " SELECT customer_group, value_tier, clv, false FROM marts.customer_value) GROUP BY customer_group,"
            " value_tier) WINDOW own AS (PARTITION BY customer_group))"
            " WHERE n >= 20 AND abs(now - earlier) > 0.1 + 1e-9",
            "no tier's share of the value of its group is more than a tenth away from that of the last run",
            "WARN",
        ),
        Rule(
            "total_value_holds",
            "SELECT now, earlier FROM (SELECT sum(clv) AS now, count(*) AS n FROM {batch}),"
            " (SELECT sum(clv) AS earlier FROM marts.customer_value)"
            " WHERE n >= 20 AND (now > 1.5 * earlier OR now < earlier / 1.5)",
            "the sum of all values is within half of that of the last run",
            "WARN",
        ),
    ),
)

VALUE: tuple[Table, ...] = (CLV_PARAMETERS, CUSTOMER_VALUE, *VALUE_JUDGED)
