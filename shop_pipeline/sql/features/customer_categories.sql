-- What each buyer had to do with each top category: bought and kept, or looked at in the last 30 days. Visits of bots are
-- nobody's doing.
WITH clock AS (
    -- The clock is the end of a day.
    SELECT CAST(
        (getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE
    ) AS last_day
),
categories AS (
    SELECT product_id, coalesce(nullif(trim(split_part(category, '>', 1)), ''), '(none)') AS category
    FROM clean.products
),
bot_visits AS (
    SELECT session_id FROM clean.sessions WHERE is_bot AND list_contains(getvariable('leave_out'), 'bot')
),
bought AS (
    SELECT
        customer_id, category,
        count(DISTINCT purchase_date) AS n_purchases,
        sum(quantity) AS n_units,
        sum(amount)::DOUBLE AS revenue,
        max(purchase_date) AS last_date
    FROM features.purchases
    SEMI JOIN features.rfm USING (customer_id)
    GROUP BY customer_id, category
),
seen AS (
    SELECT
        customer_id, category,
        count(*) FILTER (event_type = 'view') AS views_30d,
        count(*) FILTER (event_type = 'add_to_cart') AS carts_30d
    FROM clean.events
    JOIN categories USING (product_id)
    CROSS JOIN clock
    SEMI JOIN features.rfm USING (customer_id)
    ANTI JOIN bot_visits USING (session_id)
    WHERE event_type IN ('view', 'add_to_cart') AND event_at < getvariable('as_of') AND event_date > last_day - 30
      AND NOT is_service
    GROUP BY customer_id, category
)
SELECT
    customer_id, category,
    coalesce(n_purchases, 0)::BIGINT AS n_purchases,
    coalesce(n_units, 0)::BIGINT AS n_units,
    coalesce(revenue, 0)::DOUBLE AS revenue,
    (last_day - last_date)::DOUBLE AS days_since_purchase,
    coalesce(views_30d, 0)::BIGINT AS views_30d,
    coalesce(carts_30d, 0)::BIGINT AS carts_30d
FROM bought
FULL JOIN seen USING (customer_id, category)
CROSS JOIN clock
