-- What a product's page shows: what is like it, and what is on the same orders. Content comes first: whoever looks at a
-- product looks for one of its kind; the same customers stand in where content says nothing.
WITH alike AS (
    SELECT
        product_id, CASE measure WHEN 'bought_with' THEN 'bought_with' ELSE 'similar' END AS list, rank,
        similar_product_id AS shown_product_id, score
    FROM marts.similar_products
    WHERE measure IN ('content', 'cosine', 'bought_with') AND rank <= getvariable('list_length')
    -- By name content is before cosine.
    QUALIFY measure = min(measure) OVER (PARTITION BY product_id, measure = 'bought_with')
)
SELECT alike.product_id, list, rank, shown_product_id, title, score
FROM alike
SEMI JOIN clean.products AS page ON page.product_id = alike.product_id
JOIN clean.products AS shown ON shown.product_id = shown_product_id
