-- What models.product_similarity holds of products that are shown, for those who query.
SELECT
    alike.product_id, measure, row_number() OVER (PARTITION BY alike.product_id, measure ORDER BY alike.rank) AS rank,
    similar_product_id, score, n_common_customers
FROM models.product_similarity AS alike
JOIN features.product_rules AS rules ON rules.product_id = similar_product_id AND is_shown
