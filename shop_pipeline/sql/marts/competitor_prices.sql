-- Our prices beside a rival's, per period and category of the market feed; only periods that are over at the clock.
-- A rival's price is what is asked, not what was bought of it: our_price is the plain mean over the products of the
-- category, each with the list price that it had in the period (weighted by the time for which it held), or where no
-- list tells one, with the mean price that was paid for a unit of it. What people really paid per unit, mostly for what
-- sells most, is paid_price.
WITH clock AS (
    SELECT
        CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS today,
        (SELECT min(line_date) FROM clean.order_lines WHERE NOT is_return AND line_at < getvariable('as_of'))
            AS first_date
),
periods AS (
    SELECT
        category, period_date, period_until, competitor_price,
        period_date::TIMESTAMP AT TIME ZONE getvariable('timezone') AT TIME ZONE 'UTC' AS begins,
        period_until::TIMESTAMP AT TIME ZONE getvariable('timezone') AT TIME ZONE 'UTC' AS ends
    FROM clean.market
    CROSS JOIN clock
    WHERE competitor_price IS NOT NULL AND period_until <= today AND period_until > first_date
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
holding AS (
    SELECT category, path
    FROM (SELECT DISTINCT category FROM periods)
    JOIN (SELECT DISTINCT path FROM products)
        ON category = '(all)' OR path = category OR starts_with(path, category || ' > ')
),
held AS (
    SELECT category, product_id FROM holding JOIN products USING (path)
),
listed AS (
    SELECT
        periods.category, period_date, product_id,
        epoch(least(ends, coalesce(valid_until, ends)) - greatest(begins, coalesce(valid_from, begins)))::BIGINT
            AS seconds,
        prices.unit_price
    FROM periods
    JOIN held USING (category)
    JOIN clean.prices AS prices USING (product_id)
    WHERE prices.unit_price > 0 AND seconds > 0
),
asked AS (
    SELECT
        category, period_date, product_id,
        sum((unit_price * seconds)::DECIMAL(38, 4)) / sum(seconds) AS list_price
    FROM listed
    GROUP BY ALL
),
testers AS (
    SELECT customer_id
    FROM clean.customer_labels
    WHERE label = 'test' AND list_contains(getvariable('leave_out'), label)
),
sold AS (
    -- What was given away had no price.
    SELECT product_id, line_date, sum(gross_amount) AS gross, sum(quantity) AS units
    FROM clean.order_lines
    ANTI JOIN testers USING (customer_id)
    WHERE line_at < getvariable('as_of') AND NOT is_service AND NOT is_return AND unit_price > 0
    GROUP BY product_id, line_date
),
paid AS (
    SELECT periods.category, period_date, product_id, sum(gross) AS gross, sum(units) AS units
    FROM periods
    JOIN held USING (category)
    JOIN sold USING (product_id)
    WHERE line_date >= period_date AND line_date < period_until
    GROUP BY ALL
),
ours AS (
    SELECT
        category, period_date,
        count(*) AS n_products,
        -- Sums of floats depend on the order of the threads.
        avg(coalesce(list_price, gross / units)::DECIMAL(18, 6)) AS our_price,
        sum(gross) / sum(units) AS paid_price
    FROM asked
    FULL JOIN paid USING (category, period_date, product_id)
    GROUP BY ALL
)
SELECT
    period_date, category, period_until,
    coalesce(n_products, 0) AS n_products, our_price, paid_price, competitor_price,
    our_price - competitor_price AS gap,
    our_price / competitor_price - 1 AS gap_share
FROM periods
LEFT JOIN ours USING (category, period_date)
