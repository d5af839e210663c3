-- What the data hold, counted for marts.model_readiness: one row per quantity. Everything ends at the run's clock.
WITH sold AS (
    SELECT order_id, customer_id, product_id, line_date, unit_price
    FROM clean.order_lines
    WHERE line_at < getvariable('as_of') AND NOT is_return AND NOT is_service
),
-- The matrix: its sides, and the customers through whom products meet.
held AS (SELECT customer_id, count(*) AS n_products FROM features.interactions GROUP BY customer_id),
met AS (SELECT DISTINCT product_id FROM features.interactions),
-- The test period of marts.model_evaluation.
split AS (SELECT getvariable('as_of') - to_days(getvariable('holdout_days')) AS split_at),
-- Whom the models leave out (bots, staff, tests), as in features.interactions.
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
bot_visits AS (
    SELECT session_id FROM clean.sessions WHERE is_bot AND list_contains(getvariable('leave_out'), 'bot')
),
-- What best sellers are made of: also the events of visitors without a name.
weighed AS (
    SELECT customer_id, product_id, event_at
    FROM clean.events
    ANTI JOIN left_out USING (customer_id)
    ANTI JOIN bot_visits USING (session_id)
    WHERE event_at < getvariable('as_of') AND product_id IS NOT NULL AND NOT is_service
      AND getvariable('event_weights')[event_type] > 0
),
trained AS (
    SELECT DISTINCT customer_id, product_id
    FROM weighed
    WHERE customer_id IS NOT NULL AND event_at < (SELECT split_at FROM split)
),
bought_later AS (
    SELECT DISTINCT customer_id, product_id
    FROM clean.events
    WHERE event_type = 'purchase' AND event_at >= (SELECT split_at FROM split) AND event_at < getvariable('as_of')
),
test_buyers AS (
    SELECT DISTINCT customer_id
    FROM bought_later
    ANTI JOIN trained USING (customer_id, product_id)
    WHERE customer_id IN (SELECT customer_id FROM trained) AND product_id IN (SELECT product_id FROM trained)
),
-- Visits that went on from a product: to a later one, or to another of the same moment, as on an order.
visited AS (
    SELECT
        product_id,
        count(*) OVER (
            PARTITION BY visit_id ORDER BY first_event_at RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS n_from_here
    FROM features.visits
),
left_for AS (
    SELECT product_id, count(*) FILTER (n_from_here > 1) AS n_steps FROM visited GROUP BY product_id
),
-- Pairs of products on one order. A pair is no more frequent than its products, so rare ones are left out first; and
-- orders of very many products, which are stock lists: on Online Retail 3 % of the orders have 75 % of the pairs.
frequent AS (
    SELECT product_id, (row_number() OVER (ORDER BY product_id))::INTEGER AS position
    FROM sold
    GROUP BY product_id
    HAVING count(DISTINCT order_id) >= getvariable('rule_orders')
),
baskets AS (
    SELECT order_id, list_distinct(list(position)) AS positions
    FROM sold JOIN frequent USING (product_id)
    GROUP BY order_id
    HAVING count(DISTINCT position) BETWEEN 2 AND getvariable('basket_products')
),
places AS (SELECT order_id, unnest(positions) AS position FROM baskets),
pairs AS (
    SELECT a.position AS one, b.position AS other
    FROM places AS a
    JOIN places AS b ON a.order_id = b.order_id AND a.position < b.position
    GROUP BY ALL
    HAVING count(*) >= getvariable('rule_orders')
),
paired AS (SELECT one AS position FROM pairs UNION SELECT other FROM pairs),
-- The days on which each customer bought, and the gaps between them.
purchases AS (SELECT DISTINCT customer_id, line_date FROM sold WHERE customer_id IS NOT NULL),
gaps AS (
    SELECT
        customer_id, line_date,
        line_date - lag(line_date) OVER (PARTITION BY customer_id ORDER BY line_date) AS gap_days
    FROM purchases
),
days AS (
    SELECT
        (SELECT max(event_date) FROM clean.events WHERE event_at < getvariable('as_of')) AS last_day,
        (SELECT min(line_date) FROM sold) AS first_sale,
        (SELECT median(gap_days) FROM gaps) AS typical_gap
),
repeated AS (
    SELECT customer_id, max(line_date) AS last_purchase FROM purchases GROUP BY customer_id HAVING count(*) > 1
),
fates AS (
    SELECT count(*) FILTER (last_day - last_purchase > getvariable('silent_gaps') * typical_gap) AS silent, count(*) AS n
    FROM repeated, days
),
priced AS (SELECT product_id, count(DISTINCT unit_price) AS n_prices FROM sold GROUP BY product_id)
SELECT 'orders' AS quantity, (SELECT count(DISTINCT order_id) FROM sold) AS observed
UNION ALL SELECT 'product_events', (SELECT count(*) FROM weighed)
UNION ALL SELECT 'interactions', (SELECT count(*) FROM features.interactions)
UNION ALL SELECT 'smaller_side', least((SELECT count(*) FROM held), (SELECT count(*) FROM met))
UNION ALL SELECT 'linking_customers', (SELECT count(*) FROM held WHERE n_products > 1)
UNION ALL SELECT 'profiled_customers', (SELECT count(*) FROM held WHERE n_products >= getvariable('profile_products'))
UNION ALL SELECT 'test_buyers', (SELECT count(*) FROM test_buyers)
UNION ALL SELECT 'visited_products', (SELECT count(*) FROM left_for)
UNION ALL SELECT 'left_products', (SELECT count(*) FROM left_for WHERE n_steps >= getvariable('steps_of_product'))
UNION ALL SELECT 'rule_pairs', (SELECT count(*) FROM pairs)
UNION ALL SELECT 'rule_products', (SELECT count(*) FROM paired)
UNION ALL SELECT 'sold_products', (SELECT count(*) FROM priced)
UNION ALL SELECT 'buyers', (SELECT count(DISTINCT customer_id) FROM purchases)
UNION ALL SELECT 'repeat_buyers', (SELECT count(*) FROM repeated)
UNION ALL SELECT 'history_days', (SELECT coalesce(last_day - first_sale + 1, 0) FROM days)
UNION ALL SELECT 'history_gaps', (SELECT coalesce(floor((last_day - first_sale + 1) / typical_gap), 0)::BIGINT FROM days)
UNION ALL SELECT 'rarer_fate', (SELECT least(silent, n - silent) FROM fates)
UNION ALL SELECT 'repriced_products', (SELECT count(*) FROM priced WHERE n_prices > 1)
