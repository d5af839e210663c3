-- Visits by their first day and first channel, and how many came so far: looked at a product, put one into the cart,
-- went to the checkout, bought. Who reached a step is counted in all before it: an app may take a purchase without a
-- checkout, and a product may be put into the cart from a list; so the counts can only fall.
-- Left out are visits of bots and of customers whom the models leave out, visits in which nothing but returns and
-- reviews came, and a day's channels in which nobody browsed: there the source tells purchases only, and each visit
-- would be one.
WITH left_out AS (
    SELECT DISTINCT customer_id FROM clean.customer_labels WHERE list_contains(getvariable('leave_out'), label)
),
-- Whose visit it is, as the clock knows it: clean.sessions also knows who logs in later.
visitors AS (
    SELECT session_id, arg_min(customer_id, (event_at, customer_id)) AS customer_id
    FROM clean.events
    WHERE session_id IS NOT NULL AND customer_id IS NOT NULL AND event_at < getvariable('as_of')
    GROUP BY session_id
),
reached AS (
    SELECT
        session_id,
        max(CASE
            WHEN event_type = 'purchase' THEN 4
            WHEN event_type = 'checkout' THEN 3
            WHEN event_type IN ('add_to_cart', 'remove_from_cart') THEN 2
            WHEN event_type IN ('view', 'click', 'favourite') THEN 1
            ELSE 0
        END) AS step,
        bool_or(event_type IN ('view', 'click', 'search', 'favourite', 'add_to_cart', 'checkout')) AS is_browsed
    FROM clean.events
    WHERE session_id IS NOT NULL AND event_at < getvariable('as_of')
      AND event_type NOT IN ('refund', 'cancel', 'review')
    GROUP BY session_id
),
counted AS (
    SELECT
        session_date AS visit_date,
        coalesce(nullif(trim(channel), ''), '(none)') AS channel,
        count(*) AS visits,
        count(*) FILTER (step >= 1) AS with_view,
        count(*) FILTER (step >= 2) AS with_cart,
        count(*) FILTER (step >= 3) AS with_checkout,
        count(*) FILTER (step >= 4) AS with_purchase
    FROM reached
    JOIN clean.sessions AS sessions USING (session_id)
    ANTI JOIN (FROM visitors SEMI JOIN left_out USING (customer_id)) AS left_out_visits USING (session_id)
    WHERE NOT is_bot
    GROUP BY ALL
    HAVING bool_or(is_browsed)
)
SELECT
    visit_date, channel, visits, with_view, with_cart, with_checkout, with_purchase,
    with_view / visits AS view_rate,
    with_cart / nullif(with_view, 0) AS cart_rate,
    with_checkout / nullif(with_cart, 0) AS checkout_rate,
    with_purchase / nullif(with_checkout, 0) AS purchase_rate,
    with_purchase / visits AS conversion
FROM counted
