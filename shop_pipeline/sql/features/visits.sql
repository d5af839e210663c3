-- Visits: what was looked at or bought in one go, whoever it was. An order is a visit where events name no session, and
-- a customer's day where they name neither.
-- A product has the largest weight of its events; a purchase counts with the share that did not come back before the
-- clock. Age counts for nothing here: within a visit all is equally old.
-- A visit of very many products is a stock list and no walk through the shop, as for pairs of products on orders
-- (features.model_counts): it is left out. So are visits of bots, and customers whom the models leave out.
WITH came_back AS (
    SELECT sale_event_id AS event_id, sum(quantity) AS returned_quantity
    FROM clean.returns
    WHERE sale_event_id IS NOT NULL AND returned_at < getvariable('as_of')
    GROUP BY sale_event_id
),
left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
bot_visits AS (
    SELECT session_id FROM clean.sessions WHERE is_bot AND list_contains(getvariable('leave_out'), 'bot')
),
weighed AS (
    SELECT
        coalesce('session: ' || session_id, 'order: ' || order_id, 'day: ' || event_date || ' ' || customer_id) AS visit_id,
        product_id, event_at,
        getvariable('event_weights')[event_type] * (1 - coalesce(returned_quantity / quantity, 0)) AS weight
    FROM clean.events
    LEFT JOIN came_back USING (event_id)
    ANTI JOIN left_out USING (customer_id)
    ANTI JOIN bot_visits USING (session_id)
    WHERE event_at < getvariable('as_of') AND product_id IS NOT NULL AND NOT is_service
),
visited AS (
    SELECT
        visit_id, product_id, max(weight)::DOUBLE AS weight, min(event_at) AS first_event_at,
        max(event_at) AS last_event_at
    FROM weighed
    WHERE visit_id IS NOT NULL AND weight > 0
    GROUP BY visit_id, product_id
)
SELECT visit_id, product_id, weight, first_event_at, last_event_at
FROM visited
SEMI JOIN (
    SELECT visit_id FROM visited GROUP BY visit_id HAVING count(*) <= getvariable('basket_products')
) USING (visit_id)
