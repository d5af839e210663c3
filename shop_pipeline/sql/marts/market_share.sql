-- What we sold of what the whole market sold, per period and category of the market feed.
-- Sales compare with a market before returns: revenue is gross, without postage and fees; net_revenue, as the books
-- have it (a return on the day on which it came), stands beside it. Everybody's purchases count, but for those of test
-- accounts where the models leave these out: nobody sold anything there.
-- A category of the feed holds ours of the same path and all below it (`food` holds `food > tea`); '(all)' holds the
-- whole shop. A line counts once in each that holds it. Where no two overlap, a total '(all)' is made of the periods
-- that all of them tell.
-- Only periods that are over at the clock are here: before, nobody knows a market's figures. A period that began before
-- our first sale is not complete, and has no share.
WITH clock AS (
    SELECT
        -- The first day that is not over.
        CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS today,
        (SELECT min(line_date) FROM clean.order_lines WHERE NOT is_return AND line_at < getvariable('as_of'))
            AS first_date
),
asked AS (
    SELECT DISTINCT category FROM clean.market CROSS JOIN clock WHERE period_date < today
),
overlapping AS (
    SELECT wide.category
    FROM asked AS wide
    JOIN asked AS narrow ON wide.category = '(all)' OR starts_with(narrow.category, wide.category || ' > ')
),
products AS (
    SELECT
        product_id,
        regexp_replace(
            regexp_replace(coalesce(category, ''), '^[\s\pZ>]+|[\s\pZ>]+$', '', 'g'),
            '[\s\pZ]*>[\s\pZ>]*', ' > ', 'g'
        ) AS path
    FROM clean.products
),
ever_sold AS (
    SELECT DISTINCT product_id FROM clean.order_lines WHERE NOT is_service AND line_at < getvariable('as_of')
),
paths AS (
    SELECT path, count(*) AS n_products FROM products SEMI JOIN ever_sold USING (product_id) GROUP BY path
),
held AS (
    SELECT category, path, n_products
    FROM asked
    JOIN paths ON category = '(all)' OR path = category OR starts_with(path, category || ' > ')
),
testers AS (
    SELECT customer_id
    FROM clean.customer_labels
    WHERE label = 'test' AND list_contains(getvariable('leave_out'), label)
),
sold AS (
    SELECT path, line_date, sum(gross_amount) AS gross, sum(booked_amount) AS booked
    FROM clean.order_lines
    JOIN products USING (product_id)
    ANTI JOIN testers USING (customer_id)
    WHERE line_at < getvariable('as_of') AND NOT is_service
    GROUP BY path, line_date
),
sold_of AS (
    SELECT category, line_date, sum(gross) AS gross, sum(booked) AS booked
    FROM held
    JOIN sold USING (path)
    GROUP BY category, line_date
),
sizes AS (
    SELECT category, sum(n_products)::BIGINT AS n_products FROM held GROUP BY category
),
periods AS (
    SELECT category, period_date, period_until, market_revenue, period_date >= first_date AS is_complete
    FROM clean.market
    CROSS JOIN clock
    WHERE period_until <= today AND period_until > first_date
),
figures AS (
    SELECT
        category, period_date, period_until, is_complete, market_revenue,
        coalesce(n_products, 0) AS n_products,
        coalesce(sum(gross), 0) AS revenue,
        coalesce(sum(booked), 0) AS net_revenue
    FROM periods
    LEFT JOIN sizes USING (category)
    LEFT JOIN sold_of
        ON sold_of.category = periods.category AND line_date >= period_date AND line_date < period_until
    GROUP BY ALL
),
totalled AS (
    FROM figures
    UNION ALL BY NAME
    SELECT
        '(all)' AS category, period_date, min(period_until) AS period_until, bool_and(is_complete) AS is_complete,
        sum(market_revenue) AS market_revenue, sum(n_products)::BIGINT AS n_products,
        sum(revenue) AS revenue, sum(net_revenue) AS net_revenue
    FROM figures
    WHERE NOT EXISTS (SELECT 1 FROM overlapping)
    GROUP BY period_date
    HAVING count(*) = (SELECT count(*) FROM asked) AND min(period_until) = max(period_until)
),
before AS (
    -- The period just before, if it was one of ours as a whole.
    SELECT
        *,
        coalesce(lag(period_until) OVER by_time = period_date AND lag(is_complete) OVER by_time, false) AS follows,
        CASE WHEN follows THEN lag(revenue) OVER by_time END AS previous_revenue,
        CASE WHEN follows THEN lag(market_revenue) OVER by_time END AS previous_market_revenue
    FROM totalled
    WINDOW by_time AS (PARTITION BY category ORDER BY period_date)
)
SELECT
    period_date, category, period_until, is_complete, n_products, revenue, net_revenue, market_revenue,
    CASE WHEN is_complete THEN revenue / nullif(market_revenue, 0) END AS share,
    revenue / nullif(previous_revenue, 0) - 1 AS growth,
    market_revenue / nullif(previous_market_revenue, 0) - 1 AS market_growth,
    share - previous_revenue / nullif(previous_market_revenue, 0) AS share_change
FROM before
