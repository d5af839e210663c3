-- How many customers went from which segment to which since the last run of an earlier clock. Who was in no segment then
-- comes from 'new'; who is in none now is gone. A method without an earlier run is not here.
WITH compared AS (
    SELECT method, max(previous_as_of) AS previous_as_of
    FROM marts.customer_segments
    WHERE previous_as_of IS NOT NULL
    GROUP BY method
),
went AS (
    SELECT method, coalesce(previous_segment, 'new') AS from_segment, segment AS to_segment, count(*) AS n_customers
    FROM marts.customer_segments
    GROUP BY ALL
)
SELECT
    method, from_segment, to_segment, n_customers,
    n_customers / sum(n_customers) OVER (PARTITION BY method, from_segment) AS share,
    previous_as_of
FROM went
JOIN compared USING (method)
