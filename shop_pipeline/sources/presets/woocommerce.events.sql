-- One row per item of an order or refund, then one per service; each of them again where the order was taken back.
WITH parsed AS (
    SELECT
        * EXCLUDE (status),
        lower(regexp_replace(status, '^wc-', '')) AS state,
        CASE WHEN json_valid(line_items) THEN from_json(line_items, '[{
            "id": "VARCHAR", "name": "VARCHAR", "product_id": "VARCHAR", "sku": "VARCHAR", "quantity": "VARCHAR",
            "total": "DECIMAL(18, 4)"
        }]') END AS items,
        CASE WHEN json_valid(shipping_lines)
            THEN from_json(shipping_lines, '[{"total": "DECIMAL(18, 4)"}]') END AS shippings,
        CASE WHEN json_valid(fee_lines) THEN from_json(fee_lines, '[{"total": "DECIMAL(18, 4)"}]') END AS fees,
        CASE WHEN json_valid(refunds)
            THEN from_json(refunds, '[{"id": "VARCHAR", "total": "DECIMAL(18, 4)"}]') END AS given_back,
        CASE WHEN json_valid(billing)
            THEN from_json(billing, '{"email": "VARCHAR", "country": "VARCHAR"}') END AS address,
        TRY_CAST(total AS DECIMAL(18, 4)) AS order_total,
        coalesce(
            type = 'shop_order_refund'
            OR (TRY_CAST(parent_id AS BIGINT) > 0 AND (status IS NULL OR order_total < 0)), false
        ) AS is_return,
        abs(coalesce(TRY_CAST(amount AS DECIMAL(18, 4)), order_total)) AS whole
    FROM {records}
),
summed AS (
    SELECT
        *,
        coalesce(list_sum([item.total for item in items]), 0) AS goods,
        coalesce(list_sum([shipping.total for shipping in shippings]), 0) AS shipping_amount,
        coalesce(list_sum([fee.total for fee in fees]), 0) AS fee_amount,
        bool_or(is_return) OVER (PARTITION BY _path, CASE WHEN is_return THEN parent_id ELSE id END) AS has_returns
    FROM parsed
),
judged AS (
    SELECT
        *,
        CASE
            WHEN is_return THEN 'refund'
            WHEN state IS NULL THEN NULL
            WHEN state IN ('processing', 'completed', 'on-hold', 'refunded') THEN 'purchase'
            WHEN state IN ('pending', 'failed', 'checkout-draft', 'auto-draft') OR date_paid_gmt IS NULL THEN 'checkout'
            ELSE 'purchase'
        END AS kind,
        CASE
            WHEN kind <> 'purchase' THEN NULL
            WHEN state IN ('cancelled', 'trash') THEN 'cancel'
            WHEN NOT has_returns AND order_total > 0
                AND (state = 'refunded' AND coalesce(len(given_back), 0) = 0
                     OR abs(list_sum([refund.total for refund in given_back])) >= order_total) THEN 'refund'
        END AS taken_back,
        coalesce(date_modified_gmt, date_created_gmt) AS changed_at
    FROM summed
),
priced AS (
    -- Amounts in ten-thousandths: `units` of them at `price`, and the rest of the division spread over as many units.
    SELECT
        *,
        [{
            'item': item,
            'units': CASE WHEN regexp_full_match(item.quantity, '-?[0-9]{1,18}')
                THEN abs(CAST(item.quantity AS BIGINT)) END,
            'amount': CAST(abs(item.total) * 10000 AS BIGINT)
        } for item in items] AS amounts
    FROM judged
),
listed AS (
    SELECT
        *,
        list_concat(
            flatten([[{
                'key': coalesce(one.item.id, '') || share.mark,
                'kind': CASE WHEN kind = 'purchase' AND one.item.total < 0 THEN 'refund' ELSE kind END,
                'product_id': coalesce(nullif(one.item.product_id, '0'), nullif(one.item.sku, ''), one.item.name),
                'title': one.item.name,
                'quantity': CASE WHEN one.units > 0 THEN CAST(share.units AS VARCHAR) ELSE one.item.quantity END,
                'price': CASE WHEN one.units > 0
                    THEN CAST(CAST((one.amount // one.units + share.more) / 10000 AS DECIMAL(18, 4)) AS VARCHAR)
                    ELSE CAST(abs(one.item.total) AS VARCHAR) END,
                'is_service': 'false'
            } for share in [
                {'mark': '', 'units': one.units - one.amount % one.units, 'more': 0},
                {'mark': '+', 'units': one.amount % one.units, 'more': 1}
            ] if share.mark = '' OR share.units > 0]
            -- A refunded line of no units lowers its price: money, but no product comes back.
            for one in amounts if NOT (is_return AND coalesce(one.units, 1) = 0)]),
            [{
                'key': service.code, 'kind': CASE WHEN service.amount > 0 THEN kind ELSE 'refund' END,
                'product_id': service.code, 'title': NULL, 'quantity': '1',
                'price': CAST(abs(service.amount) AS VARCHAR),
                'is_service': 'true'
            } for service in [
                {'code': 'SHIPPING', 'amount': CASE WHEN is_return THEN abs(shipping_amount) ELSE shipping_amount END},
                {'code': 'FEE', 'amount': CASE WHEN is_return THEN abs(fee_amount) ELSE fee_amount END},
                {
                    'code': CASE WHEN is_return THEN 'REFUND' ELSE 'TAX' END,
                    'amount': CASE WHEN is_return
                        THEN whole - abs(shipping_amount) - abs(fee_amount)
                            - coalesce(list_sum([abs(one.item.total) for one in amounts if one.units > 0]), 0)
                        ELSE order_total - shipping_amount - fee_amount - goods END
                }
            ] if kind <> 'checkout' AND service.amount <> 0]
        ) AS rows
    FROM priced
),
dated AS (
    SELECT
        *,
        list_concat(
            [{
                'key': line.key, 'kind': line.kind, 'product_id': line.product_id, 'title': line.title,
                'quantity': line.quantity, 'price': line.price, 'is_service': line.is_service, 'at': date_created_gmt
            } for line in rows],
            [{
                'key': line.key || '.back', 'kind': CASE line.kind WHEN 'purchase' THEN taken_back ELSE 'purchase' END,
                'product_id': line.product_id, 'title': line.title, 'quantity': line.quantity, 'price': line.price,
                'is_service': line.is_service, 'at': changed_at
            } for line in rows if taken_back IS NOT NULL],
            [{
                'key': refund.id, 'kind': 'refund', 'product_id': 'REFUND', 'title': NULL, 'quantity': '1',
                'price': CAST(abs(refund.total) AS VARCHAR), 'is_service': 'true', 'at': changed_at
            } for refund in given_back if kind = 'purchase' AND taken_back IS NULL AND NOT has_returns]
        ) AS lines
    FROM listed
)
SELECT
    * EXCLUDE (lines, rows, amounts),
    unnest(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END) AS line,
    generate_subscripts(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END, 1) AS _part
FROM dated
