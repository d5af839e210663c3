-- One visit: its events counted, and whether a person can have made it. A source may use a session id again on another
-- day: it is one visit then, but people and bots are told apart day by day, so that a cookie of months is no bot.
-- The judgement uses nothing at or after the run's clock; the counts are of all events that are loaded.
-- A page is a moment with a view or a search: lists of products come as many views of one moment, and a click only
-- leads to the next view.
WITH pages AS (
    SELECT session_id, event_date, event_at
    FROM clean.events
    WHERE event_type IN ('view', 'search') AND session_id IS NOT NULL AND event_at < getvariable('as_of')
),
long_days AS (
    -- Few visits are long enough to break a rule at all; only they are looked at by the minute.
    SELECT session_id, event_date, count(DISTINCT event_at) AS n_pages
    FROM pages
    GROUP BY session_id, event_date
    HAVING count(*) >= least(
        getvariable('bot_pages_per_minute') * getvariable('bot_minutes'), getvariable('bot_endless_pages')
    )
),
minutes AS (
    SELECT session_id, event_date, date_trunc('minute', event_at) AS minute, count(DISTINCT event_at) AS n_pages
    FROM pages
    SEMI JOIN long_days USING (session_id, event_date)
    GROUP BY ALL
),
hurried AS (
    SELECT session_id, event_date
    FROM minutes
    WHERE n_pages >= getvariable('bot_pages_per_minute')
    GROUP BY session_id, event_date
    HAVING count(*) >= getvariable('bot_minutes')
),
shoppers AS (
    -- A favourite, a cart or a purchase on that day: somebody wants something.
    SELECT DISTINCT session_id, event_date
    FROM clean.events
    SEMI JOIN long_days USING (session_id, event_date)
    WHERE event_type NOT IN ('view', 'search', 'click') AND event_at < getvariable('as_of')
),
endless AS (
    SELECT session_id
    FROM long_days
    ANTI JOIN shoppers USING (session_id, event_date)
    WHERE n_pages >= getvariable('bot_endless_pages')
),
bots AS (
    -- By name 'rate' is the greater one, and the rule that is told where both fire.
    SELECT session_id, max(bot_rule) AS bot_rule
    FROM (
        SELECT session_id, 'rate' AS bot_rule FROM hurried
        UNION ALL
        SELECT session_id, 'endless_views' AS bot_rule FROM endless
    )
    GROUP BY session_id
),
visits AS (
    SELECT
        session_id,
        arg_min(customer_id, (event_at, customer_id)) AS customer_id,
        arg_min(device_id, (event_at, device_id)) AS device_id,
        min(event_at) AS started_at,
        max(event_at) AS ended_at,
        min(event_date) AS session_date,
        count(*) AS n_events,
        count(*) FILTER (event_type = 'view') AS n_views,
        count(DISTINCT product_id) FILTER (NOT is_service) AS n_products,
        count(*) FILTER (event_type = 'add_to_cart') AS n_carts,
        count(*) FILTER (event_type = 'purchase') AS n_purchases,
        arg_min_null(channel, (event_at, event_id)) AS channel,
        arg_min_null(country, (event_at, event_id)) AS country
    FROM clean.events
    WHERE session_id IS NOT NULL
    GROUP BY session_id
)
SELECT visits.*, n_purchases > 0 AS has_purchase, bot_rule IS NOT NULL AS is_bot, bot_rule
FROM visits
LEFT JOIN bots USING (session_id)
