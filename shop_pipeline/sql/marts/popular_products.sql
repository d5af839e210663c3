-- Best-seller lists of what the shop shows: of all, of this week against the week before, per top category, and per
-- country and segment of the customers. Visitors whom nobody knows count like customers, by what they did, but for the
-- lists of customers; whom the models leave out does not.
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
heard AS (
    SELECT *
    FROM clean.events
    ANTI JOIN left_out USING (customer_id)
    ANTI JOIN bot_visits USING (session_id)
    WHERE event_at < getvariable('as_of') AND product_id IS NOT NULL AND NOT is_service
),
anonymous AS (
    SELECT
        product_id,
        getvariable('event_weights')[event_type]
        * pow(0.5, epoch(getvariable('as_of') - event_at) / 86400.0 / getvariable('half_life_days'))
        * (1 - coalesce(returned_quantity / quantity, 0)) AS weight
    FROM heard
    LEFT JOIN came_back USING (event_id)
    WHERE customer_id IS NULL AND getvariable('event_weights')[event_type] IS NOT NULL
),
weighed AS (
    SELECT product_id, sum(weight::DECIMAL(18, 9))::DOUBLE AS score
    FROM (SELECT product_id, weight FROM features.interactions UNION ALL SELECT product_id, weight FROM anonymous)
    GROUP BY product_id
),
ordered AS (
    SELECT customer_id, count(*) AS n_orders, max(ordered_at) AS last_order_at
    FROM clean.orders
    WHERE ordered_at < getvariable('as_of') AND NOT is_return
    GROUP BY customer_id
),
groups AS (
    SELECT customer_id, 'country: ' || country AS scope FROM clean.customers WHERE country IS NOT NULL
    UNION ALL
    -- Plain ones, by orders: who has been away for a quarter has lapsed.
    SELECT
        customer_id,
        'segment: ' || CASE
            WHEN label = 'wholesale' THEN 'wholesale'
            WHEN n_orders IS NULL THEN 'visitors'
            WHEN n_orders = 1 THEN 'first-time'
            WHEN last_order_at >= getvariable('as_of') - INTERVAL 90 DAY THEN 'repeat'
            ELSE 'lapsed'
        END
    FROM clean.customers
    LEFT JOIN ordered USING (customer_id)
    LEFT JOIN (FROM clean.customer_labels WHERE label = 'wholesale') USING (customer_id)
),
shown AS (SELECT product_id FROM features.product_rules WHERE is_shown),
-- The best-sellers of a country with one customer are what that one did, for everyone to read on the home page. Five is
-- a usual smallest group of published statistics: none of them can be told from the others by the list alone.
crowds AS (
    SELECT scope
    FROM features.interactions
    JOIN groups USING (customer_id)
    SEMI JOIN shown USING (product_id)
    GROUP BY scope
    HAVING count(DISTINCT customer_id) >= 5
),
scored AS (
    SELECT 'all' AS scope, product_id, score FROM weighed
    UNION ALL
    SELECT
        'trending', product_id,
        count(DISTINCT visitor) FILTER (event_at >= getvariable('as_of') - INTERVAL 7 DAY)
        - count(DISTINCT visitor) FILTER (event_at < getvariable('as_of') - INTERVAL 7 DAY)
    FROM (SELECT *, coalesce(customer_id, 'visit ' || session_id, 'order ' || order_id) AS visitor FROM heard)
    WHERE event_type = 'purchase' AND event_at >= getvariable('as_of') - INTERVAL 14 DAY
    GROUP BY product_id
    UNION ALL
    SELECT 'category: ' || trim(split_part(category, '>', 1)), product_id, score
    FROM weighed
    JOIN clean.products USING (product_id)
    WHERE category IS NOT NULL
    UNION ALL
    SELECT scope, product_id, sum(weight::DECIMAL(18, 9))::DOUBLE
    FROM features.interactions
    JOIN groups USING (customer_id)
    SEMI JOIN crowds USING (scope)
    GROUP BY ALL
)
SELECT scope, row_number() OVER (PARTITION BY scope ORDER BY score DESC, product_id) AS rank, product_id, score
FROM scored
SEMI JOIN shown USING (product_id)
WHERE score > 0
QUALIFY rank <= getvariable('list_length')
