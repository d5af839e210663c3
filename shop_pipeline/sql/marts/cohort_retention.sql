-- Customers by the month of their first purchase, and how many of them bought again so many months later. Every cohort
-- has each month up to that of the clock, also those in which nobody came back.
-- A purchase is what it is for lifetime value (features.purchases): of a known customer, net of what came back before
-- the clock, which is taken off the month of the sale; without postage and fees, and without whom the models leave out.
WITH clock AS (
    SELECT
        CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS today,
        CAST(
            (getvariable('as_of') - INTERVAL 1 MICROSECOND) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone')
            AS DATE
        ) AS last_date
),
bought AS (
    SELECT customer_id, date_trunc('month', purchase_date) AS month, sum(amount) AS amount
    FROM features.purchases
    GROUP BY ALL
),
firsts AS (
    SELECT customer_id, min(month) AS cohort_month FROM bought GROUP BY customer_id
),
cohorts AS (
    SELECT cohort_month, count(*) AS customers FROM firsts GROUP BY cohort_month
),
calendar AS (
    SELECT
        cohort_month, customers, today,
        unnest(range(date_diff('month', cohort_month, last_date) + 1)) AS months_since
    FROM cohorts
    CROSS JOIN clock
),
kept AS (
    SELECT
        cohort_month, date_diff('month', cohort_month, month) AS months_since,
        count(*) AS retained, sum(amount) AS net_revenue
    FROM bought
    JOIN firsts USING (customer_id)
    GROUP BY ALL
)
SELECT
    cohort_month, months_since, customers,
    coalesce(retained, 0) AS retained,
    coalesce(retained, 0) / customers AS retention,
    coalesce(net_revenue, 0) AS net_revenue,
    CAST(cohort_month + to_months((months_since + 1)::INTEGER) AS DATE) <= today AS is_complete
FROM calendar
LEFT JOIN kept USING (cohort_month, months_since)
