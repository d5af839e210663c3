"""The queries behind the pages of examples: at most ten owners of a list each, and what a person would ask about them.

Here: SQL over stored tables. Not here: how it is shown (`examples.py`).

Who is shown is drawn by a hash of the id, which no version of DuckDB changes. Column names are the head of the table.
"""

# Titles as a page shows them: not too long; the id where there is none.
TITLES = """
WITH titles AS (
    SELECT product_id, CASE WHEN length(words) > 36 THEN left(words, 35) || '…' ELSE words END AS title
    FROM (SELECT product_id, coalesce(nullif(trim(title), ''), product_id) AS words FROM clean.products)
)"""

# Customers without any history, with little and with much take turns. They are drawn from a thousand and from the cold,
# who may be rarer: counting the history of a million takes longer than all else.
RECOMMENDATIONS = f"""{TITLES},
firsts AS (SELECT customer_id, fallback_level = 2 AS is_cold FROM marts.recommendations WHERE rank = 1),
drawn AS MATERIALIZED (
    (FROM firsts ORDER BY md5(customer_id), customer_id LIMIT 1000)
    UNION (FROM firsts WHERE is_cold ORDER BY md5(customer_id), customer_id LIMIT 10)
),
histories AS (
    SELECT customer_id, count(*) AS n_products FROM features.interactions SEMI JOIN drawn USING (customer_id) GROUP BY 1
),
listed AS (
    SELECT customer_id, coalesce(n_products, 0) AS n_products,
        CASE WHEN is_cold THEN 'cold' WHEN coalesce(n_products, 0) < 5 THEN 'little' ELSE 'much' END AS kind
    FROM drawn LEFT JOIN histories USING (customer_id)
),
turns AS (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY md5(customer_id), customer_id) AS turn FROM listed),
chosen AS MATERIALIZED (FROM turns ORDER BY turn, kind LIMIT 10),
bought AS (
    SELECT customer_id, product_id, max(line_date) AS bought_on,
        row_number() OVER (PARTITION BY customer_id ORDER BY max(line_at) DESC, product_id) AS place
    FROM clean.order_lines SEMI JOIN chosen USING (customer_id)
    WHERE NOT is_return AND NOT is_service AND line_at < getvariable('as_of')
    GROUP BY customer_id, product_id
),
places AS MATERIALIZED (
    SELECT * FROM marts.recommendations SEMI JOIN chosen USING (customer_id) WHERE rank <= 5
),
behind AS (
    SELECT customer_id, rank, string_agg(coalesce(title, product_id), ' and ' ORDER BY nth) AS products
    FROM (
        SELECT customer_id, rank, unnest(reason_product_ids[:2]) AS product_id,
            generate_subscripts(reason_product_ids[:2], 1) AS nth
        FROM places
    ) LEFT JOIN titles USING (product_id)
    GROUP BY ALL
)
SELECT
    customer_id AS "customer",
    CASE n_products WHEN 0 THEN 'nothing yet' WHEN 1 THEN '1 product' ELSE n_products || ' products' END AS "has",
    coalesce(had.title, b.product_id) || ' (' || bought_on || ')' AS "bought last",
    rank AS "place",
    coalesce(shown.title, p.product_id) AS "gets",
    CASE reason_code
        WHEN 'similar_to_yours' THEN 'like ' || coalesce(products, 'what they have')
        WHEN 'customers_like_you' THEN 'customers with ' || coalesce(products, 'the same products') || ' have it'
        WHEN 'bought_next' THEN 'comes next after ' || coalesce(products, 'what they have')
        WHEN 'bought_again' THEN 'is bought again and again, and the usual time is over'
        WHEN 'your_taste' THEN 'fits their taste' || coalesce(', as ' || products || ' does', '')
        WHEN 'new' THEN 'new, and like ' || coalesce(products, 'what they have')
        WHEN 'popular' THEN 'popular'
        ELSE reason_code
    END || coalesce(' (' || round(100 * reason_share)::BIGINT || ' % of the score)', '') AS "why"
FROM chosen
CROSS JOIN (SELECT unnest(range(1, 6)) AS place) AS five
LEFT JOIN bought AS b USING (customer_id, place)
LEFT JOIN places AS p ON p.customer_id = chosen.customer_id AND p.rank = five.place
LEFT JOIN titles AS had ON had.product_id = b.product_id
LEFT JOIN titles AS shown ON shown.product_id = p.product_id
LEFT JOIN behind USING (customer_id, rank)
WHERE p.rank IS NOT NULL OR b.place IS NOT NULL
ORDER BY chosen.n_products, md5(chosen.customer_id), chosen.customer_id, five.place
"""

# Content and cosine are the two that differ most.
SIMILAR_PRODUCTS = f"""{TITLES},
measures AS (
    SELECT DISTINCT measure FROM marts.similar_products ORDER BY measure IN ('content', 'cosine') DESC, measure LIMIT 2
),
asked AS (FROM marts.similar_products SEMI JOIN measures USING (measure)),
chosen AS MATERIALIZED (
    SELECT product_id FROM asked GROUP BY 1 ORDER BY count(DISTINCT measure) DESC, md5(product_id), product_id LIMIT 10
)
SELECT
    coalesce(own.title, product_id) AS "product",
    measure AS "by",
    max(coalesce(other.title, similar_product_id)) FILTER (rank = 1) AS "nearest",
    max(coalesce(other.title, similar_product_id)) FILTER (rank = 2) AS "second",
    max(coalesce(other.title, similar_product_id)) FILTER (rank = 3) AS "third"
FROM (FROM asked WHERE rank <= 3) SEMI JOIN chosen USING (product_id)
LEFT JOIN titles AS own USING (product_id)
LEFT JOIN titles AS other ON other.product_id = similar_product_id
GROUP BY product_id, own.title, measure
ORDER BY md5(product_id), product_id, measure
"""

