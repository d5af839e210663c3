-- The back-test, day by day and week by week: what would have been published of each step after a cutoff, what the chosen
-- model and the baseline said of the series alone, and what came. models.forecast_candidates has the forecasts of all
-- windows in one vector, and the bounds of the last.
WITH chosen AS (
    SELECT
        series, level, unique_id, model, naive_scale, squared_scale, cutoffs, forecasts,
        is_published AND model <> 'seasonal_naive' AS is_published,
        len(forecasts) // len(cutoffs) AS n_steps
    FROM models.forecast_candidates
    WHERE is_chosen
),
baseline AS (
    SELECT series, unique_id, forecasts AS naive FROM models.forecast_candidates WHERE model = 'seasonal_naive'
),
published AS (
    SELECT
        series, unique_id, published, list_resize([]::DOUBLE[], len(forecasts) - len(lo_80)) AS none,
        none || lo_80 AS low_80, none || hi_80 AS high_80, none || lo_95 AS low_95, none || hi_95 AS high_95
    FROM models.forecast_candidates
    WHERE is_published
),
places AS (
    SELECT
        series, level, unique_id, model, naive_scale, squared_scale, cutoffs, is_published, n_steps,
        generate_subscripts(forecasts, 1) - 1 AS place,
        unnest(published) AS y_hat,
        unnest(forecasts) AS chosen_y_hat,
        unnest(naive) AS baseline_y_hat,
        unnest(low_80) AS lo_80,
        unnest(high_80) AS hi_80,
        unnest(low_95) AS lo_95,
        unnest(high_95) AS hi_95
    FROM chosen
    JOIN baseline USING (series, unique_id)
    JOIN published USING (series, unique_id)
),
dated AS (
    SELECT
        * EXCLUDE (cutoffs, n_steps, place),
        cutoffs[1 + place // n_steps] AS cutoff,
        cutoff = cutoffs[-1] AS is_test,
        (1 + place % n_steps)::INTEGER AS step,
        cutoff + 1 + ((step - 1) * CASE series WHEN 'weekly_units' THEN 7 ELSE 1 END)::INTEGER AS ds
    FROM places
),
-- Out of stock, units say nothing about demand.
came AS (
    SELECT 'daily_units' AS series, unique_id, ds, CASE WHEN NOT is_out_of_stock THEN units::DOUBLE END AS y
    FROM features.demand_daily
    UNION ALL
    SELECT 'weekly_units', unique_id, ds, CASE WHEN NOT is_out_of_stock THEN units::DOUBLE END
    FROM features.demand_weekly
    UNION ALL
    SELECT 'daily_revenue', unique_id, ds, revenue::DOUBLE FROM features.demand_daily WHERE level <> 'product'
)
SELECT
    series, level, unique_id, cutoff, ds, step, model, is_published, is_test, naive_scale, squared_scale,
    y, y_hat, chosen_y_hat, baseline_y_hat, lo_80, hi_80, lo_95, hi_95
FROM dated
LEFT JOIN came USING (series, unique_id, ds)
