-- What was sold on each day, also on days without a sale: units kept and their revenue by product, category and shop.
-- Everybody's sales count, also those without an account; not those of customers whom the models leave out, nor
-- services. What came back before the clock is taken off the day of its sale, as in features.purchases.
-- A product's days begin when it was first sold, counted or listed; its category is the one that it has at the clock.
WITH clock AS (
    SELECT
        ((getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone'))::DATE
            AS last_day,
        last_day - getvariable('demand_history_days')::INTEGER + 1 AS first_day
),
came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS units, sum(amount) AS amount
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
kept AS (
    SELECT
        product_id, line_date AS ds, unit_price,
        quantity - coalesce(came_back.units, 0)::BIGINT AS units_kept,
        gross_amount - coalesce(came_back.amount, 0)::DECIMAL(18, 4) AS amount
    FROM clean.order_lines
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    WHERE line_at < getvariable('as_of') AND NOT is_service AND NOT is_return AND units_kept > 0
),
-- The usual price on the day's lines: a mean would fall with every large order that got a discount.
sold AS (
    SELECT
        product_id, ds, sum(units_kept)::BIGINT AS units, sum(amount)::DECIMAL(18, 4) AS revenue,
        median(unit_price) FILTER (unit_price > 0)::DECIMAL(18, 4) AS paid_price
    FROM kept
    GROUP BY product_id, ds
),
listed AS (
    SELECT
        product_id, (valid_from AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone'))::DATE AS ds,
        version, unit_price AS list_price
    FROM clean.prices
    WHERE valid_from < getvariable('as_of')
),
first_seen AS (
    SELECT product_id, min(ds) AS ds FROM sold GROUP BY product_id
    UNION ALL
    SELECT product_id, min(ds) FROM listed GROUP BY product_id
    UNION ALL
    SELECT product_id, min(stock_date) FROM clean.stock WHERE stock_date <= (SELECT last_day FROM clock)
    GROUP BY product_id
),
-- Of a product without a sale in these days there is nothing to forecast.
sellers AS (
    SELECT DISTINCT product_id FROM sold WHERE ds >= (SELECT first_day FROM clock)
),
-- No series begins before the shop's own. Numbers cost less than ids where days by the million are sorted.
products AS (
    SELECT
        product_id, (row_number() OVER (ORDER BY product_id))::INTEGER AS number,
        greatest(min(ds), (SELECT first_day FROM clock), (SELECT min(ds) FROM sold)) AS begins
    FROM first_seen
    SEMI JOIN sellers USING (product_id)
    GROUP BY product_id
),
-- What held before the first of the days holds on it.
list_prices AS (
    SELECT number, greatest(ds, begins) AS ds, arg_max(list_price, version) AS list_price
    FROM listed JOIN products USING (product_id)
    WHERE list_price > 0
    GROUP BY ALL
),
days AS (
    SELECT number, unnest(generate_series(begins, (SELECT last_day FROM clock), INTERVAL 1 DAY))::DATE AS ds
    FROM products
),
sold_days AS (
    SELECT number, ds, units, revenue, paid_price FROM sold JOIN products USING (product_id)
),
counts AS (
    SELECT number, stock_date AS ds, on_hand FROM clean.stock JOIN products USING (product_id)
),
-- A count holds for a week, where the next one is not earlier.
told AS (
    SELECT
        number, ds, coalesce(units, 0) AS units, coalesce(revenue, 0) AS revenue,
        last_value(list_price IGNORE NULLS) OVER so_far AS list_price,
        last_value(paid_price IGNORE NULLS) OVER so_far AS paid_price,
        last_value(on_hand IGNORE NULLS) OVER (so_far ROWS 6 PRECEDING) AS on_hand,
        max(CASE WHEN units > 0 OR on_hand > 0 THEN ds END) OVER so_far AS last_there
    FROM days
    LEFT JOIN sold_days USING (number, ds)
    LEFT JOIN list_prices USING (number, ds)
    LEFT JOIN counts USING (number, ds)
    WINDOW so_far AS (PARTITION BY number ORDER BY ds)
),
-- On promotion: under the usual price of the quarter so far. Without units for a quarter, a product has left the range:
-- that nothing is sold is no lack of stock then.
by_product AS (
    SELECT
        number, ds, units, revenue, coalesce(list_price, paid_price) AS price,
        price <= (1 - getvariable('promotion_discount')) * median(price) OVER so_far AS is_promotion,
        units = 0 AND on_hand = 0 AND coalesce(last_there > ds - 91, true) AS is_out_of_stock
    FROM told
    WINDOW so_far AS (PARTITION BY number ORDER BY ds ROWS 90 PRECEDING)
),
top_categories AS (
    SELECT product_id, coalesce(nullif(trim(split_part(category, '>', 1)), ''), '(none)') AS category
    FROM clean.products
),
-- No two series have one name: a category that is called as the shop or a product, and the shop where a product is
-- called so, are marked; twice, where a name begins with such a mark by itself, and so on.
marks AS (
    SELECT max(len(string_split(regexp_extract(name, '^((category|shop): )*'), ': '))) AS n
    FROM (SELECT product_id AS name FROM clean.products UNION ALL SELECT category FROM top_categories)
),
shop AS (
    SELECT
        CASE WHEN 'all' IN (SELECT product_id FROM clean.products) THEN repeat('shop: ', n) ELSE '' END || 'all'
            AS shop_id
    FROM marks
),
names AS (
    SELECT
        number, product_id,
        CASE WHEN category = 'all' OR category IN (SELECT product_id FROM clean.products)
            THEN repeat('category: ', n) ELSE '' END || category AS category_id
    FROM top_categories JOIN products USING (product_id), marks
),
by_category AS (
    SELECT category_id, ds, sum(units)::BIGINT AS units, sum(revenue)::DECIMAL(18, 4) AS revenue
    FROM by_product JOIN names USING (number)
    GROUP BY category_id, ds
)
SELECT
    'product' AS level, product_id AS unique_id, category_id AS parent_id, ds, units, revenue,
    price::DOUBLE AS price,
    coalesce(is_promotion, false) AS is_promotion,
    coalesce(is_out_of_stock, false) AS is_out_of_stock
FROM by_product JOIN names USING (number)
UNION ALL
SELECT 'category', category_id, shop_id, ds, units, revenue, NULL, false, false FROM by_category, shop
UNION ALL
SELECT 'all', shop_id, NULL, ds, sum(units)::BIGINT, sum(revenue)::DECIMAL(18, 4), NULL, false, false
FROM by_category, shop
GROUP BY shop_id, ds
