-- Service cases. A case lands again when it is closed or marked: the state that landed last holds, and a broken one does
-- not hide the good one before it. Cases of people whom nobody knows stay: they may have asked before they bought.
-- A day without a time is read as its first moment, in the shop or in UTC: what is closed on the day on which it was
-- opened was closed then at the earliest.
WITH landed AS (
    SELECT
        * REPLACE (
            CASE
                WHEN closed_at < opened_at AND (
                    closed_at = date_trunc('day', opened_at)
                    OR closed_at AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone')
                        = date_trunc('day', opened_at AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone'))
                ) THEN opened_at
                ELSE closed_at
            END AS closed_at
        ),
        closed_at AS closed_as_told
    FROM raw.tickets
),
judged AS (
    SELECT
        *,
        CASE
            WHEN opened_at > getvariable('now') OR closed_at > getvariable('now') THEN 'in_the_future'
            WHEN closed_at < opened_at THEN 'closed_before_opened'
            WHEN satisfaction < 0 OR satisfaction > 1000 OR NOT isfinite(satisfaction) THEN 'impossible_mark'
        END AS broken,
        hash(customer_id, opened_at, closed_at, topic, satisfaction) AS content
    FROM landed
)
SELECT
    ticket_id, customer_id, opened_at, closed_at, topic, satisfaction,
    {'closed_on_its_day': coalesce(closed_at <> closed_as_told, false)} AS _repairs,
    CASE
        WHEN broken IS NOT NULL THEN broken
        -- A customer may have been merged with another since an older file; one file knows of each case whose it is.
        WHEN customer_id <> first_value(customer_id) OVER same_case AND _file = first_value(_file) OVER same_case
            THEN 'duplicate_ticket'
        WHEN row_number() OVER same_case > 1 AND content = first_value(content) OVER same_case THEN 'exact_duplicate'
        WHEN row_number() OVER same_case > 1 THEN 'older_state'
    END AS _rule,
    NULL AS _reason, _file, _row, _part,
    CASE WHEN _rule IS NOT NULL THEN to_json({
        'ticket_id': ticket_id, 'customer_id': customer_id, 'opened_at': opened_at, 'closed_at': closed_as_told,
        'topic': topic, 'satisfaction': satisfaction
    }) END AS _source
FROM judged
-- Files by the time of their last change: tickets_10 comes after tickets_9, whatever the alphabet says.
WINDOW same_case AS (
    PARTITION BY ticket_id, broken IS NULL ORDER BY _loaded_at DESC, _file DESC, _row DESC, _part DESC
)
