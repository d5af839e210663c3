-- For each table the outcomes of its newest checks; the history is in ops.check_results.
SELECT run_id, table_name, rule, partition, passed, n_rows, n_failed, severity, sample
FROM ops.check_results
QUALIFY rank() OVER (PARTITION BY table_name ORDER BY checked_at DESC) = 1
