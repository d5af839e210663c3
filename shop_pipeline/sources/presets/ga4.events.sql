-- One row per item, then one per service amount of a purchase or refund; an event with neither is one row.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN json_valid(items) THEN from_json(items, '[{
            "item_id": "VARCHAR", "item_name": "VARCHAR", "quantity": "VARCHAR", "price": "VARCHAR",
            "price_in_usd": "VARCHAR"
        }]') END AS listed,
        CASE WHEN json_valid(event_params) THEN from_json(event_params, '[{"key": "VARCHAR", "value": {
            "string_value": "VARCHAR", "int_value": "VARCHAR", "double_value": "VARCHAR", "float_value": "VARCHAR"
        }}]') END AS given,
        CASE WHEN json_valid(ecommerce) THEN
            from_json(ecommerce, '{"transaction_id": "VARCHAR", "refund_value": "VARCHAR"}') END AS trade,
        CASE WHEN json_valid(geo) THEN from_json(geo, '{"country": "VARCHAR"}').country END AS country,
        coalesce(
            CASE WHEN json_valid(collected_traffic_source) THEN
                from_json(collected_traffic_source, '{"manual_medium": "VARCHAR"}').manual_medium END,
            CASE WHEN json_valid(traffic_source) THEN from_json(traffic_source, '{"medium": "VARCHAR"}').medium END
        ) AS channel
    FROM {records}
),
named AS (
    SELECT
        *,
        [param.key for param in given] AS keys,
        [coalesce(param.value.string_value, param.value.int_value, param.value.double_value, param.value.float_value)
         for param in given] AS texts,
        texts[list_position(keys, 'ga_session_id')] AS ga_session_id,
        texts[list_position(keys, 'currency')] AS event_currency,
        nullif(coalesce(texts[list_position(keys, 'transaction_id')], trade.transaction_id), '(not set)') AS order_id,
        event_name IN ('purchase', 'refund') AS is_money
    FROM parsed
),
listed AS (
    SELECT
        *,
        list_concat(
            [{
                'product_id': coalesce(
                    nullif(nullif(item.item_id, '(not set)'), ''), nullif(item.item_name, '(not set)')
                ),
                'title': nullif(item.item_name, '(not set)'),
                'quantity': CASE WHEN is_money THEN coalesce(item.quantity, '1') ELSE item.quantity END,
                'price': coalesce(item.price, item.price_in_usd),
                'currency': CASE
                    WHEN item.price IS NULL AND item.price_in_usd IS NOT NULL THEN 'USD' ELSE event_currency
                END,
                'is_service': 'false'
            } for item in listed],
            [{
                'product_id': service.code, 'title': NULL, 'quantity': '1', 'price': service.amount,
                'currency': event_currency, 'is_service': 'true'
            } for service in [
                {
                    'code': 'REFUND',
                    'amount': CASE WHEN event_name = 'refund' AND coalesce(len(listed), 0) = 0
                        THEN coalesce(trade.refund_value, texts[list_position(keys, 'value')]) END
                },
                {'code': 'SHIPPING', 'amount': CASE WHEN is_money THEN texts[list_position(keys, 'shipping')] END},
                {'code': 'TAX', 'amount': CASE WHEN is_money THEN texts[list_position(keys, 'tax')] END}
            -- An amount that is no number comes out too, to be refused.
            ] if service.amount IS NOT NULL AND coalesce(TRY_CAST(service.amount AS DOUBLE) <> 0, true)]
        ) AS lines
    FROM named
)
SELECT
    * EXCLUDE (lines),
    CASE
        WHEN len(lines) > 0 OR order_id IS NOT NULL OR event_name IN (
            'view_item', 'view_item_list', 'select_item', 'add_to_cart', 'add_to_wishlist', 'remove_from_cart',
            'begin_checkout', 'purchase', 'refund', 'search', 'view_search_results'
        ) THEN event_name
        WHEN event_name IS NOT NULL THEN 'other'
    END AS word,
    unnest(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END) AS line,
    generate_subscripts(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END, 1) AS _part
FROM listed
