-- The price of each product that was sold, from when to when, and what was sold at it. Last is what holds at the clock.
-- A list price holds from the day on whose end it held. Before the first dated one, and without any, the price is what
-- people paid: a week's is the one on at least half of its lines, if there are five lines or more; else the price
-- before goes on. Lines count alike, whatever their quantity: a discount for quantity is no change of price, and a mean
-- would fall with every large order. An undated list price is the catalogue's of today, and holds since the last day.
-- known_from is the day at whose end a price was known: forecasts are judged by what was known.
WITH days AS (
    SELECT unique_id AS product_id, ds, units, revenue, is_out_of_stock
    FROM features.demand_daily
    WHERE level = 'product'
),
on_sale AS (
    SELECT product_id, min(ds) AS first_day FROM days GROUP BY product_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
clock AS (
    SELECT ((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone'))::DATE
        AS last_day
),
dated AS (
    SELECT
        product_id, (valid_from AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone'))::DATE AS since,
        arg_max(unit_price, version) AS price
    FROM clean.prices
    WHERE valid_from < getvariable('as_of') AND unit_price > 0
    GROUP BY ALL
),
-- Of a product in no feed clean.prices says what people paid.
undated AS (
    SELECT product_id, last_day AS since, unit_price AS price
    FROM clean.prices
    SEMI JOIN (FROM clean.products WHERE is_listed) USING (product_id)
    CROSS JOIN clock
    WHERE valid_from IS NULL AND coalesce(valid_until >= getvariable('as_of'), true) AND unit_price > 0
),
listed AS (
    FROM dated
    UNION ALL
    FROM undated
),
first_listed AS (
    SELECT product_id, min(since) AS since FROM listed GROUP BY product_id
),
paid AS (
    SELECT product_id, line_date, unit_price, date_trunc('week', line_date)::DATE AS week
    FROM clean.order_lines
    SEMI JOIN on_sale USING (product_id)
    ANTI JOIN left_out USING (customer_id)
    LEFT JOIN first_listed USING (product_id)
    WHERE line_at < getvariable('as_of') AND NOT is_return AND NOT is_service AND unit_price > 0
      AND line_date < coalesce(since, line_date + 1)
),
-- Of prices with equally many lines, the lowest.
weekly AS (
    SELECT product_id, week, unit_price AS price
    FROM (SELECT product_id, week, unit_price, count(*) AS n FROM paid GROUP BY ALL)
    QUALIFY row_number() OVER (PARTITION BY product_id, week ORDER BY n DESC, unit_price) = 1
        AND 2 * n >= sum(n) OVER (PARTITION BY product_id, week)
        AND sum(n) OVER (PARTITION BY product_id, week) >= 5
),
-- A product that never had such a week, nor a dated list price, has the price that most of its lines had.
hardly_sold AS (
    SELECT product_id, unit_price AS price
    FROM (SELECT product_id, unit_price, count(*) AS n FROM paid GROUP BY ALL)
    ANTI JOIN weekly USING (product_id)
    ANTI JOIN dated USING (product_id)
    QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY n DESC, unit_price) = 1
),
-- A week is known when it is over, and what most of all lines had at the clock.
told AS (
    SELECT product_id, since, price, 'list' AS source, since AS known_from FROM listed
    UNION ALL
    SELECT product_id, week, price, 'paid', week + 6 FROM weekly
    UNION ALL
    SELECT product_id, DATE '0001-01-01', price, 'paid', DATE '9999-12-31' FROM hardly_sold
),
-- The first price that is known also stands for the days before it. A list price is surer than what was paid.
begun AS (
    SELECT
        product_id, price, source, since, known_from,
        CASE WHEN since = min(since) OVER (PARTITION BY product_id) THEN first_day ELSE greatest(since, first_day) END
            AS valid_from
    FROM told
    JOIN on_sale USING (product_id)
),
one_a_day AS (
    SELECT product_id, price, source, valid_from, least(greatest(known_from, valid_from), last_day) AS known_from
    FROM begun
    CROSS JOIN clock
    QUALIFY row_number() OVER (PARTITION BY product_id, valid_from ORDER BY since DESC, source) = 1
),
changed AS (
    SELECT product_id, price, source, valid_from, known_from
    FROM one_a_day
    WINDOW by_day AS (PARTITION BY product_id ORDER BY valid_from)
    QUALIFY price IS DISTINCT FROM lag(price) OVER by_day OR source IS DISTINCT FROM lag(source) OVER by_day
),
sold AS (
    SELECT
        days.product_id, changed.valid_from, count(*) AS n_days, count(*) FILTER (NOT is_out_of_stock) AS n_days_in_stock,
        sum(units)::BIGINT AS units, sum(revenue)::DECIMAL(18, 4) AS revenue
    FROM days
    ASOF JOIN changed ON days.product_id = changed.product_id AND days.ds >= changed.valid_from
    GROUP BY ALL
)
SELECT
    product_id, valid_from, lead(valid_from) OVER by_day AS valid_until,
    price::DECIMAL(18, 4) AS price, lag(price) OVER by_day AS previous_price,
    price::DOUBLE / lag(price) OVER by_day - 1 AS change,
    source, known_from, n_days, n_days_in_stock, units, revenue
FROM changed
JOIN sold USING (product_id, valid_from)
WINDOW by_day AS (PARTITION BY product_id ORDER BY valid_from)