SIMILAR_CUSTOMERS = f"""{TITLES},
chosen AS MATERIALIZED (
    SELECT customer_id FROM marts.similar_customers WHERE rank = 1 ORDER BY md5(customer_id), customer_id LIMIT 10
),
pairs AS (FROM marts.similar_customers SEMI JOIN chosen USING (customer_id) WHERE rank <= 2),
common AS (
    SELECT p.customer_id, rank, own.product_id,
        row_number() OVER of_pair AS place
    FROM pairs AS p
    JOIN features.interactions AS own ON own.customer_id = p.customer_id
    JOIN features.interactions AS theirs ON theirs.customer_id = similar_customer_id
        AND theirs.product_id = own.product_id
    WINDOW of_pair AS (
        PARTITION BY p.customer_id, rank ORDER BY least(own.weight, theirs.weight) DESC, own.product_id
    )
)
SELECT
    customer_id AS "customer",
    similar_customer_id AS "most like them",
    round(score, 2) AS "likeness",
    n_common_products AS "products of both",
    max(coalesce(title, product_id)) FILTER (place = 1) AS "such as",
    max(coalesce(title, product_id)) FILTER (place = 2) AS "and",
    max(coalesce(title, product_id)) FILTER (place = 3) AS "and also"
FROM pairs LEFT JOIN (FROM common WHERE place <= 3) AS c USING (customer_id, rank) LEFT JOIN titles USING (product_id)
GROUP BY customer_id, rank, similar_customer_id, score, n_common_products
ORDER BY md5(customer_id), customer_id, rank
"""

SESSION_RECOMMENDATIONS = f"""{TITLES},
chosen AS MATERIALIZED (
    SELECT product_id FROM marts.session_recommendations WHERE rank = 1 ORDER BY md5(product_id), product_id LIMIT 10
)
SELECT
    coalesce(own.title, s.product_id) AS "after",
    rank AS "place",
    coalesce(next.title, next_product_id) AS "is shown",
    model AS "by"
FROM (FROM marts.session_recommendations WHERE rank <= 3) AS s SEMI JOIN chosen USING (product_id)
LEFT JOIN titles AS own USING (product_id)
LEFT JOIN titles AS next ON next.product_id = next_product_id
ORDER BY md5(s.product_id), s.product_id, rank
"""

# The tables for pages and e-mails have the titles themselves.
EMAIL_RECOMMENDATIONS = f"""{TITLES},
chosen AS MATERIALIZED (
    SELECT customer_id FROM marts.email_recommendations WHERE rank = 1 ORDER BY md5(customer_id), customer_id LIMIT 10
)
SELECT
    customer_id AS "customer",
    CASE WHEN is_holdout THEN 'no: held out' WHEN has_email_consent THEN 'yes' ELSE 'no: no consent' END AS "is sent",
    rank AS "place",
    titles.title AS "product",
    reason_code AS "why",
    left(reason_title, 36) AS "because of"
FROM (FROM marts.email_recommendations WHERE rank <= 5) SEMI JOIN chosen USING (customer_id)
LEFT JOIN titles USING (product_id)
ORDER BY md5(customer_id), customer_id, rank
"""

PRODUCT_PAGE_RECOMMENDATIONS = f"""{TITLES},
chosen AS MATERIALIZED (
    SELECT product_id FROM marts.product_page_recommendations
    GROUP BY 1 ORDER BY count(DISTINCT list) DESC, md5(product_id), product_id LIMIT 10
)
SELECT
    coalesce(own.title, product_id) AS "page of",
    list AS "list",
    max(coalesce(other.title, shown_product_id)) FILTER (rank = 1) AS "1",
    max(coalesce(other.title, shown_product_id)) FILTER (rank = 2) AS "2",
    max(coalesce(other.title, shown_product_id)) FILTER (rank = 3) AS "3"
FROM (FROM marts.product_page_recommendations WHERE rank <= 3) SEMI JOIN chosen USING (product_id)
LEFT JOIN titles AS own USING (product_id)
LEFT JOIN titles AS other ON other.product_id = shown_product_id
GROUP BY product_id, own.title, list
ORDER BY md5(product_id), product_id, list DESC
"""


def _best_sellers(table: str, owner: str) -> str:
    """The largest list of each kind takes its turn: all, trending, categories, countries, segments."""
    return f"""{TITLES},
    lists AS (
        SELECT {owner} AS name, split_part({owner}, ':', 1) AS kind,
            row_number() OVER (PARTITION BY split_part({owner}, ':', 1) ORDER BY max(score) DESC, {owner}) AS turn
        FROM {table} GROUP BY 1
    ),
    chosen AS MATERIALIZED (FROM lists ORDER BY turn, kind LIMIT 10)
    SELECT
        name AS "list",
        max(coalesce(title, product_id)) FILTER (rank = 1) AS "1",
        max(coalesce(title, product_id)) FILTER (rank = 2) AS "2",
        max(coalesce(title, product_id)) FILTER (rank = 3) AS "3",
        max(coalesce(title, product_id)) FILTER (rank = 4) AS "4",
        max(coalesce(title, product_id)) FILTER (rank = 5) AS "5"
    FROM (SELECT {owner} AS name, rank, product_id FROM {table} WHERE rank <= 5)
    JOIN chosen USING (name) LEFT JOIN titles USING (product_id)
    GROUP BY name, kind, turn
    ORDER BY kind, turn
    """


POPULAR_PRODUCTS = _best_sellers("marts.popular_products", "scope")
HOME_PAGE_RECOMMENDATIONS = _best_sellers("marts.home_page_recommendations", "list")
