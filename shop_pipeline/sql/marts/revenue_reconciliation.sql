-- Where the booked revenue before the clock is: what lifetime value is told from, and every other part of the books.
-- A sale counts less what came back of it before the clock, and a return whose sale is not known stands by itself; so
-- the parts add up to the books.
-- It is told from the order lines and not from features.purchases, so that the two can be held against each other.
WITH came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS units, sum(amount) AS amount
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
money AS (
    SELECT
        customer_id, is_service, gross_amount, coalesce(came_back.amount, 0) AS returned_amount,
        CASE WHEN quantity <= coalesce(came_back.units, 0) THEN 'given_back' END AS fate
    FROM clean.order_lines
    LEFT JOIN came_back USING (event_id)
    WHERE line_at < getvariable('as_of') AND NOT is_return
    UNION ALL
    SELECT customer_id, is_service, 0, amount, 'unmatched_returns'
    FROM clean.returns
    WHERE returned_at < getvariable('as_of') AND sale_event_id IS NULL
),
parted AS (
    SELECT
        CASE
            WHEN is_service THEN 'service'
            WHEN money.customer_id IS NULL THEN 'unknown_customer'
            WHEN left_out.customer_id IS NOT NULL THEN 'left_out'
            ELSE coalesce(fate, customer_group, 'nothing_paid')
        END AS part,
        money.customer_id, gross_amount, returned_amount
    FROM money
    LEFT JOIN left_out ON left_out.customer_id = money.customer_id
    LEFT JOIN features.rfm AS rfm ON rfm.customer_id = money.customer_id
),
valued AS (
    SELECT customer_group AS part, sum(net_revenue) AS valued_revenue FROM marts.customer_value GROUP BY customer_group
)
SELECT
    part,
    count(*) AS n_lines,
    count(DISTINCT customer_id) AS n_customers,
    sum(gross_amount) AS gross_revenue,
    sum(returned_amount) AS returned_revenue,
    sum(gross_amount) - sum(returned_amount) AS net_revenue,
    any_value(valued_revenue) AS valued_revenue
FROM parted
LEFT JOIN valued USING (part)
GROUP BY part
