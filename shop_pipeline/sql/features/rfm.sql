-- Who bought how recently, how often and for how much. A purchase is a day: several orders of one day are one decision
-- to buy, and models of repeat purchases count by days. A day whose lines add up to nothing is no purchase.
-- Gross and returned revenue also know of lines that came back as a whole, which features.purchases does not have.
WITH days AS (
    SELECT customer_id, customer_group, purchase_date, sum(amount) AS amount
    FROM features.purchases
    GROUP BY customer_id, customer_group, purchase_date
    HAVING sum(amount) > 0
),
counted AS (
    SELECT
        customer_id, customer_group,
        min(purchase_date) AS first_purchase_date,
        max(purchase_date) AS last_purchase_date,
        count(*) AS n_purchases,
        sum(amount) AS amount,
        arg_min(amount, purchase_date) AS first_amount
    FROM days
    GROUP BY customer_id, customer_group
),
money AS (
    SELECT
        customer_id, count(DISTINCT order_id) AS n_orders, sum(amount) AS net_revenue, sum(cost) AS known_cost,
        coalesce(sum(amount) FILTER (cost IS NOT NULL), 0) AS revenue_with_cost
    FROM features.purchases
    GROUP BY customer_id
),
came_back AS (
    SELECT sale_event_id AS event_id, sum(amount) AS amount
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
bought AS (
    SELECT customer_id, sum(gross_amount) AS gross_revenue, coalesce(sum(came_back.amount), 0) AS returned_revenue
    FROM clean.order_lines
    LEFT JOIN came_back USING (event_id)
    WHERE line_at < getvariable('as_of') AND customer_id IS NOT NULL AND NOT is_service AND NOT is_return
    GROUP BY customer_id
),
-- The clock is the end of a day.
clock AS (
    SELECT CAST(
        (getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE
    ) AS last_day
)
SELECT
    customer_id, customer_group, first_purchase_date, last_purchase_date, n_purchases,
    n_purchases - 1 AS frequency,
    last_purchase_date - first_purchase_date AS recency_days,
    last_day - first_purchase_date AS age_days,
    last_day - last_purchase_date AS days_since_last,
    (amount - first_amount)::DOUBLE / nullif(n_purchases - 1, 0) AS monetary_value,
    amount::DOUBLE / n_purchases AS mean_purchase,
    n_orders,
    gross_revenue::DECIMAL(18, 4) AS gross_revenue,
    returned_revenue::DECIMAL(18, 4) AS returned_revenue,
    net_revenue::DECIMAL(18, 4) AS net_revenue,
    known_cost::DECIMAL(18, 4) AS known_cost,
    revenue_with_cost::DECIMAL(18, 4) AS revenue_with_cost
FROM counted
JOIN money USING (customer_id)
JOIN bought USING (customer_id)
CROSS JOIN clock
