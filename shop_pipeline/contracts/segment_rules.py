"""What the tables about segments promise beyond their columns: rules over rows, and warnings.

Not here: the tables themselves (`segments.py`).
"""

from .table import Rule

FEWEST_KNOWN = 5
"""Of fewer customers whose age or channel is known none is told: a mean of one is a person's."""
FEWEST_OF_A_GENDER = 3
"""Women and men are told of from so many of each on: where all are the one, the share is the gender of each."""
SMALLEST_SHARE = 0.01
DRIFT = 0.25
FEWEST_FOR_DRIFT = 100
"""Of fewer customers, a handful who move are a large index."""

SEGMENTATION_RULES = (
    Rule("numbers_are_finite", "SELECT method, part, feature FROM {batch} WHERE NOT isfinite(value)", "a number"),
    Rule(
        "scales_are_over_zero",
        "SELECT feature FROM {batch} WHERE method = 'scaling' AND part = 'scale' AND value <= 0",
        "features are divided by them",
    ),
    Rule(
        "vectors_are_whole",
        "SELECT method, part FROM {batch} WHERE regexp_matches(part, '^((centre|core|projection|loading)_|mean)')"
        " GROUP BY method, part HAVING count(*) FILTER (feature <> '(label)')"
        " <> (SELECT count(*) FROM {batch} WHERE method = 'scaling' AND part = 'scale')",
        "each centre, core point and component has a number for every feature",
    ),
    Rule(
        "learned_at_once_and_before_the_clock",
        "SELECT first, last FROM (SELECT min(learned_at) AS first, max(learned_at) AS last FROM {batch})"
        " WHERE first <> last OR last > getvariable('as_of')",
        "the models belong together, and none has seen what came after the run's clock",
    ),
)

COMPONENT_RULES = (
    Rule(
        "numbers_are_finite",
        "SELECT customer_id FROM {batch}"
        " WHERE NOT (isfinite(pca_1) AND isfinite(pca_2) AND isfinite(ica_1) AND isfinite(ica_2))",
        "a place on the map",
    ),
    Rule(
        "everybody_or_nobody",
        "SELECT customer_id FROM features.rfm WHERE EXISTS (FROM {batch})"
        " AND customer_id NOT IN (SELECT customer_id FROM {batch})",
        "where there is a map, each customer is on it",
    ),
)

MEMBER_RULES = (
    Rule(
        "everybody_is_in_a_segment",
        "SELECT method, customer_id FROM (SELECT DISTINCT method FROM {batch} WHERE method IS NOT NULL) AS methods"
        " CROSS JOIN features.rfm AS rfm ANTI JOIN {batch} AS told USING (method, customer_id)",
        "each customer, by each method that is there",
    ),
    Rule(
        "figures_belong_to_the_method",
        "SELECT customer_id, method FROM {batch}"
        " WHERE (method = 'rfm') <> (r_score IS NOT NULL) OR (method = 'rfm') <> (f_score IS NOT NULL)"
        " OR (method = 'rfm') <> (m_score IS NOT NULL) OR method = 'rfm' AND distance IS NOT NULL"
        " OR method = 'kmeans' AND distance IS NULL OR method <> 'dbscan' AND segment = 'noise'",
        "scores are of rfm, distances of the clusters, noise of dbscan",
    ),
    Rule("distances_are_finite", "SELECT customer_id FROM {batch} WHERE isinf(distance)", "a number"),
    Rule(
        "one_label_per_segment",
        "SELECT method, segment FROM {batch} GROUP BY method, segment HAVING count(DISTINCT segment_label) > 1"
        " UNION ALL"
        " SELECT method, segment_label FROM {batch} GROUP BY method, segment_label HAVING count(DISTINCT segment) > 1",
        "a segment has one label, and no two of a method have the same",
    ),
    Rule(
        "previous_run_was_earlier",
        "SELECT customer_id FROM {batch} WHERE (previous_segment IS NULL) <> (previous_as_of IS NULL)"
        " OR previous_as_of >= as_of"
        " OR previous_as_of <> (SELECT max(previous_as_of) FROM {batch})",
        "where somebody was is told of one run, whose clock was earlier",
    ),
    Rule(
        "shares_are_stable",
        f"""SELECT method, psi FROM (
            SELECT method, sum((share - earlier) * ln(share / earlier)) AS psi FROM (
                SELECT method,
                    greatest(n_now / sum(n_now) OVER of_method, 0.0001) AS share,
                    greatest(n_then / sum(n_then) OVER of_method, 0.0001) AS earlier,
                    sum(n_then) OVER of_method AS customers
                FROM (
                    SELECT method, segment, sum(now) AS n_now, sum(before) AS n_then FROM (
                        SELECT method, segment, 1 AS now, 0 AS before FROM {{batch}}
                        UNION ALL
                        SELECT method, previous_segment, 0, 1 FROM {{batch}} WHERE previous_segment IS NOT NULL)
                    GROUP BY method, segment)
                WINDOW of_method AS (PARTITION BY method))
            WHERE customers >= {FEWEST_FOR_DRIFT} GROUP BY method)
        WHERE psi > {DRIFT}""",
        # Siddiqi, Credit Risk Scorecards, 2006: below 0.1 nothing has changed, above 0.25 the population is another.
        "the segments are about as large as in the run before: the population stability index is at most 0.25",
        "WARN",
    ),
)

