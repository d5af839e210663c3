-- The events of the run's days, each with the first rule that it breaks (`_rule`) or none.
-- A row is the same event as another if it has its event id; without an id, if it has its whole content.
WITH landed AS (
    SELECT
        *,
        -- `content` only has to tell rows with one id apart; the id itself has to be unique in the whole table.
        hash(event_at, event_type, product_id, customer_id, session_id, order_id, quantity, unit_price, currency,
             rating, review_text, country, ip_address, device_id, channel, title) AS content,
        coalesce(event_id, md5(concat_ws(
            chr(31), event_at, event_type, coalesce(product_id, ''), coalesce(customer_id, ''),
            coalesce(session_id, ''), coalesce(order_id, ''), coalesce(quantity, 0), coalesce(unit_price, 0),
            coalesce(currency, ''), coalesce(rating, 0), coalesce(review_text, ''), coalesce(country, ''),
            coalesce(ip_address, ''), coalesce(device_id, ''), coalesce(channel, ''), coalesce(title, '')
        ))) AS id
    FROM raw.events
    WHERE event_date BETWEEN getvariable('since') AND getvariable('until')
),
repeated AS (
    SELECT
        _file, _row,
        row_number() OVER same_id AS occurrence,
        content = first_value(content) OVER same_id AS is_same_content
    FROM landed
    WHERE id IN (SELECT id FROM landed GROUP BY id HAVING count(*) > 1)
    WINDOW same_id AS (PARTITION BY id ORDER BY event_at, _file, _row)
),
stored AS (
    SELECT event_id AS id FROM clean.events
    WHERE event_date NOT BETWEEN getvariable('since') AND getvariable('until')
      AND event_id IN (SELECT id FROM landed)
),
known AS (
    SELECT product_id FROM clean.products
)
SELECT
    landed.id AS event_id, event_at, event_date, event_type, product_id, customer_id, session_id,
    -- A money event without an order belongs to its visit, or to the minute's purchase of its customer.
    CASE
        WHEN order_id IS NOT NULL OR event_type NOT IN ('purchase', 'refund', 'cancel') THEN order_id
        ELSE 'visit:' || coalesce(session_id, coalesce(customer_id, '') || '@' || date_trunc('minute', event_at))
    END AS order_id,
    quantity, unit_price, rating, review_text, country, ip_address, device_id, channel, is_service,
    CASE
        WHEN repeated.occurrence > 1 AND repeated.is_same_content THEN 'exact_duplicate'
        WHEN repeated.occurrence > 1 OR stored.id IS NOT NULL THEN 'duplicate_event_id'
        WHEN event_type NOT IN (
            'view', 'click', 'search', 'favourite', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase',
            'refund', 'cancel', 'review'
        ) THEN 'unknown_event_type'
        WHEN product_id IS NULL AND event_type NOT IN ('view', 'click', 'search', 'checkout') THEN 'missing_product'
        WHEN product_id IS NOT NULL AND NOT is_service AND known.product_id IS NULL THEN 'unknown_product'
        WHEN event_type IN ('purchase', 'refund', 'cancel') AND coalesce(quantity, 0) <= 0 THEN 'quantity_not_positive'
        WHEN quantity < 0 THEN 'quantity_not_positive'
        WHEN event_type IN ('purchase', 'refund', 'cancel') AND unit_price IS NULL THEN 'missing_price'
        WHEN unit_price < 0 THEN 'negative_price'
        WHEN currency <> getvariable('currency') THEN 'foreign_currency'
    END AS _rule,
    NULL AS _reason, landed._file, landed._row,
    CASE WHEN _rule IS NOT NULL THEN to_json(struct_pack(
        event_at, event_type, product_id, landed.event_id, customer_id, session_id, landed.order_id, quantity,
        unit_price, currency, rating, review_text, country, ip_address, device_id, channel, title, is_service
    )) END AS _source
FROM landed
LEFT JOIN repeated ON repeated._file = landed._file AND repeated._row = landed._row
LEFT JOIN stored ON stored.id = landed.id
LEFT JOIN known USING (product_id)
