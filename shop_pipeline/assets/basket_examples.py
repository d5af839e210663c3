"""The page of examples of marts.bought_together: the rules with the highest lift, with titles.

Here: the query. Not here: how it is shown (`examples.py`).
"""

from .example_queries import TITLES
from .examples import page

# Of rules about the same products the surest is enough.
RULES = f"""{TITLES},
numbered AS (
    SELECT *, row_number() OVER (
        PARTITION BY list_sort(antecedents || consequents) ORDER BY confidence DESC, consequents
    ) AS place
    FROM marts.bought_together
),
shown AS MATERIALIZED (
    FROM numbered WHERE place = 1 ORDER BY lift DESC, n_baskets DESC, antecedents, consequents LIMIT 20
),
named AS (
    SELECT antecedents, consequents, string_agg(coalesce(title, product_id), ' + ' ORDER BY product_id) AS who_has
    FROM (SELECT antecedents, consequents, unnest(antecedents) AS product_id FROM shown)
    LEFT JOIN titles USING (product_id)
    GROUP BY ALL
)
SELECT
    who_has AS "who has",
    coalesce(title, consequents[1]) AS "also takes",
    round(100 * confidence, 1) || ' %' AS "of them",
    round(lift, 1) AS "times as often as others",
    n_baskets AS "baskets"
FROM shown JOIN named USING (antecedents, consequents) LEFT JOIN titles ON product_id = consequents[1]
ORDER BY lift DESC, n_baskets DESC, antecedents, consequents
"""

bought_together_page = page(RULES, "The rules with the highest lift, one for each set of products.")
