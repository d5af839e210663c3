-- One row per order item and one for its freight, both again where the order was cancelled; and, on the first item of
-- a product in an order, the order's reviews.
WITH orders AS (
    SELECT * FROM {orders} WHERE _is_readable
    QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY _path, _row) = 1
),
customers AS (
    SELECT * FROM {customers} WHERE _is_readable
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY _path, _row) = 1
),
reviews AS (
    SELECT
        order_id,
        list({
            'id': review_id, 'score': review_score, 'text': review_comment_message, 'at': review_answer_timestamp
        } ORDER BY review_answer_timestamp, review_id) AS given
    FROM {reviews}
    WHERE _is_readable
    GROUP BY order_id
),
joined AS (
    SELECT
        items.*, order_purchase_timestamp, customer_unique_id,
        order_status IN ('canceled', 'unavailable') AS is_cancelled,
        CASE
            WHEN row_number() OVER (PARTITION BY items._path, items.order_id, product_id ORDER BY items._row) = 1
                THEN given
        END AS given
    FROM {records} AS items
    LEFT JOIN orders USING (order_id)
    LEFT JOIN customers USING (customer_id)
    LEFT JOIN reviews USING (order_id)
),
listed AS (
    SELECT
        *,
        list_concat(
            [{
                'key': sold.key, 'kind': sold.kind, 'at': order_purchase_timestamp, 'product_id': sold.product_id,
                'quantity': '1', 'price': sold.price, 'is_service': sold.is_service, 'rating': NULL, 'review_text': NULL
            } for sold in [
                {'key': NULL, 'kind': 'purchase', 'product_id': product_id, 'price': price, 'is_service': 'false'},
                {'key': 'SHIPPING', 'kind': 'purchase', 'product_id': 'SHIPPING', 'price': freight_value,
                    'is_service': 'true'},
                {'key': 'back', 'kind': 'cancel', 'product_id': product_id, 'price': price, 'is_service': 'false'},
                {'key': 'SHIPPING.back', 'kind': 'cancel', 'product_id': 'SHIPPING', 'price': freight_value,
                    'is_service': 'true'}
            ] if (sold.kind = 'purchase' OR coalesce(is_cancelled, false))
                AND (sold.is_service = 'false' OR coalesce(TRY_CAST(sold.price AS DOUBLE) <> 0, true))],
            [{
                'key': review.id, 'kind': 'review', 'at': review.at, 'product_id': product_id, 'quantity': NULL,
                'price': NULL,
                'is_service': 'false', 'rating': review.score, 'review_text': review.text
            } for review in given]
        ) AS lines
    FROM joined
)
SELECT * EXCLUDE (lines, given), unnest(lines) AS line, generate_subscripts(lines, 1) AS _part
FROM listed
