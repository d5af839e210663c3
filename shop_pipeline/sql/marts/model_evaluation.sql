-- How good the models are on the test period, over all customers.
SELECT
    model, metric, k, value, ci_low, ci_high, baseline, beats_baseline, is_champion, n_customers, split_at
FROM models.evaluation
WHERE customers = 'all'
