-- The interaction matrix: implicit weights per event type, halved for each half-life of age. Purchases count with the
-- share of their units that did not come back: a return is younger than its purchase, so that taking off a weight of
-- its own would take more than the purchase brought.
-- The sums run over decimals: sums of floats depend on the order of the threads, and two runs must give one table.
WITH weighed AS (
    SELECT
        customer_id, product_id, event_at, event_type, quantity,
        event_type = 'purchase' AS is_purchase,
        event_type IN ('refund', 'cancel') AS is_return,
        CAST(
            getvariable('event_weights')[event_type]
            * pow(0.5, epoch(getvariable('as_of') - event_at) / 86400.0 / getvariable('half_life_days'))
            AS DECIMAL(18, 12)
        ) AS event_weight
    FROM clean.events
    WHERE event_at < getvariable('as_of')
      AND customer_id IS NOT NULL AND product_id IS NOT NULL AND NOT is_service
      AND (getvariable('event_weights')[event_type] IS NOT NULL OR is_return)
),
added_up AS (
    SELECT
        customer_id, product_id,
        coalesce(sum(event_weight) FILTER (is_purchase), 0)::DOUBLE AS bought_weight,
        coalesce(sum(event_weight) FILTER (NOT is_purchase AND NOT is_return), 0)::DOUBLE AS other_weight,
        coalesce(sum(quantity) FILTER (is_return), 0)
        / nullif(sum(quantity) FILTER (is_purchase), 0) AS returned_share,
        count(*) AS n_events,
        count(*) FILTER (is_purchase) AS n_purchases,
        max(event_at) AS last_event_at
    FROM weighed
    GROUP BY customer_id, product_id
)
SELECT
    customer_id, product_id,
    other_weight + bought_weight * (1 - least(coalesce(returned_share, 0), 1)) AS weight,
    n_events, n_purchases, last_event_at
FROM added_up
WHERE weight > 0
