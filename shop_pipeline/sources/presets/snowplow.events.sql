-- One row per product entity or item, then one per service amount; an event with neither is one row.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN json_valid(contexts) THEN
            from_json(contexts, '{"data": [{"schema": "VARCHAR", "data": "JSON"}]}').data END AS entities,
        coalesce(
            unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1,
            CASE WHEN json_valid(unstruct_event)
                AND json_extract_string(unstruct_event, '$.data.schema') LIKE 'iglu:%/snowplow_ecommerce_action/%'
                THEN json_extract_string(unstruct_event, '$.data.data') END
        ) AS action_text,
        coalesce(
            contexts_com_snowplowanalytics_snowplow_ecommerce_product_1,
            CAST(to_json([e.data for e in entities if e.schema LIKE 'iglu:%.ecommerce/product/%']) AS VARCHAR)
        ) AS product_text,
        coalesce(
            contexts_com_snowplowanalytics_snowplow_ecommerce_transaction_1,
            CAST(to_json([e.data for e in entities if e.schema LIKE 'iglu:%.ecommerce/transaction/%']) AS VARCHAR)
        ) AS transaction_text,
        coalesce(
            contexts_com_snowplowanalytics_snowplow_ecommerce_refund_1,
            CAST(to_json([e.data for e in entities if e.schema LIKE 'iglu:%.ecommerce/refund/%']) AS VARCHAR)
        ) AS refund_text
    FROM {records}
),
named AS (
    SELECT
        *,
        CASE WHEN json_valid(action_text) THEN from_json(action_text, '{"type": "VARCHAR"}').type END AS action,
        CASE WHEN json_valid(product_text) THEN from_json(product_text, '[{
            "id": "VARCHAR", "name": "VARCHAR", "price": "VARCHAR", "currency": "VARCHAR", "quantity": "VARCHAR"
        }]') END AS products,
        CASE WHEN json_valid(transaction_text) THEN from_json(transaction_text, '[{
            "transaction_id": "VARCHAR", "revenue": "VARCHAR", "currency": "VARCHAR", "shipping": "VARCHAR"
        }]')[1] END AS sale,
        CASE WHEN json_valid(refund_text) THEN from_json(refund_text, '[{
            "transaction_id": "VARCHAR", "refund_amount": "VARCHAR", "currency": "VARCHAR"
        }]')[1] END AS return,
        CASE WHEN action IN ('transaction', 'refund') THEN action END AS trade
    FROM parsed
),
summed AS (
    SELECT
        *,
        coalesce(
            CASE action WHEN 'refund' THEN return.transaction_id END, sale.transaction_id, ti_orderid, tr_orderid
        ) AS order_id,
        CASE action WHEN 'refund' THEN return.refund_amount WHEN 'transaction' THEN sale.revenue END AS amount,
        CASE WHEN action = 'transaction' THEN sale.shipping WHEN event = 'transaction' THEN tr_shipping END AS shipping,
        coalesce(CASE action WHEN 'refund' THEN return.currency END, sale.currency, ti_currency, tr_currency) AS money,
        coalesce(list_sum([
            TRY_CAST(product.price AS DECIMAL(18, 4)) * TRY_CAST(coalesce(product.quantity, '1') AS INTEGER)
                for product in products
        ]), 0) AS goods,
        TRY_CAST(amount AS DECIMAL(18, 4)) - goods - coalesce(TRY_CAST(shipping AS DECIMAL(18, 4)), 0) AS rest
    FROM named
),
listed AS (
    SELECT
        *,
        list_concat(
            [{
                'word': NULL, 'product_id': product.id, 'title': product.name,
                -- The entity of a product bought may leave out that it is one.
                'quantity': CASE WHEN trade IS NULL THEN product.quantity ELSE coalesce(product.quantity, '1') END,
                'price': product.price, 'currency': coalesce(product.currency, money), 'is_service': 'false'
            } for product in products if action IS NOT NULL],
            [{
                'word': NULL, 'product_id': sku, 'title': ti_name, 'quantity': ti_quantity, 'price': ti_price,
                'currency': money, 'is_service': 'false'
            } for sku in [ti_sku] if event = 'transaction_item'],
            [{
                'word': service.word, 'product_id': service.code, 'title': NULL, 'quantity': '1',
                'price': service.amount,
                'currency': money, 'is_service': 'true'
            } for service in [
                {'word': 'transaction', 'code': 'SHIPPING', 'amount': shipping},
                {'word': 'transaction', 'code': 'TAX', 'amount': CASE WHEN event = 'transaction' THEN tr_tax END},
                {
                    'word': CASE WHEN action = 'transaction' AND rest > 0 THEN 'transaction' ELSE 'refund' END,
                    'code': CASE WHEN action = 'refund' THEN 'REFUND' WHEN rest > 0 THEN 'TAX' ELSE 'DISCOUNT' END,
                    'amount': CAST(CASE action WHEN 'transaction' THEN abs(rest) WHEN 'refund' THEN rest END AS VARCHAR)
                }
            ] if service.amount IS NOT NULL AND coalesce(TRY_CAST(service.amount AS DOUBLE) <> 0, true)]
        ) AS lines
    FROM summed
)
SELECT
    * EXCLUDE (lines, entities, products),
    CASE
        WHEN event = 'transaction' AND len(lines) = 0 THEN 'other'
        WHEN event <> 'unstruct' THEN event
        WHEN len(lines) > 0 OR action IN (
            'add_to_cart', 'remove_from_cart', 'product_view', 'list_click', 'list_view', 'checkout_step',
            'transaction', 'refund'
        ) THEN coalesce(action, event_name)
        WHEN event IS NOT NULL THEN 'other'
    END AS word,
    unnest(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END) AS line,
    generate_subscripts(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END, 1) AS _part
FROM listed
