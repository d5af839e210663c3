-- Best-seller lists: of all, of this week against the week before, per top category, per country.
WITH scored AS (
    SELECT 'all' AS scope, product_id, sum(weight::DECIMAL(18, 9))::DOUBLE AS score
    FROM features.interactions
    GROUP BY product_id
    UNION ALL
    SELECT
        'trending', product_id,
        count(DISTINCT customer_id) FILTER (event_at >= getvariable('as_of') - INTERVAL 7 DAY)
        - count(DISTINCT customer_id) FILTER (event_at < getvariable('as_of') - INTERVAL 7 DAY)
    FROM clean.events
    WHERE event_type = 'purchase' AND NOT is_service
      AND event_at < getvariable('as_of') AND event_at >= getvariable('as_of') - INTERVAL 14 DAY
    GROUP BY product_id
    UNION ALL
    SELECT
        'category: ' || trim(split_part(category, '>', 1)), product_id, sum(weight::DECIMAL(18, 9))::DOUBLE
    FROM features.interactions
    JOIN clean.products USING (product_id)
    WHERE category IS NOT NULL
    GROUP BY ALL
    UNION ALL
    SELECT 'country: ' || country, product_id, sum(weight::DECIMAL(18, 9))::DOUBLE
    FROM features.interactions
    JOIN clean.customers USING (customer_id)
    WHERE country IS NOT NULL
    GROUP BY ALL
)
SELECT scope, row_number() OVER (PARTITION BY scope ORDER BY score DESC, product_id) AS rank, product_id, score
FROM scored
WHERE score > 0
QUALIFY rank <= getvariable('list_length')
