-- One row per customer whom the shop knew before the clock, whoever they are: staff and bots are customers too, only
-- nothing is predicted of them. Facts are counted from the lines, as nothing in `features` has those whom models leave out.
-- A return takes from the customer of its sale what it took before the clock; one whose sale is not known takes from
-- the customer who gave back. Services are money too, but nobody's favourite.
WITH known AS (
    SELECT customer_id, email_consent, sms_consent, phone_consent
    FROM clean.customers
    WHERE first_event_at < getvariable('as_of')
       OR is_registered AND coalesce(signed_up_at, first_event_at, TIMESTAMP '0001-01-01') < getvariable('as_of')
),
came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS units, sum(amount) AS amount
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
categories AS (
    SELECT product_id, coalesce(nullif(trim(split_part(category, '>', 1)), ''), '(none)') AS category
    FROM clean.products
),
sold AS (
    SELECT
        customer_id, order_id, line_at, is_service, product_id, gross_amount,
        coalesce(came_back.amount, 0) AS paid_back,
        gross_amount - coalesce(came_back.amount, 0) AS amount,
        quantity - coalesce(came_back.units, 0) AS units_kept,
        -- As in features.purchases: what is too large is not known.
        TRY_CAST(units_kept * unit_cost AS DECIMAL(16, 4)) AS cost
    FROM clean.order_lines
    LEFT JOIN came_back USING (event_id)
    WHERE line_at < getvariable('as_of') AND customer_id IS NOT NULL AND NOT is_return
),
placed AS (
    SELECT customer_id, order_id, min(line_at) AS ordered_at FROM sold GROUP BY customer_id, order_id
),
orders AS (
    SELECT
        customer_id, min(ordered_at) AS first_order_at, max(ordered_at) AS last_order_at, count(*) AS n_orders
    FROM placed
    GROUP BY customer_id
),
money AS (
    SELECT
        customer_id, sum(gross_amount) AS gross_revenue, sum(paid_back) AS paid_back,
        sum(amount) FILTER (NOT is_service AND cost IS NOT NULL) AS revenue_with_cost,
        sum(cost) FILTER (NOT is_service) AS known_cost
    FROM sold
    GROUP BY customer_id
),
unmatched AS (
    SELECT customer_id, sum(amount) AS amount
    FROM clean.returns
    WHERE sale_event_id IS NULL AND returned_at < getvariable('as_of')
    GROUP BY customer_id
),
kept AS (
    SELECT customer_id, order_id, coalesce(category, '(none)') AS category, amount
    FROM sold
    LEFT JOIN categories USING (product_id)
    WHERE NOT is_service AND units_kept > 0
),
spent AS (
    SELECT customer_id, category, sum(amount) AS amount FROM kept GROUP BY customer_id, category
),
favourite_categories AS (
    SELECT customer_id, arg_min(category, (-amount, category)) AS favourite_category FROM spent GROUP BY customer_id
),
led AS (
    SELECT kept.customer_id, channel, count(DISTINCT order_id) AS n_led
    FROM kept
    JOIN clean.orders USING (order_id)
    WHERE channel IS NOT NULL
    GROUP BY kept.customer_id, channel
),
favourite_channels AS (
    SELECT customer_id, arg_min(channel, (-n_led, channel)) AS favourite_channel FROM led GROUP BY customer_id
),
labelled AS (
    SELECT
        customer_id, list(label ORDER BY label) AS labels, max(rule) FILTER (label = 'wholesale') AS wholesale_rule,
        bool_or(list_contains(getvariable('leave_out'), label)) AS is_left_out
    FROM clean.customer_labels
    GROUP BY customer_id
),
asked AS (
    SELECT customer_id, count(*) AS n_tickets
    FROM clean.tickets
    WHERE opened_at < getvariable('as_of')
    GROUP BY customer_id
),
by_rfm AS (
    SELECT customer_id, segment FROM marts.customer_segments WHERE method = 'rfm'
),
by_kmeans AS (
    SELECT customer_id, profiles.segment_label AS persona
    FROM marts.customer_segments AS segments
    JOIN marts.segment_profiles AS profiles USING (method, segment)
    WHERE method = 'kmeans'
)
SELECT
    customer_id, first_order_at, last_order_at, coalesce(n_orders, 0) AS n_orders,
    coalesce(gross_revenue, 0)::DECIMAL(18, 4) AS gross_revenue,
    (coalesce(money.paid_back, 0) + coalesce(unmatched.amount, 0))::DECIMAL(18, 4) AS returned_revenue,
    (coalesce(gross_revenue, 0) - coalesce(money.paid_back, 0) - coalesce(unmatched.amount, 0))::DECIMAL(18, 4)
        AS net_revenue,
    (revenue_with_cost - known_cost)::DECIMAL(18, 4) AS margin,
    favourite_category, favourite_channel,
    wholesale_rule IS NOT NULL AS is_wholesale, wholesale_rule,
    by_rfm.segment, persona, p_alive, clv, churn_scores.probability AS churn_probability,
    coalesce(n_tickets, 0) AS n_tickets,
    CASE WHEN email_consent THEN ['email'] ELSE []::VARCHAR[] END
        || CASE WHEN sms_consent THEN ['sms'] ELSE []::VARCHAR[] END
        || CASE WHEN phone_consent THEN ['phone'] ELSE []::VARCHAR[] END AS consents,
    coalesce(labels, []::VARCHAR[]) AS labels,
    coalesce(is_left_out, false) AS is_left_out,
    revenue_with_cost::DECIMAL(18, 4) AS revenue_with_cost,
    value_tier
FROM known
LEFT JOIN orders USING (customer_id)
LEFT JOIN money USING (customer_id)
LEFT JOIN unmatched USING (customer_id)
LEFT JOIN favourite_categories USING (customer_id)
LEFT JOIN favourite_channels USING (customer_id)
LEFT JOIN labelled USING (customer_id)
LEFT JOIN asked USING (customer_id)
LEFT JOIN by_rfm USING (customer_id)
LEFT JOIN by_kmeans USING (customer_id)
LEFT JOIN marts.customer_value USING (customer_id)
LEFT JOIN marts.churn_scores USING (customer_id)
