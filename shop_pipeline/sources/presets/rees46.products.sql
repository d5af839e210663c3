-- The lines whose product looks different from its line before; the others say nothing new.
WITH compared AS (
    SELECT
        *,
        (category_id, category_code, brand, price) IS DISTINCT FROM
            lag((category_id, category_code, brand, price)) OVER earlier OR lag(_row) OVER earlier IS NULL AS is_change
    FROM {records}
    WINDOW earlier AS (PARTITION BY product_id ORDER BY event_time, _path, _row)
)
SELECT _path, _row, 1 AS _part, _record, _is_readable, event_time, product_id, category_id, category_code, brand, price
FROM compared
WHERE is_change OR product_id IS NULL OR NOT _is_readable
