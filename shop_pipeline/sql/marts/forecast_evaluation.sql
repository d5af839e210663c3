-- How good the forecasts are on the test window of the back-test, which no model was chosen on: what would have
-- been published beside the chosen models, each series alone, and seasonal naive; and how much of what came lies in the
-- intervals. Sums run over decimals: those of floats depend on the order of the threads.
WITH tested AS (
    SELECT
        *,
        abs(y - y_hat) AS error,
        -- What a model can't say is left to the baseline.
        coalesce(chosen_y_hat, baseline_y_hat) AS alone_y_hat,
        abs(y - alone_y_hat) AS alone_error,
        abs(y - baseline_y_hat) AS naive_error,
        -- Nothing forecast and nothing sold is no error.
        coalesce(200 * error / nullif(abs(y) + y_hat, 0), 0) AS percent,
        coalesce(200 * alone_error / nullif(abs(y) + alone_y_hat, 0), 0) AS alone_percent,
        coalesce(200 * naive_error / nullif(abs(y) + baseline_y_hat, 0), 0) AS naive_percent
    FROM models.forecast_backtest
    WHERE is_test AND y IS NOT NULL AND y_hat IS NOT NULL
),
by_series AS (
    SELECT
        series, level, unique_id, any_value(is_published) AS is_published, min(ds) AS test_from,
        avg(error::DECIMAL(28, 9)) / nullif(any_value(naive_scale), 0) AS mase,
        avg(alone_error::DECIMAL(28, 9)) / nullif(any_value(naive_scale), 0) AS alone_mase,
        avg(naive_error::DECIMAL(28, 9)) / nullif(any_value(naive_scale), 0) AS naive_mase,
        sqrt(avg((error * error)::DECIMAL(38, 4)) / nullif(any_value(squared_scale), 0)) AS rmsse,
        sqrt(avg((alone_error * alone_error)::DECIMAL(38, 4)) / nullif(any_value(squared_scale), 0)) AS alone_rmsse,
        sqrt(avg((naive_error * naive_error)::DECIMAL(38, 4)) / nullif(any_value(squared_scale), 0)) AS naive_rmsse,
        avg(percent::DECIMAL(28, 9)) AS smape,
        avg(alone_percent::DECIMAL(28, 9)) AS alone_smape,
        avg(naive_percent::DECIMAL(28, 9)) AS naive_smape
    FROM tested
    GROUP BY series, level, unique_id
),
means AS (
    SELECT
        series, level, min(test_from) AS test_from,
        count(*) AS n_series, count(*) FILTER (is_published) AS n_published,
        count(mase) AS n_scaled, count(mase) FILTER (is_published) AS n_scaled_published,
        avg(mase::DECIMAL(28, 9)) AS mase, avg(alone_mase::DECIMAL(28, 9)) AS alone_mase,
        avg(naive_mase::DECIMAL(28, 9)) AS naive_mase,
        avg(rmsse::DECIMAL(28, 9)) AS rmsse, avg(alone_rmsse::DECIMAL(28, 9)) AS alone_rmsse,
        avg(naive_rmsse::DECIMAL(28, 9)) AS naive_rmsse,
        avg(smape::DECIMAL(28, 9)) AS smape, avg(alone_smape::DECIMAL(28, 9)) AS alone_smape,
        avg(naive_smape::DECIMAL(28, 9)) AS naive_smape
    FROM by_series
    GROUP BY series, level
),
-- What a bound at the share q costs: q for each unit that came above it, 1 - q for each below.
losses AS (
    SELECT series, level, greatest(q * (y - bound), (q - 1) * (y - bound)) AS loss
    FROM (
        SELECT series, level, y, unnest([lo_95, lo_80, hi_80, hi_95]) AS bound, unnest([.025, .1, .9, .975]) AS q
        FROM tested
    )
),
pinballs AS (
    SELECT series, level, avg(loss::DECIMAL(28, 9)) AS loss FROM losses GROUP BY series, level
),
totals AS (
    SELECT
        series, level, nullif(sum(abs(y)::DECIMAL(28, 9)), 0)::DOUBLE AS came,
        sum(error::DECIMAL(28, 9))::DOUBLE AS error, sum(alone_error::DECIMAL(28, 9))::DOUBLE AS alone_error,
        sum(naive_error::DECIMAL(28, 9))::DOUBLE AS naive_error,
        count(*) AS n,
        count(*) FILTER (y BETWEEN lo_80 AND hi_80) AS n_in_80,
        count(*) FILTER (y BETWEEN lo_95 AND hi_95) AS n_in_95
    FROM tested
    GROUP BY series, level
),
measured AS (
    SELECT series, level, n_scaled AS n_series, n_scaled_published AS n_published, test_from,
        'mase' AS metric, mase AS value, alone_mase AS chosen, naive_mase AS baseline
    FROM means
    UNION ALL
    SELECT series, level, n_scaled, n_scaled_published, test_from, 'rmsse', rmsse, alone_rmsse, naive_rmsse
    FROM means
    UNION ALL
    SELECT series, level, n_series, n_published, test_from, 'smape', smape, alone_smape, naive_smape
    FROM means
    UNION ALL
    SELECT series, level, n_series, n_published, test_from, 'wape', error / came, alone_error / came, naive_error / came
    FROM totals JOIN means USING (series, level)
    UNION ALL
    SELECT series, level, n_series, n_published, test_from, 'pinball', loss * n / came, NULL, NULL
    FROM totals JOIN means USING (series, level) JOIN pinballs USING (series, level)
    UNION ALL
    SELECT series, level, n_series, n_published, test_from, 'coverage_80', n_in_80 / n, NULL, NULL
    FROM totals JOIN means USING (series, level)
    UNION ALL
    SELECT series, level, n_series, n_published, test_from, 'coverage_95', n_in_95 / n, NULL, NULL
    FROM totals JOIN means USING (series, level)
)
SELECT
    series, level, metric, value, baseline, chosen, value < baseline AS beats_baseline, n_series, n_published, test_from
FROM measured
WHERE value IS NOT NULL