_SUM = "abs(sum({}) - 1) > 1e-9"
PROFILE_RULES = (
    Rule(
        "shares_sum_to_1",
        "SELECT method FROM {batch} GROUP BY method"
        f" HAVING {_SUM.format('share_of_customers')} OR {_SUM.format('share_of_revenue')}",
        "the segments of a method are all customers and all revenue",
    ),
    Rule(
        "every_segment_is_told",
        "SELECT method, segment FROM (SELECT method, segment, min(segment_label) AS label, count(*) AS n"
        " FROM marts.customer_segments GROUP BY method, segment) AS counted"
        " LEFT JOIN {batch} AS told USING (method, segment)"
        " WHERE told.method IS NULL OR n <> n_customers OR label <> segment_label",
        "each segment has a profile, with as many customers as are in it",
    ),
    Rule(
        "few_tell_nothing_personal",
        f"SELECT method, segment FROM {{batch}} WHERE age_years IS NOT NULL AND n_age_known < {FEWEST_KNOWN}"
        # The fewer kind, at most: the share is rounded to hundredths.
        " OR share_female IS NOT NULL"
        f" AND n_gender_known * (0.505 - abs(share_female - 0.5)) < {FEWEST_OF_A_GENDER} - 1e-9"
        f" OR top_channel IS NOT NULL AND n_channel_known < {FEWEST_KNOWN}",
        f"age and channel are told of at least {FEWEST_KNOWN} known customers, gender of {FEWEST_OF_A_GENDER} each",
    ),
    Rule(
        "the_known_are_customers",
        "SELECT method, segment FROM {batch}"
        " WHERE greatest(n_age_known, n_gender_known, n_channel_known) > n_customers",
        "no more are known than there are",
    ),
    Rule(
        "means_are_finite",
        "SELECT method, segment FROM {batch} WHERE NOT isfinite(net_revenue) OR NOT isfinite(mean_purchase)",
        "a number",
    ),
    Rule(
        "a_lift_for_each_category",
        "SELECT method, segment FROM {batch} WHERE len(top_categories) <> len(top_category_lifts)",
        "the two lists go together",
    ),
    Rule(
        "no_segment_is_tiny",
        f"SELECT method, segment FROM {{batch}} WHERE method = 'kmeans' AND share_of_customers < {SMALLEST_SHARE}",
        "each segment of k-means has at least one customer in a hundred",
        "WARN",
    ),
)

MIGRATION_RULES = (
    Rule(
        "adds_up_to_the_segments",
        "SELECT method, segment FROM (SELECT method, to_segment AS segment, sum(n_customers) AS n FROM {batch}"
        " GROUP BY ALL) AS told FULL JOIN (SELECT method, segment, count(*) AS n FROM marts.customer_segments"
        " WHERE method IN (SELECT method FROM marts.customer_segments WHERE previous_as_of IS NOT NULL)"
        " GROUP BY ALL) AS counted USING (method, segment) WHERE told.n IS DISTINCT FROM counted.n",
        "each customer came from somewhere",
    ),
    Rule(
        "shares_sum_to_1",
        f"SELECT method, from_segment FROM {{batch}} GROUP BY method, from_segment HAVING {_SUM.format('share')}",
        "all who come from a segment went somewhere",
    ),
    Rule(
        "previous_run_was_earlier",
        "SELECT method FROM {batch} WHERE previous_as_of >= as_of",
        "customers move from an earlier clock to this one",
    ),
)
