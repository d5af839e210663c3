-- What a whole market sold in one period and category, as outside figures tell, and what a rival asked there.
-- Figures land again when they are revised: those that landed last hold, and broken ones do not hide the good ones
-- before them. Two writings of one path (`a>b`, ` a > b `) are one category.
-- The feed says when a period begins, but not how long it is: the category's next period ends it. The last one, and one
-- with a hole behind it, is as long as the category's periods are; of a category with a single period, as long as those
-- of the feed. Where all of them begin on one day of the month they are told in months, else in days. An end is guessed
-- only where it is sure: of months, and of days that are always as many and fewer than 28. A retail month is of four
-- weeks or of five, a retail quarter of 13 or 14, and which one this is nothing tells before the next begins.
-- Ends are worked out from the periods that began on a day before the run's clock; those that began later have none.
WITH clock AS (
    -- The first day that is not over.
    SELECT CAST(getvariable('as_of') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS today
),
landed AS (
    SELECT
        * REPLACE (
            regexp_replace(
                regexp_replace(category, '^[\s\pZ>]+|[\s\pZ>]+$', '', 'g'), '[\s\pZ]*>[\s\pZ>]*', ' > ', 'g'
            ) AS category,
            nullif(competitor_price, 0) AS competitor_price
        ),
        category AS category_as_told,
        competitor_price AS price_as_told
    FROM raw.market
),
judged AS (
    SELECT
        *,
        CASE
            WHEN category = '' THEN 'empty_category'
            WHEN period_date > CAST(getvariable('now') AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE)
                THEN 'in_the_future'
            WHEN market_revenue < 0 OR competitor_price < 0 OR NOT isfinite(period_date) THEN 'impossible_figure'
        END AS broken,
        hash(market_revenue, competitor_price) AS content
    FROM landed
),
told AS (
    SELECT
        *,
        CASE
            WHEN broken IS NOT NULL THEN broken
            WHEN row_number() OVER same_period > 1 AND content = first_value(content) OVER same_period
                THEN 'exact_duplicate'
            WHEN row_number() OVER same_period > 1 THEN 'older_figure'
        END AS rule
    FROM judged
    WINDOW same_period AS (
        PARTITION BY category, period_date, broken IS NULL ORDER BY _loaded_at DESC, _file DESC, _row DESC, _part DESC
    )
),
following AS (
    SELECT
        category, period_date,
        lead(period_date) OVER (PARTITION BY category ORDER BY period_date) AS next_date,
        min(day(period_date)) OVER same_category = max(day(period_date)) OVER same_category AS is_same_day,
        max(period_date) OVER same_category - min(period_date) OVER same_category AS days_told
    FROM told
    CROSS JOIN clock
    WHERE rule IS NULL AND period_date < today
    WINDOW same_category AS (PARTITION BY category)
),
steps AS (
    SELECT
        category,
        period_date AS begins,
        -- From 1 February to 1 March may be a month or four weeks.
        is_same_day AND days_told <> 28 AS is_monthly,
        CASE WHEN is_monthly THEN date_diff('month', begins, next_date) ELSE 0 END AS months,
        CASE WHEN is_monthly THEN 0 ELSE next_date - begins END AS days
    FROM following
    WHERE next_date IS NOT NULL
),
-- Of each category, and of no category for the whole feed, in the unit in which most of it is told.
measured AS (
    SELECT category, months, days FROM steps
    UNION ALL
    SELECT NULL AS category, months, days
    FROM steps
    WHERE is_monthly = (SELECT avg(is_monthly::INTEGER) >= 0.5 FROM steps)
),
usual AS (
    SELECT category, quantile_disc(months, 0.5) AS months, quantile_disc(days, 0.5) AS days
    FROM measured
    GROUP BY category
),
own AS (
    -- Longer by half than usual is a hole. Retail months of four and of five weeks are none.
    SELECT
        usual.category, usual.months, usual.days,
        usual.days < 28 AND bool_and(measured.days = usual.days OR measured.days > 1.5 * usual.days) AS is_sure
    FROM usual
    JOIN measured ON measured.category IS NOT DISTINCT FROM usual.category
    GROUP BY usual.category, usual.months, usual.days
),
lengths AS (
    SELECT
        following.category, period_date, next_date,
        coalesce(own.is_sure, feed.is_sure) AS is_sure,
        CAST(
            period_date + to_months(coalesce(own.months, feed.months)::INTEGER)
            + to_days(coalesce(own.days, feed.days)::INTEGER) AS DATE
        ) AS usual_until
    FROM following
    LEFT JOIN own ON own.category = following.category
    LEFT JOIN own AS feed ON feed.category IS NULL
)
SELECT
    category, period_date,
    CASE
        WHEN rule IS NULL AND next_date - period_date <= 1.5 * (usual_until - period_date) THEN next_date
        WHEN rule IS NULL AND is_sure THEN usual_until
    END AS period_until,
    market_revenue, competitor_price,
    {'no_price_is_none': coalesce(price_as_told = 0, false)} AS _repairs,
    rule AS _rule,
    NULL AS _reason, _file, _row, _part,
    CASE WHEN rule IS NOT NULL THEN to_json({
        'period_date': period_date, 'category': category_as_told, 'market_revenue': market_revenue,
        'competitor_price': price_as_told
    }) END AS _source
FROM told
LEFT JOIN lengths USING (category, period_date)
