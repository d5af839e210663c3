-- One row per line item, then, on the order's first line, its services; each of them again where it was taken back.
WITH named AS (
    SELECT
        *,
        -- Spreadsheets that went over the file leave the name on the first line only.
        last_value(nullif(trim("Name"), '') IGNORE NULLS) OVER (PARTITION BY _path ORDER BY _row) AS order_name,
        TRY_CAST("Lineitem quantity" AS DECIMAL(18, 4)) * TRY_CAST("Lineitem price" AS DECIMAL(18, 4)) AS line_amount
    FROM {records}
),
filled AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY _path, order_name ORDER BY _row) AS line_number,
        sum(line_amount) OVER whole AS goods,
        first_value(nullif(trim("Email"), '') IGNORE NULLS) OVER whole AS order_email,
        first_value(nullif(trim("Currency"), '') IGNORE NULLS) OVER whole AS order_currency,
        coalesce(
            first_value(nullif(trim("Shipping Country"), '') IGNORE NULLS) OVER whole,
            first_value(nullif(trim("Billing Country"), '') IGNORE NULLS) OVER whole
        ) AS order_country,
        first_value(nullif(trim("Source"), '') IGNORE NULLS) OVER whole AS order_source,
        lower(first_value(nullif(trim("Financial Status"), '') IGNORE NULLS) OVER whole) AS status,
        first_value(nullif(trim("Created at"), '') IGNORE NULLS) OVER whole AS created_at,
        first_value(nullif(trim("Cancelled at"), '') IGNORE NULLS) OVER whole AS cancelled_at,
        first_value(TRY_CAST("Subtotal" AS DECIMAL(18, 4)) IGNORE NULLS) OVER whole AS subtotal_amount,
        coalesce(first_value(TRY_CAST("Shipping" AS DECIMAL(18, 4)) IGNORE NULLS) OVER whole, 0) AS shipping_amount,
        first_value(TRY_CAST("Total" AS DECIMAL(18, 4)) IGNORE NULLS) OVER whole AS total_amount,
        coalesce(
            first_value(TRY_CAST("Refunded Amount" AS DECIMAL(18, 4)) IGNORE NULLS) OVER whole, 0
        ) AS refunded_amount
    FROM named
    WINDOW whole AS (
        PARTITION BY _path, order_name ORDER BY _row ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),
judged AS (
    SELECT
        *,
        CASE
            WHEN status IN ('voided', 'expired') THEN 'cancel'
            WHEN cancelled_at IS NOT NULL AND (
                refunded_amount >= total_amount
                OR coalesce(status, '') NOT IN ('paid', 'partially_paid', 'partially_refunded')
            ) THEN 'cancel'
            WHEN total_amount > 0 AND refunded_amount >= total_amount THEN 'refund'
            WHEN status = 'refunded' AND refunded_amount = 0 THEN 'refund'
        END AS taken_back,
        [
            {
                'key': CAST(line_number AS VARCHAR), 'kind': 'purchase',
                'product_id': coalesce(nullif(trim("Lineitem sku"), ''), trim("Lineitem name")),
                'title': "Lineitem name", 'quantity': "Lineitem quantity", 'price': "Lineitem price",
                'is_service': 'false'
            }
        ] AS items,
        [{
            'key': service.code, 'kind': CASE WHEN service.amount > 0 THEN 'purchase' ELSE 'refund' END,
            'product_id': service.code, 'title': NULL, 'quantity': '1',
            'price': CAST(abs(service.amount) AS VARCHAR), 'is_service': 'true'
        } for service in [
            {'code': 'SHIPPING', 'amount': CAST(shipping_amount AS DECIMAL(38, 4))},
            {'code': 'TAX', 'amount': total_amount - subtotal_amount - shipping_amount},
            {
                'code': CASE WHEN goods > subtotal_amount THEN 'DISCOUNT' ELSE 'FEE' END,
                'amount': subtotal_amount - goods
            }
        ] if line_number = 1 AND service.amount <> 0] AS services
    FROM filled
),
listed AS (
    SELECT
        *,
        list_concat(
            [{
                'key': line.key, 'kind': line.kind, 'product_id': line.product_id, 'title': line.title,
                'quantity': line.quantity, 'price': line.price, 'is_service': line.is_service, 'at': created_at
            } for line in list_concat(items, services)],
            [{
                'key': line.key || '.back', 'kind': CASE line.kind WHEN 'purchase' THEN taken_back ELSE 'purchase' END,
                'product_id': line.product_id, 'title': line.title, 'quantity': line.quantity, 'price': line.price,
                'is_service': line.is_service,
                'at': CASE taken_back WHEN 'cancel' THEN coalesce(cancelled_at, created_at) ELSE created_at END
            } for line in list_concat(items, services) if taken_back IS NOT NULL],
            [{
                'key': 'REFUND', 'kind': 'refund', 'product_id': 'REFUND', 'title': NULL, 'quantity': '1',
                'price': CAST(amount AS VARCHAR), 'is_service': 'true', 'at': coalesce(cancelled_at, created_at)
            } for amount in [refunded_amount] if line_number = 1 AND taken_back IS NULL AND amount <> 0]
        ) AS lines
    FROM judged
)
SELECT * EXCLUDE (items, services, lines), unnest(lines) AS line, generate_subscripts(lines, 1) AS _part
FROM listed
