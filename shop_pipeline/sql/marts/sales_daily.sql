-- Sales per day and top category, and how many of the category's visits ended in a purchase of it. The books by day: a
-- return is taken off the day on which it came, not off the day of its sale. Net (net_revenue) is the default.
-- From its first sale, return or visit on a category has every day up to the clock, also those without any.
WITH categories AS (
    SELECT product_id, coalesce(nullif(trim(split_part(category, '>', 1)), ''), '(none)') AS category
    FROM clean.products
),
first_orders AS (
    SELECT customer_id, min(order_date) AS first_date
    FROM clean.orders
    WHERE NOT is_return AND customer_id IS NOT NULL
    GROUP BY customer_id
),
sales AS (
    SELECT
        line_date AS sale_date,
        CASE WHEN is_service THEN '(service)' ELSE category END AS category,
        count(DISTINCT order_id) FILTER (NOT is_return) AS orders,
        coalesce(sum(quantity) FILTER (NOT is_return), 0) AS units,
        sum(gross_amount) AS gross_revenue,
        coalesce(-sum(booked_amount) FILTER (is_return), 0) AS returned_revenue,
        sum(booked_amount) AS net_revenue,
        count(DISTINCT customer_id) FILTER (NOT is_return) AS customers,
        count(DISTINCT customer_id) FILTER (NOT is_return AND line_date = first_date) AS new_customers
    FROM clean.order_lines
    LEFT JOIN categories USING (product_id)
    LEFT JOIN first_orders USING (customer_id)
    WHERE line_at < getvariable('as_of')
    GROUP BY ALL
),
visits AS (
    SELECT
        event_date AS sale_date,
        CASE WHEN is_service THEN '(service)' ELSE category END AS category,
        count(DISTINCT session_id) AS visits,
        count(DISTINCT session_id) FILTER (event_type = 'purchase') AS buying_visits,
        -- Where nobody browsed, the source tells purchases only, and each of its visits would be one.
        bool_or(event_type IN ('view', 'click', 'search', 'favourite', 'add_to_cart', 'checkout')) AS is_browsed
    FROM clean.events
    LEFT JOIN categories USING (product_id)
    WHERE event_at < getvariable('as_of') AND session_id IS NOT NULL AND product_id IS NOT NULL
    GROUP BY ALL
),
found AS (
    FROM sales FULL JOIN visits USING (sale_date, category)
),
clock AS (
    SELECT
        CAST(
            (getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone')
            AS DATE
        ) AS last_date
),
calendar AS (
    SELECT
        category,
        CAST(unnest(generate_series(first_date::TIMESTAMP, last_date::TIMESTAMP, INTERVAL 1 DAY)) AS DATE) AS sale_date
    FROM (SELECT category, min(sale_date) AS first_date FROM found GROUP BY category)
    CROSS JOIN clock
)
SELECT
    sale_date, category,
    coalesce(orders, 0) AS orders, coalesce(units, 0) AS units,
    coalesce(gross_revenue, 0) AS gross_revenue, coalesce(returned_revenue, 0) AS returned_revenue,
    coalesce(net_revenue, 0) AS net_revenue,
    coalesce(customers, 0) AS customers, coalesce(new_customers, 0) AS new_customers,
    CASE WHEN is_browsed THEN buying_visits / visits END AS conversion
FROM calendar
LEFT JOIN found USING (sale_date, category)
