"""`shop query`: SQL on the published file, or on the warehouse."""

import sys
from pathlib import Path

from ..storage import query

SHOWN = 100


def run_query(path: Path, sql: str, *, as_csv: bool) -> int:
    """Print the rows: all of them as CSV, the first of them as a table."""
    found = query(path, sql)
    if found is None:  # a statement without rows
        return 0
    if as_csv:
        found.df().to_csv(sys.stdout, index=False)
    else:
        found.show(max_rows=SHOWN, max_width=160)
    return 0
