-- Who is no ordinary customer, with the rule that says so. Nobody is dropped: whoever reads this decides.
-- Only what was known before the run's clock counts.
WITH known AS (
    SELECT
        customer_id, lower(coalesce(name, '')) AS name, lower(coalesce(email, '')) AS email,
        '.' || split_part(lower(coalesce(email, '')), '@', 2) AS domain
    FROM clean.customers
    WHERE first_event_at < getvariable('as_of')
       OR is_registered AND coalesce(signed_up_at, first_event_at, TIMESTAMP '0001-01-01') < getvariable('as_of')
),

-- Wholesale: units per line, value of an order and breadth of an order, each the customer's median. Net of what had
-- come back by then (net_quantity of clean.order_lines would know of later returns); a line of which nothing is left is
-- none.
came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS returned_units, sum(amount) AS returned_amount
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
lines AS (
    SELECT
        customer_id, order_id, product_id,
        quantity - coalesce(returned_units, 0) AS units,
        gross_amount - coalesce(came_back.returned_amount, 0) AS amount
    FROM clean.order_lines
    LEFT JOIN came_back USING (event_id)
    WHERE line_at < getvariable('as_of') AND NOT is_return AND NOT is_service AND customer_id IS NOT NULL
      AND quantity > coalesce(returned_units, 0)
),
placed AS (
    SELECT customer_id, order_id, sum(amount) AS order_value, count(DISTINCT product_id) AS n_products
    FROM lines
    GROUP BY customer_id, order_id
),
sizes AS (
    SELECT customer_id, median(units)::DOUBLE AS units_per_line, count(*) AS n_lines FROM lines GROUP BY customer_id
),
habits AS (
    SELECT
        customer_id, median(order_value)::DOUBLE AS order_value, median(n_products)::DOUBLE AS products_per_order
    FROM placed
    GROUP BY customer_id
),
-- The middle customer, not the middle order: those who order all the time do not set the measure.
shop AS (
    SELECT median(order_value) AS order_value FROM habits
),
measured AS (
    SELECT
        customer_id, units_per_line, n_lines, products_per_order,
        habits.order_value / nullif(shop.order_value, 0) AS order_value_times
    FROM habits
    JOIN sizes USING (customer_id)
    CROSS JOIN shop
),
signs AS (
    SELECT customer_id, 1 AS turn, 'units_per_line' AS rule, units_per_line AS value,
        getvariable('wholesale_units_per_line') AS threshold
    FROM measured
    UNION ALL
    SELECT customer_id, 2, 'order_value', order_value_times, getvariable('wholesale_order_value_times') FROM measured
    UNION ALL
    SELECT customer_id, 3, 'products_per_order', products_per_order, getvariable('wholesale_products_per_order')
    FROM measured
),
wholesale AS (
    -- One sign alone is a keen private customer: a dozen candles, a dear watch, the week's groceries.
    SELECT customer_id, turn, rule, value, threshold FROM signs
    WHERE value >= threshold
    QUALIFY count(*) OVER (PARTITION BY customer_id) >= 2
    UNION ALL
    -- But two dozen of a thing, line after line, is for selling on.
    SELECT customer_id, 4, 'bulk_units', units_per_line, getvariable('wholesale_bulk_units')
    FROM measured
    WHERE units_per_line >= getvariable('wholesale_bulk_units') AND n_lines >= getvariable('wholesale_bulk_lines')
),

-- Bots: nearly all that they did was in visits of bots, or they looked at more pages in a day than a person can.
done AS (
    SELECT
        events.customer_id, count(*) FILTER (coalesce(sessions.is_bot, false)) / count(*) AS bot_share
    FROM clean.events AS events
    LEFT JOIN clean.sessions AS sessions USING (session_id)
    WHERE events.customer_id IS NOT NULL AND event_at < getvariable('as_of')
    GROUP BY events.customer_id
),
days AS (
    SELECT customer_id, event_date, count(DISTINCT event_at) AS n_pages
    FROM clean.events
    WHERE event_type IN ('view', 'search') AND customer_id IS NOT NULL AND event_at < getvariable('as_of')
    GROUP BY customer_id, event_date
    HAVING count(*) >= getvariable('bot_pages_per_day')
),
bots AS (
    SELECT customer_id, 1 AS turn, 'bot_sessions' AS rule, bot_share AS value, getvariable('bot_share') AS threshold
    FROM done
    UNION ALL
    SELECT customer_id, 2, 'pages_per_day', max(n_pages)::DOUBLE, getvariable('bot_pages_per_day')
    FROM days
    GROUP BY customer_id
),

-- Staff and test accounts: by id, mail address and name.
own_domains AS (
    SELECT unnest(getvariable('staff_domains')) AS domain
),
test_domains AS (
    SELECT unnest(getvariable('test_domains')) AS domain
),
on_test_domain AS (
    SELECT customer_id FROM known SEMI JOIN test_domains ON ends_with(known.domain, '.' || test_domains.domain)
),
-- Where most addresses are of such domains, they stand for addresses that were taken out: no sign of a test.
test_share AS (
    SELECT (SELECT count(*) FROM on_test_domain) / nullif(count(*) FILTER (email <> ''), 0) AS share FROM known
),
named AS (
    SELECT customer_id, 'staff' AS label, 1 AS turn, 'listed_id' AS rule
    FROM known
    WHERE list_contains(getvariable('staff_ids'), customer_id)
    UNION ALL
    SELECT customer_id, 'staff', 2, 'mail_domain'
    FROM known
    SEMI JOIN own_domains ON ends_with(known.domain, '.' || own_domains.domain)
    UNION ALL
    SELECT customer_id, 'test', 1, 'listed_id'
    FROM known
    WHERE list_contains(getvariable('test_ids'), customer_id)
    UNION ALL
    SELECT customer_id, 'test', 2, 'mail_domain'
    FROM on_test_domain
    CROSS JOIN test_share
    WHERE share <= getvariable('test_domains_limit')
    UNION ALL
    SELECT customer_id, 'test', 3, 'test_pattern'
    FROM known
    WHERE getvariable('test_pattern') <> ''
      AND (regexp_matches(name, getvariable('test_pattern'))
           OR regexp_matches(split_part(email, '@', 1), getvariable('test_pattern')))
),
found AS (
    SELECT customer_id, 'wholesale' AS label, turn, rule, value, threshold FROM wholesale
    UNION ALL
    SELECT customer_id, 'bot', turn, rule, value, threshold FROM bots WHERE value >= threshold
    UNION ALL
    SELECT customer_id, label, turn, rule, 1, 1 FROM named
)
SELECT customer_id, label, rule, value, threshold
FROM found
QUALIFY row_number() OVER (PARTITION BY customer_id, label ORDER BY turn) = 1
