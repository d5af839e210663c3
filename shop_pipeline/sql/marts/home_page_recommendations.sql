-- The best-seller lists with titles, as a home page shows them.
SELECT scope AS list, rank, product_id, title, score
FROM marts.popular_products
JOIN clean.products USING (product_id)
