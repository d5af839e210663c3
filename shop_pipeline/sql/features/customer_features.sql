-- Each buyer in numbers, as of the clock: what they bought and kept, what they did of late, and how they like to buy.
-- Money is summed as decimals and made a DOUBLE at the end: two runs must give the same bits. Visits of bots are nobody's
-- doing. A return is the shop's doing: no visit.
WITH clock AS (
    -- The clock is the end of a day.
    SELECT CAST(
        (getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE
    ) AS last_day
),
days AS (
    SELECT customer_id, purchase_date, sum(amount) AS amount
    FROM features.purchases
    GROUP BY customer_id, purchase_date
),
habits AS (
    SELECT
        customer_id,
        count(*) FILTER (amount > 0 AND isodow(purchase_date) >= 6) AS weekend_purchases,
        count(*) FILTER (amount > 0 AND purchase_date > last_day - 30) AS purchases_30d,
        count(*) FILTER (amount > 0 AND purchase_date > last_day - 90) AS purchases_90d,
        coalesce(sum(amount) FILTER (purchase_date > last_day - 90), 0)::DOUBLE AS revenue_90d
    FROM days
    CROSS JOIN clock
    GROUP BY customer_id
),
baskets AS (
    SELECT
        customer_id,
        count(DISTINCT product_id) AS n_products,
        count(DISTINCT category) AS n_categories,
        sum(quantity)::DOUBLE / count(*) AS units_per_line,
        -- 1 - paid / list, over the lines whose list price is known.
        1 - sum(amount) FILTER (list_amount > 0)::DOUBLE / sum(list_amount)::DOUBLE AS discount_share
    FROM features.purchases
    GROUP BY customer_id
),
spent AS (
    SELECT customer_id, category, sum(amount) AS amount FROM features.purchases GROUP BY customer_id, category
),
favourite_categories AS (
    SELECT customer_id, arg_min(category, (-amount, category)) AS favourite_category FROM spent GROUP BY customer_id
),
ordered AS (
    SELECT customer_id, channel, count(DISTINCT order_id) AS n_orders
    FROM features.purchases
    WHERE channel IS NOT NULL
    GROUP BY customer_id, channel
),
favourite_channels AS (
    SELECT customer_id, arg_min(channel, (-n_orders, channel)) AS favourite_channel FROM ordered GROUP BY customer_id
),
bot_visits AS (
    SELECT session_id FROM clean.sessions WHERE is_bot AND list_contains(getvariable('leave_out'), 'bot')
),
done AS (
    SELECT customer_id, event_date, event_type, session_id
    FROM clean.events
    ANTI JOIN bot_visits USING (session_id)
    WHERE event_at < getvariable('as_of') AND customer_id IS NOT NULL AND event_type NOT IN ('refund', 'cancel')
),
last_seen AS (
    SELECT customer_id, max(event_date) AS last_date FROM done GROUP BY customer_id
),
of_late AS (
    SELECT
        customer_id,
        count(*) FILTER (event_type = 'view') AS views_30d,
        count(*) FILTER (event_type = 'add_to_cart') AS carts_30d,
        count(DISTINCT session_id) AS visits_30d
    FROM done
    CROSS JOIN clock
    WHERE event_date > last_day - 30
    GROUP BY customer_id
),
asked AS (
    SELECT customer_id, count(*) AS n_tickets
    FROM clean.tickets
    WHERE opened_at < getvariable('as_of')
    GROUP BY customer_id
)
SELECT
    customer_id, customer_group,
    n_purchases::DOUBLE AS n_purchases,
    days_since_last::DOUBLE AS days_since_last,
    age_days::DOUBLE AS age_days,
    CASE WHEN frequency > 0 THEN recency_days / frequency ELSE age_days END::DOUBLE AS mean_gap_days,
    net_revenue::DOUBLE AS net_revenue,
    mean_purchase,
    n_products::DOUBLE AS n_products,
    n_categories::DOUBLE AS n_categories,
    units_per_line,
    least(returned_revenue::DOUBLE / gross_revenue::DOUBLE, 1) AS return_share,
    greatest(least(coalesce(discount_share, 0), 1), 0) AS discount_share,
    weekend_purchases / n_purchases AS weekend_share,
    purchases_30d::DOUBLE AS purchases_30d,
    purchases_90d::DOUBLE AS purchases_90d,
    revenue_90d,
    coalesce(views_30d, 0)::DOUBLE AS views_30d,
    coalesce(carts_30d, 0)::DOUBLE AS carts_30d,
    coalesce(visits_30d, 0)::DOUBLE AS visits_30d,
    -- Where a bot bought in their name, only the purchase itself is known.
    coalesce(least(last_day - last_date, days_since_last), days_since_last)::DOUBLE AS days_since_visit,
    coalesce(n_tickets, 0)::DOUBLE AS n_tickets,
    favourite_category, favourite_channel
FROM features.rfm
JOIN habits USING (customer_id)
JOIN baskets USING (customer_id)
JOIN favourite_categories USING (customer_id)
LEFT JOIN favourite_channels USING (customer_id)
LEFT JOIN last_seen USING (customer_id)
LEFT JOIN of_late USING (customer_id)
LEFT JOIN asked USING (customer_id)
CROSS JOIN clock
