"""CSV files to a table of text columns with line numbers.

Here: one `read_csv` for all files that share a header; its rejected lines become broken lines. Its sniffer is off:
everything comes from the inspected header. Not here: types (`typing_sql`) and whole-file problems (`inspection`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .inspection import Inspected
from .line_numbers import numbered, stretches
from .quoting import exact_path, literal, literals
from .text_rows import TextRows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Lower-case and with a prefix, so that no preset's source column is hidden by them.
RECORDS, LEFT_OUT, STRETCHES = "_landing_records", "_landing_left_out", "_landing_stretches"
ERRORS, SCANS = "_landing_errors", "_landing_scans"
SCRATCH = (RECORDS, LEFT_OUT, STRETCHES, ERRORS, SCANS)
"""Temporary tables; DuckDB adds to its reject tables, so they have to go before the next reading."""
BROKEN = f"(SELECT * FROM {LEFT_OUT} WHERE reason IS NOT NULL)"
"""The left-out lines that are not just empty."""
# Lines as they are: the control character stands in no text.
WHOLE_LINE = "delim = '\x01', quote = '', escape = ''"


def read_csv_text(connection: "DuckDBPyConnection", group: Sequence[Inspected]) -> TextRows:
    """Read files of one header and delimiter. Raises `duckdb.Error` when one of them can't be read."""
    header = group[0].header
    names = [_cell(position) for position in range(len(header))]
    dialect = f"delim = {literal(group[0].delimiter)}, quote = '\"', escape = '\"'"
    rows = read_text(connection, group, names, dialect, group[0].header_lines)
    pairs = ", ".join(f"{literal(name)}, {cell}" for name, cell in zip(unique(header), names, strict=True))
    return TextRows(
        # With one column an empty line is a row.
        relation=rows if len(names) > 1 else f"(SELECT * FROM {rows} WHERE {names[0]} IS NOT NULL)",
        columns={name.lower(): cell for name, cell in zip(header, names, strict=True)},
        record=f"json_object({pairs})",
        broken=BROKEN,
    )


def read_text(
    connection: "DuckDBPyConnection", group: Sequence[Inspected], names: Sequence[str], dialect: str, header_lines: int
) -> str:
    """A relation (_path, _row, names), read through the options in `dialect`; other lines go to `LEFT_OUT`."""
    for table in SCRATCH:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    connection.execute(f"CREATE TEMP TABLE {RECORDS} AS {_scan(group, names, dialect, header_lines)}")
    connection.execute(f"CREATE TEMP TABLE {LEFT_OUT} AS {_rejected_lines()}")
    blanks = [(str(one.read_from), line) for one in group for line in one.blank_records]
    if blanks:
        connection.executemany(f"INSERT INTO {LEFT_OUT} (_path, line) VALUES (?, ?)", blanks)
    connection.execute(f"CREATE TEMP TABLE {STRETCHES} AS {stretches(RECORDS, LEFT_OUT, header_lines)}")
    return f"({numbered(RECORDS, STRETCHES)})"


def _cell(position: int) -> str:
    return f"_cell_{position}"


def _scan(group: Sequence[Inspected], names: Sequence[str], dialect: str, header_lines: int) -> str:
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    # The table made of it has the order of the files, by DuckDB's setting preserve_insertion_order.
    return f"""
        SELECT *
        FROM read_csv(
            {literals(exact_path(str(one.read_from)) for one in group)},
            auto_detect = false, columns = {{{columns}}}, header = {bool(header_lines)}, {dialect},
            compression = {literal(group[0].compression)},
            filename = '_path', hive_partitioning = false,
            store_rejects = true, rejects_table = '{ERRORS}', rejects_scan = '{SCANS}', rejects_limit = 0)
    """


def _rejected_lines() -> str:
    """One row per line: DuckDB has one per error in it. Its csv_line may begin with half of the line end before it, and
    behind a quote in the middle of a value it may be empty, with another error of the same line for the rest."""
    return f"""
        SELECT file_path AS _path, CAST(line AS BIGINT) AS line,
            arg_min({_reason()}, (line_byte_position, coalesce(column_idx, 0))) AS reason,
            trim(arg_max(csv_line, length(csv_line)), chr(10) || chr(13)) AS text
        FROM {ERRORS} JOIN {SCANS} USING (scan_id, file_id)
        GROUP BY file_path, line
    """


def _reason() -> str:
    return r"""CASE CAST(error_type AS VARCHAR)
                WHEN 'INVALID ENCODING' THEN 'not in the encoding of the feed'
                WHEN 'UNQUOTED VALUE' THEN 'a quoted value has no end, or goes on behind it'
                WHEN 'TOO MANY COLUMNS' THEN
                    'more than ' || regexp_extract(error_message, 'Columns: (\d+)', 1) || ' fields'
                WHEN 'LINE SIZE OVER MAXIMUM' THEN 'longer than 2,000,000 bytes'
                ELSE regexp_replace(error_message,
                    '^Expected Number of Columns: (\d+) Found: (\d+)', '\2 fields instead of \1') END"""


def unique(header: Sequence[str]) -> list[str]:
    """Names for the JSON record: an unnamed or repeated column gets its position."""
    lowered = [name.lower() for name in header]
    return [
        name if name and lowered.index(name.lower()) == position else f"{name}_{position + 1}"
        for position, name in enumerate(header)
    ]
