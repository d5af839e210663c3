-- The rate of each currency from a day on: until its next one, and the newest for good.
WITH judged AS (
    SELECT
        *,
        CASE
            WHEN rate <= 0 THEN 'rate_not_positive'
            WHEN row_number() OVER same_day > 1 AND rate = first_value(rate) OVER same_day THEN 'exact_duplicate'
            WHEN row_number() OVER same_day > 1 THEN 'duplicate_rate'
        END AS _rule
    FROM raw.rates
    WINDOW same_day AS (PARTITION BY currency, rate_date, rate > 0 ORDER BY _file, _row, _part)
)
SELECT
    currency, rate_date AS valid_from,
    lead(rate_date) OVER (PARTITION BY currency, _rule IS NULL ORDER BY rate_date) AS valid_until,
    rate, _rule, NULL AS _reason, _file, _row, _part,
    CASE WHEN _rule IS NOT NULL THEN to_json({'currency': currency, 'rate_date': rate_date, 'rate': rate}) END AS _source
FROM judged
