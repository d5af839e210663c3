-- The customers most like a customer, by one measure: the first of the settings. They are compared weekly, and some may
-- be gone since.
SELECT
    customer_id, row_number() OVER (PARTITION BY customer_id ORDER BY alike.rank) AS rank, similar_customer_id, score,
    n_common_products
FROM models.customer_similarity AS alike
SEMI JOIN clean.customers USING (customer_id)
SEMI JOIN (SELECT customer_id AS similar_customer_id FROM clean.customers) USING (similar_customer_id)
WHERE measure = getvariable('customer_measures')[1]
