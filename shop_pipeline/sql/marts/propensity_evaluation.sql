-- How the models of churn, purchases of a category and amounts were judged, one row per figure. The figures are stored
-- with the models: value, lower and upper end of the interval at positions 0, 1 and 2; what they are about beside them.
WITH figures AS (
    SELECT
        target, model, feature AS metric,
        max(value) FILTER (position = 0) AS value,
        max(value) FILTER (position = 1) AS ci_low,
        max(value) FILTER (position = 2) AS ci_high
    FROM models.propensity_models
    WHERE part = 'figure'
    GROUP BY target, model, feature
),
judgements AS (
    SELECT
        target, model,
        max(value) FILTER (feature = 'is_published') = 1 AS is_published,
        max(value) FILTER (feature = 'beats_naive') = 1 AS beats_baseline,
        max(value) FILTER (feature = 'n_customers')::BIGINT AS n_customers,
        max(value) FILTER (feature = 'share') AS share,
        max(value) FILTER (feature = 'horizon_days')::INTEGER AS horizon_days,
        make_timestamp((max(value) FILTER (feature = 'split_at') * 1000000)::BIGINT) AS split_at
    FROM models.propensity_models
    WHERE part = 'judgement'
    GROUP BY target, model
)
SELECT
    target, model, metric, value, ci_low, ci_high, is_published, beats_baseline, n_customers, share, horizon_days,
    split_at
FROM figures
JOIN judgements USING (target, model)
