"""From the order of the records that DuckDB accepted to their lines in the file.

Here: the arithmetic, in SQL. `read_csv` has no line number, but keeps the order of the records, and names the lines
that it rejected. The n-th accepted record of a file would stand on line n (plus the header); every record that was
left out in front of it moves it down by one. The i-th left-out line r stands in front of the n-th accepted record if
and only if at least r - header - i accepted ones come before it, that is if n > r - header - i. Not here: the reading
(`csv_text`).
"""


def numbered(records: str, header_lines: int) -> str:
    """A SELECT of the table `records` (_path, record, ...) with `_row`, when no line was left out."""
    return f"SELECT * EXCLUDE (record), {_position()} + {header_lines} AS _row FROM {records}"


def numbered_past(left_out: str, records: str, header_lines: int) -> str:
    """The same past the lines of `left_out` (_path, line): those rejected, and the empty ones of a CSV file."""
    return f"""
        WITH counted AS (
            SELECT *, {_position()} AS n FROM {records}
        ), shifts AS (
            SELECT _path, i, line - {header_lines} - i + 1 AS first_n
            FROM (SELECT _path, line, row_number() OVER (PARTITION BY _path ORDER BY line) AS i FROM {left_out})
        ), last_shifts AS (
            SELECT _path, first_n, max(i) AS i FROM shifts GROUP BY _path, first_n
        )
        SELECT counted.* EXCLUDE (n, record), n + coalesce(i, 0) + {header_lines} AS _row
        FROM counted ASOF LEFT JOIN last_shifts ON counted._path = last_shifts._path AND n >= first_n
    """


def _position() -> str:
    return "record - min(record) OVER (PARTITION BY _path) + 1"
