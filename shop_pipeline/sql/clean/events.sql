-- The events of the run's days, each with the first rule that it breaks (`_rule`) or none, and what was mended.
-- A row is the same event as another if it has its event id; without an id, if it has its whole content.
WITH landed AS (
    SELECT
        raw.events.rowid AS place, *, coalesce(upper(currency) <> getvariable('currency'), false) AS is_foreign,
        coalesce(event_id, md5(concat_ws(
            chr(31), event_at, event_type, coalesce(product_id, ''), coalesce(customer_id, ''),
            coalesce(session_id, ''), coalesce(order_id, ''), coalesce(quantity::VARCHAR, ''),
            coalesce(unit_price::VARCHAR, ''), coalesce(currency, ''), coalesce(rating::VARCHAR, ''),
            coalesce(review_text, ''), coalesce(country, ''), coalesce(ip_address, ''), coalesce(device_id, ''),
            coalesce(channel, ''), coalesce(title, ''), is_service
        ))) AS id
    FROM raw.events
    WHERE event_date BETWEEN getvariable('since') AND getvariable('until')
),
repeated AS (
    SELECT
        place,
        row_number() OVER same_id AS occurrence,
        -- The content only has to tell rows with one id apart; the id itself has to be unique in the whole table.
        hash(event_at, event_type, product_id, customer_id, session_id, order_id, quantity, unit_price, currency,
             rating, review_text, country, ip_address, device_id, channel, title, is_service) AS content,
        content = first_value(content) OVER same_id AS is_same_content
    FROM landed
    WHERE id IN (SELECT id FROM landed GROUP BY id HAVING count(*) > 1)
    WINDOW same_id AS (PARTITION BY id ORDER BY event_at, _file, _row, _part)
),
stored AS (
    SELECT event_id AS id FROM clean.events
    WHERE event_date NOT BETWEEN getvariable('since') AND getvariable('until')
      AND event_id IN (SELECT id FROM landed)
),
-- A visit without an id ends after 30 minutes without an event, and at midnight of the shop: so the visits of a day are
-- the same whichever days a run loads.
unvisited AS (
    SELECT
        -- Marked, because a customer's number may be that of somebody's device.
        place, event_date, event_at, coalesce(device_id, '@' || customer_id) AS visitor,
        coalesce(event_at - lag(event_at) OVER by_time >= INTERVAL 30 MINUTE, true) AS begins
    FROM landed
    WHERE session_id IS NULL AND coalesce(device_id, customer_id) IS NOT NULL
    WINDOW by_time AS (PARTITION BY coalesce(device_id, '@' || customer_id), event_date ORDER BY event_at)
),
visits AS (
    SELECT
        place,
        'visit-' || md5(visitor || '@' || max(event_at) FILTER (begins) OVER (
            PARTITION BY visitor, event_date ORDER BY event_at
        )) AS visit_id
    FROM unvisited
),
known AS (
    SELECT product_id AS known_id FROM clean.products
)
SELECT
    landed.id AS event_id, event_at, event_date, event_type, product_id, customer_id,
    coalesce(session_id, visit_id) AS session_id,
    -- A money event without an order belongs to its visit, or to the minute.
    CASE
        WHEN order_id IS NOT NULL OR event_type NOT IN ('purchase', 'refund', 'cancel') THEN order_id
        ELSE 'visit:' || coalesce(session_id, visit_id, '@' || date_trunc('minute', event_at))
    END AS order_id,
    quantity,
    -- Widened first: DuckDB would keep 18 digits, 12 of them behind the point, and a million would not fit.
    CASE
        WHEN rates.rate IS NOT NULL
            THEN TRY_CAST(CAST(unit_price AS DECIMAL(38, 4)) * rates.rate AS DECIMAL(18, 4))
        WHEN NOT is_foreign THEN unit_price
    END AS unit_price,
    rating, review_text, country, ip_address, device_id, channel, is_service,
    CASE
        WHEN repeated.occurrence > 1 AND repeated.is_same_content THEN 'exact_duplicate'
        WHEN repeated.occurrence > 1 OR stored.id IS NOT NULL THEN 'duplicate_event_id'
        WHEN event_type = 'other' THEN 'no_shop_event'
        WHEN event_type NOT IN (
            'view', 'click', 'search', 'favourite', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase',
            'refund', 'cancel', 'review'
        ) THEN 'unknown_event_type'
        WHEN product_id IS NULL AND event_type NOT IN ('view', 'click', 'search', 'checkout') THEN 'missing_product'
        WHEN product_id IS NOT NULL AND NOT is_service AND known_id IS NULL THEN 'unknown_product'
        WHEN event_type IN ('purchase', 'refund', 'cancel') AND coalesce(quantity, 0) <= 0 THEN 'quantity_not_positive'
        WHEN quantity < 0 THEN 'quantity_not_positive'
        WHEN event_type IN ('purchase', 'refund', 'cancel') AND unit_price IS NULL THEN 'missing_price'
        WHEN unit_price < 0 THEN 'negative_price'
        WHEN is_foreign AND event_type IN ('purchase', 'refund', 'cancel') AND rates.rate IS NULL THEN 'unknown_currency'
        -- DECIMAL(18, 4) ends at 1e14: the rest is left for sums.
        WHEN unit_price::DOUBLE * coalesce(rates.rate::DOUBLE, 1) * greatest(coalesce(quantity, 1), 1) >= 1e12
            THEN 'amount_too_large'
    END AS _rule,
    {
        'event_id_assigned': landed.event_id IS NULL,
        'session_assigned': visit_id IS NOT NULL,
        'order_assigned': landed.order_id IS NULL AND event_type IN ('purchase', 'refund', 'cancel'),
        'currency_converted': rates.rate IS NOT NULL AND unit_price IS NOT NULL,
        -- Nobody pays for a view: it need not go for a price that nobody can read.
        'price_left_out': is_foreign AND rates.rate IS NULL AND unit_price IS NOT NULL
    } AS _repairs,
    NULL AS _reason, _file, _row, _part,
    CASE WHEN _rule IS NOT NULL THEN to_json(struct_pack(
        event_at, event_type, product_id, landed.event_id, customer_id, session_id, landed.order_id, quantity,
        landed.unit_price, landed.currency, rating, review_text, country, ip_address, device_id, channel, title,
        is_service
    )) END AS _source
FROM landed
LEFT JOIN repeated ON repeated.place = landed.place
LEFT JOIN stored ON stored.id = landed.id
LEFT JOIN visits ON visits.place = landed.place
LEFT JOIN known ON known_id = product_id
LEFT JOIN clean.rates AS rates
    ON rates.currency = CASE WHEN is_foreign THEN upper(landed.currency) END
    AND event_date >= rates.valid_from AND event_date < coalesce(rates.valid_until, DATE '9999-12-31')
