-- The first places of each customer's list with what an e-mail says of them. Nobody is left out, and nothing personal is
-- in it: who sends it leaves out who is held out and who has not agreed.
SELECT
    customer_id, rank, product_id, shown.title, reason_code, reason.title AS reason_title, is_holdout,
    email_consent AS has_email_consent
FROM marts.recommendations
JOIN clean.customers USING (customer_id)
JOIN clean.products AS shown USING (product_id)
LEFT JOIN clean.products AS reason ON reason.product_id = reason_product_ids[1]
WHERE rank <= getvariable('email_length')
