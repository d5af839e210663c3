-- Revenue of whole weeks (from Monday) and months against the period before and the year before, per top category as in
-- marts.sales_daily, and for the shop as '(all)'. The books: a return is taken off the period in which it came.
-- Only periods that lie between the first sale and the clock as a whole; a category has each of them from the one with
-- its first line on, also those without a sale. The year before a week is the one 52 weeks before: as many Saturdays.
WITH clock AS (
    SELECT
        CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS today,
        (SELECT min(line_date) FROM clean.order_lines WHERE NOT is_return AND line_at < getvariable('as_of'))
            AS first_date
),
categories AS (
    SELECT product_id, coalesce(nullif(trim(split_part(category, '>', 1)), ''), '(none)') AS category
    FROM clean.products
),
orders AS (
    SELECT
        line_date, order_id,
        CASE
            WHEN is_service THEN '(service)'
            WHEN category = '(all)' THEN 'category: (all)'
            ELSE category
        END AS category,
        bool_or(NOT is_return) AS is_sale,
        sum(booked_amount) AS booked
    FROM clean.order_lines
    LEFT JOIN categories USING (product_id)
    WHERE line_at < getvariable('as_of')
    GROUP BY ALL
),
counted AS (
    SELECT line_date, order_id, unnest([category, '(all)']) AS category, is_sale, booked FROM orders
),
sums AS (
    SELECT
        period, category, date_trunc(period, line_date) AS period_date,
        count(DISTINCT order_id) FILTER (is_sale) AS orders, sum(booked) AS net_revenue
    FROM counted
    CROSS JOIN (VALUES ('week'), ('month')) AS periods (period)
    GROUP BY ALL
),
calendar AS (
    SELECT
        period, category,
        CAST(unnest(range(begins::TIMESTAMP, today::TIMESTAMP, step)) AS DATE) AS period_date,
        step, first_date, today
    FROM (SELECT period, category, min(period_date) AS begins FROM sums GROUP BY ALL)
    CROSS JOIN clock
    JOIN (VALUES ('week', INTERVAL 7 DAY), ('month', INTERVAL 1 MONTH)) AS steps (period, step) USING (period)
),
whole AS (
    SELECT period, category, period_date, coalesce(orders, 0) AS orders, coalesce(net_revenue, 0) AS net_revenue
    FROM calendar
    LEFT JOIN sums USING (period, category, period_date)
    WHERE period_date >= first_date AND period_date + step <= today
),
compared AS (
    SELECT
        *,
        lag(net_revenue) OVER by_time AS previous,
        CASE period WHEN 'week' THEN lag(net_revenue, 52) OVER by_time ELSE lag(net_revenue, 12) OVER by_time END
            AS year_before
    FROM whole
    WINDOW by_time AS (PARTITION BY period, category ORDER BY period_date)
)
SELECT
    period, period_date, category, orders, net_revenue, previous, year_before,
    -- From nothing, or from more returns than sales, no share can be told.
    CASE WHEN previous > 0 THEN net_revenue / previous - 1 END AS growth,
    CASE WHEN year_before > 0 THEN net_revenue / year_before - 1 END AS growth_year
FROM compared
