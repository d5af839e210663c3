"""From the order of the records that DuckDB accepted to their lines in the file.

Here: the arithmetic, in SQL. `read_csv` has no line number, but a table that is filled from it keeps the order of the
records (its `rowid`), and the lines that it rejected are known by number. The n-th accepted record of a file would
stand on line n (plus the header); every line that was left out in front of it moves it down by one. The i-th left-out
line r stands in front of the n-th accepted record if and only if at least r - header - i accepted ones come before it,
that is if n > r - header - i. So between two left-out lines the distance from `rowid` to line is the same, and a table
of these stretches is all that is needed. Not here: the reading (`csv_text`).
"""

# A stretch is found by the block of its rows: a hash join, where a window or a range join would sort all records.
BLOCK = 1024


def stretches(records: str, left_out: str, header_lines: int) -> str:
    """A SELECT of (block, first_id, last_id, distance) over `records` (_path) and `left_out` (_path, line)."""
    return f"""
        WITH files AS (
            SELECT _path, min(rowid) AS first_id, count(*) AS n_records FROM {records} GROUP BY _path
        ), missing AS (
            SELECT _path, line, row_number() OVER (PARTITION BY _path ORDER BY line) AS i FROM {left_out}
        ), moved AS (
            SELECT _path, 1 AS n, 0 AS i FROM files
            UNION ALL
            SELECT _path, line - {header_lines} - i + 1, i FROM missing
        ), begun AS (
            SELECT first_id + n - 1 AS first_id, max(i) + {header_lines} + 1 - min(first_id) AS distance
            FROM moved JOIN files USING (_path)
            WHERE n <= n_records
            GROUP BY ALL
        ), ended AS (
            SELECT *, lead(first_id, 1, 9223372036854775807) OVER (ORDER BY first_id) - 1 AS last_id FROM begun
        )
        SELECT unnest(range(first_id // {BLOCK}, least(last_id, last_of_all) // {BLOCK} + 1)) AS block, *
        FROM ended, (SELECT max(rowid) AS last_of_all FROM {records})
    """


def numbered(records: str, stretches: str) -> str:
    """A SELECT of the table `records` with `_row`, by the table of its stretches."""
    return f"""
        SELECT {records}.*, {records}.rowid + distance AS _row
        FROM {records} JOIN {stretches}
        ON {records}.rowid // {BLOCK} = block AND {records}.rowid BETWEEN first_id AND last_id
    """
