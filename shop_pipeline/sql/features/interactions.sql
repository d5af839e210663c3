-- The interaction matrix: implicit weights per event type, halved for each half-life of age. A purchase is net of what
-- came back of it before the clock: it counts with the share of its units that the customer kept. A return has no
-- weight of its own (it is younger than its purchase, and would take more than the purchase brought); one whose sale is
-- not known takes nothing.
-- Customers with a label that the models leave out, and visits of bots, are not in it.
-- The sums run over decimals: sums of floats depend on the order of the threads, and two runs must give one table.
WITH came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS returned_quantity
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
bot_visits AS (
    SELECT session_id FROM clean.sessions WHERE is_bot AND list_contains(getvariable('leave_out'), 'bot')
),
weighed AS (
    SELECT
        customer_id, product_id, event_at, event_type,
        CASE WHEN event_type IN ('refund', 'cancel') THEN 0 ELSE
            getvariable('event_weights')[event_type]
            * pow(0.5, epoch(getvariable('as_of') - event_at) / 86400.0 / getvariable('half_life_days'))
            * (1 - coalesce(returned_quantity / quantity, 0))
        END AS event_weight
    FROM clean.events
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    ANTI JOIN bot_visits USING (session_id)
    WHERE event_at < getvariable('as_of')
      AND customer_id IS NOT NULL AND product_id IS NOT NULL AND NOT is_service
      AND (getvariable('event_weights')[event_type] IS NOT NULL OR event_type IN ('refund', 'cancel'))
)
SELECT
    customer_id, product_id,
    sum(event_weight::DECIMAL(18, 12))::DOUBLE AS weight,
    count(*) AS n_events,
    count(*) FILTER (event_type = 'purchase') AS n_purchases,
    max(event_at) AS last_event_at
FROM weighed
GROUP BY customer_id, product_id
HAVING weight > 0
