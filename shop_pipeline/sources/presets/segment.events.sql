-- One row per product of a call, then one per service amount of an order; a call with neither is one row.
WITH parsed AS (
    SELECT
        *,
        CASE WHEN json_valid(properties) THEN from_json(properties, '{
            "order_id": "VARCHAR", "currency": "VARCHAR", "total": "VARCHAR", "shipping": "VARCHAR", "tax": "VARCHAR",
            "discount": "VARCHAR", "rating": "VARCHAR", "review_body": "VARCHAR", "session_id": "VARCHAR",
            "product_id": "VARCHAR", "sku": "VARCHAR", "name": "VARCHAR", "price": "VARCHAR", "quantity": "VARCHAR",
            "products": [{
                "product_id": "VARCHAR", "id": "VARCHAR", "sku": "VARCHAR", "name": "VARCHAR", "price": "VARCHAR",
                "quantity": "VARCHAR", "currency": "VARCHAR"
            }]
        }') END AS about,
        CASE WHEN json_valid(context) THEN from_json(context, '{
            "ip": "VARCHAR", "sessionId": "VARCHAR", "campaign": {"medium": "VARCHAR"},
            "location": {"country": "VARCHAR"}
        }') END AS place,
        CASE WHEN type = 'track' THEN lower(trim(event)) ELSE type END AS name,
        name IN ('order completed', 'order refunded', 'order cancelled') AS is_money
    FROM {records}
),
listed AS (
    SELECT
        *,
        CASE
            WHEN len(about.products) > 0 THEN about.products
            WHEN about.product_id IS NOT NULL OR about.sku IS NOT NULL THEN [{
                'product_id': about.product_id, 'id': NULL, 'sku': about.sku, 'name': about.name, 'price': about.price,
                'quantity': about.quantity, 'currency': about.currency
            }]
            ELSE []
        END AS products
    FROM parsed
),
priced AS (
    SELECT
        *,
        list_concat(
            [{
                'name': name, 'product_id': coalesce(product.product_id, product.id, product.sku),
                'title': product.name,
                'quantity': product.quantity, 'price': product.price,
                'currency': coalesce(about.currency, product.currency), 'is_service': 'false'
            } for product in products],
            [{
                'name': service.name, 'product_id': service.code, 'title': NULL, 'quantity': '1',
                'price': service.amount,
                'currency': about.currency, 'is_service': 'true'
            } for service in [
                {
                    'name': name, 'code': CASE name WHEN 'order refunded' THEN 'REFUND' ELSE 'CANCEL' END,
                    'amount': CASE WHEN name <> 'order completed' AND len(products) = 0 THEN about.total END
                },
                {'name': name, 'code': 'SHIPPING', 'amount': about.shipping},
                {'name': name, 'code': 'TAX', 'amount': about.tax},
                -- A discount lowers what was sold, and raises what is taken back.
                {
                    'name': CASE name WHEN 'order completed' THEN 'order refunded' ELSE 'order completed' END,
                    'code': 'DISCOUNT', 'amount': about.discount
                }
            -- The total of an order that is taken back without products has shipping, tax and discount in it.
            ] if is_money AND service.amount IS NOT NULL AND coalesce(TRY_CAST(service.amount AS DOUBLE) <> 0, true)
                 AND (len(products) > 0 OR service.code IN ('REFUND', 'CANCEL'))]
        ) AS lines
    FROM listed
)
SELECT
    * EXCLUDE (lines),
    CASE
        WHEN type <> 'track' THEN type
        WHEN len(lines) > 0 OR about.order_id IS NOT NULL OR name IN (
            'product viewed', 'product clicked', 'product list viewed', 'products searched', 'product added',
            'product removed',
            'product added to wishlist', 'checkout started', 'order completed', 'order refunded', 'order cancelled',
            'product reviewed'
        ) THEN coalesce(line.name, name)
        WHEN name IS NOT NULL THEN 'other'
    END AS word
FROM (
    SELECT
        *,
        unnest(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END) AS line,
        generate_subscripts(CASE WHEN len(lines) > 0 THEN lines ELSE [NULL] END, 1) AS _part
    FROM priced
)
