-- What was counted of one product on one day. Of several counts of a day the one that landed last holds. Units under
-- zero are kept as none and not refused: without the row, an older count would say that there are some. Counts outlive
-- products that leave the feed unsold: what no list can show is left out, however much there is of it.
WITH judged AS (
    SELECT
        landed.*,
        CASE
            WHEN known.product_id IS NULL THEN 'no_such_product'
            WHEN stock_date > CAST(getvariable('now') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE)
                THEN 'in_the_future'
            WHEN on_order < 0 OR lead_time_days < 0 OR NOT isfinite(lead_time_days) THEN 'impossible_figure'
        END AS broken,
        hash(on_hand, on_order, lead_time_days) AS content
    FROM raw.stock AS landed
    LEFT JOIN clean.products AS known ON known.product_id = landed.product_id
)
SELECT
    product_id, stock_date, greatest(on_hand, 0) AS on_hand, on_order, lead_time_days,
    {'oversold_is_none': on_hand < 0} AS _repairs,
    -- A broken count does not hide the good one before it.
    CASE
        WHEN broken IS NOT NULL THEN broken
        WHEN row_number() OVER same_day > 1 AND content = first_value(content) OVER same_day THEN 'exact_duplicate'
        WHEN row_number() OVER same_day > 1 THEN 'older_count'
    END AS _rule,
    NULL AS _reason, _file, _row, _part,
    CASE WHEN _rule IS NOT NULL THEN to_json({
        'product_id': product_id, 'stock_date': stock_date, 'on_hand': judged.on_hand, 'on_order': on_order,
        'lead_time_days': lead_time_days
    }) END AS _source
FROM judged
WINDOW same_day AS (PARTITION BY product_id, stock_date, broken IS NULL ORDER BY _file DESC, _row DESC, _part DESC)
