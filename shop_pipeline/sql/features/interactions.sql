-- The interaction matrix: implicit weights per event type, halved for each half-life of age, returns taken off.
-- The sum runs over decimals: sums of floats depend on the order of the threads, and two runs must give one table.
SELECT
    customer_id, product_id,
    sum(CAST(
        getvariable('event_weights')[event_type]
        * pow(0.5, epoch(getvariable('as_of') - event_at) / 86400.0 / getvariable('half_life_days'))
        AS DECIMAL(18, 12)
    ))::DOUBLE AS weight,
    count(*) AS n_events,
    count(*) FILTER (event_type = 'purchase') AS n_purchases,
    max(event_at) AS last_event_at
FROM clean.events
WHERE event_at < getvariable('as_of')
  AND customer_id IS NOT NULL AND product_id IS NOT NULL AND NOT is_service
  AND getvariable('event_weights')[event_type] IS NOT NULL
GROUP BY customer_id, product_id
HAVING weight > 0
