-- n CDs for c cents: c mod n of them at the price rounded up to a cent, the others at the price rounded down.
WITH counted AS (
    SELECT
        *, _is_readable AND regexp_full_match(cds, '\d{1,9}') AND regexp_full_match(dollars, '\d{1,9}(\.\d{1,2})?')
            AS is_usable,
        CASE WHEN is_usable THEN CAST(cds AS BIGINT) END AS units,
        CASE WHEN is_usable THEN CAST(CAST(dollars AS DECIMAL(18, 2)) * 100 AS BIGINT) END AS cents,
        cents // nullif(units, 0) AS price, cents % nullif(units, 0) AS dearer
    FROM {records}
),
spread AS (
    SELECT
        *,
        CASE
            WHEN price IS NULL THEN [NULL]
            ELSE list_filter([{'n': dearer, 'cents': price + 1}, {'n': units - dearer, 'cents': price}], x -> x.n > 0)
        END AS prices
    FROM counted
)
SELECT
    _path, _row, CAST(generate_subscripts(prices, 1) AS INTEGER) AS _part, _record, _is_readable, master_id, date,
    coalesce(CAST(unnest(prices).n AS VARCHAR), cds) AS quantity,
    -- No price of one unit can be told from what is no number of units or no amount: the rules shall say so.
    coalesce(
        CAST(CAST(unnest(prices).cents AS DECIMAL(18, 2)) / 100 AS VARCHAR),
        CASE WHEN is_usable THEN dollars ELSE dollars || ' for ' || cds END
    ) AS unit_price
FROM spread
