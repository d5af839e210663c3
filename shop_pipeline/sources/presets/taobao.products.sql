-- The lines whose item stands in another category than on its line before; the others say nothing new.
WITH compared AS (
    SELECT
        *,
        category_id IS DISTINCT FROM lag(category_id) OVER earlier OR lag(_row) OVER earlier IS NULL AS is_change
    FROM {records}
    WINDOW earlier AS (PARTITION BY item_id ORDER BY TRY_CAST(timestamp AS BIGINT), _path, _row)
)
SELECT _path, _row, 1 AS _part, _record, _is_readable, item_id, category_id, timestamp
FROM compared
WHERE is_change OR item_id IS NULL OR NOT _is_readable
