"""Are the published lists healthy: rules that warn and don't refuse, because each has an innocent cause too.

Each is a check of `marts.recommendations` in the UI. Lists are personal where a model other than popularity chose them.
"""

from .table import Rule

FEWEST_CUSTOMERS = 20
"""Of fewer, a share says little."""

_PERSONAL = "fallback_level = 0 AND model <> 'popularity'"

HEALTH = (
    Rule(
        "lists_differ",
        f"""SELECT share FROM (
            SELECT max(n) / sum(n) AS share, sum(n) AS customers FROM (
                SELECT count(*) AS n
                FROM (SELECT sum(hash(rank, product_id)) AS list FROM {{batch}} WHERE {_PERSONAL} GROUP BY customer_id)
                GROUP BY list))
        WHERE customers >= {FEWEST_CUSTOMERS} AND share > 0.2""",
        "no more than a fifth of the customers with personal lists get the very same one",
        "WARN",
    ),
    Rule(
        "known_customers_get_personal_lists",
        f"""SELECT share FROM (
            SELECT avg((level = 2)::INTEGER) AS share, count(*) AS customers FROM (
                SELECT min(fallback_level) AS level FROM {{batch}}
                SEMI JOIN features.interactions USING (customer_id) GROUP BY customer_id))
        WHERE customers >= {FEWEST_CUSTOMERS} AND share > 0.1""",
        "no more than a tenth of the customers with a history get nothing but fallback",
        "WARN",
    ),
    Rule(
        "lists_cover_the_range",
        f"""SELECT shown, known FROM (
            SELECT count(DISTINCT product_id) FILTER ({_PERSONAL}) AS shown,
                count(DISTINCT customer_id) FILTER ({_PERSONAL}) AS customers,
                (SELECT count(DISTINCT product_id) FROM features.interactions) AS known
            FROM {{batch}})
        WHERE customers >= {FEWEST_CUSTOMERS} AND shown < 0.02 * known""",
        "personal lists show at least a fiftieth of the products that anybody has to do with",
        "WARN",
    ),
    Rule(
        "learned_from_fresh_events",
        """SELECT newest FROM (SELECT max(last_event_at) AS newest FROM features.interactions)
        WHERE newest < getvariable('as_of') - INTERVAL 14 DAY AND EXISTS (FROM {batch})""",
        "the newest event that the models learned from is at most two weeks old",
        "WARN",
    ),
    Rule(
        "chosen_not_long_ago",
        """SELECT chosen FROM (SELECT max(as_of) AS chosen FROM marts.model_selection)
        WHERE chosen < getvariable('as_of') - INTERVAL 35 DAY AND EXISTS (FROM {batch})""",
        "the last search for models and settings (job tune) is at most five weeks old",
        "WARN",
    ),
    Rule(
        "overlaps_with_the_last_run",
        f"""SELECT overlap FROM (
            SELECT avg(kept) AS overlap, count(*) AS customers FROM (
                SELECT count(earlier.product_id) / count(*) AS kept
                FROM (SELECT * FROM {{batch}} WHERE rank <= 10) AS now
                SEMI JOIN marts.recommendations AS listed ON listed.customer_id = now.customer_id
                LEFT JOIN (SELECT customer_id, product_id FROM marts.recommendations WHERE rank <= 10) AS earlier
                    ON earlier.customer_id = now.customer_id AND earlier.product_id = now.product_id
                GROUP BY now.customer_id))
        WHERE customers >= {FEWEST_CUSTOMERS} AND overlap < 0.1""",
        "of the first ten places, at least a tenth is what the last run listed, in the mean over customers",
        "WARN",
    ),
)
