-- How good the models are for customers who had few products before the test period, and for those who had many.
SELECT
    model, metric, k, customers, value, ci_low, ci_high, baseline, beats_baseline, is_champion, n_customers, split_at
FROM models.evaluation
WHERE customers <> 'all'
