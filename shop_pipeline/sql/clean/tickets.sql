-- Service cases. A case lands again when it is closed or marked: the state that landed last holds, and a broken one does
-- not hide the good one before it. Cases of people whom nobody knows stay: they may have asked before they bought.
WITH judged AS (
    SELECT
        *,
        CASE
            WHEN opened_at > getvariable('now') OR closed_at > getvariable('now') THEN 'in_the_future'
            WHEN closed_at < opened_at THEN 'closed_before_opened'
            WHEN satisfaction < 0 OR satisfaction > 1000 OR NOT isfinite(satisfaction) THEN 'impossible_mark'
        END AS broken,
        hash(customer_id, opened_at, closed_at, topic, satisfaction) AS content
    FROM raw.tickets
)
SELECT
    ticket_id, customer_id, opened_at, closed_at, topic, satisfaction,
    CASE
        WHEN broken IS NOT NULL THEN broken
        WHEN customer_id <> first_value(customer_id) OVER same_case THEN 'duplicate_ticket'
        WHEN row_number() OVER same_case > 1 AND content = first_value(content) OVER same_case THEN 'exact_duplicate'
        WHEN row_number() OVER same_case > 1 THEN 'older_state'
    END AS _rule,
    NULL AS _reason, _file, _row, _part,
    CASE WHEN _rule IS NOT NULL THEN to_json({
        'ticket_id': ticket_id, 'customer_id': customer_id, 'opened_at': opened_at, 'closed_at': closed_at,
        'topic': topic, 'satisfaction': satisfaction
    }) END AS _source
FROM judged
WINDOW same_case AS (PARTITION BY ticket_id, broken IS NULL ORDER BY _file DESC, _row DESC, _part DESC)
