-- One row per item and one for its refunded units, then, on the order's first line, its services; a cancelled order's
-- rows once more.
WITH typed AS (
    SELECT
        *,
        lower(regexp_replace(trim(status), '^wc-', '')) AS state,
        row_number() OVER whole AS line_number,
        TRY_CAST(item_total AS DECIMAL(18, 4)) AS amount,
        CASE WHEN regexp_full_match(trim(item_quantity), '[0-9]{1,18}') AND amount >= 0
            THEN CAST(trim(item_quantity) AS BIGINT) END AS units,
        -- The plugin writes refunded units with a minus and their amount without one.
        CASE WHEN regexp_full_match(trim(item_refunded_qty), '-?[0-9]{1,18}')
            THEN abs(CAST(trim(item_refunded_qty) AS BIGINT)) ELSE 0 END AS returned_units,
        coalesce(abs(TRY_CAST(item_refunded AS DECIMAL(18, 4))), 0) AS returned_amount,
        coalesce(TRY_CAST(shipping_total AS DECIMAL(18, 4)), 0) AS shipping_amount,
        coalesce(TRY_CAST(fee_total AS DECIMAL(18, 4)), 0) AS fee_amount,
        -- As JSON or as id:801|date:2024-02-01 10\:00|amount:5.00, entries divided by semicolons.
        coalesce(list_max(regexp_extract_all(
            replace(refunds, '\', ''), 'date"? ?: ?"?([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)', 1
        )), order_date) AS returned_at
    FROM {records}
    WINDOW whole AS (PARTITION BY _path, order_id ORDER BY _row)
),
summed AS (
    SELECT
        *,
        sum(amount) OVER whole AS goods,
        sum(CASE WHEN returned_units > 0 THEN returned_amount ELSE 0 END) OVER whole AS returned_goods
    FROM typed
    WINDOW whole AS (PARTITION BY _path, order_id)
),
judged AS (
    SELECT
        *,
        CASE WHEN state IN ('pending', 'failed', 'checkout-draft', 'auto-draft') THEN 'checkout'
            ELSE 'purchase' END AS kind,
        state IN ('cancelled', 'trash') AS is_cancelled,
        coalesce(
            nullif(nullif(trim(item_product_id), '0'), ''), nullif(trim(item_sku), ''), trim(item_name)
        ) AS product_id,
        coalesce(nullif(trim(item_id), ''), CAST(line_number AS VARCHAR)) AS item
    FROM summed
),
listed AS (
    SELECT
        *,
        list_concat(
            [{
                'key': item || share.mark, 'kind': share.kind, 'product_id': product_id, 'title': item_name,
                'quantity': CAST(share.units AS VARCHAR),
                'price': CAST(CAST(share.price AS DECIMAL(18, 4)) AS VARCHAR), 'is_service': 'false', 'at': share.at
            } for share in [
                -- Amounts in ten-thousandths; the rest of the division is spread over as many units.
                {
                    'mark': '', 'kind': kind, 'at': order_date, 'units': units - CAST(amount * 10000 AS BIGINT) % units,
                    'price': (CAST(amount * 10000 AS BIGINT) // units) / 10000
                },
                {
                    'mark': '+', 'kind': kind, 'at': order_date, 'units': CAST(amount * 10000 AS BIGINT) % units,
                    'price': (CAST(amount * 10000 AS BIGINT) // units + 1) / 10000
                },
                {
                    'mark': '.back', 'kind': 'refund', 'at': returned_at,
                    'units': returned_units - CAST(returned_amount * 10000 AS BIGINT) % nullif(returned_units, 0),
                    'price': (CAST(returned_amount * 10000 AS BIGINT) // nullif(returned_units, 0)) / 10000
                },
                {
                    'mark': '.back+', 'kind': 'refund', 'at': returned_at,
                    'units': CAST(returned_amount * 10000 AS BIGINT) % nullif(returned_units, 0),
                    'price': (CAST(returned_amount * 10000 AS BIGINT) // nullif(returned_units, 0) + 1) / 10000
                }
            ] if share.units > 0 AND (share.kind = kind OR NOT is_cancelled)],
            -- What can't be divided stays as it is, to be refused.
            [{
                'key': item, 'kind': kind, 'product_id': product_id, 'title': item_name, 'quantity': text,
                'price': item_total, 'is_service': 'false', 'at': order_date
            } for text in [item_quantity] if coalesce(units, 0) = 0 OR amount IS NULL],
            [{
                'key': service.code, 'kind': CASE WHEN service.amount > 0 THEN service.kind ELSE 'refund' END,
                'product_id': service.code, 'title': NULL, 'quantity': '1',
                'price': CAST(abs(service.amount) AS VARCHAR),
                'is_service': 'true', 'at': CASE service.code WHEN 'REFUND' THEN returned_at ELSE order_date END
            } for service in [
                {'code': 'SHIPPING', 'kind': 'purchase', 'amount': CAST(shipping_amount AS DECIMAL(38, 4))},
                {'code': 'FEE', 'kind': 'purchase', 'amount': fee_amount},
                {
                    'code': 'TAX', 'kind': 'purchase',
                    'amount': TRY_CAST(order_total AS DECIMAL(18, 4)) - goods - shipping_amount - fee_amount
                },
                {
                    'code': 'REFUND', 'kind': 'refund',
                    'amount': CASE WHEN NOT is_cancelled
                        THEN TRY_CAST(refunded_total AS DECIMAL(18, 4)) - returned_goods END
                }
            ] if kind = 'purchase' AND line_number = 1 AND service.amount <> 0]
        ) AS lines
    FROM judged
),
doubled AS (
    SELECT
        * EXCLUDE (lines),
        list_concat(lines, [{
            'key': line.key || '.back', 'kind': CASE line.kind WHEN 'purchase' THEN 'cancel' ELSE 'purchase' END,
            'product_id': line.product_id, 'title': line.title, 'quantity': line.quantity, 'price': line.price,
            'is_service': line.is_service, 'at': line.at
        } for line in lines if is_cancelled]) AS lines
    FROM listed
)
SELECT * EXCLUDE (lines), unnest(lines) AS line, generate_subscripts(lines, 1) AS _part
FROM doubled
