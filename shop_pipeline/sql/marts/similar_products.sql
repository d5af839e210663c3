-- What models.product_similarity holds, for those who query.
SELECT product_id, measure, rank, similar_product_id, score, n_common_customers
FROM models.product_similarity
