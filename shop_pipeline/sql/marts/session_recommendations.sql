-- What a visitor whom nobody knows is shown after a product: what visits went on to (models.session_links); for products
-- that no visit went on from, such as new ones, what is described like them; and behind a list that is too short, what
-- most visits had. Only shown products stand in a list, but one that is sold out or blocked has a list too: links from
-- outside still lead to it.
WITH shown AS (SELECT product_id FROM features.product_rules WHERE is_shown),
pages AS (SELECT product_id FROM features.product_rules WHERE rule IS DISTINCT FROM 'not_listed'),
linked AS (
    SELECT product_id, next_product_id, weight::DOUBLE AS score, model
    FROM models.session_links
    SEMI JOIN pages USING (product_id)
    SEMI JOIN shown ON shown.product_id = next_product_id
),
alike AS (
    SELECT product_id, similar_product_id AS next_product_id, score::DOUBLE AS score, 'content' AS model
    FROM models.product_similarity
    SEMI JOIN pages USING (product_id)
    ANTI JOIN linked USING (product_id)
    SEMI JOIN shown ON shown.product_id = similar_product_id
    WHERE measure = 'content'
),
chosen AS (
    SELECT *
    FROM (SELECT * FROM linked UNION ALL SELECT * FROM alike)
    QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY score DESC, next_product_id)
        <= getvariable('list_length')
),
-- A list of m products takes n - m more, and at most m + 1 of the popular ones are in it or the product itself.
popular AS (
    SELECT product_id AS next_product_id, count(*)::DOUBLE AS score
    FROM features.visits
    SEMI JOIN shown USING (product_id)
    GROUP BY product_id
    QUALIFY row_number() OVER (ORDER BY count(*) DESC, product_id) <= getvariable('list_length') + 1
),
full_lists AS (
    SELECT product_id FROM chosen GROUP BY product_id HAVING count(*) >= getvariable('list_length')
),
fillers AS (
    SELECT product_id, next_product_id, score, 'popularity' AS model
    FROM pages
    CROSS JOIN popular
    ANTI JOIN full_lists USING (product_id)
    ANTI JOIN chosen USING (product_id, next_product_id)
    WHERE product_id <> next_product_id
)
SELECT
    product_id,
    row_number() OVER (PARTITION BY product_id ORDER BY is_filler, score DESC, next_product_id) AS rank,
    next_product_id, score, model
FROM (SELECT *, false AS is_filler FROM chosen UNION ALL SELECT *, true AS is_filler FROM fillers)
QUALIFY rank <= getvariable('list_length')
